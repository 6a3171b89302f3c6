from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.color import Color
from textual.containers import Container
from textual.filter import LineFilter
from textual.geometry import Region
from textual.message import Message
from textual.theme import BUILTIN_THEMES

from tests.widgets.harness import painted, stage, until
from widgets.inked import TICK_S, wait_s
from widgets.line import Line
from widgets.line_block import LineBlock
from widgets.palette import Palette, palette
from widgets.scroll_block import ScrollBlock

instants = st.floats(0, 1e6)


@given(st.floats(0.5, 1000), instants, st.floats(0, 10))
def test_a_wait_is_short_and_never_none(rate: float, painted_at: float, since: float) -> None:
    wait = wait_s(rate, painted_at, painted_at + since)
    assert 0.001 <= wait <= 1.5 / rate + 0.001
    if since > 1.001 / rate:
        assert wait == 0.001


@given(st.sampled_from((1.0, 4.0, 7.5, 15.0)), instants)
def test_what_paints_all_the_time_paints_on_common_beats(rate: float, now: float) -> None:
    ticks = (now + wait_s(rate, now, now)) / TICK_S
    near = 0.001 / TICK_S + 1e-6
    assert abs(ticks - round(ticks)) <= near


class Words(LineBlock):
    """Says one word a line."""

    words = ("one", "two", "three")

    def lines(self, width: int) -> list[Line]:
        return [Line().add(word, self.inks.accent) for word in self.words]


class Counting(LineFilter):
    """Keeps what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        self.seen.append("".join(segment.text for segment in segments).strip())
        return [Segment(segment.text.upper(), segment.style) for segment in segments]


async def test_a_line_goes_through_the_filters_when_it_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    block, counting = Words(), Counting()
    async with stage(block, (12, 6)) as pilot:
        monkeypatch.setattr(pilot.app, "get_line_filters", lambda: [counting])
        block.forget_painted()
        assert painted(block) == [f"{word.upper():<12}" for word in block.words]
        assert painted(block) == [f"{word.upper():<12}" for word in block.words]
        assert counting.seen == list(block.words)
        block.words = ("one", "other", "three")
        block.repaint(now=True)
        assert painted(block)[1].strip() == "OTHER"
        assert counting.seen == ["one", "two", "three", "other"]
        assert [strip.text for strip in block.render_lines(Region(1, 1, 3, 2))] == ["THE", "HRE"]


async def test_a_style_sheet_may_give_it_a_border() -> None:
    block = Words()
    async with stage(block, (12, 6)) as pilot:
        block.styles.border_left = ("outer", "red")
        await pilot.pause()
        lines = [strip.text for strip in block.render_lines(Region(0, 0, 12, 3))]
        assert [line[1:].rstrip() for line in lines] == list(block.words)
        assert not any(line[0].isalpha() for line in lines)


def test_every_ink_is_what_the_terminal_gets() -> None:
    """Only a theme that wants the terminal's sixteen colours has inks of them."""
    for theme in BUILTIN_THEMES.values():
        styles = [getattr(palette(theme), name) for name in Palette.__struct_fields__]
        colors = [color for style in styles for color in (style.color, style.bgcolor) if color is not None]
        assert theme.ansi or all(color.triplet is not None for color in colors), theme.name


class Noting(ScrollBlock):
    """A pane that tells its app what it was told."""

    class Told(Message):
        """As a click would be."""

    def lines(self, width: int) -> list[Line]:
        return []

    def on_noting_told(self) -> None:
        assert isinstance(self.app, Boxed)
        self.app.done.append("told")


class Box(Container):
    """Says when a key comes through it."""

    def on_key(self, event: events.Key) -> None:
        assert isinstance(self.app, Boxed)
        self.app.done.append(f"box {event.key}")


class Boxed(App[None]):
    """A pane in two boxes, and a key that means something."""

    BINDINGS: ClassVar[list[BindingType]] = [("j", "note", "Note")]

    def __init__(self) -> None:
        super().__init__()
        self.pane = Noting()
        self.done: list[str] = []

    def compose(self) -> ComposeResult:
        with Box(), Box():
            yield self.pane

    def action_note(self) -> None:
        self.done.append("j")


async def test_a_key_passes_its_pane_behind_what_came_before_and_none_of_its_boxes() -> None:
    app = Boxed()
    async with app.run_test() as pilot:
        app.pane.focus()
        await until(pilot, lambda: app.focused is app.pane)
        app.pane.post_message(Noting.Told())
        app.post_message(events.Key("j", "j"))
        app.post_message(events.Key("j", "j"))
        await until(pilot, lambda: app.done[2:])
        assert app.done == ["told", "j", "j"]
