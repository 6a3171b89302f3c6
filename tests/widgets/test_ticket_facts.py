"""What is held now and after a ticket's order: sums over positions and working orders, checked against a plain pass."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Account, ControlResult, Draft, Order, OrderStatus, Position, Role, Side
from tests.desk import made_up
from tests.desk.made_up import NOW
from widgets.ticket_facts import TicketFacts

D = Decimal
replace = msgspec.structs.replace
PRICE = D(50)
"""Of everything here, so that money is shares times this, however it came about."""
TICKET = made_up.ticket(1)

shares = st.integers(-20, 20).map(D)
sides = st.sampled_from(Side)
roles = st.sampled_from([Role.ENTRY, Role.EXIT, Role.STOP, Role.TARGET, Role.EXTERNAL])
statuses = st.sampled_from([OrderStatus.WORKING, OrderStatus.PARTIAL, OrderStatus.CANCELED])


@st.composite
def orders(draw: st.DrawFn) -> Order:
    quantity = draw(st.integers(1, 20))
    filled = draw(st.integers(0, quantity))
    return Order(
        "desk-1", "v", draw(st.sampled_from(["TSLA", "GOOG"])), draw(sides), D(quantity), draw(statuses), draw(roles),
        D(filled), limit_price=PRICE,
    )  # fmt: skip


def draft(side: Side, quantity: int) -> Draft:
    assert TICKET.draft is not None
    return replace(TICKET.draft, symbol="TSLA", side=side, quantity=D(quantity), reference_price=PRICE)


def working(found: TicketFacts, symbol: str = "") -> list[Order]:
    """Open orders that move a position: stops and targets end one that is counted already."""
    kept = [order for order in found.orders if order.status.open and order.role not in (Role.STOP, Role.TARGET)]
    return [order for order in kept if symbol in ("", order.symbol)]


@given(shares, shares, st.lists(orders(), max_size=5), sides, st.integers(1, 20))
def test_what_is_held_after_everything_has_filled(
    tesla: Decimal, google: Decimal, rows: list[Order], side: Side, quantity: int
) -> None:
    positions = {name: Position(name, held, PRICE, PRICE, NOW) for name, held in (("TSLA", tesla), ("GOOG", google))}
    ticket = replace(TICKET, draft=draft(side, quantity))
    found = TicketFacts(ticket, positions=positions, orders=tuple(rows))
    moves = sum(order.side.sign * order.remaining for order in working(found, "TSLA"))
    assert found.held == tesla * PRICE
    assert found.gross == (abs(tesla) + abs(google)) * PRICE
    assert found.working == moves * PRICE
    assert found.after == (tesla + moves + side.sign * quantity) * PRICE
    buys = [order for order in working(found) if order.side is Side.BUY]
    assert found.buying == sum(order.remaining for order in buys) * PRICE
    elsewhere = sum(order.remaining for order in buys if order.symbol == "GOOG")
    assert found.gross_after == (abs(google) + elsewhere) * PRICE + abs(found.after)


def test_what_is_closed_is_valued_as_it_is_held() -> None:
    """Nothing stays of a position that is sold whole, whatever its price and the ticket's are."""
    held = {"TSLA": Position("TSLA", D(10), D(40), D(44), NOW)}
    found = TicketFacts(replace(TICKET, draft=draft(Side.SELL, 10)), positions=held)
    assert found.after == 0
    assert TicketFacts(replace(TICKET, draft=draft(Side.SELL, 4)), positions=held).after == 6 * 44
    assert TicketFacts(replace(TICKET, draft=draft(Side.SELL, 12)), positions=held).after == -2 * PRICE
    assert TicketFacts(replace(TICKET, draft=draft(Side.BUY, 2)), positions=held).after == 440 + 2 * PRICE
    assert TicketFacts(replace(TICKET, draft=None), positions=held).after == 440, "nothing was sized"


@pytest.mark.parametrize(
    ("times", "oldest"), [((), None), ((5, 3), 3), ((5, 0), None), ((0, 0), None)]
)  # fmt: skip
def test_the_oldest_price_is_known_when_every_one_is(times: tuple[int, ...], oldest: int | None) -> None:
    rows = {str(at): Position(str(at), D(1), D(1), D(1), time) for at, time in enumerate(times)}
    gone = {"gone": Position("gone", D(0), D(1), D(1), 0)}
    assert TicketFacts(TICKET, positions=rows | gone).oldest_price_ns == oldest


@pytest.mark.parametrize(("equity", "percent"), [(D(10_000), "5.00%"), (D(0), "–"), (D(-1), "–"), (None, "–")])
def test_money_is_compared_with_equity_where_there_is_some(equity: Decimal | None, percent: str) -> None:
    account = None if equity is None else Account(equity, equity, equity, equity, equity)
    assert TicketFacts(TICKET, account=account).percent_of_equity(D(500)) == percent


def test_a_limit_in_percent_of_equity() -> None:
    limits = (
        ControlResult("R10", "gross_exposure", True, D(1), D(6_000), "USD", ""),
        ControlResult("R13", "daily_loss", True, D(1), D(2), "%", ""),
        ControlResult("R09", "position", True, D(1), None, "USD", ""),
    )
    ticket = replace(TICKET, verdict=replace(TICKET.verdict, controls=limits))
    account = Account(D(10_000), D(0), D(0), D(0), D(0))
    found = TicketFacts(ticket, account=account)
    assert found.limit_percent("gross_exposure") == 60
    assert found.limit_percent("daily_loss") == 2
    assert found.limit_percent("position") is None and found.limit_percent("unheard of") is None
    assert TicketFacts(ticket).limit_percent("gross_exposure") is None, "equity is not known"
