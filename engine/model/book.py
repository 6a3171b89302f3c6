"""What the risk controls look at: one consistent picture of account, positions, orders and prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine.model.account import Account, Position
from engine.model.base import TradingState, Value
from engine.model.market import Instrument, Market, Quote
from engine.model.order import Order


class Book(Value, frozen=True, gc=False):
    """The picture at `now_ns`. The kernel builds it; sizing and controls read it; nobody changes it."""

    now_ns: int
    account: Account
    positions: Mapping[str, Position]
    orders: tuple[Order, ...]
    """Every open order, legs included, ours and EXTERNAL ones, UNRESOLVED ones too; and those that ended and whose
    executions are still to be told. `filled` is what `positions` holds of each."""
    quotes: Mapping[str, Quote]
    market: Market
    instruments: Mapping[str, Instrument]
    halted: frozenset[str]
    """Symbols under a trading halt."""
    prices_mute: bool
    """True when the price stream is down or silent."""
    reconciled: bool
    """True once reconciliation has succeeded since the last (re)connect."""
    venue_exits: bool
    """True when the venue can carry stop and target with the entry (bracket) in this session."""


class LimitUse(Value, frozen=True, gc=False):
    """How much of a limit is used now, for the status bar and the risk view."""

    control: str
    value: Decimal
    limit: Decimal
    unit: str
    subject: str = ""
    """The symbol or strategy that uses most of it, where each has its own."""

    @property
    def use(self) -> float:
        """value / limit, 0 when the limit is 0."""
        return float(self.value / self.limit) if self.limit else 0.0


class StateChange(Value, frozen=True, gc=False):
    """The trading state changed, or was confirmed: from what to what, why and by whom."""

    state: TradingState
    previous: TradingState
    reason: str
    by: str
    """`person`, a control's name, `signal`, `file`, `engine`."""
    at_ns: int
    sticky: bool = False
    """True when only a person with a typed reason may leave it; survives restarts."""
