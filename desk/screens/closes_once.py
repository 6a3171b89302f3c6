"""A screen that can be left once."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class ClosesOnce(Screen[ScreenResultType]):
    """Base, before Textual's class: a second Escape, pressed before the first one was done, closes nothing more.

    `Screen.dismiss` takes away whatever is on top: the second time the view below, or, with nothing below, the desk.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Give the result and go; nothing where this screen is not the one that is shown."""
        return super().dismiss(result) if self.is_current else AwaitComplete()
