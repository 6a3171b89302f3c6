"""A timer that goes off, however late it is looked at."""

from __future__ import annotations

from textual.message_pump import MessagePump
from textual.timer import Timer, TimerCallback


class SureTimer(MessagePump):
    """Mixin, before Textual's class: `set_timer` calls back once, always.

    Textual skips what is overdue, also of a timer that runs once: where its delay has passed before its task first
    looks at the clock (a millisecond on a busy machine, a terminal that was stopped), it never calls back
    (`textual.timer.Timer._run`). A pane that waits for it to paint would stand still for good.
    """

    def set_timer(
        self, delay: float, callback: TimerCallback | None = None, *, name: str | None = None, pause: bool = False
    ) -> Timer:
        timer = super().set_timer(delay, callback, name=name, pause=pause)
        timer._skip = False
        return timer
