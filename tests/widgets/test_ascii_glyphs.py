"""With `screen.ascii` every glyph of ours is one ASCII character in its own cell; what others write stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from engine.config import ScreenConfig
from tests.desk.tour import VIEWS, leave, on_tour, picture, visit
from widgets.ascii_glyphs import AsciiGlyphs

FOREIGN = "注目株ニュース🙃"
"""What made-up people write."""


def test_each_glyph_keeps_its_cell_and_foreign_text_stays() -> None:
    text = "▲+0.42 ✓ 25/25 ⣀⠉⡇ 注目株 é"
    [segment] = AsciiGlyphs().apply([Segment(text)], Color(0, 0, 0))
    assert segment.text == "^+0.42 + 25/25 .': 注目株 é"
    assert cell_len(segment.text) == cell_len(text)


@pytest.mark.timeout(300)
async def test_every_view_is_written_in_ascii_where_it_is_asked_for(tmp_path: Path) -> None:
    async with on_tour(tmp_path, (120, 40), config=ScreenConfig(fps="60", ascii=True)) as (pilot, app):
        for stop in VIEWS:
            await visit(pilot, app, stop)
            screen = "".join(part.text for line in picture(app) for part in line)
            assert "Esc" in screen or "y confirm" in screen
            assert {char for char in screen if not char.isascii()} <= set(FOREIGN), stop.name
            await leave(pilot, app)
