from __future__ import annotations

from time import monotonic

from tests.widgets.harness import painted, stage, until
from widgets.answer_row import AnswerRow


async def test_a_click_asks_for_the_key_and_says_when_it_began() -> None:
    row = AnswerRow("h", "HALT: cancel working entries")
    async with stage(row, (60, 4)) as pilot:
        assert painted(row)[0].startswith(" h    HALT: cancel")
        before = monotonic()
        await pilot.click(row, offset=(20, 0))
        clicks = [message for message in pilot.app.messages if isinstance(message, AnswerRow.Clicked)]  # type: ignore
        await until(pilot, lambda: clicks)
        assert clicks[0].key == "h" and before <= clicks[0].pressed_at <= monotonic()


async def test_it_takes_no_focus_and_none_of_the_other_buttons() -> None:
    row = AnswerRow("Enter", "[@click=app.quit]go on[/]", cells=6)
    async with stage(row, (60, 4)) as pilot:
        assert not row.focusable
        assert painted(row)[0].startswith(" Enter [@click=app.quit]go on[/]")
        for button in (2, 3):
            await pilot.click(row, button=button)
        await pilot.press("enter")
        assert not any(isinstance(message, AnswerRow.Clicked) for message in pilot.app.messages)  # type: ignore
