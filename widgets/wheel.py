"""The mouse's wheel moves the cursor of a pane, as its keys do."""

from __future__ import annotations

from typing import ClassVar

from textual import events

from widgets.inked import Inked


class Wheel(Inked):
    """A pane with a cursor. A subclass says how it moves."""

    WHEEL_ROWS: ClassVar[int] = 1
    """Rows per notch."""

    def move(self, rows: int) -> None:
        """Move the cursor by rows."""
        raise NotImplementedError

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-self.WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(self.WHEEL_ROWS)
