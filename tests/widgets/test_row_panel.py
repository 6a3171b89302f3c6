"""The cursor, the window and the repaints of every panel of rows."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.harness import painted, stage, until
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel


class Words(RowPanel[str]):
    TITLE: ClassVar[str] = "WORDS"
    EMPTY: ClassVar[str] = "no words"
    RATE: ClassVar[float] = 1000.0

    def row(self, key: str, row: str, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        return [Line().add(mark, style).field(row, width - 1, colors.text)]


def rows(keys: str) -> list[tuple[str, str]]:
    return [(key, f"word {key}") for key in keys]


@given(st.lists(st.sets(st.sampled_from("abcdefg")).map(lambda keys: "".join(sorted(keys))), max_size=6), st.data())
def test_the_cursor_stays_with_its_row(turns: list[str], data: st.DataObject) -> None:
    panel = Words()
    for keys in turns:
        before = panel.key
        panel.show(rows(keys))
        assert (panel.key in keys) if keys else panel.key == ""
        if before and before in keys:
            assert panel.key == before
        elif before:
            assert panel.moved_at > 0
        if keys:
            panel.choose(data.draw(st.sampled_from(keys)))


async def test_an_empty_panel_says_so_only_once_it_knows() -> None:
    panel = Words()
    async with stage(panel, (30, 5)) as pilot:
        assert "no words" not in "".join(painted(panel))
        panel.show([])
        await until(pilot, lambda: "no words" in "".join(painted(panel)))


async def test_only_rows_that_differ_are_painted_again() -> None:
    panel = Words()
    async with stage(panel, (30, 6)) as pilot:
        panel.show(rows("abc"))
        await until(pilot, lambda: "word c" in painted(panel)[3])
        regions: list[object] = []
        refresh = panel.refresh
        panel.refresh = lambda *given, **options: (regions.extend(given), refresh(*given, **options))[1]  # type: ignore
        panel.show([("a", "word a"), ("b", "other"), ("c", "word c")])
        await until(pilot, lambda: "other" in painted(panel)[2])
        assert [region.y for region in regions] == [2]  # type: ignore[attr-defined]
        regions.clear()
        panel.show([("a", "word a"), ("b", "other"), ("c", "word c")])
        await pilot.pause(0.05)
        assert regions == []


async def test_it_scrolls_to_keep_the_cursor_in_view() -> None:
    panel = Words()
    async with stage(panel, (30, 4)) as pilot:
        panel.show(rows("abcdefg"))
        await pilot.pause()
        panel.last()
        await until(pilot, lambda: painted(panel)[3].startswith("▌word g"))
        panel.first()
        await until(pilot, lambda: painted(panel)[1].startswith("▌word a"))
        panel.page(1)
        assert panel.key == "c"


async def test_a_click_chooses_and_the_wheel_moves() -> None:
    panel = Words()
    async with stage(panel, (30, 6)) as pilot:
        panel.show(rows("abc"))
        await pilot.pause()
        await pilot.click(panel, offset=(3, 2))
        assert panel.key == "b"
        await pilot.click(panel, offset=(3, 0))
        assert panel.key == "b"


class Newest(Words):
    NEWEST_FIRST: ClassVar[bool] = True


async def test_the_newest_rows_are_in_view_until_a_person_goes_to_another() -> None:
    panel = Newest()
    async with stage(panel, (30, 4)) as pilot:
        panel.screen.set_focus(None)
        await until(pilot, lambda: not panel.has_focus)
        for count in range(1, 8):
            panel.show(rows("abcdefg"[:count]))
        newest = [f"{mark}word {key}".ljust(30) for mark, key in ("▏g", " f", " e")]
        await until(pilot, lambda: painted(panel)[1:] == newest)
        panel.focus()
        await until(pilot, lambda: panel.has_focus)
        panel.show(rows("abcdefgh"))
        await until(pilot, lambda: painted(panel)[1].startswith(" word h"))
        assert panel.key == "g", "a hand is on it: what it acts on stays"
        assert panel.moved_at > 0
        panel.show(rows("abcdefghijkl"))
        await until(pilot, lambda: painted(panel)[3].startswith("▌word g"))
        panel.last()
        panel.screen.set_focus(None)
        await until(pilot, lambda: not panel.has_focus)
        panel.show(rows("abcdefghijklm"))
        assert panel.key == "a"
