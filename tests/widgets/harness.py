"""Mounts one widget in an app like the desk's and reads what it paints."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import monotonic

from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.geometry import Region
from textual.pilot import Pilot
from textual.theme import Theme
from textual.widget import Widget

from widgets.line import Line
from widgets.no_control import NoControl
from widgets.palette import Palette, palette

THEME = Theme(
    name="plain", primary="#5aa9e6", accent="#7cc4ff", success="#5fca8c", error="#f28482", warning="#e6b450",
    foreground="#d6dde6", background="#0e1318", surface="#171e26", panel="#24303c",
)  # fmt: skip
COLORS: Palette = palette(THEME)
LIMIT_S = 20.0
"""What a busy machine may take for what is done at once."""


class Stage(App[None]):
    """One widget on an empty screen, behind the same last filter as the desk."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.register_theme(THEME)
        self.theme = THEME.name
        self.widget = widget
        self.no_control = NoControl()
        self.messages: list[object] = []

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self.no_control]

    def compose(self) -> ComposeResult:
        yield self.widget


@asynccontextmanager
async def stage(widget: Widget, size: tuple[int, int] = (100, 20)) -> AsyncIterator[Pilot[None]]:
    """The widget, mounted and focused where it can be."""
    app = Stage(widget)
    async with app.run_test(size=size, message_hook=app.messages.append) as pilot:
        if widget.can_focus:
            widget.focus()
        await pilot.pause()
        yield pilot


def painted(widget: Widget) -> list[str]:
    """The widget's lines as the terminal gets them, filters applied."""
    width, height = widget.size
    return [strip.text for strip in widget.render_lines(Region(0, 0, width, height))]


async def until(pilot: Pilot[object], condition: Callable[[], object]) -> None:
    """Wait until the condition holds; AssertionError after LIMIT_S."""
    deadline = monotonic() + LIMIT_S
    while not condition():
        assert monotonic() < deadline, f"expected a condition to hold within {LIMIT_S:g} s, found that it does not"
        await pilot.pause(0.01)


def text(lines: Line | Sequence[Line]) -> str:
    """The characters of lines, one below the other."""
    several = [lines] if isinstance(lines, Line) else lines
    return "\n".join("".join(segment.text for segment in line.segments) for line in several)
