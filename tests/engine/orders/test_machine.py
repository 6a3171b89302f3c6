"""What a venue's word does to an order: monotone in what is filled, final states final, the newer word holds."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.config import Config
from engine.model import ZERO, Intent, Order, OrderStatus, Role
from engine.orders import Orders
from engine.orders.machine import LONGEST_WISH_NS, OURS_TO_CONCLUDE, Track, concluded, leg_role, merged, newer, planned
from tests.engine.orders.talk import T0, draft, leg, told

D = Decimal
OPEN = [OrderStatus.WORKING, OrderStatus.PARTIAL, OrderStatus.HELD, OrderStatus.CANCELING]
FINAL = [OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED, OrderStatus.REPLACED]


def intent(**kind: bool) -> Intent:
    return Orders(Config()).intend("s-1", "t-1", Role.ENTRY, draft(**kind), T0)  # type: ignore[arg-type]


words = st.lists(
    st.tuples(st.sampled_from(OPEN + FINAL), st.integers(0, 10), st.integers(0, 20)), min_size=1, max_size=12
)
"""Status, filled quantity and the venue's time in seconds, as they may come: repeated, late, reordered."""


@settings(max_examples=50)
@given(words)
def test_filled_never_falls_and_a_final_state_stays(spoken: list[tuple[OrderStatus, int, int]]) -> None:
    ours = intent()
    track = Track(planned(ours), ours, 1)
    for status, filled, at_s in spoken:
        word = told(ours, status, str(filled), "100" if filled else None, at_ns=T0 + at_s * SECOND)
        before = track.order
        after = merged(before, word, newer=newer(track, word, word.updated_ns), known=track.known)
        assert after.filled >= before.filled
        assert after.filled == max(before.filled, word.filled)
        if before.status.terminal and not concluded(before.status, track.known):
            assert after.status is before.status or after.status is OrderStatus.REPLACED
        assert after.status is not OrderStatus.WORKING or after.filled == 0, "a partly filled order says so"
        assert (after.role, after.signal_id, after.parent_id, after.legs) == (Role.ENTRY, "s-1", "", ())
        assert merged(after, word, newer=newer(track, word, word.updated_ns), known=True).filled == after.filled
        track.order, track.known = after, True
        track.stamp_ns = max(track.stamp_ns, word.updated_ns)


@pytest.mark.parametrize("ours", sorted(OURS_TO_CONCLUDE, key=lambda status: status.value))
@pytest.mark.parametrize("theirs", [OrderStatus.WORKING, OrderStatus.FILLED])
def test_a_conclusion_of_ours_gives_way_to_the_venue(ours: OrderStatus, theirs: OrderStatus) -> None:
    mine = intent()
    order = msgspec.structs.replace(planned(mine), status=ours)
    assert merged(order, told(mine, theirs), newer=False, known=False).status is theirs


def test_a_refusal_is_ours_until_the_venue_has_shown_the_order() -> None:
    assert concluded(OrderStatus.REJECTED, known=False)
    assert not concluded(OrderStatus.REJECTED, known=True)
    assert not concluded(OrderStatus.FILLED, known=False)


def test_of_two_words_of_one_time_the_later_state_is_the_newer() -> None:
    mine = intent()
    track = Track(told(mine, OrderStatus.PARTIAL, "1", "100"), mine, 1)
    track.known, track.stamp_ns = True, T0
    assert newer(track, told(mine, OrderStatus.CANCELING), T0)
    assert not newer(track, told(mine, OrderStatus.WORKING), T0)
    assert newer(track, told(mine, OrderStatus.WORKING), T0 + 1)
    assert not newer(track, told(mine, OrderStatus.FILLED), T0 - 1)


@settings(max_examples=50)
@given(st.floats(0, 1e6), st.integers(0, 10**18))
def test_a_wish_to_wait_is_heeded_up_to_a_limit(wish_s: float, now_ns: int) -> None:
    mine = intent()
    track = Track(planned(mine), mine, 1)
    track.told_to_wait(wish_s, now_ns)
    assert now_ns <= track.retry_ns <= now_ns + LONGEST_WISH_NS


def test_a_bracket_misses_its_legs_until_the_venue_shows_them_or_it_ends_unfilled() -> None:
    mine = intent()
    track = Track(planned(mine), mine, 1)
    assert not track.legs_missing, "the venue does not have it yet"
    track.known = True
    assert track.legs_missing
    track.order = msgspec.structs.replace(track.order, status=OrderStatus.CANCELED)
    assert not track.legs_missing
    track.order = msgspec.structs.replace(track.order, filled=D(1))
    assert track.legs_missing
    track.legs_known = True
    assert not track.legs_missing
    plain = intent(extended_hours=True)
    other = Track(planned(plain), plain, 2)
    other.known = True
    assert not other.legs_missing, "no venue carries its exits"


def test_a_leg_is_known_by_its_price() -> None:
    mine = intent()
    assert leg_role(leg(mine, "stop", OrderStatus.HELD)) is Role.STOP
    assert leg_role(leg(mine, "target", OrderStatus.WORKING)) is Role.TARGET
    trailing: Order = msgspec.structs.replace(leg(mine, "target", OrderStatus.WORKING), order_type="stop_limit")
    assert leg_role(trailing) is Role.STOP
    assert planned(mine).filled == ZERO
