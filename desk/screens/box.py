"""A box over a view that asks: its answers have keys, and each can be clicked, by the same rules."""

from __future__ import annotations

from textual import events, on
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Static

from desk.mirror import Mirror
from desk.screens.closes_once import ClosesOnce
from desk.screens.guarded import Guarded
from engine.model import Decision, Ticket
from widgets import figures
from widgets.answer_row import AnswerRow
from widgets.no_control import visible


def ended(decision: Decision) -> str:
    """How a ticket ended, for somebody who would have decided it: `it is confirmed by person since 15:08:25`."""
    why = f": {decision.reason}" if decision.reason else ""
    return f"it is {decision.kind.value} by {decision.by} since {figures.clock(decision.at_ns)}{why}"


_TIGHT = 16
"""Lines of screen under which answers take a line each and come first; what is cut of them stands below."""


class Box(Guarded[ScreenResultType], ClosesOnce[ScreenResultType], ModalScreen[ScreenResultType]):
    """Nothing answers it before it is painted, nor in the quarter second after that, after the terminal got the focus
    back, or after its rows moved with the size of the screen."""

    CSS_PATH = "dialog.tcss"
    about: Ticket | None = None
    """The ticket that is asked about, as it was seen."""
    any_figures = False
    """Whether the answer is the same whatever the ticket's figures are by now."""

    def hear(self, mirror: Mirror) -> None:
        """Say so, once, when there is nothing left to decide, or other figures than were seen. The box stays: what is
        typed into it must not go to the keys of the view below."""
        if self.about is None:
            return
        now = mirror.tickets.get(self.about.id)
        if self.about.id in mirror.closed:
            _, decision = mirror.closed[self.about.id]
            self.call_later(self._tell, f"Too late: {ended(decision)}.")
        elif now is not None and now.fingerprint != self.about.fingerprint and not self.any_figures:
            self.call_later(self._tell, "The order has changed meanwhile: go back and look at it.")

    def _tell(self, words: str) -> None:
        told = Content(f"✗ {visible(words)}")
        for line in self.query("#meanwhile").results(Static):
            line.update(told)
            return
        for dialog in self.query("#dialog"):
            dialog.mount(Static(told, id="meanwhile", classes="refused"), after="#title")
            self.focus_came_back()

    def on_mount(self) -> None:
        self.not_seen_yet()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < _TIGHT, "-tight")
        self.focus_came_back()

    @on(AnswerRow.Clicked)
    def clicked(self, event: AnswerRow.Clicked) -> None:
        """A click that was under way when the box came, or the focus, was meant for what stood there before."""
        event.stop()
        if self.stood_at(event.pressed_at):
            self.give(event.key)

    def give(self, key: str) -> None:
        """Do what the answer with this key does. A subclass says what."""
        raise NotImplementedError
