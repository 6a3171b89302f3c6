"""A line to type in whose cursor does not blink, and that holds nothing which a terminal would take for a command."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from widgets.no_control import visible


class StillInput(Input):
    """Textual's input without the blink: a desk at rest paints nothing. What is pasted shows its control characters."""

    def on_mount(self) -> None:
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        """A key that deletes, moves the cursor or submits takes effect here, in the order in which keys came.

        Textual lets it go up to the app first: what was typed behind it was there before, and was deleted.
        """
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return

    def _on_paste(self, event: events.Paste) -> None:
        """The first line that says something: what is copied off a page often begins and ends with a line break."""
        said = next((line for line in event.text.splitlines() if line.strip()), "")
        if self.max_length:  # Textual takes nothing of what is too long, and says nothing
            start, end = sorted(self.selection)
            said = said[: max(0, self.max_length - len(self.value) + end - start)]
        super()._on_paste(events.Paste(said))
        event.stop()
        event.prevent_default()

    def validate_value(self, value: str) -> str:
        """Control, bidirectional and zero-width characters as U+FFFD: they would shift the columns behind them."""
        return visible(value)
