from __future__ import annotations

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from desk.themes import THEMES
from widgets.palette import Palette, contrast, palette

INKS = ("text", "strong", "muted", "up", "down", "warn", "accent", "good", "title")
GROUNDS = ("base", "head_row", "cursor_row", "quiet_row")
BLOCKS = ("found", "caution", "alarm", "simulated", "paper", "live", "title_focus")
EMPTY = "faint"
"""No word, bar or chart is drawn in it."""


def color(style: Style, ground: bool = False) -> Color:
    found = style.bgcolor if ground else style.color
    assert found is not None
    return Color.from_rich_color(found)


SHIPPED = (*THEMES, *(theme for theme in BUILTIN_THEMES.values() if not theme.ansi))
"""The desk's own and every one of Textual's; the colours of the ANSI pair are the terminal's."""


def test_every_field_of_the_palette_is_measured() -> None:
    assert {*INKS, *GROUNDS, *BLOCKS, EMPTY} == set(Palette.__struct_fields__)


@pytest.mark.parametrize("theme", SHIPPED, ids=lambda theme: theme.name)
def test_every_ink_reads_on_every_ground(theme: Theme) -> None:
    """Also in the grey of what is no longer fed."""
    for colors in (palette(theme), palette(theme).greyed()):
        for ink in INKS:
            for ground in GROUNDS:
                ratio = contrast(color(getattr(colors, ink)), color(getattr(colors, ground), ground=True))
                assert ratio >= 4.5, f"{ink} on {ground}: {ratio:.2f}"


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_desks_own_colours_are_shown_as_they_are(theme: Theme) -> None:
    colors = palette(theme)
    for ink, wanted in (("up", theme.success), ("down", theme.error), ("warn", theme.warning)):
        assert wanted is not None
        assert color(getattr(colors, ink)) == Color.parse(wanted)


def test_the_ansi_pair_uses_the_terminals_own_colours() -> None:
    for name in ("ansi-dark", "ansi-light"):
        colors = palette(BUILTIN_THEMES[name])
        inks = {getattr(colors, ink).color for ink in ("up", "down", "warn")}
        assert len(inks) == 3
        assert all(found is not None and not found.is_default and found.triplet is None for found in inks)


@pytest.mark.parametrize("theme", SHIPPED, ids=lambda theme: theme.name)
def test_every_block_reads(theme: Theme) -> None:
    for colors in (palette(theme), palette(theme).greyed()):
        for name in BLOCKS:
            block = getattr(colors, name)
            ground = block if block.bgcolor is not None else colors.head_row
            assert contrast(color(block), color(ground, ground=True)) >= 4.5, name
