from __future__ import annotations

from tests.widgets.harness import COLORS, painted, stage, until
from widgets.line import Line
from widgets.line_block import LineBlock


class Block(LineBlock):
    RATE = 1000.0

    def __init__(self, *words: str) -> None:
        super().__init__()
        self.words = list(words)

    def lines(self, width: int) -> list[Line]:
        return [Line().field(word, width, COLORS.text) for word in self.words]


async def test_it_grows_and_shrinks_with_its_lines() -> None:
    block = Block("one", "two")
    async with stage(block, (20, 8)) as pilot:
        assert block.size.height == 2
        block.words.append("three")
        block.repaint()
        await until(pilot, lambda: block.size.height == 3 and painted(block)[2].startswith("three"))


async def test_it_scrolls_no_further_than_its_lines() -> None:
    block = Block(*(str(number) for number in range(10)))
    block.styles.height = 4
    async with stage(block, (20, 8)):
        assert block.below == 6
        block.scroll_lines(100)
        assert [line.strip() for line in painted(block)] == ["6", "7", "8", "9"]
        assert block.below == 0
        block.scroll_lines(-100)
        assert painted(block)[0].strip() == "0"


async def test_equal_lines_are_not_painted_again() -> None:
    block = Block("one", "two")
    async with stage(block, (20, 8)) as pilot:
        block.repaint(now=True)
        await pilot.pause()
        regions: list[object] = []
        block.refresh = lambda *given, **options: regions.extend(given) or block  # type: ignore
        block.repaint(now=True)
        assert regions == []
        block.words[1] = "changed"
        block.repaint(now=True)
        assert [region.y for region in regions] == [1]  # type: ignore[attr-defined]
