"""What a person approves: every part of it is in the fingerprint; edits laid over edits; how a limit is used."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import ControlResult, DecisionKind, Draft, Edits, Side, Signal, TradingState, Verdict, fingerprint
from tests.desk import made_up

D = Decimal
replace = msgspec.structs.replace
SEEN = made_up.ticket(1, failed=("R17",))


def print_of(draft: dict[str, Any] | None = None, verdict: dict[str, Any] | None = None, signal_id: str = "") -> str:
    assert SEEN.draft is not None
    signal: Signal = replace(SEEN.signal, id=signal_id) if signal_id else SEEN.signal
    return fingerprint(signal, replace(SEEN.draft, **draft or {}), replace(SEEN.verdict, **verdict or {}))


def test_a_fingerprint_is_stable_and_sixteen_hex_digits() -> None:
    assert print_of() == print_of()
    assert len(print_of()) == 16
    assert int(print_of(), 16) >= 0


@pytest.mark.parametrize(
    "draft",
    [
        {"quantity": D(99)},
        {"limit_price": D(99)},
        {"reference_price": D(99)},
        {"reference_ns": 1},
        {"stop_price": D(99)},
        {"target_price": None},
        {"side": Side.SELL},
        {"extended_hours": True},
        {"time_in_force": "gtc"},
        {"sizing": "other words"},
    ],
)
def test_whatever_of_the_order_is_shown_is_approved(draft: dict[str, Any]) -> None:
    assert print_of(draft) != print_of()


def test_another_signal_verdict_state_or_limits_are_another_thing_to_approve() -> None:
    passed = tuple(replace(result, passed=not result.passed) for result in SEEN.verdict.controls)
    others = [
        print_of(signal_id="another"),
        print_of(verdict={"controls": passed}),
        print_of(verdict={"state": TradingState.REDUCING}),
        print_of(verdict={"limits_hash": "other"}),
        fingerprint(SEEN.signal, None, SEEN.verdict),
    ]
    assert len({*others, print_of()}) == len(others) + 1
    reworded = tuple(replace(result, reason="in other words") for result in SEEN.verdict.controls)
    assert print_of(verdict={"controls": reworded, "at_ns": 7}) == print_of(), "figures that move by themselves"


amounts = st.none() | st.integers(1, 9).map(D)
edits = st.builds(Edits, amounts, amounts, amounts, amounts)


@given(edits, st.none() | edits)
def test_edits_over_edits_keep_the_newest_of_each(later: Edits, earlier: Edits | None) -> None:
    found = later.over(earlier)
    for name in Edits.__struct_fields__:
        newest = getattr(later, name)
        assert getattr(found, name) == (newest if newest is not None else earlier and getattr(earlier, name))


@pytest.mark.parametrize(
    ("symbol", "quantity", "extended", "takes"),
    [
        ("TSLA", "3", False, True),
        ("TSLA", "3.5", False, False),
        ("TSLA", "3", True, False),
        ("BTC/USD", "3", False, False),
    ],
)
def test_what_a_venue_takes_with_its_exits(symbol: str, quantity: str, extended: bool, takes: bool) -> None:
    draft = Draft(symbol, Side.BUY, D(quantity), D(100), D(99), 1, extended_hours=extended)
    assert draft.takes_legs is takes
    assert draft.notional == D(quantity) * 99, "at the price it was computed from, not at its limit"


def result(value: Decimal | None, limit: Decimal | None, passed: bool = True) -> ControlResult:
    return ControlResult("R01", "order_quantity", passed, value, limit, "shares", "why")


def test_the_use_of_a_limit_has_no_meaning_without_one() -> None:
    assert result(D(3), D(4)).use == 0.75
    assert result(D(8), D(4)).use == 2.0
    assert [result(*pair).use for pair in ((None, D(1)), (D(1), None), (D(1), D(0)))] == [None] * 3


def test_failures_and_what_is_sent() -> None:
    failed = result(D(1), D(1), passed=False)
    assert Verdict(1, False, TradingState.ACTIVE, "", (result(D(1), D(1)), failed)).failures == (failed,)
    assert {kind for kind in DecisionKind if kind.sends} == {DecisionKind.CONFIRMED, DecisionKind.AUTO}
