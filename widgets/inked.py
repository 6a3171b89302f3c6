"""A widget that paints by meaning: it has the theme's palette, and a grey one while its data is no longer fed."""

from __future__ import annotations

from textual.timer import Timer
from textual.widget import Widget

from widgets.palette import Palette, palette


class Inked(Widget):
    """Base of every widget on the line API. A subclass says how it forgets what it painted."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._inks: Palette | None = None
        self._stale = False
        self._timer: Timer | None = None
        """Runs from the first change until the paint that shows it."""

    @property
    def repaint_pending(self) -> bool:
        """True while something changed that is not painted yet."""
        return self._timer is not None

    def forget_painted(self) -> None:
        """Throw away every line kept: the next paint makes them again."""
        raise NotImplementedError

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

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks = None
        self.forget_painted()
