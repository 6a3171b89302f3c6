"""Everything the controls look at, gathered once: they are pure functions of a Check."""

from __future__ import annotations

from decimal import Decimal

from engine.config import RiskConfig
from engine.model import (
    ZERO,
    Account,
    Book,
    Draft,
    Instrument,
    Order,
    Protection,
    Quote,
    Role,
    Session,
    Side,
    Signal,
    StateChange,
    TradingState,
    Value,
)
from engine.risk.holdings import PROTECTIVE, Holdings
from engine.risk.limits import Limits
from engine.risk.memory import Memory
from engine.risk.prices import HUNDRED, Prices, amount, positive, prices
from engine.risk.protections import COOL_DOWN, LOSS_STREAK, STRATEGY_EXECUTIONS, Protections

SKEW_NS = 5_000_000_000
"""How far a source's clock may be ahead of ours before its time counts as unknown."""


class Check(Value, frozen=True, gc=False):
    """One judgement: a signal and a draft against a book, with what is remembered.

    Numbers that are not finite (or not positive, where only a positive one makes sense) are None here: unknown.
    """

    risk: RiskConfig
    limits: Limits
    now_ns: int
    signal: Signal | None
    draft: Draft | None
    """None when nothing could be sized."""
    role: Role
    strategy: str
    symbol: str
    side: Side
    state: TradingState
    state_reason: str

    # The order
    quantity: Decimal | None
    limit_price: Decimal | None
    expected_price: Decimal | None
    """The price the draft was computed from."""
    reduces: bool
    """True when the book says so: a sell of at most what is held. The draft's own word is not taken for it."""

    # The symbol
    instrument: Instrument | None
    crypto: bool
    watched: bool
    """True when it is on the watchlist."""
    halted: bool
    session: Session
    next_session: Session
    next_session_ns: int | None
    """When that begins; None when it is not known."""
    quote: Quote | None
    prices: Prices
    price: Decimal | None
    """Mid now, else last."""
    last_value: Decimal | None
    """What our position was last valued at, else what was paid for it; None where there is none."""
    last_value_ns: int
    prices_mute: bool

    # The account
    reconciled: bool
    venue_exits: bool
    equity: Decimal | None
    cash: Decimal | None
    buying_power: Decimal | None
    day_loss: Decimal | None
    """Loss since the session's start in percent; negative for a gain."""
    drawdown: Decimal | None
    """How far equity is below its peak, in percent."""
    holdings: Holdings
    orders: tuple[Order, ...]

    # What is remembered
    executed: bool
    """True when this signal has led to an order before."""
    twin_ns: int | None
    """When the same symbol, side and quantity was last sent, within R05's window."""
    left_this_minute: int
    messages_today: int
    executions: int
    trades: int
    shares: Decimal
    """Bought in this symbol this month; 0 where no limit is set."""
    stop_outs: int
    strategy_lock: Protection | None
    streak_lock: Protection | None
    cool_down: Protection | None

    @property
    def protects(self) -> bool:
        """True for a stop or target of at most what is held."""
        return self.reduces and self.role in PROTECTIVE

    @property
    def rests(self) -> bool:
        """True for one that stands at the venue, away from the market, until it is needed: not one that is reached."""
        return self.protects and self.draft is not None and self.draft.stop_price is not None

    @property
    def unasked(self) -> bool:
        """True when it ends a position without a signal being the reason: protective, flatten, a person's exit."""
        return self.reduces and (self.signal is None or self.role in PROTECTIVE or self.role is Role.FLATTEN)

    @property
    def worst_price(self) -> Decimal | None:
        """The dearest price the order may be filled at, as far as is known: the limit, or the market above it."""
        return dearer(self.limit_price, self.price)

    @property
    def quantity_limit(self) -> Decimal:
        """R01's limit for this kind of instrument."""
        return self.risk.order_quantity_crypto if self.crypto else self.risk.order_quantity

    @property
    def notional_limit(self) -> Decimal | None:
        """R02's limit: the lower of money and share of equity; None while equity is unknown."""
        if self.equity is None:
            return None
        return min(self.risk.order_notional, self.equity * self.limits.notional_share)

    @property
    def collar(self) -> Decimal:
        """R03's limit for this kind of instrument, as a share of the price."""
        return self.limits.collar_crypto_share if self.crypto else self.limits.collar_share

    def of_equity(self, share: Decimal) -> Decimal | None:
        """That share of equity, in USD; None while equity is unknown."""
        return None if self.equity is None else self.equity * share


def look(
    limits: Limits,
    memory: Memory,
    protections: Protections,
    last: StateChange,
    watched: frozenset[str],
    book: Book,
    sums: Holdings,
    signal: Signal | None,
    draft: Draft | None,
    *,
    role: Role,
    strategy: str,
    symbol: str,
) -> Check:
    """Gather what the controls look at. `sums` are the holdings of `book` as they concern `symbol`."""
    subject = draft if draft is not None else signal
    side = Side.SELL if subject is None else subject.side
    now_ns = book.now_ns
    day = memory.today(now_ns)
    quantity = None if draft is None else positive(draft.quantity)
    quote, instrument, account = book.quotes.get(symbol), book.instruments.get(symbol), book.account
    position = book.positions.get(symbol)
    risk, seen = limits.risk, prices(quote)
    if draft is None:
        reduces = side is Side.SELL and sums.held > ZERO
    else:
        reduces = side is Side.SELL and quantity is not None and quantity <= sums.held
    return Check(
        risk=risk,
        limits=limits,
        now_ns=now_ns,
        signal=signal,
        draft=draft,
        role=role,
        strategy=strategy,
        symbol=symbol,
        side=side,
        state=last.state,
        state_reason=last.reason,
        quantity=quantity,
        limit_price=None if draft is None else positive(draft.limit_price),
        expected_price=None if draft is None else positive(draft.reference_price),
        reduces=reduces,
        instrument=instrument,
        crypto=instrument is not None and instrument.asset_class == "crypto",
        watched=symbol in watched,
        halted=symbol in book.halted,
        session=book.market.session,
        next_session=book.market.next_session,
        next_session_ns=book.market.changes_ns,
        quote=quote,
        prices=seen,
        price=seen.reference,
        last_value=None if position is None else positive(position.price) or positive(position.average_price),
        last_value_ns=0 if position is None else position.price_ns,
        prices_mute=book.prices_mute,
        reconciled=book.reconciled,
        venue_exits=book.venue_exits,
        equity=positive(account.equity),
        cash=amount(account.cash),
        buying_power=amount(account.buying_power),
        day_loss=day_loss_pct(account),
        drawdown=drawdown_pct(account),
        holdings=sums,
        orders=book.orders,
        executed=signal is not None and memory.executed(signal.id),
        twin_ns=None if quantity is None else memory.twin_ns(symbol, side, quantity, now_ns),
        left_this_minute=memory.left_this_minute(now_ns),
        messages_today=day.messages,
        executions=day.strategy.get(strategy, 0),
        trades=day.trades.get(symbol, 0),
        shares=ZERO if risk.symbol_shares_per_month is None else memory.shares(symbol, now_ns),
        stop_outs=memory.stop_outs(now_ns),
        strategy_lock=protections.find(STRATEGY_EXECUTIONS, now_ns, strategy=strategy) if strategy else None,
        streak_lock=protections.find(LOSS_STREAK, now_ns),
        cool_down=protections.find(COOL_DOWN, now_ns, symbol=symbol),
    )


def dearer(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """The higher of two prices, either of which may be unknown."""
    if one is None or other is None:
        return other if one is None else one
    return one if one >= other else other


def day_loss_pct(account: Account) -> Decimal | None:
    """Loss since the session's start in percent of the equity it started with; negative for a gain; None if unknown.

    Money that came in or left since changes what it is a percentage of, in proportion, and so not the percentage.
    """
    base = account.day_start_equity if account.day_base is None else account.day_base
    equity, start = amount(account.equity), positive(base)
    return None if equity is None or start is None else (start - equity) * HUNDRED / start


def drawdown_pct(account: Account) -> Decimal | None:
    """How far equity is below its peak, in percent, at least 0; None if unknown."""
    equity, peak = amount(account.equity), positive(account.peak_equity)
    return None if equity is None or peak is None else max(ZERO, (peak - equity) * HUNDRED / peak)
