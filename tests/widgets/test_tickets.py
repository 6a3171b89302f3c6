from decimal import Decimal
from time import monotonic

import msgspec
import pytest

from engine.clock import SECOND
from engine.model import Side, Ticket
from tests.desk.made_up import NOW, symbol_row, ticket
from tests.widgets.harness import COLORS, text
from widgets.tickets import Tickets


def panel(at_ns: int = NOW, price: str | None = "191.40", price_ns: int | None = None) -> Tickets:
    tickets = Tickets(now_ns=lambda: at_ns)
    quoted_ns = at_ns - SECOND if price_ns is None else price_ns
    tickets.prices = {"TSLA": msgspec.structs.replace(symbol_row("TSLA"), price=price, price_ns=quoted_ns)}
    tickets.drift_bps = Decimal(20)
    return tickets


def reasons(tickets: Tickets, shown: Ticket, width: int = 80) -> str:
    """The second line of a row."""
    return text(tickets.row("t", shown, width, COLORS)).splitlines()[1]


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


def test_the_price_now_and_its_move_stand_in_the_row() -> None:
    assert "now 191.40    ▲ +5/20 bps " in reasons(panel(), ticket())
    assert "now 190.92    ▼ -20/20 bps " in reasons(panel(price="190.92"), ticket())
    assert "now –         unknown " in reasons(panel(price=None), ticket())


@pytest.mark.parametrize("width", [80, 119, 200])
def test_a_price_that_makes_a_confirmation_fail_is_marked_before_the_key(width: int) -> None:
    assert "refused" not in reasons(panel(price="191.68"), ticket(), width)
    beyond = reasons(panel(price="191.69"), ticket(), width)
    assert "✗ +21/20 bps" in beyond
    assert "! confirm is refused, then shown anew" in beyond
    stale = reasons(panel(NOW + 40 * SECOND, price_ns=NOW + 24 * SECOND), ticket(), width)
    assert "now 191.40    ✗ 15s old" in stale
    assert "! confirm is refused, then shown anew" in stale


@pytest.mark.parametrize("width", [36, 40, 54, 80, 119])
def test_nothing_beside_the_price_stirs_as_it_moves(width: int) -> None:
    rows = [reasons(panel(price=price), ticket(), width) for price in ("191.40", "191.4025", "178.05", "205.9", None)]
    assert {row.index("✓ 25/25") for row in rows} == {rows[0].index("✓ 25/25")}
    assert all(len(row) <= width for row in rows)


def test_a_price_that_moves_is_painted_though_no_second_has_passed() -> None:
    tickets = panel()
    before = tickets.moment(ticket())
    tickets.prices = panel(price="191.69").prices
    assert tickets.moment(ticket()) != before


def test_a_narrow_pane_keeps_the_control_that_rejects() -> None:
    assert "✗ R17 stale_price +1" in reasons(panel(), ticket(failed=("R17", "R22")), 40)
