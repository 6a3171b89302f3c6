"""What the kernel does with each feed event: a post, a price, a halt, a feed's own state."""

from __future__ import annotations

from collections.abc import Sequence

from engine.clock import SECOND, Clock, from_seconds
from engine.config import Config
from engine.journal import Journal
from engine.kernel.dealing import Dealing
from engine.kernel.hours import NEVER
from engine.kernel.known import cover, tell_not_covered
from engine.kernel.pipeline import Pipeline
from engine.kernel.view import View
from engine.model import Alert, Broker, FeedEvent, FeedState, Halt, Level, Light, Post, Quote
from engine.sentiment import Sentiment

REPLAYED = ("replay", "x", "news")
"""Lights that a recording's posts keep fresh: the replay's own, and those of the feeds they once came from."""

_COMES = (Light.UP, Light.RECOVERING, Light.DEGRADED)
"""It comes again: what was missed is still bought, or a rule is refused, which the light tells."""
_STOPPED = (Light.DOWN, Light.REFUSED, Light.CAPPED)


class Intake:
    """Takes feed events in order. Synchronous."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        journal: Journal,
        pipeline: Pipeline,
        sentiment: Sentiment,
        dealing: Dealing,
        broker: Broker,
        view: View,
    ) -> None:
        self._symbols = config.symbols
        self._clock = clock
        self._journal = journal
        self._pipeline = pipeline
        self._sentiment = sentiment
        self._dealing = dealing
        self._broker = broker
        self._view = view
        self._heard_due = 0 if "replay" in config.feeds.posts else NEVER
        self._quote_due: dict[str, int] = {}
        self._quote_step = from_seconds(config.journal.quote_s)

    def take(self, event: FeedEvent) -> None:
        """One feed event, all the way through."""
        now_ns = self._clock.now_ns()
        if isinstance(event, Post):
            self._pipeline.on_post(event, now_ns)
            if now_ns >= self._heard_due:
                self._heard_due = now_ns + SECOND
                self._view.heard(REPLAYED, now_ns)
        elif isinstance(event, Quote):
            self._quote(event, now_ns)
        elif isinstance(event, FeedState):
            self.feed_state(event)
        elif isinstance(event, Halt):
            self._halt(event, now_ns)
        if self._view.spark_due(now_ns):
            moods = {symbol: self._sentiment.mood(symbol, now_ns) for symbol in self._symbols}
            self._view.sample(moods, now_ns)

    def read_ahead(self, events: Sequence[FeedEvent]) -> int:
        """Do now what can be done for many posts at once. Returns how many events these are; `take` must get them next,
        in this order."""
        self._pipeline.read_ahead([event for event in events if isinstance(event, Post)])
        return len(events)

    def feed_state(self, state: FeedState) -> None:
        """A feed's state: shown always, journaled when its light changes or it speaks of what is covered.

        One that came in order with posts may be older than one that was reported at once: its light is not news.
        """
        before = self._view.feeds.get(state.name)
        covers = cover(self._sentiment, state)
        newest = before is None or state.received_ns >= before.received_ns
        if covers or before is None or (newest and before.light is not state.light):
            self._journal.append("feed", state.name, state, self._clock.now_ns())
        if not newest:
            return
        tell_not_covered(self._sentiment, state)
        self._view.feed_changed(state)
        if before is None or before.light is not state.light:
            self._alert(state)
        if state.name == "prices":
            self._dealing.prices_mute = state.light is not Light.UP
            self._view.touch_symbols()

    def _quote(self, quote: Quote, now_ns: int) -> None:
        symbol = quote.symbol
        self._view.quoted(quote, self._dealing.market.session)
        if now_ns >= self._quote_due.get(symbol, 0):
            self._quote_due[symbol] = now_ns + self._quote_step
            self._journal.append("quote", symbol, quote, now_ns)
        for update in self._broker.on_quote(quote):
            self._dealing.on_update(update)
        self._dealing.on_quote(quote)

    def _halt(self, halt: Halt, now_ns: int) -> None:
        self._journal.append("halt", halt.symbol, halt, now_ns)
        self._broker.on_halt(halt)
        if halt.halted:
            self._dealing.halted.add(halt.symbol)
        else:
            self._dealing.trades_again(halt.symbol)
        self._view.touch_symbols()

    def _alert(self, state: FeedState) -> None:
        alert_id = f"feed:{state.name}"
        if state.light in _COMES:
            self._dealing.alarms.clear(alert_id)
        elif state.light in _STOPPED:
            self._dealing.alarms.alert(
                Alert(
                    id=alert_id,
                    level=Level.CRITICAL if state.light is Light.REFUSED else Level.WARNING,
                    code="feed",
                    subject=state.name,
                    text=f"{state.name} is {state.light.value}" + (f": {state.detail}" if state.detail else ""),
                    remedy=state.remedy,
                    at_ns=state.received_ns,
                )
            )
