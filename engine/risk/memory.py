"""What the controls remember between signals: what was sent, how often, and what was stopped out.

Everything here is rebuilt from the journal by the same calls in the same order, so a restarted engine judges as the
one before it would have. All of it is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from engine.calendar import Calendar
from engine.clock import HOUR, MINUTE, from_seconds, new_york
from engine.config import RiskConfig
from engine.model import ZERO, Intent, Role, Side
from engine.risk.kelly import Tally

SIGNALS_KEPT = 100_000
"""Executed signal ids kept for R05. An older one is refused by its age (R18) long before it is forgotten."""
STOP_OUTS_KEPT = 1_000
CLOSES_KEPT = 1_000
"""Closed trades from which the Kelly sizer reads its win rate: the last ones."""
ASKED = (Role.ENTRY, Role.EXIT)
"""Roles of orders that answer a signal or a person; the others protect or end a position."""

Twin = tuple[str, Side, Decimal]
"""Symbol, side and quantity: what makes two orders look the same."""


@dataclass(slots=True)
class Bucket:
    """A token bucket in whole numbers: holds `capacity` messages and refills evenly, full again after a minute.

    The level counts token·nanoseconds: one message costs MINUTE, every nanosecond gives back `capacity`.
    """

    capacity: int
    level: int = field(init=False)
    at_ns: int = 0

    def __post_init__(self) -> None:
        self.level = self.capacity * MINUTE

    def _level(self, now_ns: int) -> int:
        return min(self.capacity * MINUTE, self.level + max(0, now_ns - self.at_ns) * self.capacity)

    def left(self, now_ns: int) -> int:
        """Whole messages it still holds."""
        return self._level(now_ns) // MINUTE

    def resize(self, capacity: int) -> None:
        """Hold another number of messages; the share that is used stays used."""
        self.level = self.level * capacity // self.capacity if self.capacity else 0
        self.capacity = capacity

    def take(self, now_ns: int) -> None:
        """One message was sent; an empty bucket stays empty."""
        self.level = max(0, self._level(now_ns) - MINUTE)
        self.at_ns = max(self.at_ns, now_ns)


@dataclass(slots=True)
class Day:
    """Counts of one session day."""

    start_ns: int = 0
    messages: int = 0
    strategy: dict[str, int] = field(default_factory=dict)
    """Orders sent per strategy since the day began or a person re-enabled it."""
    trades: dict[str, int] = field(default_factory=dict)
    """Entries per symbol."""


@dataclass(slots=True)
class Month:
    """Shares bought per symbol in one calendar month of New York."""

    year_month: tuple[int, int] = (0, 0)
    shares: dict[str, Decimal] = field(default_factory=dict)


class Memory:
    """The record behind R05–R08 and R15. Told the time; reads no clock."""

    def __init__(self, config: RiskConfig) -> None:
        self._calendar = Calendar()
        self._window_ns = from_seconds(config.duplicate_s)
        self._streak_ns = from_seconds(config.loss_streak_window_s)
        self._sent: dict[str, None] = {}
        self._signals: dict[str, None] = {}
        self._twins: dict[Twin, int] = {}
        self._bucket = Bucket(config.orders_per_minute)
        self._day = Day()
        self._month = Month()
        self._stop_outs: dict[str, int] = {}
        """When each trade was stopped out, oldest first; 0 once a lock has answered it."""
        self._closes: dict[str, Decimal] = {}
        """Realised profit in USD by trade, oldest first."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Memory):
            return NotImplemented
        return self._all() == other._all()

    __hash__ = None  # type: ignore[assignment]

    def reconfigure(self, config: RiskConfig) -> None:
        """Other windows and another rate; what was counted stays counted."""
        self._window_ns = from_seconds(config.duplicate_s)
        self._streak_ns = from_seconds(config.loss_streak_window_s)
        self._bucket.resize(config.orders_per_minute)

    def _all(self) -> tuple[object, ...]:
        counted = self._sent, self._signals, self._twins, self._bucket, self._day, self._month
        return *counted, self._stop_outs, self._closes

    # What happened

    def message(self, at_ns: int) -> None:
        """An order message went out or came back rejected."""
        self._bucket.take(at_ns)
        self._today(at_ns).messages += 1

    def intent(self, intent: Intent) -> bool:
        """An order was committed. False when this client order id was already known (a resend)."""
        if intent.client_order_id in self._sent:
            return False
        draft, at_ns = intent.draft, intent.at_ns
        _remember(self._sent, intent.client_order_id)
        self._bucket.take(at_ns)
        day = self._today(at_ns)
        day.messages += 1
        if intent.role in ASKED:
            _remember(self._signals, intent.signal_id)
            twin = (draft.symbol, draft.side, draft.quantity)
            self._twins.pop(twin, None)
            while self._twins and at_ns - self._twins[oldest := next(iter(self._twins))] >= self._window_ns:
                del self._twins[oldest]
            self._twins[twin] = at_ns
            if intent.strategy:
                day.strategy[intent.strategy] = day.strategy.get(intent.strategy, 0) + 1
        if intent.role is Role.ENTRY:
            shares = self._this_month(at_ns).shares
            day.trades[draft.symbol] = day.trades.get(draft.symbol, 0) + 1
            shares[draft.symbol] = shares.get(draft.symbol, ZERO) + draft.quantity
        return True

    def close(self, trade: str, realised: Decimal) -> None:
        """A trade was closed, or a part of it, with this profit: its parts are one trade."""
        self._closes[trade] = self._closes.get(trade, ZERO) + realised
        if len(self._closes) > CLOSES_KEPT:
            del self._closes[next(iter(self._closes))]

    def stop_out(self, trade: str, at_ns: int) -> None:
        """A trade was closed by its stop, or a part of it: it counts once, when its first part was."""
        self._stop_outs.setdefault(trade, at_ns)
        if len(self._stop_outs) > STOP_OUTS_KEPT:
            del self._stop_outs[next(iter(self._stop_outs))]

    def forget_stop_outs(self) -> None:
        """A streak has been answered by a lock; the next one starts from nothing."""
        self._stop_outs = dict.fromkeys(self._stop_outs, 0)

    def enable(self, strategy: str) -> None:
        """A person re-enabled a strategy: its executions count from 0."""
        self._day.strategy.pop(strategy, None)

    # What the controls ask

    def executed(self, signal_id: str) -> bool:
        """Whether this signal has led to an order, ever."""
        return signal_id in self._signals

    def twin_ns(self, symbol: str, side: Side, quantity: Decimal, now_ns: int) -> int | None:
        """When the same symbol, side and quantity was last sent within the window, else None."""
        if not self._twins:
            return None
        sent = self._twins.get((symbol, side, quantity))
        return sent if sent is not None and now_ns - sent < self._window_ns else None

    def left_this_minute(self, now_ns: int) -> int:
        """Order messages the bucket still holds."""
        return self._bucket.left(now_ns)

    def today(self, now_ns: int) -> Day:
        """The counts of this session day, to read: empty when nothing was sent yet."""
        start_ns = self._calendar.session_start_ns(now_ns)
        return self._day if start_ns <= self._day.start_ns else Day(start_ns)

    def shares(self, symbol: str, now_ns: int) -> Decimal:
        """Shares bought in this symbol in this calendar month."""
        return self._month_of(now_ns).shares.get(symbol, ZERO)

    def stop_outs(self, now_ns: int) -> int:
        """Stop-outs in the window that ends now."""
        return sum(1 for at_ns in self._stop_outs.values() if at_ns and now_ns - at_ns < self._streak_ns)

    def tally(self) -> Tally:
        """What the last closed trades brought."""
        won = [profit for profit in self._closes.values() if profit > ZERO]
        lost = [-profit for profit in self._closes.values() if profit <= ZERO]
        return Tally(len(won), len(lost), sum(won, ZERO), sum(lost, ZERO))

    def session_start_ns(self, now_ns: int) -> int:
        """When the session day of `now_ns` began."""
        return self._calendar.session_start_ns(now_ns)

    def _today(self, at_ns: int) -> Day:
        """The same, to write."""
        self._day = self.today(at_ns)
        return self._day

    def _month_of(self, now_ns: int) -> Month:
        year_month = _year_month(now_ns // HOUR)
        return self._month if year_month <= self._month.year_month else Month(year_month)

    def _this_month(self, at_ns: int) -> Month:
        self._month = self._month_of(at_ns)
        return self._month


@lru_cache(maxsize=32)
def _year_month(hour: int) -> tuple[int, int]:
    """Year and month in New York, where months begin with an hour. A restart asks for each entry of the journal."""
    local = new_york(hour * HOUR)
    return local.year, local.month


def _remember(known: dict[str, None], id: str) -> None:
    known[id] = None
    if len(known) > SIGNALS_KEPT:
        del known[next(iter(known))]
