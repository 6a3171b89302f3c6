from __future__ import annotations

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from desk.themes import THEMES
from widgets.palette import contrast, palette

INKS = ("text", "strong", "muted", "up", "down", "warn", "accent", "good")
GROUNDS = ("base", "head_row", "cursor_row", "quiet_row")
BLOCKS = ("found", "caution", "alarm", "simulated", "paper", "live")


def color(style: Style, ground: bool = False) -> Color:
    found = style.bgcolor if ground else style.color
    assert found is not None
    return Color.from_rich_color(found)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_ink_reads_on_every_ground(theme: Theme) -> None:
    colors = palette(theme)
    for ink in INKS:
        for ground in GROUNDS:
            ratio = contrast(color(getattr(colors, ink)), color(getattr(colors, ground), ground=True))
            assert ratio >= 4.5, f"{ink} on {ground}: {ratio:.2f}"


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_block_reads(theme: Theme) -> None:
    colors = palette(theme)
    for name in BLOCKS:
        block = getattr(colors, name)
        assert contrast(color(block), color(block, ground=True)) >= 4.5, name
