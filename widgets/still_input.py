"""A line to type in whose cursor does not blink, and that holds nothing which a terminal would take for a command."""

from __future__ import annotations

from textual.widgets import Input

from widgets.no_control import visible


class StillInput(Input):
    """Textual's input without the blink: a desk at rest paints nothing. What is pasted shows its control characters."""

    def on_mount(self) -> None:
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        """Control, bidirectional and zero-width characters as U+FFFD: they would shift the columns behind them."""
        return visible(value)
