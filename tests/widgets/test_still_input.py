from __future__ import annotations

from textual.containers import Container

from tests.widgets.harness import stage
from widgets.still_input import StillInput


async def test_its_cursor_does_not_blink() -> None:
    box = Container()
    async with stage(box, (30, 3)) as pilot:
        field = StillInput("text", select_on_focus=False)
        await box.mount(field)
        field.focus()
        await pilot.press("x")
        assert not field.cursor_blink
        assert field.value == "textx"
