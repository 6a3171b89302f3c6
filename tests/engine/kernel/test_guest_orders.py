"""What a venue of another package tells is refused by name where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from engine.clock import MINUTE
from engine.kernel import guest_orders as checks
from engine.kernel.guest_values import Misfit
from engine.model import (
    Activity,
    Answer,
    FeedState,
    Instrument,
    Light,
    Lookup,
    Market,
    Order,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Role,
    Session,
    Side,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from tests.engine.kernel.bare import NOW

LEG = Order("leg", "v-leg", "TSLA", Side.SELL, D(10), OrderStatus.HELD, Role.EXTERNAL, updated_ns=NOW)
ORDER = Order(
    "desk-1", "v-1", "TSLA", Side.BUY, D(10), OrderStatus.PARTIAL, Role.ENTRY, D(4), D(100), limit_price=D(101),
    submitted_ns=NOW, updated_ns=NOW, legs=(LEG,),
)  # fmt: skip
UPDATE = OrderUpdate("fill", ORDER, NOW, "x1", D(4), D(100))
ACCOUNT = VenueAccount(D(1000), D(-5), D(0), D(900), NOW)
ACTIVITY = Activity("a1", "CSD", True, D(100))
SNAPSHOT = VenueSnapshot(NOW, ACCOUNT, (VenuePosition("TSLA", D(-3), D(100)),), (ORDER,), (ACTIVITY,))
INSTRUMENT = Instrument("TSLA")
BAD = [D("NaN"), D("sNaN"), D("Infinity"), D("-Infinity"), D("1E+400"), D("1E-40")]
NEGATIVE = [*BAD, D(-1)]


def with_(value: Any, **fields: object) -> Any:
    return msgspec.structs.replace(value, **fields)


def answer(given: object) -> Answer:
    return checks.checked_answer(given, "desk-1", NOW)


def lookup(given: object) -> Lookup:
    return checks.checked_lookup(given, "desk-1", NOW)


def update(given: object) -> OrderUpdate | FeedState:
    return checks.checked_update(given, "theirs-orders", NOW)


def snapshot(given: object) -> VenueSnapshot:
    return checks.checked_snapshot(given, NOW, NOW)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (answer, Answer(Outcome.ACCEPTED, "taken", ORDER, 1.5)),
        (lookup, Lookup(True, ORDER)),
        (lookup, Lookup(None, reason="503")),
        (update, UPDATE),
        (update, with_(UPDATE, quantity=None, price=None, execution_id="", fee=D("-0.01"))),
        (snapshot, SNAPSHOT),
        (snapshot, with_(SNAPSHOT, activities=None)),
    ],
)
def test_what_is_as_it_should_be_is_taken_as_it_is(check: Callable[[object], object], value: object) -> None:
    assert check(value) == value


@pytest.mark.parametrize("number", NEGATIVE, ids=str)
@pytest.mark.parametrize("field", ["quantity", "filled", "average_price", "limit_price", "stop_price"])
@pytest.mark.parametrize("where", ["answer", "lookup", "update", "snapshot", "leg"])
def test_a_number_of_an_order_that_is_none(where: str, field: str, number: D) -> None:
    order = with_(ORDER, **{field: number})
    wrong: dict[str, tuple[Callable[[object], object], object]] = {
        "answer": (answer, Answer(Outcome.ACCEPTED, order=order)),
        "lookup": (lookup, Lookup(True, order)),
        "update": (update, with_(UPDATE, order=order)),
        "snapshot": (snapshot, with_(SNAPSHOT, orders=(order,))),
        "leg": (snapshot, with_(SNAPSHOT, orders=(with_(ORDER, legs=(with_(LEG, **{field: number}),)),))),
    }
    check, value = wrong[where]
    with pytest.raises(Misfit, match=f"Order.{field}"):
        check(value)


@pytest.mark.parametrize("number", BAD, ids=str)
@pytest.mark.parametrize(
    "made",
    [
        lambda number: with_(UPDATE, quantity=number),
        lambda number: with_(UPDATE, price=number),
        lambda number: with_(UPDATE, fee=number),
    ],
)
def test_a_number_of_an_execution_that_is_none(made: Callable[[D], object], number: D) -> None:
    with pytest.raises(Misfit, match="OrderUpdate"):
        update(made(number))


@pytest.mark.parametrize("number", BAD, ids=str)
@pytest.mark.parametrize("field", ["equity", "cash", "buying_power", "last_equity"])
def test_a_number_of_the_account_that_is_none(field: str, number: D) -> None:
    with pytest.raises(Misfit, match=f"VenueAccount.{field}"):
        snapshot(with_(SNAPSHOT, account=with_(ACCOUNT, **{field: number})))


@pytest.mark.parametrize(
    ("check", "value", "words"),
    [
        (answer, None, "Answer, found NoneType"),
        (answer, Answer("perhaps"), "as it is typed"),  # type: ignore[arg-type]
        (answer, Answer(Outcome.REJECTED, retry_after_s=-1.0), "retry_after_s"),
        (answer, Answer(Outcome.ACCEPTED, order=with_(ORDER, client_order_id="other")), "asked about, found 'other'"),
        (lookup, Lookup(False, ORDER), "known to be true"),
        (lookup, Lookup(True, with_(ORDER, client_order_id="other")), "asked about, found 'other'"),
        (update, with_(UPDATE, at_ns=NOW // 1_000_000_000), "in nanoseconds"),
        (update, with_(UPDATE, at_ns=NOW + 2 * MINUTE), "not ahead of the clock"),
        (update, with_(UPDATE, order=with_(ORDER, updated_ns=NOW + 2 * MINUTE)), "Order.updated_ns"),
        (update, with_(UPDATE, execution_id="x" * 200), "execution_id"),
        (update, with_(UPDATE, order=with_(ORDER, client_order_id="")), "Order.client_order_id"),
        (update, with_(UPDATE, order=with_(ORDER, symbol=" ")), "Order.symbol"),
        (update, with_(UPDATE, order=with_(ORDER, legs=(LEG,) * 9)), "at most 8 legs"),
        (update, with_(UPDATE, order=with_(ORDER, legs=(with_(LEG, legs=(LEG,)),))), "which have none"),
        (update, with_(UPDATE, quantity=1.5j), "recorded"),
        (snapshot, with_(SNAPSHOT, at_ns=NOW - 2 * MINUTE), "VenueSnapshot.at_ns"),
        (snapshot, with_(SNAPSHOT, positions=SNAPSHOT.positions * 2), "one VenuePosition of each"),
        (snapshot, with_(SNAPSHOT, positions=(VenuePosition("TSLA", D("NaN"), D(1)),)), "VenuePosition.quantity"),
        (snapshot, with_(SNAPSHOT, positions=(VenuePosition("TSLA", D(1), D(-1)),)), "VenuePosition.average_price"),
        (snapshot, with_(SNAPSHOT, activities=(with_(ACTIVITY, amount=D("NaN")),)), "Activity.amount"),
        (lambda given: checks.checked_instrument(given, "NVDA"), INSTRUMENT, "NVDA, which was asked about"),
        (lambda given: checks.checked_instrument(given, "TSLA"), with_(INSTRUMENT, quantity_step=D(0)), "above 0"),
        (lambda given: checks.checked_instrument(given, "TSLA"), with_(INSTRUMENT, min_notional=D("NaN")), "notional"),
        (lambda given: checks.checked_market(given, NOW), Market(Session.REGULAR, 17), "Market.at_ns"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected_and_found(
    check: Callable[[object], object], value: object, words: str
) -> None:
    with pytest.raises(Misfit, match=words):
        check(value)


def test_text_is_cleaned_and_a_state_stands_under_the_venues_name() -> None:
    assert answer(Answer(Outcome.REJECTED, "no\x1b[31m\nfunds")).reason == "no funds"
    state = update(FeedState("prices", Light.UP, NOW, NOW))
    assert isinstance(state, FeedState) and state.name == "theirs-orders"
    assert checks.checked_instrument(None, "TSLA") is None
