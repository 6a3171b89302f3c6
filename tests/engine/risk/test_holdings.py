"""What is held and working, against sums that are written out position by position and order by order."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Book, Order, OrderStatus, Position, Quote, Role, Side
from engine.risk.holdings import Holdings, holdings

D = Decimal
SYMBOLS = st.sampled_from(["TSLA", "AAPL", "GOOG"])
MAYBE = st.none() | st.sampled_from([D(10), D("0.5"), D(20), D(0), D(-1), D("NaN")])
SURE = st.sampled_from([D(10), D("0.5"), D(20)])


def positions(price: st.SearchStrategy[Decimal | None]) -> st.SearchStrategy[list[Position]]:
    one = st.builds(
        Position,
        symbol=SYMBOLS,
        quantity=st.sampled_from([D(3), D("0.25"), D(-2), D(0)]),
        average_price=SURE | st.just(D("NaN")),
        price=price,
        external=st.booleans(),
        foreign=st.sampled_from([D(0), D(1), D(-1)]),
    )
    return st.lists(one, max_size=3, unique_by=lambda position: position.symbol)


def orders(price: st.SearchStrategy[Decimal | None]) -> st.SearchStrategy[list[Order]]:
    one = st.builds(
        Order,
        client_order_id=st.just("desk-1"),
        venue_id=st.just("v-1"),
        symbol=SYMBOLS,
        side=st.sampled_from(Side),
        quantity=st.sampled_from([D(5), D("0.75"), D(2)]),
        status=st.sampled_from([OrderStatus.WORKING, OrderStatus.UNRESOLVED]),
        role=st.sampled_from(Role),
        filled=st.sampled_from([D(0), D("0.5"), D(2), D(9)]),
        limit_price=price,
        stop_price=price,
    )
    return st.lists(one, max_size=6)


def first_price(*candidates: Decimal | None) -> Decimal | None:
    """The first that can be computed with."""
    return next((price for price in candidates if price is not None and price.is_finite() and price > 0), None)


def market(quote: Quote | None) -> Decimal | None:
    if quote is None:
        return None
    bid, ask = first_price(quote.bid), first_price(quote.ask)
    return first_price(None if bid is None or ask is None or bid > ask else (bid + ask) / 2, quote.last)


def written_out(book: Book, symbol: str) -> Holdings:
    """The definitions of Holdings, one after the other."""
    held = [position for position in book.positions.values() if position.quantity]
    working = [
        (order, max(D(0), order.quantity - order.filled))
        for order in book.orders
        if order.role not in (Role.STOP, Role.TARGET)
    ]
    buys = [(order, left) for order, left in working if order.side is Side.BUY]

    def left_of(side: Side, *, ours: bool) -> Decimal:
        chosen = [
            left
            for order, left in working
            if order.symbol == symbol and order.side is side and (order.role is not Role.EXTERNAL) is ours
        ]
        return sum(chosen, D(0))

    ours = sum((position.ours for position in held if position.symbol == symbol), D(0))
    external = sum((position.quantity for position in held if position.symbol == symbol), D(0)) - ours
    worth = [
        (abs(position.quantity), first_price(position.price, market(book.quotes.get(position.symbol)),
                                             position.average_price))
        for position in held
    ]  # fmt: skip
    cost = [
        (left, first_price(order.limit_price, order.stop_price, market(book.quotes.get(order.symbol))))
        for order, left in buys
    ]
    known = all(price is not None for _, price in worth + cost)
    committed = sum((left * (price or D(0)) for left, price in cost), D(0))
    symbols = {position.symbol for position in held} | {order.symbol for order, _ in buys}
    return Holdings(
        held=ours,
        external=external,
        buying=left_of(Side.BUY, ours=True),
        buying_external=left_of(Side.BUY, ours=False),
        selling=left_of(Side.SELL, ours=True) + max(D(0), left_of(Side.SELL, ours=False) - max(D(0), external)),
        committed=committed if known else None,
        gross=committed + sum((size * (price or D(0)) for size, price in worth), D(0)) if known else None,
        positions=len(symbols),
        in_symbol=symbol in symbols,
        orders=sum(order.role is not Role.EXTERNAL for order, _ in working),
    )


def contents(price: st.SearchStrategy[Decimal | None]) -> st.SearchStrategy[tuple[object, ...]]:
    """Positions, orders and quotes of a book."""
    quote = st.builds(lambda one, last: Quote("", 0, 0, one, one, last), price, price)
    return st.tuples(positions(price), orders(price), st.dictionaries(SYMBOLS, quote, max_size=3))


@settings(max_examples=80)
@given(contents(SURE | st.none()) | contents(MAYBE))
def test_the_sums_are_those_of_their_definitions(scene, found):
    held, working, quotes = found
    book = scene.book(*held, quotes=quotes, orders=tuple(working))
    for symbol in ("TSLA", "NONE"):
        assert holdings(book, symbol) == written_out(book, symbol)


@given(bad=st.sampled_from([D("NaN"), D("sNaN"), D("Infinity"), D("1e15")]), side=st.sampled_from(Side))
def test_a_quantity_that_is_no_number_makes_the_sums_unknown(scene, bad, side):
    sums = holdings(scene.book(scene.position(1, symbol="AAPL"), scene.position(bad)), "TSLA")
    assert (sums.committed, sums.gross, sums.held) == (None, None, 0)
    for order in (scene.order(side, bad), scene.order(side, 5, filled=bad)):
        sums = holdings(scene.book(orders=(order,)), "TSLA")
        assert (sums.gross is None) is (sums.committed is None) is (side is Side.BUY)
        assert (sums.buying, sums.selling, sums.orders) == (0, 0, 1)
        both = holdings(scene.book(orders=(scene.order(Side.BUY, bad), order)), "TSLA")
        assert both.committed is None, "what was unknown stays so"
