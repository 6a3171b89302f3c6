"""Feeds of other packages, held to their word: what they hand over is checked and cleaned, and no step may block.

A post, a price or a state that is not as `engine.model` says takes its feed down, with what was expected and found.
Whatever such a feed raises, or does not give back, ends that feed alone: it starts again as any other does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, Final

from engine.clock import SECOND, Clock, stopwatch_ns
from engine.config import Config
from engine.errors import DeskError
from engine.kernel.guest_values import Misfit, checked_event, checked_rules
from engine.model import Feed, FeedEvent, FeedState, Halt, Light, Post, Sink
from engine.model.feeds import FeedRule
from engine.model.ports import Halting, Ruled, Sleeper, Versioned
from engine.scoring.deadline import Overdue, deadline
from engine.text import display_text

log = logging.getLogger(__name__)

STEP_LIMIT_S: Final = 2.0
"""Longest time between two awaits of a feed that is not ours: nothing else of the engine runs meanwhile."""
BATCH: Final = 256
"""Most events that are checked and handed on together."""
MOST_REPORTS: Final = 200
"""States that a feed may report within a second."""
REMEDY: Final = "mend or remove the package that offers it, or take it out of the configuration"


class GuestFeed:
    """A feed of another package under the name by which the configuration knows it.

    It has `woken`, `restore`, `restore_halt`, `follow` and `reconfigure` where the feed has them.
    """

    def __init__(self, feed: Feed, name: str, clock: Clock) -> None:
        """`name` is that of its light, whatever the feed calls itself."""
        self.name = name
        self._feed = feed
        self._clock = clock
        self._sink: _CheckedSink | None = None
        self._problem = ""
        """What a call beside `run` came to, until it has been told."""
        if isinstance(feed, Sleeper):
            self.woken: Callable[[int], None] = self._held(feed.woken)
        if isinstance(feed, Versioned):
            self.restore: Callable[[Post], None] = self._held(feed.restore)
        if isinstance(feed, Halting):
            self.restore_halt: Callable[[Halt], None] = self._held(feed.restore_halt)
        if callable(follow := getattr(feed, "follow", None)):
            self.follow: Callable[[tuple[str, ...]], None] = self._held(follow)
        if callable(reconfigure := getattr(feed, "reconfigure", None)):
            self.reconfigure: Callable[[Config], None] = self._held(reconfigure)

    async def run(self, sink: Sink) -> None:
        """Run the feed on checked events. Raises DeskError for all that it raises."""
        self._sink = _CheckedSink(sink, self.name, self._clock)
        if self._problem:
            self._sink.tell(self._problem)
        try:
            work: object = self._feed.run(self._sink)
            if not isinstance(work, Coroutine):
                raise Misfit("`async def run(self, sink)`", type(work).__name__)
            await Steps(work)
        except DeskError:
            raise
        except (Exception, Overdue, SystemExit, KeyboardInterrupt) as error:
            log.error("feed %s broke", self.name, exc_info=error)
            raise DeskError(words_of(error), where=self.name, remedy=REMEDY) from error

    def _held(self, call: Callable[[Any], object]) -> Callable[[Any], None]:
        """The same call, which never raises and never takes long; what it came to shows in the feed's light."""

        def held(given: Any) -> None:
            try:
                with deadline(STEP_LIMIT_S):
                    call(given)
            except (Exception, Overdue, SystemExit, KeyboardInterrupt) as error:
                name = getattr(call, "__name__", "a call")
                if not self._problem:
                    log.error("feed %s broke in `%s`", self.name, name, exc_info=error)
                self._problem = f"`{name}`: {words_of(error)}"
                if self._sink is not None:
                    self._sink.tell(self._problem)

        return held


class RuledGuestFeed(GuestFeed):
    """One that also tells the rules at its source."""

    @property
    def rules(self) -> tuple[FeedRule, ...]:
        """Every rule that can be shown; none where they cannot be had."""
        try:
            with deadline(STEP_LIMIT_S):
                assert isinstance(self._feed, Ruled)
                return checked_rules(self._feed.rules, self.name)
        except (Exception, Overdue, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001
            log.error("feed %s does not tell its rules: %s", self.name, words_of(error))
            return ()


def guest_feed(feed: Feed, name: str, clock: Clock) -> GuestFeed:
    """A feed of another package, held to its word."""
    kind = RuledGuestFeed if hasattr(type(feed), "rules") else GuestFeed
    return kind(feed, name, clock)


class _CheckedSink:
    """What such a feed puts its events in."""

    def __init__(self, sink: Sink, name: str, clock: Clock) -> None:
        self._sink = sink
        self._name = name
        self._clock = clock
        self._symbols: set[str] = set()
        """Those that were quoted."""
        self._told = ""
        self._reports: tuple[int, int] = (0, 0)
        """Which second of the stopwatch, and how many states were reported in it."""

    async def put(self, events: Sequence[FeedEvent]) -> None:
        """Hand on what is as it should be. Raises DeskError at the first event that is not, which shows at once."""
        try:
            coming = iter(events)
        except TypeError as error:
            raise self._refused(Misfit("a sequence of events", type(events).__name__)) from error
        batch: list[FeedEvent] = []
        for event in coming:
            try:
                batch.append(checked_event(event, self._name, self._clock.now_ns(), self._symbols))
            except Misfit as misfit:
                await self._sink.put(tuple(batch))
                raise self._refused(misfit) from misfit
            if len(batch) == BATCH:
                await self._sink.put(tuple(batch))
                batch.clear()
        if batch:
            await self._sink.put(tuple(batch))

    def report(self, state: FeedState) -> None:
        """Report a state that is one. Raises DeskError for one that is not, and for too many."""
        second, count = self._reports
        now = stopwatch_ns() // SECOND
        self._reports = (now, count + 1 if now == second else 1)
        try:
            if self._reports[1] > MOST_REPORTS:
                raise Misfit(f"at most {MOST_REPORTS} states reported within a second", "more")
            checked = checked_event(state, self._name, self._clock.now_ns(), self._symbols)
            if not isinstance(checked, FeedState):
                raise Misfit("a FeedState", type(state).__name__)
        except Misfit as misfit:
            raise self._refused(misfit) from misfit
        self._told = ""
        self._sink.report(checked)

    def tell(self, problem: str) -> None:
        """Show that the feed is down, once for the same problem."""
        if problem != self._told:
            self._told = problem
            now_ns = self._clock.now_ns()
            self._sink.report(FeedState(self._name, Light.DOWN, now_ns, now_ns, problem, REMEDY))

    def _refused(self, misfit: Misfit) -> DeskError:
        words = str(misfit)
        if words != self._told:
            log.error("feed %s: %s", self._name, words)
        self.tell(words)
        return DeskError(words, where=self._name, remedy=REMEDY)


class Steps:
    """A coroutine, each of whose steps ends within the limit."""

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, Any, Any]:
        return self

    def __iter__(self) -> Steps:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, value: Any) -> Any:
        with deadline(STEP_LIMIT_S):
            return self._work.send(value)

    def throw(self, *error: Any) -> Any:
        with deadline(STEP_LIMIT_S):
            return self._work.throw(*error)

    def close(self) -> None:
        with deadline(STEP_LIMIT_S):
            self._work.close()


def words_of(error: BaseException) -> str:
    """What a call into another package came to, in words."""
    if isinstance(error, Overdue):
        return f"expected it to give way within {STEP_LIMIT_S:g} s, found it blocking the engine"
    if isinstance(error, Misfit):
        return str(error)
    try:
        return f"{type(error).__name__}: {display_text(str(error), 300)}"
    except Exception:  # noqa: BLE001
        return type(error).__name__
