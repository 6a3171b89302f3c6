from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.geometry import Region
from textual.widget import Widget

from desk.screens.ground import Panes
from tests.widgets.harness import THEME, stage

REGION = Region(2, 1, 11, 3)


def cells(box: Widget, lines_of: type[Widget]) -> list[list[Segment]]:
    return [list(strip) for strip in lines_of.render_lines(box, REGION)]


@pytest.mark.parametrize("theme", [THEME.name, "textual-light", "ansi-dark"])
async def test_the_ground_is_what_textual_would_paint(theme: str) -> None:
    box = Panes()
    async with stage(box, (20, 5)) as pilot:
        for background in ("", "red", "green 50%"):
            box.styles.background = background or None
            pilot.app.theme = theme
            await pilot.pause()
            assert cells(box, Panes) == cells(box, Widget)
            assert len(cells(box, Panes)) == REGION.height
