"""When the desk draws what changed: as often as the feed is shown, and at once what a person waits for.

Called on the screen's event loop only. A quiet desk has no timer.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from textual.timer import Timer

from desk.mirror import Part

URGENT: Final = Part.TICKETS | Part.DECISIONS | Part.ORDERS | Part.ALERTS
"""What does not wait for the feed's rate."""
URGENT_S: Final = 1 / 30


class Redraw:
    """Gathers the parts that changed until the next frame is due."""

    def __init__(
        self, fps: float, draw: Callable[[Part], None], later: Callable[[float, Callable[[], None]], Timer]
    ) -> None:
        """`draw` is called with all that changed since it was called last, at most `fps` times a second where nothing
        of it is urgent; `later` calls a function after so many seconds."""
        self._every_s = 1 / fps
        self._draw = draw
        self._later = later
        self._parts = Part.NOTHING
        self._timer: Timer | None = None
        self._drawn_at = 0.0

    def wake(self, parts: Part) -> None:
        """These changed: draw them with the next frame."""
        urgent = bool(parts & URGENT) and not self._parts & URGENT
        self._parts |= parts
        if self._timer is not None:
            if not urgent:
                return
            self._timer.stop()
        every_s = URGENT_S if self._parts & URGENT else self._every_s
        self._timer = self._later(max(0.001, every_s - (monotonic() - self._drawn_at)), self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._drawn_at = monotonic()
        parts, self._parts = self._parts, Part.NOTHING
        self._draw(parts)
