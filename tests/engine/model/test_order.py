"""Order ids, order types, what ends an order, and what is left of one."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Draft, Intent, Order, OrderStatus, Role, Side, client_order_id

D = Decimal
ids = st.tuples(st.text(max_size=20), st.sampled_from(Role), st.integers(1, 99))


@given(st.sets(ids, min_size=2, max_size=2))
def test_an_order_id_is_a_function_of_signal_role_and_attempt(keys: set[tuple[str, Role, int]]) -> None:
    one, other = (client_order_id(*key) for key in keys)
    assert re.fullmatch(r"desk-[0-9a-f]{20}-[a-z]\d{1,2}", one)
    assert one != other
    assert {one, other} == {client_order_id(*key) for key in keys}


def test_the_ids_of_earlier_journals_stay_theirs() -> None:
    """An engine of another version looks its orders up by the same ids."""
    assert client_order_id("sig-1", Role.ENTRY, 1) == "desk-ad19064c60c2d81276a5-e1"


def intent(role: Role, stop: str | None = None, target: str | None = None, **changes: object) -> Intent:
    prices = (None if price is None else D(price) for price in (stop, target))
    draft = Draft("TSLA", Side.BUY, D(3), D(100), D(100), 1, *prices)
    return Intent("desk-1", "s", "t", 1, role, msgspec.structs.replace(draft, **changes), 1)


@pytest.mark.parametrize(
    ("role", "stop", "kind"),
    [(Role.STOP, "95", "stop"), (Role.STOP, None, "limit"), (Role.ENTRY, "95", "limit"), (Role.TARGET, "95", "limit")],
)
def test_only_a_stop_with_a_price_is_a_stop_order(role: Role, stop: str | None, kind: str) -> None:
    assert intent(role, stop).order_type == kind


@pytest.mark.parametrize(
    ("role", "stop", "target", "changes", "bracket"),
    [
        (Role.ENTRY, "95", "110", {}, True),
        (Role.ENTRY, "95", None, {}, False),
        (Role.ENTRY, None, "110", {}, False),
        (Role.EXIT, "95", "110", {}, False),
        (Role.ENTRY, "95", "110", {"quantity": D("2.5")}, False),
        (Role.ENTRY, "95", "110", {"extended_hours": True}, False),
        (Role.ENTRY, "95", "110", {"symbol": "BTC/USD"}, False),
    ],
)
def test_what_goes_out_with_its_exits(
    role: Role, stop: str | None, target: str | None, changes: dict[str, object], bracket: bool
) -> None:
    assert intent(role, stop, target, **changes).bracket is bracket


def test_every_status_is_open_or_ended() -> None:
    ended = {status for status in OrderStatus if status.terminal}
    assert {status for status in OrderStatus if not status.open} == ended
    assert {status.name for status in OrderStatus} - {status.name for status in ended} == {
        "INTENT", "UNRESOLVED", "WORKING", "PARTIAL", "HELD", "CANCELING",
    }  # fmt: skip


@given(st.integers(0, 100), st.integers(0, 100))
def test_what_is_left_of_an_order_is_never_negative(quantity: int, filled: int) -> None:
    order = Order("desk-1", "v", "TSLA", Side.BUY, D(quantity), OrderStatus.PARTIAL, Role.ENTRY, D(filled))
    assert order.remaining == max(0, quantity - filled)
