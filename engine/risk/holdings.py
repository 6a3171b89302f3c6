"""What is held and what is working, added up once per judgement."""

from __future__ import annotations

from decimal import Decimal

from engine.model import ZERO, Book, Order, Position, Role, Side, Value
from engine.risk.prices import amount, positive, prices

_STOP, _TARGET, _EXTERNAL, _SELL = Role.STOP, Role.TARGET, Role.EXTERNAL, Side.SELL
PROTECTIVE = (_STOP, _TARGET)
"""Roles of legs that only ever end a position."""


class Holdings(Value, frozen=True, gc=False):
    """Sums over the book. A sum in which one term cannot be valued is None: unknown, never less."""

    held: Decimal
    """Our quantity of the symbol; EXTERNAL holdings are not ours."""
    external: Decimal
    """Quantity of the symbol that the venue holds and our book does not explain."""
    buying: Decimal
    """Quantity of our working buys in the symbol."""
    buying_external: Decimal
    selling: Decimal
    """Quantity of working sells in the symbol that ours must deliver: protective legs do not count, EXTERNAL ones
    count beyond what EXTERNAL holdings deliver."""
    committed: Decimal | None
    """Cash that all working buys would take, in USD."""
    gross: Decimal | None
    """Σ |position| + all working buys, in USD."""
    positions: int
    """Symbols held, or being bought."""
    in_symbol: bool
    """True when the symbol is one of them."""
    orders: int
    """Our open orders; protective legs follow their positions and do not count."""


def holdings(book: Book, symbol: str) -> Holdings:
    """Add up the book as it concerns `symbol`."""
    held = external = buying = buying_external = selling = selling_external = committed = gross = ZERO
    known = True
    symbols = set()
    for name, position in book.positions.items():
        quantity = amount(position.quantity)
        if quantity is None:
            known = False
            continue
        if quantity == ZERO:
            continue
        symbols.add(name)
        if name == symbol:
            held = position.ours
            external = quantity - held
        price = position_price(book, position)
        if price is None:
            known = False
        else:
            gross += abs(quantity) * price
    open_orders = 0
    for order in book.orders:
        role = order.role
        if role is _STOP or role is _TARGET:
            continue
        ours = role is not _EXTERNAL
        open_orders += ours and order.status.open
        remaining = rest(order)
        if remaining is None:
            known = known and order.side is _SELL
            continue
        if order.side is _SELL:
            if order.symbol == symbol:
                if ours:
                    selling += remaining
                else:
                    selling_external += remaining
            continue
        symbols.add(order.symbol)
        if order.symbol == symbol:
            if ours:
                buying += remaining
            else:
                buying_external += remaining
        price = order_price(book, order)
        if price is None:
            known = False
        else:
            committed += remaining * price
    return Holdings(
        held,
        external,
        buying,
        buying_external,
        selling + max(ZERO, selling_external - max(ZERO, external)),
        committed if known else None,
        gross + committed if known else None,
        len(symbols),
        symbol in symbols,
        open_orders,
    )


def rest(order: Order) -> Decimal | None:
    """What an order may still fill; None when its quantities are not numbers."""
    quantity, filled = amount(order.quantity), amount(order.filled)
    return None if quantity is None or filled is None else max(ZERO, quantity - filled)


def position_price(book: Book, position: Position) -> Decimal | None:
    """What a position is valued at: its newest price, else the quote's, else what was paid."""
    price = positive(position.price)
    if price is None:
        price = prices(book.quotes.get(position.symbol)).reference
    return price if price is not None else positive(position.average_price)


def order_price(book: Book, order: Order) -> Decimal | None:
    """What a working buy is valued at: its limit, else its stop, else the market."""
    price = positive(order.limit_price) or positive(order.stop_price)
    return price if price is not None else prices(book.quotes.get(order.symbol)).reference
