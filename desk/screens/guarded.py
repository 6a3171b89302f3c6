"""Keys that come too soon: those of the quarter second after something moved under the hand were meant for what stood
there before."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import ClassVar

from textual.screen import Screen, ScreenResultType

GUARD_S = 0.25


class Guarded(Screen[ScreenResultType]):
    """Base, before Textual's class: a screen on which a key decides something."""

    GUARD_S: ClassVar[float] = GUARD_S
    resumed_at: float = inf
    """When this screen or the terminal got the focus, by the monotonic clock; never, before it was seen."""

    def __init__(self) -> None:
        super().__init__()
        self._pressed_at: dict[str, float] = {}
        self._acted_at: dict[str, float] = {}
        self._chose_at = -inf

    def again(self, verb: str) -> bool:
        """Whether a key for that verb which comes now is the one before, still held down, or comes before what that one
        brought can have been read: four times the guard. No terminal tells that a key is let go: one that is held comes
        again after up to two thirds of a second, and then thirty times a second, but no more once another key was
        pressed. Who has gone to a row by a key since then means what stands there."""
        now = monotonic()
        before, self._pressed_at[verb] = self._pressed_at.get(verb, -inf), now
        if now - before < self.GUARD_S:
            return True
        return self._chose_at < before and now - self._acted_at.get(verb, -inf) < 4 * self.GUARD_S

    def acted(self, verb: str) -> None:
        """The key for that verb was carried out, or answered: what stands here may be other than it was."""
        self._acted_at[verb] = monotonic()

    def chose(self) -> None:
        """A key has put the hand where it is; the mouse tells nothing of a key that is held."""
        self._chose_at = monotonic()

    def too_soon(self, since: float) -> bool:
        """Whether a key that comes now was pressed before a person could see what changed then."""
        return monotonic() - since < self.GUARD_S

    def stood_at(self, pressed_at: float) -> bool:
        """Whether what stands here stood under the hand long enough when a button was pressed, and has since."""
        return pressed_at - self.resumed_at >= self.GUARD_S

    def focus_came(self) -> None:
        """This screen stands under the hand from now on."""
        self.resumed_at = monotonic()

    def focus_came_back(self) -> None:
        """The terminal has the focus again; a screen that was not seen yet stays so."""
        if self.resumed_at != inf:
            self.focus_came()

    def not_seen_yet(self) -> None:
        """No key is meant for this screen before it is painted, however long that takes."""
        self.resumed_at = inf
        self.call_after_refresh(self.focus_came)
