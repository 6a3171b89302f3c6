"""Of which symbols X sends all posts: looked at again and again, and told with what is missed meanwhile.

Rules may be refused, find no room, or be changed by another program of the same app while the stream goes on. A symbol
that X does not listen for has a gap that reaches ahead, so that no mood of other sources is taken for whole; once X
listens again the gap ends there, and is filled.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.clock import MINUTE, Clock
from engine.errors import DeskError
from engine.feeds.x_absence import FOR_GOOD_NS
from engine.feeds.x_report import Reporter
from engine.feeds.x_rules_at_x import RulesAtX
from engine.model import FeedState, Light

if TYPE_CHECKING:
    from engine.feeds.x_client import XClient

log = logging.getLogger(__name__)

LOOK_NS = 5 * MINUTE
"""How often X is asked which rules it holds while the stream is open. It costs nothing, and no post."""

_OPEN = (Light.UP, Light.RECOVERING, Light.DEGRADED)

Span = tuple[int, int, tuple[str, ...]]
"""From, to, and the symbols whose posts of that span did not come."""


class Listening:
    """The rules at X over time: which symbols they do not bring, and since when."""

    def __init__(self, rules: RulesAtX, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self._deaf: dict[str, int] = {}
        """Symbols that X does not listen for, and since when."""
        self._missed: frozenset[str] = frozenset()
        """Symbols that it was found not to listen for since it was last told."""
        self._looked_ns = 0
        """When the rules were last read; 0: never, or they must be before the stream is asked for."""
        self._whole_ns = 0
        """Until when the rules were what was last told."""
        self.due = asyncio.Event()
        """Set when X is to be asked again, or old rules are to go."""

    async def agree(self, client: XClient) -> None:
        """Before the stream is asked for: bring our rules to X, unless that was done. Raises DeskError."""
        if not self._looked_ns:
            await self._look(client)

    def forget(self) -> None:
        """X says that it has no rules: they are sent again before the stream is asked for."""
        self._looked_ns = 0

    def opened(self, reporter: Reporter) -> list[FeedState]:
        """The stream is open: light, and what is to be told of symbols that X does not listen for, after all else."""
        now_ns = self._clock.now_ns()
        first = not self._whole_ns
        if first:
            self._missed, self._whole_ns = frozenset(), now_ns
        for symbol in self._rules.lacking:
            self._deaf.setdefault(symbol, self._whole_ns)
        self._say(reporter)
        self.due.set()
        return [_ahead(reporter, since_ns, now_ns, symbols) for since_ns, symbols in _grouped(self._deaf)]

    def look(self, now_ns: int) -> None:
        """Something came by the stream: time to ask again?"""
        if abs(now_ns - self._looked_ns) >= LOOK_NS:
            self.due.set()

    async def ask(self, client: XClient, reporter: Reporter) -> tuple[list[FeedState], list[Span]]:
        """Delete what is not needed any more and, where it is time, see to it that X holds our rules.

        Returns what is to be told, and the spans that are to be filled. What X does not answer is asked another time.
        """
        try:
            if abs(self._clock.now_ns() - self._looked_ns) >= LOOK_NS:
                await self._look(client)
            await self._rules.tidy(client)
        except DeskError as error:
            log.warning("x: the rules could not be looked at: %s", error)
        return self._compare(reporter)

    async def _look(self, client: XClient) -> None:
        asked_ns = self._clock.now_ns()
        self._missed |= await self._rules.agree(client)
        self._looked_ns = asked_ns

    def _compare(self, reporter: Reporter) -> tuple[list[FeedState], list[Span]]:
        """What has changed since it was last told."""
        now_ns, lacking, since_ns = self._clock.now_ns(), self._rules.lacking, self._whole_ns
        lost = {symbol: since_ns for symbol in (lacking | self._missed) - self._deaf.keys()}
        self._deaf |= lost
        back = {symbol: at_ns for symbol, at_ns in self._deaf.items() if symbol not in lacking}
        self._deaf = {symbol: at_ns for symbol, at_ns in self._deaf.items() if symbol in lacking}
        self._missed, self._whole_ns = frozenset(), max(since_ns, self._looked_ns)
        if reporter.light in _OPEN and reporter.not_covered != self._rules.not_covered:
            self._say(reporter)
        if lost:
            log.warning("x: X did not listen for %s: %s", ", ".join(sorted(lost)), self._rules.problem[0])
        states = [_ahead(reporter, at_ns, now_ns, symbols) for at_ns, symbols in _grouped(lost)]
        spans = []
        for at_ns, symbols in _grouped(back):
            log.info("x: X listens for %s", ", ".join(symbols))
            ahead = {"filled_from_ns": now_ns, "filled_to_ns": now_ns + FOR_GOOD_NS}
            states.append(reporter.state(symbols, **ahead))
            spans.append((at_ns, now_ns, symbols))
        return states, spans

    def _say(self, reporter: Reporter) -> None:
        """Say it with the light of the open stream."""
        reporter.not_covered = self._rules.not_covered
        words, remedy = self._rules.problem
        reporter.show(Light.DEGRADED if words else Light.UP, words, remedy)


def _ahead(reporter: Reporter, from_ns: int, now_ns: int, symbols: tuple[str, ...]) -> FeedState:
    return reporter.state(symbols, gap_from_ns=from_ns, gap_to_ns=now_ns + FOR_GOOD_NS)


def _grouped(since: dict[str, int]) -> Iterable[tuple[int, tuple[str, ...]]]:
    """Symbols by their instant, the oldest first."""
    groups: dict[int, list[str]] = {}
    for symbol, at_ns in since.items():
        groups.setdefault(at_ns, []).append(symbol)
    return [(at_ns, tuple(sorted(groups[at_ns]))) for at_ns in sorted(groups)]
