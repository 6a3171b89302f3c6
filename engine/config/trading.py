"""From a mood to an order: [sentiment], [strategy], [sizing], [risk], [tickets], [orders], [simulated], [broker]."""

from __future__ import annotations

from decimal import Decimal

from engine.config.section import Section
from engine.model import Mode


class SentimentConfig(Section, frozen=True, kw_only=True):
    """[sentiment]"""

    window_s: float = 1800.0
    """A mood is made of the posts this far back."""
    floor: float = 0.1
    """Least decay weight inside the window."""
    look_back_s: float = 3600.0
    """How much earlier the previous window stood."""


class ShiftConfig(Section, frozen=True, kw_only=True):
    """[strategy.shift]: act when mood changes against the window one look-back earlier."""

    enabled: bool = True
    """Whether the strategy runs."""
    threshold: float = 0.15
    """Least |change|; a watchlist row may set its own."""
    volume_floor: int = 10
    """Least posts in the window."""
    confidence_floor: float = 0.65
    """Least mood confidence for a signal. Under the floor of R22 a signal would only be blocked, and be spent."""
    buy: bool = True
    """Whether it may signal BUY."""
    sell: bool = True
    """Whether it may signal SELL."""
    rearm: float = 0.5
    """After a signal the change must fall under this share of the threshold before the next on the same side, or
    window + look-back must pass."""
    expires_s: float = 300.0
    """A signal's life."""
    full_strength: float = 0.3
    """|change| × confidence that counts as strength 1."""


class StrategyConfig(Section, frozen=True, kw_only=True):
    """[strategy]"""

    own: tuple[str, ...] = ()
    """Strategies of other packages, by the names of their entry points `desk.strategies`; asked after `shift`."""
    shift: ShiftConfig = ShiftConfig()


class SizingConfig(Section, frozen=True, kw_only=True):
    """[sizing]"""

    sizer: str = "strength"
    """`fixed`, `strength` or `kelly`."""
    allocation_pct: Decimal = Decimal(10)
    """Target share of equity per symbol; a watchlist row may set its own."""
    step_pct: Decimal = Decimal(30)
    """`strength`: at most this share of the target per step."""
    fixed_notional: Decimal = Decimal(1000)
    """`fixed`: money per order."""
    kelly_fraction: Decimal = Decimal("0.25")
    """`kelly`: the share of the Kelly stake that is taken."""
    kelly_win_rate: Decimal = Decimal("0.4")
    """`kelly`: the win rate assumed until enough trades have closed; a target at 2:1 breaks even at a third."""
    kelly_trades: int = 30
    """`kelly`: closed trades before the journal's own win rate and payoff count."""
    min_notional: Decimal = Decimal(10)
    """Smaller orders are refused; dollars."""
    stop_pct: Decimal = Decimal(5)
    """The stop stands this far under the entry."""
    target_ratio: Decimal = Decimal(2)
    """Target distance as a multiple of the stop distance."""
    marketable_bps: Decimal = Decimal(20)
    """How far through the touch a marketable limit goes."""


class RiskConfig(Section, frozen=True, kw_only=True):
    """[risk]: limits of the controls R01 … R25. Percentages are of equity."""

    order_quantity: Decimal = Decimal(1000)
    """R01: most shares per order."""
    order_quantity_crypto: Decimal = Decimal("0.1")
    """R01: most units per order of a pair such as BTC/USD."""
    order_notional: Decimal = Decimal(5000)
    """R02: most money per order, in dollars; the lower of this and the next."""
    order_notional_pct: Decimal = Decimal(5)
    """R02: most money per order."""
    price_collar_pct: Decimal = Decimal(2)
    """R03: how far the price may be from both last trade and mid, in percent of them."""
    price_collar_crypto_pct: Decimal = Decimal(3)
    """R03: the same for pairs."""
    spread_bps: Decimal = Decimal(50)
    """R04: widest spread."""
    duplicate_s: float = 60.0
    """R05: the same symbol, side and quantity are refused for this long."""
    orders_per_minute: int = 5
    """R06: order messages a minute, rejects counted."""
    orders_per_day: int = 30
    """R06: order messages a day, rejects counted."""
    strategy_executions: int = 10
    """R07: after this many a day a strategy is off until a person lifts the lock."""
    symbol_trades_per_day: int = 5
    """R08: trades per symbol a day."""
    symbol_shares_per_month: Decimal | None = None
    """R08: shares bought per symbol a month; absent: any number."""
    position_pct: Decimal = Decimal(10)
    """R09: largest position, working orders counted."""
    gross_exposure_pct: Decimal = Decimal(60)
    """R10: most in all positions together."""
    concentration_pct: Decimal = Decimal(20)
    """R10: most in one symbol."""
    cash_floor_pct: Decimal = Decimal(10)
    """R11: this much cash stays, working orders counted."""
    open_positions: int = 10
    """R12: most open positions."""
    open_orders: int = 10
    """R12: most open orders."""
    daily_loss_pct: Decimal = Decimal(2)
    """R13: a loss of this much since the session began is REDUCING until the next one."""
    drawdown_pct: Decimal = Decimal(10)
    """R14: this far under the peak is HALTED until a person resumes with a reason."""
    drawdown_reduce_at_pct: Decimal = Decimal(75)
    """At this share of the drawdown limit sizes are halved."""
    loss_streak: int = 3
    """R15: this many stop-outs within the window lock trading."""
    loss_streak_window_s: float = 86_400.0
    """R15: the window."""
    loss_streak_lock_s: float = 86_400.0
    """R15: how long the lock holds."""
    cool_down_s: float = 1800.0
    """R16: no new entry in a symbol for this long after an exit."""
    stale_price_s: float = 15.0
    """R17: oldest quote in the session."""
    stale_signal_s: float = 600.0
    """R18: oldest newest evidence."""
    min_authors: int = 3
    """R18: least authors behind a signal."""
    min_posts: int = 10
    """R18: least posts behind a signal."""
    dominance_pct: Decimal = Decimal(60)
    """R18: one author, one text or one cluster of near-copies may hold at most this share of the window's weight."""
    pre_market: bool = False
    """R19: whether to trade before the open, with limit orders."""
    post_market: bool = False
    """R19: whether to trade after the close, with limit orders."""
    min_price: Decimal = Decimal(5)
    """R20: least price, in dollars."""
    long_only: bool = True
    """R20: never sell more than is held."""
    confidence: float = 0.65
    """R22: least confidence of a signal."""
    require_protective_exit: bool = True
    """R23: an entry must carry stop and target."""
    engine_watched_exits: bool = True
    """Fallback of R23: where the venue cannot carry stop and target, the engine watches them itself."""


class TicketsConfig(Section, frozen=True, kw_only=True):
    """[tickets]"""

    mode: Mode = Mode.CONFIRM
    """`confirm`, `auto` or `off`: a person decides, the autopilot, nobody. A watchlist row may set its own."""
    ttl_s: float = 120.0
    """A ticket lives this long; expired means rejected."""
    drift_bps: Decimal = Decimal(20)
    """A confirmation is refused when the price moved further than this since it was shown."""


class OrdersConfig(Section, frozen=True, kw_only=True):
    """[orders]"""

    entry_timeout_s: float = 60.0
    """An entry not filled by then is cancelled."""
    unresolved_grace_s: float = 5.0
    """A definite "not found" counts only this long after the POST."""
    lookup_backoff_s: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    """Pauses between the lookups of an order whose fate is not known; the last one repeats."""
    reconcile_s: float = 30.0
    """Orders, fills and positions are compared with the venue this often."""
    protect_s: float = 10.0
    """A filled quantity without a working stop for this long gets one placed at the venue."""
    exit_timeout_s: float = 10.0
    """An exit that the engine placed and that is not filled by then is cancelled and placed again at the new price."""
    exit_attempts: int = 5
    """So many times; then a critical alert stays until a person acts."""


class SimulatedConfig(Section, frozen=True, kw_only=True):
    """[simulated]: the built-in venue."""

    cash: Decimal = Decimal(100_000)
    """Dollars to begin with."""
    fee_per_share: Decimal = Decimal("0.005")
    """Dollars per share."""
    fee_min: Decimal = Decimal(0)
    """Least fee per fill, in dollars."""
    spread_bps: Decimal = Decimal(4)
    """Spread assumed where a price source gives only a last price."""
    partial_fill_share: Decimal = Decimal("0.25")
    """Least share of an order that the first fill takes when the seeded draw makes it partial."""
    partial_fill_chance: float = 0.1
    """How often a first fill is partial, 0 to 1."""
    reject_chance: float = 0.0
    """How often an order is rejected, 0 to 1."""
    seed: int = 1
    """Of the draws: the same seed, the same fills."""


class BrokerConfig(Section, frozen=True, kw_only=True):
    """[broker]"""

    name: str = "alpaca"
    """`simulated` or `alpaca`."""
