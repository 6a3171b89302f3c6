"""A block with a title that stays, while the lines scroll under it."""

from __future__ import annotations

from tests.widgets.harness import painted, stage, until
from widgets.line import Line
from widgets.scroll_block import ScrollBlock


class Numbers(ScrollBlock):
    """A title and forty lines."""

    def lines(self, width: int) -> list[Line]:
        body = [Line().field(f"line {number}", width, self.inks.text) for number in range(40)]
        return [self.title("NUMBERS"), *body]


async def test_the_title_stays_and_says_without_colour_who_has_the_focus() -> None:
    block = Numbers()
    async with stage(block, (40, 6)) as pilot:
        assert [line.strip() for line in painted(block)][:2] == ["▌NUMBERS", "line 0"]
        await pilot.pause()
        block.scroll_lines(10)
        await until(pilot, lambda: "line 10" in painted(block)[1])
        assert "NUMBERS" in painted(block)[0]
        block.last()
        assert painted(block)[-1].strip() == "line 39" and block.below == 0
        block.blur()
        await until(pilot, lambda: painted(block)[0].startswith(" NUMBERS"))


async def test_everything_is_copied_also_what_is_out_of_sight() -> None:
    block = Numbers()
    async with stage(block, (40, 6)):
        lines = block.copied().split("\n")
        assert lines[0].strip("▌ ") == "NUMBERS" and lines[-1] == "line 39" and len(lines) == 41
