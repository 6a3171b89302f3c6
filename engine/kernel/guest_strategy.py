"""Strategies of other packages, held to their word: no fault of theirs ends the engine, or becomes a signal.

What such a strategy raises, takes too long for, or gives that is no signal, counts as no signal: the engine tells it by
name, and asks it again at the next mood. One that blocked is left alone for a while: it would hold up each post.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from engine.config import Config
from engine.kernel.guest_values import Misfit, checked_gates, checked_signal, checked_words
from engine.model import Gate, Mood, MoodView, Signal, Strategy
from engine.model.ports import Gated
from engine.scoring.deadline import Overdue, deadline
from engine.text import display_text

log = logging.getLogger(__name__)

LIMIT_S: Final = 0.5
"""Longest call: no post is taken in meanwhile."""
REST: Final = 1000
"""Moods for which a strategy is not asked after it took longer."""

_T = TypeVar("_T")


class GuestStrategy:
    """A strategy of another package; `gates` and `reconfigure` where it has them."""

    def __init__(self, strategy: Strategy, name: str, config: Config) -> None:
        """`name` is what it calls itself, which its signals carry."""
        self.name = name
        self.problem = ""
        """What its last call came to; empty while it does as it should."""
        self._strategy = strategy
        self._symbols = frozenset(config.symbols)
        self._resting = 0
        if isinstance(strategy, Gated):
            self.gates: Callable[[Mood], tuple[Gate, ...]] = self._gates
        if callable(getattr(strategy, "reconfigure", None)):
            self.reconfigure: Callable[[Config], None] = self._reconfigure

    def on_mood(self, mood: Mood, view: MoodView) -> Signal | None:
        """The signal that it gives, where that is one."""
        if self._resting:
            self._resting -= 1
            return None
        return self._held("on_mood", lambda: self._signal(mood, view), None, ends=True)

    def restore(self, signal: Signal) -> None:
        """A signal of its own that an earlier run gave."""
        self._held("restore", lambda: self._strategy.restore(signal), None)

    def why_not(self, mood: Mood) -> str:
        """What keeps a symbol from a signal, in its words; or what is wrong with the strategy."""
        told = "" if self.problem else self._held("why_not", lambda: self._why_not(mood), "")
        return self.problem or told

    def _why_not(self, mood: Mood) -> str:
        return checked_words(self._strategy.why_not(mood))

    def _gates(self, mood: Mood) -> tuple[Gate, ...]:
        told: tuple[Gate, ...] = ()
        if not self.problem and isinstance(self._strategy, Gated):
            gates = self._strategy.gates
            told = self._held("gates", lambda: checked_gates(gates(mood), self.name), told)
        return (Gate(self.name, "works", False, text=self.problem),) if self.problem else told

    def _reconfigure(self, config: Config) -> None:
        reconfigure: Callable[[Config], None] = self._strategy.reconfigure  # type: ignore[attr-defined]
        self._held("reconfigure", lambda: reconfigure(config), None)

    def _signal(self, mood: Mood, view: MoodView) -> Signal | None:
        signal: object = self._strategy.on_mood(mood, view)
        return None if signal is None else checked_signal(signal, self.name, mood, self._symbols)

    def _held(self, name: str, call: Callable[[], _T], instead: _T, *, ends: bool = False) -> _T:
        """What a call gives; `instead` where it fails. `ends`: one that does not fail ends what was wrong before."""
        try:
            with deadline(LIMIT_S):
                given = call()
        except (Exception, Overdue, SystemExit, KeyboardInterrupt) as error:
            words = self._words(name, error)
            if words != self.problem:
                log.error("strategy %s: %s", self.name, words, exc_info=None if isinstance(error, Misfit) else error)
            self.problem = words
            return instead
        if ends:
            self.problem = ""
        return given

    def _words(self, name: str, error: BaseException) -> str:
        if isinstance(error, Overdue):
            self._resting = REST
            return f"`{name}` took longer than {LIMIT_S:g} s; not asked for the next {REST} moods"
        if isinstance(error, Misfit):
            return f"`{name}`: {error}"
        try:
            return f"`{name}`: {type(error).__name__}: {display_text(str(error), 200)}"
        except Exception:  # noqa: BLE001
            return f"`{name}`: {type(error).__name__}"
