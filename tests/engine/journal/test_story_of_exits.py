"""Why, of what the engine places for a holding: who decided the entry stays told, and no execution is hidden."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import SECOND
from engine.journal import Reader, format_story
from engine.model import (
    Decision,
    DecisionKind,
    Draft,
    Fill,
    Intent,
    Order,
    OrderStatus,
    Role,
    Side,
    TradingState,
    Verdict,
    client_order_id,
)
from engine.model.records import CommandRecord
from tests.engine.journal.conftest import Opened

D = Decimal
T0 = 1_763_650_200 * SECOND
ENTRY = client_order_id("signal-1", Role.ENTRY, 1)
STOPS = [client_order_id("signal-1", Role.STOP, attempt) for attempt in range(1, 7)]
PASSED = Verdict(T0, True, TradingState.ACTIVE, "limits", ())


@pytest.fixture
def told(path: Path, opened: Opened) -> Path:
    """A confirmed entry that fills in three parts amid many words, and six stops of the engine's; the last fills."""
    journal = opened()
    confirmed = Decision("t-1", "signal-1", DecisionKind.CONFIRMED, "person", "looks right", T0, "print", PASSED)
    journal.append("decision", "signal-1", confirmed, T0)
    bought = Draft("TSLA", Side.BUY, D(6), D(250), D(250), T0, D(237), D(275))
    journal.append("intent", ENTRY, Intent(ENTRY, "signal-1", "t-1", 1, Role.ENTRY, bought, T0), T0)
    for part in range(1, 4):
        for status in (OrderStatus.WORKING, OrderStatus.PARTIAL, OrderStatus.PARTIAL):
            journal.append("order", ENTRY, order(ENTRY, status, Role.ENTRY), T0)
        fill = Fill(f"x{part}", ENTRY, "TSLA", Side.BUY, D(2), D(250 + part), D(0), T0, "signal-1")
        journal.append("fill", ENTRY, fill, T0)
    asked = CommandRecord("cancel", "person", {"order": ENTRY}, True, f"cancelling {ENTRY}", T0)
    journal.append("command", "cancel", asked, T0)
    for attempt, stop in enumerate(STOPS, 1):
        placed = Decision("", "signal-1", DecisionKind.AUTO, "engine", "", T0, "", PASSED)
        journal.append("decision", "signal-1", placed, T0)
        sold = Draft("TSLA", Side.SELL, D(6), D(237), D(237), T0, D(237), reduces=True, sizing="stop for 6 without one")
        journal.append("intent", stop, Intent(stop, "signal-1", "", attempt, Role.STOP, sold, T0, parent=ENTRY), T0)
        journal.append("order", stop, order(stop, OrderStatus.REJECTED, Role.STOP, parent_id=ENTRY), T0)
    fill = Fill("x9", STOPS[-1], "TSLA", Side.SELL, D(6), D(236), D(0), T0, "signal-1", Role.STOP)
    journal.append("fill", STOPS[-1], fill, T0)
    journal.close()
    return path


def order(client: str, status: OrderStatus, role: Role, parent_id: str = "") -> Order:
    return Order(client, f"v-{client}", "TSLA", Side.BUY, D(6), status, role, signal_id="signal-1", parent_id=parent_id)


def text(path: Path, id: str) -> str:
    with Reader(path) as reader:
        return format_story(reader.why(id), 160)


def test_who_decided_is_who_decided_the_ticket_and_not_the_engines_last_exit(told: Path) -> None:
    assert "DECISION confirmed by person at" in text(told, "signal-1")
    assert "by engine" not in text(told, "signal-1")


def test_every_fill_and_a_persons_word_stand_however_many_steps_there_are(told: Path) -> None:
    shown = text(told, "signal-1")
    assert all(f"fill BUY 2 at {250 + part}" in shown for part in (1, 2, 3))
    assert f"cancel asked by person: cancelling {ENTRY}" in shown
    assert "fill SELL 6 at 236" in shown, "what filled is told in full before what did not"


@pytest.mark.parametrize("stop", STOPS)
def test_the_order_that_was_asked_for_is_told_in_full_with_its_reason_and_verdict(told: Path, stop: str) -> None:
    before, _, after = text(told, stop).partition(f"ORDER {stop} · venue id v-{stop}\n")
    assert before and after.startswith("  judged: passed, 0 of 0 controls passed, trading state active\n")
    assert "because stop for 6 without one" in after.splitlines()[1]


def test_the_others_are_told_in_a_line(told: Path) -> None:
    assert f"ORDER {STOPS[3]}: stop, rejected, 0 of 6 filled" in text(told, STOPS[0])
