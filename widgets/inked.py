"""A widget that paints by meaning: it has the theme's palette, and a grey one while its data is no longer fed."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.color import Color
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from widgets.palette import Palette, palette
from widgets.sure_timer import SureTimer
from widgets.whole_strip import WholeStrip

TICK_S = 1 / 15
"""Widgets that change all the time paint on common beats of this clock: a frame costs less than its parts apart."""


def wait_s(rate: float, painted_at: float, now: float) -> float:
    """Seconds until a widget may paint that painted at `painted_at` and does so at most `rate` times a second: none
    when it has rested for so long, else until the next beat, the same for every widget of that rate.

    Both instants are of the monotonic clock. Rates up to 15 beat on multiples of `TICK_S`.
    """
    if now - painted_at >= 1 / rate:
        return 0.001
    period = 1 / rate if rate * TICK_S > 1 else round(1 / (rate * TICK_S)) * TICK_S
    return max(0.001, period - now % period)


class Inked(SureTimer, Widget):
    """Base of every widget on the line API. A subclass says how it forgets what it painted."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._inks: Palette | None = None
        self._stale = False
        self._timer: Timer | None = None
        """Runs from the first change until the paint that shows it."""
        self._behind = False
        """Whether something changed while another view stood over this one."""
        self._filtered: dict[int, tuple[Strip, Strip]] = {}
        """Each line as it was made, and as it went to the terminal."""

    def strip(self, y: int, size: Size) -> Strip:
        """Line `y` of the widget at its size: the same object for as long as it looks the same."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        return self.strip(y, self.size)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region as the terminal gets them. A line goes through the filters when it is new, and no
        style sheet gives it more than a border: Textual would ask for all it could give, line by line."""
        if self.gutter:
            return super().render_lines(crop)
        size, filters = self.size, self.get_line_filters()
        lines = [self._filter(y, self.strip(y, size), filters) for y in crop.line_range]
        left, right = crop.column_span
        return lines if (left, right) == (0, size.width) else [line.crop(left, right) for line in lines]

    def _filter(self, y: int, line: Strip, filters: Sequence[LineFilter]) -> Strip:
        """What the filters make of a line, kept until another one stands in its place."""
        known = self._filtered.get(y)
        if known is not None and known[0] is line:
            return known[1]
        segments, ground = list(line), Color.from_rich_color(self.inks.base.bgcolor)
        for each in filters:
            segments = each.apply(segments, ground)
        filtered = WholeStrip(segments, line.cell_length)
        self._filtered[y] = (line, filtered)
        return filtered

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without the one that turns the terminal's sixteen colours into true ones: inks are true colours already,
        unless the theme wants the sixteen."""
        return [each for each in super().get_line_filters() if not isinstance(each, ANSIToTruecolor)]

    def catch_up(self) -> None:
        """The view is seen again: paint what changed meanwhile."""
        if self._behind:
            self._behind = False
            self._flush()

    def _flush(self) -> None:
        """Paint what changed."""
        raise NotImplementedError

    def _out_of_sight(self) -> bool:
        """Whether another view stands over this one: making lines would be for nobody. `catch_up` makes them."""
        self._behind = self.is_attached and not self.screen.is_current
        return self._behind

    @property
    def repaint_pending(self) -> bool:
        """True while something changed that is not painted yet."""
        return self._timer is not None

    def forget_painted(self) -> None:
        """Throw away every line kept: the next paint makes them again."""
        raise NotImplementedError

    @property
    def asking(self) -> str:
        """Said in the place of what the engine has not told yet."""
        return "No engine answers; it is asked again." if self._stale else "Asking the engine …"

    @property
    def inks(self) -> Palette:
        """The palette to paint with."""
        if self._inks is None:
            colors = palette(self.app.current_theme)
            self._inks = colors.greyed() if self._stale else colors
        return self._inks

    @property
    def stale(self) -> bool:
        """True while what is shown is no longer fed; it is then shown in grey."""
        return self._stale

    @stale.setter
    def stale(self, stale: bool) -> None:
        if stale != self._stale:
            self._stale = stale
            self._inks = None
            self.forget_painted()
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        """No pane has keys of its own, nor has a box around one: the app, which knows what they mean, gets them next.
        Through each box they would take longer than what they do; past the pane they would overtake its clicks."""
        event.stop()
        self.app.post_message(event)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks = None
        self.forget_painted()
