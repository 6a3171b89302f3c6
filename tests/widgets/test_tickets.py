from time import monotonic

import msgspec
import pytest

from engine.clock import SECOND
from engine.model import Side
from tests.desk.made_up import NOW, ticket
from tests.widgets.harness import COLORS, text
from widgets.tickets import Tickets


def panel(at_ns: int = NOW) -> Tickets:
    return Tickets(now_ns=lambda: at_ns)


def test_the_order_and_its_time_stand_in_the_first_line() -> None:
    first = text(panel(NOW + 17 * SECOND).row("t", ticket(), 120, COLORS)).splitlines()[0]
    for words in ("▲ BUY", "TSLA", "26 @ 191.40", "stop 181.83", "target 210.54", "1:43"):
        assert words in first


@pytest.mark.parametrize("width", [40, 46, 54, 60, 70, 79])
def test_a_narrow_pane_keeps_the_countdown(width: int) -> None:
    first = text(panel(NOW + 17 * SECOND).row("t", ticket(), width, COLORS)).splitlines()[0]
    assert len(first.rstrip()) <= width
    assert first.rstrip().endswith("1:43")
    assert "26 @ 191.40" in first


def test_the_verdict_stands_before_the_key() -> None:
    second = text(panel().row("t", ticket(), 120, COLORS)).splitlines()[1]
    assert "✓ 25/25" in second
    assert "34% @marketwire_ed Tesla beats" in second
    failed = text(panel().row("t", ticket(2, "META", Side.SELL, failed=("R17", "R22")), 120, COLORS))
    assert "▼ SELL" in failed
    assert "✗ R17 stale_price +1" in failed


def test_the_last_seconds_ask_for_attention_without_colour() -> None:
    assert "! 0:09" in text(panel(NOW + 111 * SECOND).row("t", ticket(), 120, COLORS))


def test_the_countdown_is_in_the_persons_seconds() -> None:
    fast = panel()
    fast.speed = 60.0
    assert fast.left_ns(ticket()) == 2 * SECOND


def test_why_a_confirmation_was_refused_is_shown() -> None:
    row = text(panel().row("t", ticket(note="price moved 31 bps: 191.40 → 191.99"), 120, COLORS))
    assert "! price moved 31 bps" in row


def test_what_could_not_be_sized_says_so() -> None:
    unsized = msgspec.structs.replace(ticket(), draft=None)
    assert "nothing could be sized" in text(panel().row("t", unsized, 80, COLORS))


def test_a_ticket_that_changes_under_the_eye_counts_as_moved() -> None:
    tickets = panel()
    tickets.show([("t", ticket())])
    tickets.moved_at = 0.0
    tickets.show([("t", ticket())])
    assert tickets.moved_at == 0.0
    tickets.show([("t", ticket(revision=2))])
    assert monotonic() - tickets.moved_at < 1
