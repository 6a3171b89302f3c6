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
