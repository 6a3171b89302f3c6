from __future__ import annotations

from tests.widgets.harness import painted, stage
from widgets.choices import Choices, Option

OPTIONS = (
    Option("a", "pause", "Pause trading.", "p"),
    Option("b", "palette", "Find an action.", ":"),
    Option("c", "filter", "Show only posts that match; pause nothing.", "f"),
)


async def test_words_narrow_and_names_that_begin_so_come_first() -> None:
    choices = Choices(OPTIONS)
    async with stage(choices, (60, 6)) as pilot:
        choices.narrow("PAUSE")
        assert [option.id for option in choices.shown] == ["a", "c"]
        choices.move(5)
        assert choices.selected == OPTIONS[2]
        choices.narrow("nothing pause")
        assert choices.selected == OPTIONS[2]
        choices.narrow("zzz")
        assert choices.selected is None
        choices.narrow("")
        choices.choose("b")
        await pilot.pause()
        assert painted(choices)[1].startswith("▌palette")


async def test_a_click_puts_the_cursor_on_what_is_painted_there() -> None:
    choices = Choices([Option(f"{number}", f"theme-{number}") for number in range(9)])
    async with stage(choices, (60, 3)) as pilot:
        choices.move(5)
        await pilot.pause()
        row = [line.strip("▌ ") for line in painted(choices)].index("theme-3")
        await pilot.click(choices, offset=(4, row))
        await pilot.pause()
        chosen = [message for message in pilot.app.messages if isinstance(message, Choices.Chosen)]  # type: ignore
        assert choices.selected and choices.selected.id == chosen[0].id == "3"
