from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.mirror import Mirror, Part, RevisionGap
from engine.model import Alert, DecisionKind, Level, OrderStatus
from engine.model.frames import Frame, Goodbye, Push
from tests.desk import made_up


@pytest.fixture
def mirror() -> Mirror:
    mirror = Mirror()
    assert mirror.apply(made_up.snapshot()) is Part.ALL
    mirror.take_posts()
    return mirror


def test_a_snapshot_is_the_whole_picture(mirror: Mirror) -> None:
    snapshot = made_up.snapshot()
    assert tuple(mirror.tickets.values()) == snapshot.tickets
    assert tuple(mirror.symbols.values()) == snapshot.symbols
    assert tuple(mirror.orders.values()) == snapshot.orders
    assert mirror.posts_not_shown == 0


def test_frames_change_only_what_they_hold(mirror: Mirror) -> None:
    moved = made_up.symbol_row("TSLA", 5)
    assert mirror.apply(Frame(rev=8, symbols=(moved,))) == Part.SYMBOLS
    assert mirror.symbols["TSLA"] == moved
    assert mirror.symbols["NVDA"] == made_up.symbol_row("NVDA")
    assert mirror.apply(Frame(rev=9, positions=())) == Part.POSITIONS
    assert mirror.positions == {}
    assert mirror.apply(Frame(rev=10)) == Part.NOTHING


def test_a_missing_message_is_noticed(mirror: Mirror) -> None:
    with pytest.raises(RevisionGap, match="expected revision 8, found 9"):
        mirror.apply(Frame(rev=9))


def test_a_message_older_than_the_snapshot_is_passed_over(mirror: Mirror) -> None:
    assert mirror.apply(Frame(rev=7, positions=())) == Part.NOTHING
    assert mirror.positions


def test_a_decision_closes_its_ticket(mirror: Mirror) -> None:
    ticket = made_up.snapshot().tickets[0]
    decision = made_up.decision(ticket, DecisionKind.EXPIRED, "clock")
    assert mirror.apply(Push(rev=8, decision=decision)) == Part.TICKETS | Part.DECISIONS
    assert ticket.id not in mirror.tickets
    assert mirror.closed[ticket.id] == (ticket, decision)


def test_an_order_brings_its_legs_and_replaces_itself(mirror: Mirror) -> None:
    entry = made_up.order(made_up.ticket(5))
    leg = msgspec.structs.replace(entry, client_order_id="leg", status=OrderStatus.HELD)
    mirror.apply(Push(rev=8, order=msgspec.structs.replace(entry, legs=(leg,))))
    mirror.apply(Push(rev=9, order=made_up.order(made_up.ticket(5), OrderStatus.FILLED)))
    assert mirror.orders["leg"].status is OrderStatus.HELD
    assert mirror.orders[entry.client_order_id].status is OrderStatus.FILLED


def test_alerts_of_one_kind_replace_each_other_until_they_go(mirror: Mirror) -> None:
    mirror.apply(Push(rev=8, alert=made_up.alert(1)))
    mirror.apply(Push(rev=9, alert=made_up.alert(2)))
    other = Alert("other", Level.INFO, "code", "subject", "text", "", made_up.NOW)
    mirror.apply(Push(rev=10, alert=other))
    assert set(mirror.alerts) == {"alert-2", "other"}
    assert mirror.apply(Push(rev=11, alert_gone="alert-2")) == Part.ALERTS
    assert set(mirror.alerts) == {"other"}


def test_goodbye_is_remembered(mirror: Mirror) -> None:
    assert mirror.apply(Goodbye(rev=8, reason="stopped by a person")) == Part.STATUS
    assert mirror.goodbye == "stopped by a person"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 40)), max_size=20))
def test_the_count_of_posts_never_lies(frames: list[tuple[int, int]]) -> None:
    mirror = Mirror()
    snapshot = made_up.snapshot()
    mirror.apply(snapshot)
    mirror.take_posts()
    total, came = snapshot.status.posts, 0
    for number, (taken_in, withheld) in enumerate(frames, snapshot.rev + 1):
        rows = tuple(made_up.post(n) for n in range(max(0, taken_in - withheld)))
        total, came = total + taken_in, came + len(rows)
        mirror.apply(Frame(rev=number, status=made_up.status(posts=total), posts=rows))
    assert mirror.status is not None
    assert mirror.status.posts - snapshot.status.posts == came + mirror.posts_not_shown
    assert len(mirror.take_posts()) == came
    assert mirror.take_posts() == []


def test_a_sparkline_that_was_not_sent_again_stays(mirror: Mirror) -> None:
    before = mirror.symbols["TSLA"]
    moved = msgspec.structs.replace(made_up.symbol_row("TSLA", 5), spark=())
    mirror.apply(Frame(rev=8, symbols=(moved,)))
    assert mirror.symbols["TSLA"] == msgspec.structs.replace(moved, spark=before.spark)
    sampled = msgspec.structs.replace(moved, spark=(*before.spark[1:], 0.5))
    mirror.apply(Frame(rev=9, symbols=(sampled,)))
    assert mirror.symbols["TSLA"] == sampled


def test_posts_that_are_never_scored_are_not_called_left_out(mirror: Mirror) -> None:
    before = made_up.snapshot().status
    scored = (made_up.post(900), made_up.post(901))
    never = sum(before.not_scored.values()) + 3
    unscored = {"repost": never}
    now = msgspec.structs.replace(before, posts=before.posts + 6, not_scored=unscored)
    mirror.apply(Frame(rev=8, status=now, posts=scored))
    assert (mirror.posts_not_scored, mirror.posts_not_shown) == (never, 1)


def test_every_part_at_once_is_no_snapshot(mirror: Mirror) -> None:
    parts = Part.NOTHING
    for message in made_up.busy_moment():
        parts |= mirror.apply(msgspec.structs.replace(message, rev=mirror.rev + 1))
    assert all(part in parts for part in Part if part is not Part.ANEW)
    assert parts is not Part.ALL
    assert Part.ANEW in mirror.apply(made_up.snapshot())
