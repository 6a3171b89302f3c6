from __future__ import annotations

from engine.clock import SECOND
from tests.desk.made_up import ticket, verdict
from tests.widgets.harness import COLORS, painted, stage, text, until
from widgets.ticket_controls import TicketControls, control_lines, use_bar


async def test_what_rejects_comes_first_and_then_the_tightest() -> None:
    controls = TicketControls()
    async with stage(controls, (60, 40)) as pilot:
        controls.show(verdict(("R17",)))
        await pilot.pause(0.4)
        lines = painted(controls)
        assert "24/25 1 rejected" in lines[0]
        assert "✗ R17" in lines[1]
        assert "STALE_PRICE_OVER: value=1.2, limit=15" in lines[2]
        assert "R02 order_notional" in lines[3]
        assert "99% ━━━━" in lines[3]
        assert "49%" in lines[4]


async def test_the_verdict_says_how_old_it_is() -> None:
    told = verdict(("R17",))
    controls = TicketControls(now_ns=lambda: told.at_ns + 260 * SECOND)
    async with stage(controls, (60, 10)) as pilot:
        controls.show(told)
        await until(pilot, lambda: "24/25 1 rejected  4m ago" in painted(controls)[0])


async def test_the_title_stays_while_the_controls_scroll() -> None:
    controls = TicketControls()
    async with stage(controls, (60, 8)) as pilot:
        controls.show(ticket().verdict)
        await pilot.pause(0.4)
        first = painted(controls)
        controls.last()
        await pilot.pause(0.4)
        last = painted(controls)
        assert last[0] == first[0]
        assert last[1:] != first[1:]
        assert "protective_exit" in "\n".join(last) or "reconciled" in "\n".join(last)
        assert "CONTROLS" in controls.copied()


def test_bars() -> None:
    assert use_bar(0.5, 6) == "━━━╌╌╌"
    assert use_bar(7.0, 6) == "━━━━━━"


def test_many_rejections_are_seen_at_a_glance_and_a_few_with_their_whole_reasons() -> None:
    ids = [f"R{number:02d}" for number in range(1, 26)]
    assert len(control_lines(verdict(tuple(ids)), 44, COLORS)) == 25
    few = text(control_lines(verdict(tuple(ids[:3])), 44, COLORS))
    assert "ORDER_NOTIONAL_OVER: value=4976.40," in few
    assert "limit=5000" in few
