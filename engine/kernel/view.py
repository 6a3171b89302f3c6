"""What clients are shown: the newest of everything, kept cheaply while posts stream, built only when a frame is due."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from engine.clock import SECOND
from engine.kernel.meters import Latency, Rate, StageLatencies
from engine.kernel.past import PastKeeper
from engine.model import (
    Alert,
    Decision,
    DecisionKind,
    FeedState,
    Fill,
    GuardMark,
    Mode,
    Mood,
    Order,
    Position,
    Protection,
    Quote,
    Reading,
    ScoredPost,
    Session,
    Ticket,
)
from engine.model.account import Account
from engine.model.frames import PostMark, PostRow, SymbolRow
from engine.model.gate import PastMark
from engine.model.records import GuardRecord
from engine.text import display_text

if TYPE_CHECKING:
    from engine.config import Config

SPARK_STEP_NS = 30 * SECOND
SPARK_POINTS = 60
SNAPSHOT_POSTS = 500
FRAME_POSTS = 200
KEPT = 200
"""Closed orders, fills and alerts kept for display."""
MOST_REASONS = 8
"""Reasons for not scoring that a status tells apart."""
MARKS = 200
"""Signals and fills kept of each symbol for its chart."""
KEPT_CLOSED = 50
"""Decided tickets kept for display: each carries its evidence and verdict."""


def price_text(price: Decimal) -> str:
    """A positive price in full where it has four decimals or fewer; below 1 with five digits that count: a coin at
    0.00001234 is not at 0.00."""
    places = max(4, 4 - price.adjusted()) if price < 1 else 4
    text = f"{price:.{places}f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"


class View:
    """The display state. The kernel tells it what happened; it answers with rows. Nothing in it decides anything."""

    def __init__(self, config: Config) -> None:
        self._symbols = config.symbols
        self._names = {row.symbol: display_text(row.name or row.symbol) for row in config.watchlist}
        self.posts: deque[ScoredPost] = deque(maxlen=SNAPSHOT_POSTS)
        self._fresh: deque[ScoredPost] = deque(maxlen=FRAME_POSTS)
        self._marks: dict[str, GuardMark] = {}
        """Marks of posts that were weighed again, the newest last."""
        self._fresh_marks: dict[str, GuardMark] = {}
        self.closed: deque[tuple[Ticket, Decision]] = deque(maxlen=KEPT_CLOSED)
        self.fills: deque[Fill] = deque(maxlen=KEPT)
        self.orders: dict[str, Order] = {}
        self.feeds: dict[str, FeedState] = {}
        self.alerts: dict[str, Alert] = {}
        self.quotes: dict[str, Quote] = {}
        self.count = 0
        self.duplicates = 0
        self.skipped: dict[str, int] = {}
        """Posts taken in but not scored, by reason."""
        self.decided: dict[DecisionKind, int] = {}
        """Decisions since start, by kind."""
        self.blocked: dict[str, int] = {}
        """Blocked signals since start, by the first control that rejected."""
        self.filled = 0
        """Fills since start."""
        self.latency = Latency()
        self.stages = StageLatencies()
        self.rate = Rate()
        self._sparks: dict[str, deque[float | None]] = {symbol: deque(maxlen=SPARK_POINTS) for symbol in self._symbols}
        self._spark_due = 0
        self.past = PastKeeper(self._symbols)
        self._past_marks: dict[str, deque[PastMark]] = {}
        self._day_open: dict[str, Decimal] = {}
        self._dirty_symbols: set[str] = set()
        self._sampled = False
        """Whether every sparkline has another sample since the last frame."""
        self._dirty_feeds: set[str] = set()

    # what happened -------------------------------------------------------------------------------------------------

    def scored(self, post: ScoredPost) -> None:
        """A post went through the pipeline."""
        self.posts.append(post)
        self._fresh.append(post)
        for match in post.matches:
            self._dirty_symbols.add(match.symbol)

    def rescored(self, reading: Reading) -> None:
        """A post that is shown already has another reading."""
        for at in range(len(self.posts) - 1, -1, -1):
            if self.posts[at].post.id == reading.post_id:
                post = self.posts[at] = msgspec.structs.replace(self.posts[at], reading=reading)
                self._dirty_symbols.update(match.symbol for match in post.matches)
                return

    def weighed(self, record: GuardRecord) -> None:
        """The guards weighed posts again that were taken in before."""
        for post_id, weight in zip(record.posts, record.weights, strict=True):
            self._marks.pop(post_id, None)
            mark = GuardMark(weight, record.cluster, (record.reason,))
            self._marks[post_id] = self._fresh_marks[post_id] = mark
        for marks, most in ((self._marks, SNAPSHOT_POSTS), (self._fresh_marks, FRAME_POSTS)):
            while len(marks) > most:
                del marks[next(iter(marks))]
        self._dirty_symbols.update(symbol for symbol in record.symbols if symbol in self._sparks)

    def quoted(self, quote: Quote, session: Session) -> None:
        """A price came. The day's reference is the first price of the regular session, or the first seen."""
        symbol = quote.symbol
        before = self.quotes.get(symbol)
        self.quotes[symbol] = quote
        price = quote.price
        if price is not None and (before is None or (symbol not in self._day_open and session is Session.REGULAR)):
            self._day_open.setdefault(symbol, price)
        self._dirty_symbols.add(symbol)

    def session_changed(self, session: Session) -> None:
        """A new session began: the day's change is measured from the regular open."""
        if session in (Session.PRE, Session.REGULAR):
            self._day_open.clear()
        self._dirty_symbols.update(self._symbols)

    def skip(self, reason: str) -> None:
        """A post was taken in but not scored."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def not_scored(self) -> dict[str, int]:
        """Posts taken in but not scored, by reason: the commonest first, the rare ones together as "other"."""
        ordered = sorted(self.skipped.items(), key=lambda each: (-each[1], each[0]))
        if len(ordered) > MOST_REASONS:
            others = sum(count for _, count in ordered[MOST_REASONS - 1 :])
            ordered = [*ordered[: MOST_REASONS - 1], ("other", others)]
        return dict(ordered)

    def ordered(self, order: Order) -> None:
        """An order changed; closed ones are kept for a while."""
        self.orders.pop(order.client_order_id, None)
        self.orders[order.client_order_id] = order
        if len(self.orders) > KEPT:
            closed = next((key for key, kept in self.orders.items() if kept.status.terminal), None)
            if closed is not None:
                del self.orders[closed]

    def decision(self, ticket: Ticket, decision: Decision) -> None:
        """A ticket came to its end."""
        self.closed.append((ticket, decision))
        signal = ticket.signal
        self._mark(signal.symbol, PastMark(signal.at_ns, signal.side, None, sent=decision.kind.sends))
        self.decided[decision.kind] = self.decided.get(decision.kind, 0) + 1
        if decision.kind is DecisionKind.BLOCKED:
            control = decision.reason.partition(":")[0]
            self.blocked[control] = self.blocked.get(control, 0) + 1

    def fill(self, fill: Fill) -> None:
        """An execution was counted."""
        self.fills.append(fill)
        self.filled += 1
        self._mark(fill.symbol, PastMark(fill.at_ns, fill.side, float(fill.price), fill=True))

    def _mark(self, symbol: str, mark: PastMark) -> None:
        if symbol in self._sparks:
            self._past_marks.setdefault(symbol, deque(maxlen=MARKS)).append(mark)

    def marks(self, symbol: str) -> tuple[PastMark, ...]:
        """What a symbol's chart marks: its newest decided signals and fills."""
        return tuple(self._past_marks.get(symbol, ()))

    def alerted(self, alert: Alert) -> None:
        """An alert holds; when there are very many, the oldest that nobody has to acknowledge makes room."""
        self.alerts[alert.id] = alert
        if len(self.alerts) > KEPT:
            oldest = next((known.id for known in self.alerts.values() if not known.until_acknowledged), "")
            self.alerts.pop(oldest, None)

    def feed_changed(self, state: FeedState) -> None:
        """A feed reported its state."""
        self.feeds[state.name] = state
        self._dirty_feeds.add(state.name)

    def heard(self, names: tuple[str, ...], now_ns: int) -> None:
        """A recording's feeds do not tell when they last brought something: note it for them, once a second."""
        for name in names:
            state = self.feeds.get(name)
            if state is not None and now_ns - state.last_ns >= SECOND:
                self.feeds[name] = msgspec.structs.replace(state, last_ns=now_ns, items=self.count)
                self._dirty_feeds.add(name)

    def touch_symbols(self) -> None:
        """Modes, thresholds or the clock changed what gauges show."""
        self._dirty_symbols.update(self._symbols)

    # sparks --------------------------------------------------------------------------------------------------------

    def spark_due(self, now_ns: int) -> bool:
        """Whether a half-minute has passed since the last sample."""
        return now_ns >= self._spark_due

    def sample(self, moods: dict[str, Mood], now_ns: int) -> None:
        """Keep each symbol's value for the sparkline; half-minutes without a sample are shown as gaps."""
        missed = 0 if not self._spark_due else min(SPARK_POINTS, (now_ns - self._spark_due) // SPARK_STEP_NS)
        for symbol, mood in moods.items():
            spark = self._sparks[symbol]
            spark.extend([None] * missed)
            spark.append(mood.value)
            quote = self.quotes.get(symbol)
            price = None if quote is None else quote.price
            self.past.add(symbol, now_ns, mood.value, mood.raw, None if price is None else float(price), mood.volume)
        self._spark_due = (now_ns // SPARK_STEP_NS + 1) * SPARK_STEP_NS
        self._dirty_symbols.update(moods)
        self._sampled = True

    # rows ----------------------------------------------------------------------------------------------------------

    def symbol_row(self, mood: Mood, mode: Mode, threshold: float, why_not: str, *, spark: bool = True) -> SymbolRow:
        """One gauge, with or without its sparkline. `threshold` is the strategy's for this symbol."""
        symbol = mood.symbol
        quote = self.quotes.get(symbol)
        price = None if quote is None else quote.price
        start = self._day_open.get(symbol)
        change = None if price is None or not start else float((price - start) / start * 100)
        return SymbolRow(
            symbol=symbol,
            name=self._names[symbol],
            mood=mood,
            mode=mode,
            threshold=threshold,
            spark=tuple(self._sparks[symbol]) if spark else (),
            price=None if price is None else price_text(price),
            price_ns=0 if quote is None else quote.at_ns,
            day_change_pct=change,
            why_not=why_not,
        )

    def take_symbols(self) -> tuple[str, ...]:
        """Symbols whose gauge may have changed since the last frame, in watchlist order."""
        if not self._dirty_symbols:
            return ()
        dirty = tuple(symbol for symbol in self._symbols if symbol in self._dirty_symbols)
        self._dirty_symbols.clear()
        return dirty

    def take_sparks(self) -> bool:
        """Whether the sparklines have another sample since the last frame: all of them are sampled at once."""
        sampled, self._sampled = self._sampled, False
        return sampled

    def take_posts(self) -> tuple[PostRow, ...]:
        """The newest posts since the last frame, oldest first."""
        rows = tuple(post_row(post, self._marks) for post in self._fresh)
        self._fresh.clear()
        return rows

    def take_marks(self) -> tuple[PostMark, ...]:
        """What posts that are shown already weigh since the last frame."""
        marks = tuple(PostMark(post_id, mark) for post_id, mark in self._fresh_marks.items())
        self._fresh_marks.clear()
        return marks

    def take_feeds(self) -> tuple[FeedState, ...]:
        """Feeds whose state changed since the last frame."""
        changed = tuple(self.feeds[name] for name in sorted(self._dirty_feeds))
        self._dirty_feeds.clear()
        return changed

    def post_rows(self) -> tuple[PostRow, ...]:
        """The newest posts, oldest first, for a Snapshot."""
        return tuple(post_row(post, self._marks) for post in self.posts)


class LastShown:
    """What the last frame carried of the things sent whole, so that an unchanged one is not sent again."""

    __slots__ = ("account", "positions", "protections")

    def __init__(self) -> None:
        self.account: Account | None = None
        self.positions: tuple[Position, ...] | None = None
        self.protections: tuple[Protection, ...] | None = None


def post_row(scored: ScoredPost, marks: Mapping[str, GuardMark]) -> PostRow:
    """The display row of a post: clean text only. `marks` are those that came after it."""
    post = scored.post
    return PostRow(
        id=post.id,
        published_ns=post.published_ns,
        author=post.author.name,
        verified=post.author.verified,
        followers=post.author.followers,
        text=post.text,
        symbols=tuple(match.symbol for match in scored.matches),
        terms=tuple(match.term for match in scored.matches),
        score=scored.reading.score,
        confidence=scored.reading.confidence,
        influence=max((match.influence for match in scored.matches), default=0.0),
        source=post.source,
        recovered=post.recovered,
        mark=marks.get(post.id, scored.mark),
    )
