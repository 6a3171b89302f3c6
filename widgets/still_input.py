"""A line to type in whose cursor does not blink: a desk at rest paints nothing."""

from __future__ import annotations

from textual.widgets import Input


class StillInput(Input):
    """Textual's input without the blink."""

    def on_mount(self) -> None:
        self.cursor_blink = False
