"""Everything that every view and every dialog paints has a contrast of at least 4.5 under every shipped theme.

Words, bars and the lines of charts alike. Which ink stands on which ground does not depend on the theme. So every view
is painted once with a palette whose colours are the names of its inks, the pairs that really stand on the screen are
read off, and each pair is measured under each theme; under the ANSI pair, whose colours are the terminal's own, in
eight terminals as their makers ship them. What Textual's own widgets paint (form fields) is measured under each theme
as it is painted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.color import Color as InkColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES
from textual.widget import Widget

from desk.screens.choice import Answer, Choice
from desk.screens.edit import Edit
from desk.screens.prompt import Prompt
from desk.themes import DARK
from tests.desk import made_up
from tests.desk.terminals import TERMINALS
from tests.desk.test_themes import BLOCKS, SHIPPED
from tests.desk.tour import DIALOGS, VIEWS, leave, on_tour, settled, visit
from widgets.inked import Inked
from widgets.palette import READABLE, Palette, contrast, palette

DECORATION = frozenset(" ·│╌─━▏▕▔▁▂▃▄▅▆▇█▊▎▌▐▀")
"""Bars, rules and edges of Textual's own widgets: what they say stands beside them as a figure or a word."""
EMPTY = "faint"
"""The ink of places where nothing is: no word, bar or chart is drawn in it."""
NAMES = Palette.__struct_fields__
_INK, _GROUND = 1, 2
ANSI = tuple(BUILTIN_THEMES[name] for name in ("ansi-dark", "ansi-light"))
SHORT = {
    "ansi-dark": {"Tango": "down", "Solarized": "alarm caution down found good live paper up warn"},
    "ansi-light": {
        "Terminal.app": "warn",
        "Solarized": "accent alarm caution down found good head_row live muted paper strong text title title_focus up "
        "warn",
    },
}
"""Inks that the terminal's own colours leave below 4.5, by terminal: with sixteen colours there are no better ones."""


def named(colors: Palette) -> Palette:
    """The palette with colours that are numbers of its fields."""
    styles = {}
    for number, name in enumerate(NAMES):
        style = getattr(colors, name)
        ink = None if style.color is None else InkColor.from_rgb(number, _INK, 0)
        ground = None if style.bgcolor is None else InkColor.from_rgb(number, _GROUND, 0)
        styles[name] = style + Style(color=ink, bgcolor=ground)
    return Palette(**styles)


def words(segment: Segment) -> str:
    """The letters and signs of a segment that have to be read."""
    text, style, control = segment
    if control or style is None:
        return ""
    return "".join(char for char in text if char not in DECORATION and not "\u2800" <= char <= "\u28ff")


def segments(widget: Widget) -> Iterator[Segment]:
    """All that a widget paints."""
    width, height = widget.size
    for strip in widget.render_lines(Region(0, 0, width, height)):
        yield from strip


def shown(screen: Screen[Any]) -> Iterator[Widget]:
    """Widgets of a screen that paint something of their own."""
    return (widget for widget in screen.walk_children(Widget) if widget.size.area and not widget.children)


def ratio(ink: InkColor | None, ground: InkColor | None, style: Style) -> float:
    """Contrast of an ink on a ground, dimmed or reversed where the style says so."""
    assert ink is not None
    assert ground is not None
    front, back = Color.from_rich_color(ink), Color.from_rich_color(ground)
    return contrast(front.blend(back, 0.5) if style.dim else front, back)


async def test_every_ink_of_every_view_reads_on_its_ground_under_every_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = named(palette(DARK))
    monkeypatch.setattr("widgets.inked.palette", lambda theme: marked)
    found: dict[tuple[str, str, bool], str] = {}
    drawn: set[str] = set()
    async with on_tour(tmp_path, (120, 40)) as (pilot, app):
        for stop in (*VIEWS, *DIALOGS):
            await visit(pilot, app, stop)
            for segment in (
                part for widget in shown(app.screen) if isinstance(widget, Inked) for part in segments(widget)
            ):
                style = segment.style
                if segment.text.strip() and style is not None and style.color and style.bgcolor:
                    ink, ground = style.color.triplet, style.bgcolor.triplet
                    if ink is not None and ground is not None and (ink.green, ground.green) == (_INK, _GROUND):
                        pair = (NAMES[ink.red], NAMES[ground.red], bool(style.dim))
                        if words(segment) or pair[0] != EMPTY:
                            drawn.update(segment.text)
                            found.setdefault(pair, f"{stop.name}: {segment.text.strip()!r}")
                    elif words(segment):
                        raise AssertionError(f"{stop.name} paints {segment.text!r} in no ink of the palette: {style}")
            await leave(pilot, app)
    assert len(found) > 15
    assert {"▌", "█", "━", "⣀"} <= drawn, "bars and charts were looked at too"
    poor = []
    for theme in SHIPPED:
        colors = palette(theme)
        for (ink_name, ground_name, dim), where in found.items():
            ink, ground = getattr(colors, ink_name).color, getattr(colors, ground_name).bgcolor
            reached = ratio(ink, ground, Style(dim=dim))
            if reached < READABLE:
                poor.append(f"{theme.name}: {ink_name} on {ground_name} is {reached:.2f}, in {where}")
    assert not poor, "\n".join(poor)
    pairs = {(ink, ground) for ink, ground, _ in found} | {(block, block) for block in BLOCKS}
    for theme in ANSI:
        colors = palette(theme)
        short: dict[str, set[str]] = {}
        for terminal in TERMINALS:
            for ink_name, ground_name in pairs:
                ink = terminal.shown(getattr(colors, ink_name).color, dark=theme.dark)
                ground = terminal.shown(getattr(colors, ground_name).bgcolor, dark=theme.dark, ground=True)
                if contrast(ink, ground) < READABLE:
                    short.setdefault(terminal.name, set()).add(ink_name)
        assert {name: " ".join(sorted(inks)) for name, inks in short.items()} == SHORT[theme.name]


async def test_form_fields_read_under_every_theme(tmp_path: Path) -> None:
    poor = []
    async with on_tour(tmp_path, (80, 24)) as (pilot, app):
        answers = [Answer("q", "leave", "the engine stays"), Answer("s", "stop", "it ends", grave=True)]
        forms = (Prompt("Find in posts", "words"), Choice("Leave?", ["It goes on."], answers), Edit(made_up.ticket()))
        for form in forms:
            app.push_screen(form)
            await settled(pilot, app)
        for theme in SHIPPED:
            app.theme = theme.name
            await pilot.pause()
            plain = (widget for form in forms for widget in shown(form) if not isinstance(widget, Inked))
            found = [part for widget in plain for part in segments(widget) if words(part)]
            assert len(found) > 20
            for segment in found:
                style = segment.style
                assert style is not None
                pair = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
                if (reached := ratio(*pair, style)) < READABLE:
                    poor.append(f"{theme.name}: {reached:.2f} for {segment.text.strip()!r} ({style})")
        for theme in ANSI:
            app.theme = theme.name
            await pilot.pause()
            plain = (widget for form in forms for widget in shown(form) if not isinstance(widget, Inked))
            styles = {(part.style, part.text.strip()) for widget in plain for part in segments(widget) if words(part)}
            for terminal in (each for each in TERMINALS if each.name not in ("Tango", "Solarized")):
                for style, text in styles:
                    assert style is not None
                    assert not style.dim, "how dark that is nobody knows"
                    ink, ground = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
                    reached = contrast(
                        terminal.shown(ink, dark=theme.dark), terminal.shown(ground, dark=theme.dark, ground=True)
                    )
                    if reached < READABLE:
                        poor.append(f"{theme.name} in {terminal.name}: {reached:.2f} for {text!r} ({style})")
    assert not poor, "\n".join(dict.fromkeys(poor))
