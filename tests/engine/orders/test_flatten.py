"""A flatten is carried through: all that is in its way is called off, what is ours is sold, or it says why not."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import SECOND
from engine.model import (
    Answer,
    Intent,
    Order,
    OrderStatus,
    Outcome,
    Position,
    Role,
    Side,
)
from engine.orders import Compare, Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import (
    T0,
    cancelled,
    draft,
    end,
    event,
    placed,
    quote,
    told,
)

ACCEPTED = Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("theirs", "limit"),
    [
        (("99.95",), "99.96"),
        (("99.90", "99.97", "90"), "99.98"),
        (("90",), "99.8"),
        (("100",), "99.8"),
        (("99.95", "100"), "99.96"),
    ],
)
def test_a_flatten_is_priced_past_what_a_person_has_resting_where_the_market_meets_it(
    orders: Orders, bare: Intent, theirs: tuple[str, ...], limit: str
) -> None:
    for number, price in enumerate(theirs):
        resting = Order(
            f"by-hand-{number}", f"v-{number}", "TSLA", Side.BUY, Decimal(1), OrderStatus.WORKING, Role.EXTERNAL,
            limit_price=Decimal(price), submitted_ns=T0, updated_ns=T0,
        )  # fmt: skip
        orders.on_update(event(resting, "new"), T0)
    changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("100", "100.1"), "kill", T0 + 5)
    (exit_,) = placed(changes)
    assert exit_.draft.limit_price == Decimal(limit)


def test_cancels_all_then_sells_what_is_held(orders: Orders, bracketed: Intent) -> None:
    position = Position("TSLA", Decimal(10), Decimal(100))
    changes = orders.flatten(position, quote("101", "101.1"), "kill", T0 + 5)
    ids = cancelled(changes)
    assert len(ids) == 2 and not placed(changes)
    end(orders, ids[0], T0 + 6)
    (exit_,) = placed(end(orders, ids[1], T0 + 7))
    assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 10)


def test_sells_what_an_entry_filled_before_its_cancel_and_is_told_after_it(orders: Orders, enter: Enter) -> None:
    intent = enter(extended_hours=True)
    orders.on_answer(intent, Answer(ACCEPTED, order=told(intent)), T0)
    changes = orders.flatten(Position("TSLA", Decimal(0), Decimal(0)), quote("101", "101.1"), "kill", T0 + 5)
    assert cancelled(changes) == [intent.client_order_id]
    gone = told(intent, OrderStatus.CANCELED, "4", "100", at_ns=T0 + 7)
    assert not placed(orders.on_update(event(gone, "canceled", "end"), T0 + 7)), "the stream tells what it was later"
    part = told(intent, OrderStatus.PARTIAL, "4", "100", at_ns=T0 + 6)
    (exit_,) = placed(orders.on_update(event(part, "partial_fill", "x-4", "4", "100"), T0 + 8))
    assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 4)


def test_takes_over_an_exit_under_way(orders: Orders, bare: Intent) -> None:
    (first,) = placed(orders.exit("sell-1", "t", draft(Side.SELL, "4", "104"), T0 + 5))
    orders.on_answer(first, Answer(ACCEPTED, order=told(first)), T0 + 5)
    changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("101", "102"), "kill", T0 + 6)
    assert cancelled(changes) == [first.client_order_id]
    (exit_,) = placed(end(orders, first.client_order_id, T0 + 7, filled="1", price="104"))
    assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 9)


def test_without_a_price_now_it_goes_out_at_the_collar_below_the_last_value(orders: Orders, bracketed: Intent) -> None:
    """What protected it is cancelled by then; of a symbol that left the watchlist no price will ever come."""
    position = Position("TSLA", Decimal(10), Decimal(100), Decimal("103.01"), T0 - SECOND)
    first, second = cancelled(orders.flatten(position, None, "kill", T0 + 5))
    end(orders, first, T0 + 6)
    (exit_,) = placed(end(orders, second, T0 + 7))
    assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 10)
    assert (exit_.draft.limit_price, exit_.draft.reference_price) == (Decimal("100.95"), Decimal("103.01"))
    assert exit_.draft.reference_ns == T0 - SECOND
    orders.on_answer(exit_, Answer(ACCEPTED, order=told(exit_)), T0 + 8)
    orders.on_quote(quote("90", "90.1"), T0 + 9)
    (again,) = placed(end(orders, exit_.client_order_id, T0 + 20 * SECOND))
    assert again.draft.limit_price < 90, "from the price that has come since"


def test_nor_does_it_wait_where_nobody_bids(orders: Orders, bare: Intent) -> None:
    one_sided = quote("0", "90.1", last="90")
    (exit_,) = placed(
        orders.flatten(Position("TSLA", Decimal(10), Decimal(100), Decimal(90), T0), one_sided, "kill", T0 + 5)
    )
    assert exit_.draft.limit_price == Decimal("88.20")


def test_waits_for_a_price(orders: Orders, bare: Intent) -> None:
    assert not orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), None, "kill", T0 + 5).requests
    assert placed(orders.on_quote(quote("101", "102"), T0 + 6))


def test_says_that_no_price_comes_and_asks_for_nothing_meanwhile(orders: Orders, bare: Intent) -> None:
    orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), None, "kill", T0)
    assert orders.next_due_ns == T0 + 50 * SECOND
    assert not orders.due(T0 + 50 * SECOND - 1).alerts
    (alert,) = orders.due(T0 + 50 * SECOND).alerts
    assert alert.code == "exit_failed" and alert.until_acknowledged
    assert alert.text == "TSLA: 10 not closed yet (kill): no price to close it at"
    assert orders.next_due_ns is None and not orders.due(T0 + 90 * SECOND).alerts
    (exit_,) = placed(orders.on_quote(quote("101", "102"), T0 + 91 * SECOND))
    sold = told(exit_, OrderStatus.FILLED, "10", "101", at_ns=T0 + 92 * SECOND)
    orders.on_update(event(sold, "fill", "y", "10", "101"), T0 + 92 * SECOND)
    assert orders.held("TSLA") == 0


def test_says_what_is_in_its_way_when_that_cannot_be_cancelled(orders: Orders, bracketed: Intent) -> None:
    orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("101", "101.1"), "kill", T0)
    alerts, now_ns = [], T0
    for _ in range(12):
        now_ns += 5 * SECOND
        changes = orders.due(now_ns)
        assert not placed(changes)
        alerts += [alert.text for alert in changes.alerts if alert.code == "exit_failed"]
    (text,) = alerts
    assert text.startswith("TSLA: 10 not closed yet (kill): orders in its way are not cancelled yet: venue-made-")


@pytest.mark.parametrize(
    ("bid", "ask", "last", "limit"),
    [
        ("99", "101", None, "98.80"),
        ("96", "104", None, "98.00"),
        ("96", "104", "97", "95.80"),
        ("90", "92", "100", "89.82"),
        ("80", "120", "100.01", "98.00"),
        ("0.40", "0.60", None, "0.4900"),
    ],
)
def test_no_further_than_the_collar_that_the_controls_set(
    orders: Orders, bare: Intent, bid: str, ask: str, last: str | None, limit: str
) -> None:
    position = Position("TSLA", Decimal(10), Decimal(100))
    (exit_,) = placed(orders.flatten(position, quote(bid, ask, last=last), "kill", T0 + 5))
    assert exit_.draft.limit_price == Decimal(limit)


def test_leaves_what_is_not_ours_and_says_so(orders: Orders, bare: Intent) -> None:
    changes = orders.flatten(Position("TSLA", Decimal(25), Decimal(100)), quote("101", "102"), "kill", T0 + 5)
    assert placed(changes)[0].draft.quantity == 10
    assert "15 of 25 is not ours" in changes.alerts[0].text


def test_goes_on_when_the_venue_takes_no_more_requests_for_now(orders: Orders, bare: Intent) -> None:
    position, now_ns = Position("TSLA", Decimal(10), Decimal(100)), T0 + SECOND
    changes = orders.flatten(position, quote("101", "102"), "kill", now_ns)
    limited = Answer(Outcome.REJECTED, "rate limit", retry_after_s=4.0)
    alerts: list[str] = []
    for _ in range(20):
        (intent,) = placed(changes)
        changes = orders.on_answer(intent, limited, now_ns)
        assert not changes.requests and orders.next_due_ns == now_ns + 4 * SECOND
        alerts += [alert.text for alert in changes.alerts if alert.code == "exit_failed"]
        now_ns += 4 * SECOND
        changes = orders.due(now_ns)
    assert len(placed(changes)) == 1
    assert alerts == ["TSLA: 10 not closed yet (kill): the venue takes no more requests for now"]


def test_goes_on_with_the_order_that_a_person_put_in_its_place(orders: Orders, bare: Intent) -> None:
    changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("101", "102"), "kill", T0 + SECOND)
    (flatten,) = placed(changes)
    orders.on_answer(flatten, Answer(ACCEPTED, order=told(flatten)), T0 + SECOND)
    gone = msgspec.structs.replace(told(flatten, OrderStatus.REPLACED, at_ns=T0 + 2 * SECOND), replaced_by="v-new")
    changes = orders.on_update(event(gone, "replaced"), T0 + 2 * SECOND)
    assert changes.requests == (Compare("replaced"),), "what replaced it may sell all that is held"
    assert not orders.due(T0 + 3 * SECOND).requests, "asked once"
    new = msgspec.structs.replace(
        told(flatten, at_ns=T0 + 3 * SECOND),
        client_order_id="by-hand",
        venue_id="v-new",
        submitted_ns=T0 + 2 * SECOND,
    )
    assert not orders.on_update(event(new, "new"), T0 + 3 * SECOND).requests
    assert cancelled(orders.due(T0 + 12 * SECOND)) == ["by-hand"], "ten seconds after it was put there"
    (again,) = placed(end(orders, "by-hand", T0 + 13 * SECOND, "4", "101"))
    assert (again.role, again.draft.quantity) == (Role.FLATTEN, 6)


def test_says_what_it_could_not_close(orders: Orders, bare: Intent) -> None:
    now_ns = T0 + SECOND
    changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("101", "102"), "kill", now_ns)
    alerts: list[str] = []
    while intents := placed(changes):
        changes = orders.on_answer(intents[0], Answer(Outcome.REJECTED, "halted"), now_ns)
        alerts += [alert.text for alert in changes.alerts if alert.code == "exit_failed"]
        now_ns += SECOND
        changes = orders.due(now_ns)
    assert len(alerts) == 1 and "10 not closed after 5 orders" in alerts[0]
