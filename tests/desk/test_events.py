"""What the messages of an engine are told as: once each, in order, over a restart too."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.events import KEPT, KINDS, Event, Teller, only
from desk.mirror import RevisionGap
from engine.model import DecisionKind, Fill, Light, Mode, OrderStatus, Role, Side, TradingState
from engine.model.frames import Frame, Goodbye, Push, Snapshot
from tests.desk import made_up

replace = msgspec.structs.replace


def attached(snapshot: Snapshot | None = None, **options: float) -> Teller:
    teller = Teller(**options)
    teller.tell(snapshot or made_up.snapshot())
    return teller


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def test_the_first_snapshot_tells_what_holds_and_not_what_had_ended() -> None:
    events = Teller().tell(made_up.snapshot())
    assert kinds(events)[:3] == ["engine", "state", "market"]
    assert next(event.text for event in events if event.kind == "ticket").startswith("BUY 26 TSLA at limit")
    assert kinds(events).count("ticket") == kinds(events).count("signal") == 2
    assert kinds(events).count("mood") == len(made_up.SYMBOLS)
    assert not {"decision", "fill", "post"} & set(kinds(events))
    assert "unknown" in next(event.text for event in events if event.text.startswith("AAPL"))


def test_a_decision_an_order_and_a_fill_are_told_once() -> None:
    teller, ticket = attached(), made_up.ticket(1)
    decided = made_up.decision(ticket, DecisionKind.CONFIRMED, reason="as shown")
    working, filled = made_up.order(ticket), made_up.order(ticket, OrderStatus.FILLED)
    limit, size = made_up.order(ticket).limit_price, filled.filled
    assert limit is not None
    fill = Fill("x1", working.client_order_id, "TSLA", Side.BUY, size, limit, size, made_up.NOW, "s-1", Role.ENTRY)
    pushes = [Push(8, ticket=ticket, decision=decided), Push(9, order=working), Push(10, order=working)]
    pushes += [Push(11, order=filled), Push(12, fill=fill), Push(13, fill=fill)]
    told = [event for push in pushes for event in teller.tell(push)]
    assert kinds(told) == ["decision", "order", "order", "fill"]
    assert told[0].text == f"BUY TSLA confirmed by person: as shown ({ticket.id})"
    again = replace(
        made_up.snapshot(), rev=20, closed=((ticket, decided),), orders=(filled,), fills=(fill,), tickets=()
    )
    assert not {"decision", "order", "fill", "ticket"} & set(kinds(teller.tell(again)))


def test_what_happened_while_away_is_told_at_the_next_snapshot() -> None:
    teller = attached()
    ticket = made_up.ticket(50, "NVDA")
    decided = made_up.decision(ticket, DecisionKind.EXPIRED, "clock")
    missed = replace(made_up.snapshot(), pid=5000, closed=((ticket, decided),), alerts=(made_up.alert(),))
    told = teller.tell(missed)
    assert told[0].text.startswith("attached to the simulated engine, version 0.1.0, pid 5000")
    wanted = ("signal", "decision", "alert")
    assert [kind for kind in kinds(told) if kind in wanted] == ["alert", "signal", "decision"]
    assert teller.tell(replace(missed, rev=9))[0].text.startswith("attached again to")


def test_lights_states_modes_protections_and_alerts_as_they_change() -> None:
    teller = attached()
    state = made_up.status(state=TradingState.HALTED, state_reason="drill")
    feed = replace(made_up.feeds()[0], light=Light.DOWN, detail="401", remedy="set the key")
    row = replace(made_up.symbol_row("TSLA"), mode=Mode.OFF)
    told = teller.tell(Frame(8, status=state, feeds=(feed,), protections=(made_up.protection(),), symbols=(row,)))
    assert [event.text for event in told if event.kind in ("state", "feed", "mode")] == [
        "trading is HALTED: drill", "x is down: 401 → set the key", "TSLA is decided by: off",
    ]  # fmt: skip
    assert not teller.tell(Frame(9, status=state, feeds=(feed,), protections=(made_up.protection(),), symbols=(row,)))
    assert teller.tell(Frame(10, protections=()))[0].text.startswith("cool_down ended")
    alert = made_up.alert()
    assert kinds(teller.tell(Push(11, alert=alert))) == ["alert"]
    assert teller.tell(Push(12, alert_gone=alert.id))[0].text.startswith("over:")
    assert not teller.tell(Push(13, alert_gone="nothing"))
    assert teller.tell(Goodbye(14, "stopped by a person"))[0].text == (
        "the engine stops: stopped by a person; attaching again when it is back"
    )


def test_a_missing_message_is_noticed_and_an_old_one_is_nothing() -> None:
    teller = attached()
    assert teller.tell(Push(7, alert=made_up.alert())) == []
    with pytest.raises(RevisionGap):
        teller.tell(Push(9, alert=made_up.alert()))


@given(st.lists(st.floats(-1, 1, allow_nan=False) | st.none(), max_size=30), st.floats(0.01, 1))
def test_between_two_told_moods_nothing_moved_by_a_step(values: list[float | None], step: float) -> None:
    teller = attached(mood_step=step)
    told = made_up.symbol_row("TSLA").mood.value
    for rev, value in enumerate(values, 8):
        row = made_up.symbol_row("TSLA")
        row = replace(row, mood=replace(row.mood, value=value))
        if teller.tell(Frame(rev, symbols=(row,))):
            assert (told is None) is not (value is None) or abs((told or 0) - (value or 0)) >= step
            told = value
        else:
            assert (told is None) is (value is None)
            assert told is None or value is None or abs(told - value) < step


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7)), max_size=20))
def test_posts_told_and_not_told_add_up(steps: list[tuple[int, int]]) -> None:
    teller = attached()
    total = made_up.snapshot().status.posts
    told, number = 0, 1000
    for rev, (shown, lost) in enumerate(steps, 8):
        total += shown + lost
        posts = tuple(made_up.post(number + n, made_up.NOW) for n in range(shown))
        number += shown
        for event in teller.tell(Frame(rev, status=made_up.status(posts=total), posts=posts)):
            told += 1 if event.value is not None else int(event.text.split()[0])
    assert told == total - made_up.snapshot().status.posts


def test_json_holds_the_value_and_only_chooses() -> None:
    events = Teller().tell(made_up.snapshot())
    decoded = [json.loads(event.json) for event in events]
    assert {entry["kind"] for entry in decoded} <= set(KINDS)
    (first, *_) = [entry for entry in decoded if entry["kind"] == "ticket"]
    assert first["value"]["fingerprint"] == made_up.ticket(1).fingerprint
    assert first["at"].endswith("Z")
    assert set(kinds(list(filter(only(["mood"]), events)))) == {"mood"}


def test_what_is_remembered_is_bounded() -> None:
    teller = attached()
    for number in range(KEPT + 100):
        ticket = made_up.ticket(1000 + number)
        teller.tell(Push(8 + number, ticket=ticket))
    assert len(teller._tickets) == len(teller._signals) == KEPT
