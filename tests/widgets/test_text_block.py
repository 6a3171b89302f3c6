"""A block of text: broken once, indented, bounded."""

from __future__ import annotations

from tests.widgets.harness import painted, stage
from widgets.text_block import LONGEST, MOST, TextBlock


async def test_a_text_is_broken_once_indented_and_bounded() -> None:
    block = TextBlock("STORY", empty="nothing yet")
    async with stage(block, (40, 8)) as pilot:
        assert "nothing yet" in painted(block)[1]
        block.show("STORY 1", ["first", "    " + "word " * 20, *(["x"] * 3 * MOST)])
        await pilot.pause(0.1)
        lines = painted(block)
        assert lines[0].strip("▌ ").startswith("STORY 1")
        assert lines[2].startswith("     word")
        assert len(block.texts) == MOST
        assert block.copied().startswith("first\n")
        block.scroll_lines(3)
        await pilot.pause(0.05)
        assert "first" not in painted(block)[0]
        block.show("STORY 2", ["注" * 50_000])
        await pilot.pause(0.05)
        assert len(block.texts[0]) == LONGEST
        assert painted(block)[0].strip("▌ ").startswith("STORY 2")


async def test_a_wide_name_in_the_title_is_whole_where_it_has_room() -> None:
    block = TextBlock("AUTHOR")
    async with stage(block, (40, 4)) as pilot:
        block.show("AUTHOR @漢字漢字漢字漢字", ["x"])
        await pilot.pause(0.1)
        assert painted(block)[0].strip("▌ ") == "AUTHOR @漢字漢字漢字漢字"
