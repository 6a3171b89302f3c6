"""The engine's own figures, as the feeds view shows them."""

from __future__ import annotations

import msgspec

from tests.desk import made_up
from tests.widgets.harness import painted, stage
from widgets.engine_figures import EngineFigures

replace = msgspec.structs.replace


async def test_the_engines_figures() -> None:
    block = EngineFigures()
    async with stage(block, (90, 9)) as pilot:
        assert "No engine has answered yet" in "\n".join(painted(block))
        block.show(replace(made_up.status(), reconciled=False))
        await pilot.pause(0.4)
        said = "\n".join(painted(block))
        assert "p50 0.40 ms, p99 1.20 ms" in said
        assert "214 no symbol  31 language not English" in said
        assert "NOT RECONCILED" in said
