"""What the X feed says about itself: one place that holds its light and its counters and makes FeedStates of them."""

from __future__ import annotations

from typing import Any

from engine.clock import SECOND, Clock, exchange_time
from engine.feeds.spend import SpendMeter
from engine.model import FeedState, Light, Sink
from engine.model.state import NotCovered

REFRESH_NS = SECOND
"""An unchanged light is reported at most this often."""
MISSING = 4
"""Most unfilled spans told at once; the newest stay."""
QUIET_NS = 60 * SECOND
"""After this long without a post the detail says how old the last one is."""


class Reporter:
    """Collects what happened and reports it: a change of light at once, counters once a second."""

    def __init__(self, name: str, clock: Clock, meter: SpendMeter, sink: Sink) -> None:
        self._name = name
        self._clock = clock
        self._meter = meter
        self._sink = sink
        self._light = Light.OFF
        self._since_ns = clock.now_ns()
        self._detail = ""
        self._remedy = ""
        self._reported_ns = 0
        self._filling = ""
        self._missing: dict[str, int] = {}
        """What could not be filled, and until when it matters."""
        self.not_covered: tuple[NotCovered, ...] = ()
        """What X does not listen for."""
        self.last_ns = 0
        self.last_post_ns = 0
        self.items = 0
        self.malformed = 0
        self.reconnects = 0

    @property
    def light(self) -> Light:
        """The light as shown: UP becomes RECOVERING while a gap is being filled."""
        return Light.RECOVERING if self._light is Light.UP and self._filling else self._light

    def show(self, light: Light, detail: str = "", remedy: str = "") -> None:
        """Report a light with its reason, at once."""
        before = self.light
        self._light, self._detail, self._remedy = light, detail, remedy
        self._changed(before)

    def filling(self, what: str) -> None:
        """What is being filled by recent search; empty when nothing is."""
        before = self.light
        self._filling = what
        self._changed(before)

    def missing(self, what: str, until_ns: int) -> None:
        """What could not be filled; told until then, when it has left the windows."""
        self._missing[what] = until_ns
        while len(self._missing) > MISSING:
            del self._missing[next(iter(self._missing))]

    def recovered(self, posts: int) -> None:
        """Posts came by recent search."""
        self.items += posts
        self._report()

    def heard(self, posts: int = 0) -> None:
        """Bytes came, and with them this many posts."""
        self.last_ns = self._clock.now_ns()
        if posts:
            self.last_post_ns = self.last_ns
            self.items += posts
        if self.last_ns - self._reported_ns >= REFRESH_NS:
            self._report()

    def state(self, symbols: tuple[str, ...] = (), /, **coverage: int | None) -> FeedState:
        """The state now; `coverage` sets `covered_since_ns`, `gap_*_ns`, `filled_*_ns`, of these symbols (of all)."""
        now_ns = self._clock.now_ns()
        fields: dict[str, Any] = coverage
        return FeedState(
            name=self._name,
            light=self.light,
            since_ns=self._since_ns,
            received_ns=now_ns,
            detail=self._described(now_ns),
            remedy=self._remedy,
            last_ns=self.last_ns,
            items=self.items,
            malformed=self.malformed,
            reconnects=self.reconnects,
            spent_usd=self._meter.spent_usd(now_ns),
            cap_usd=self._meter.daily_cap_usd,
            symbols=symbols,
            not_covered=self.not_covered,
            **fields,
        )

    def _changed(self, before: Light) -> None:
        if self.light is not before:
            self._since_ns = self._clock.now_ns()
        self._report()

    def _report(self) -> None:
        self._reported_ns = self._clock.now_ns()
        self._sink.report(self.state())

    def _described(self, now_ns: int) -> str:
        """The reason; on a live but quiet stream, how old the last post is."""
        self._missing = {what: until_ns for what, until_ns in self._missing.items() if until_ns > now_ns}
        parts = [self._filling, self._detail, *self._missing]
        if self._light is Light.UP:
            since_ns = self.last_post_ns or self._since_ns
            if now_ns - since_ns >= QUIET_NS:
                told = f"last post {exchange_time(since_ns)}" if self.last_post_ns else "no post yet"
                parts.append(f"only keep-alives for {(now_ns - since_ns) // (60 * SECOND)} min, {told}")
        return "; ".join(part for part in parts if part)
