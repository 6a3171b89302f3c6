from __future__ import annotations

import msgspec
import pytest

from tests.desk.made_up_answers import symbol_detail
from tests.widgets.harness import painted, stage
from widgets.gates import Gates


@pytest.mark.parametrize("width", [44, 80, 120])
async def test_the_first_that_fails_stands_on_top_with_how_far_away_it_is(width: int) -> None:
    gates = Gates()
    async with stage(gates, (width, 46)) as pilot:
        gates.show(symbol_detail())
        await pilot.pause(0.4)
        lines = painted(gates)
        assert "2 of 34 gates fail" in lines[0]
        assert lines[1].startswith(" ✗ shift change")
        assert "0.052 short" in "\n".join(lines[1:4])
        assert "✗ R16" in "\n".join(lines[2:6])
        assert "\n".join(lines).index("✗ R16") < "\n".join(lines).index("✓ engine working")
        assert "At full strength now: BUY 26 @ 191.40" in "\n".join(lines)


async def test_when_every_gate_is_open_it_says_so() -> None:
    gates, detail = Gates(), symbol_detail()
    open_gates = tuple(msgspec.structs.replace(gate, passed=True) for gate in detail.gates)
    async with stage(gates, (80, 46)) as pilot:
        gates.show(msgspec.structs.replace(detail, gates=open_gates, draft=None))
        await pilot.pause(0.4)
        assert "every gate is open" in painted(gates)[0]
        assert "A BUY now could not be sized: controls" in "\n".join(painted(gates))


async def test_before_the_engine_has_answered() -> None:
    gates = Gates()
    async with stage(gates, (60, 5)):
        assert "Asking the engine" in "\n".join(painted(gates))
        gates.stale = True
        assert "No engine answers" in "\n".join(painted(gates))


@pytest.mark.parametrize("width", [58, 80])
async def test_the_names_of_controls_stand_whole(width: int) -> None:
    gates = Gates()
    async with stage(gates, (width, 60)) as pilot:
        gates.show(symbol_detail())
        await pilot.pause(0.4)
        told = "\n".join(painted(gates))
        assert "R07 strategy_executions" in told
