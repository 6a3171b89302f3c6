"""The configuration as types. Each field's docstring is its documentation; units are in the names.

Money and quantities are Decimal; durations are seconds (`_s`); shares are fractions of 1 unless the name ends in
`_pct` (percent) or `_bps` (basis points). `engine.config.load` builds it from config.toml, profile and environment.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.model import Mode


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of config.toml."""


class EngineConfig(Section, frozen=True, kw_only=True):
    """[engine]"""

    profile: str = "paper"
    """`simulated`, `paper` or `live`."""
    state_dir: str = ""
    """Where journals live; empty means the platform's user state directory."""
    runtime_dir: str = ""
    """Where socket, lock and KILL file live; empty means the platform's user runtime directory."""
    frame_hz: float = 15.0
    heartbeat_s: float = 60.0
    log_format: str = "text"
    """`text` or `json`."""
    log_level: str = "info"


class XConfig(Section, frozen=True, kw_only=True):
    """[x]: the filtered stream."""

    enabled: bool = True
    base_url: str = "https://api.x.com"
    languages: tuple[str, ...] = ("en",)
    reposts: bool = False
    rule_length: int = 1024
    rule_limit: int = 1000
    post_cost_usd: float = 0.005
    daily_cap_usd: float = 20.0
    recover: bool = True
    """Fill gaps by recent search after a reconnect."""
    warm_start: bool = True
    """Fill the windows by recent search at start, within the cap."""
    warm_start_posts: int = 300
    """Most posts a warm start may buy."""
    search_lag_s: float = 30.0
    """How far behind now recent search stands: a gap's newest posts are bought this much later."""
    silence_s: float = 20.0
    """Reconnect after this long without a byte (X sends a keep-alive at least every 20 s)."""
    connect_timeout_s: float = 10.0


class AlpacaConfig(Section, frozen=True, kw_only=True):
    """[alpaca]: trading and market data."""

    trading_url: str = "https://paper-api.alpaca.markets"
    data_url: str = "https://data.alpaca.markets"
    trading_stream_url: str = "wss://paper-api.alpaca.markets/stream"
    data_stream_url: str = "wss://stream.data.alpaca.markets/v2/iex"
    feed: str = "iex"
    timeout_s: float = 8.0
    """Limit for every REST call."""
    silence_s: float = 60.0
    """Reconnect a data stream that says nothing for this long while the market is open."""


class ReplayConfig(Section, frozen=True, kw_only=True):
    """[replay]: posts and prices from a recording."""

    path: str = ""
    """A recording file or directory; empty means the shipped demo day."""
    speed: float = 1.0
    """1 = as it happened, 60 = a minute a second, 0 = as fast as possible."""
    start: str = ""
    """Until then as fast as possible, from then on at `speed`: `09:25` New York on the recording's first day, or
    ISO 8601 with a zone. Empty: at `speed` from the beginning."""
    quote_s: float = 10.0
    """Where only daily prices are recorded: a modelled quote per symbol this often, in regular hours."""


class FeedsConfig(Section, frozen=True, kw_only=True):
    """[feeds]: which sources run."""

    posts: tuple[str, ...] = ("x",)
    prices: str = "alpaca"
    """`alpaca` or `replay`."""
    queue: int = 10_000
    """Most events waiting for the engine."""


class ScoringConfig(Section, frozen=True, kw_only=True):
    """[scoring]"""

    scorers: tuple[str, ...] = ("vader",)
    weights: dict[str, float] = {}
    """Weight per scorer; 1 where absent."""
    label: float = 0.2
    """Scores beyond ±label are bullish or bearish."""
    max_chars: int = 1000
    """Longer texts are scored on their first characters (score cost is chosen by the poster)."""


class SentimentConfig(Section, frozen=True, kw_only=True):
    """[sentiment]"""

    window_s: float = 1800.0
    floor: float = 0.1
    """Least decay weight inside the window."""
    look_back_s: float = 3600.0
    """How much earlier the previous window stood."""


class ShiftConfig(Section, frozen=True, kw_only=True):
    """[strategy.shift]: act when mood changes against the window one look-back earlier."""

    enabled: bool = True
    threshold: float = 0.15
    """Least |change|; a watchlist row may set its own."""
    volume_floor: int = 10
    """Least posts in the window."""
    confidence_floor: float = 0.65
    """Least mood confidence for a signal. Under the floor of R22 a signal would only be blocked, and be spent."""
    buy: bool = True
    sell: bool = True
    rearm: float = 0.5
    """After a signal the change must fall under this share of the threshold before the next on the same side."""
    expires_s: float = 300.0
    """A signal's life."""
    full_strength: float = 0.3
    """|change| × confidence that counts as strength 1."""


class StrategyConfig(Section, frozen=True, kw_only=True):
    """[strategy]"""

    shift: ShiftConfig = ShiftConfig()


class SizingConfig(Section, frozen=True, kw_only=True):
    """[sizing]"""

    sizer: str = "strength"
    """`fixed` or `strength`."""
    allocation_pct: Decimal = Decimal(10)
    """Target share of equity per symbol; a watchlist row may set its own."""
    step_pct: Decimal = Decimal(30)
    """`strength`: at most this share of the target per step."""
    fixed_notional: Decimal = Decimal(1000)
    """`fixed`: money per order."""
    min_notional: Decimal = Decimal(10)
    stop_pct: Decimal = Decimal(5)
    target_ratio: Decimal = Decimal(2)
    """Target distance as a multiple of the stop distance."""
    marketable_bps: Decimal = Decimal(20)
    """How far through the touch a marketable limit goes."""


class RiskConfig(Section, frozen=True, kw_only=True):
    """[risk]: limits of the controls R01 … R25. Percentages are of equity."""

    order_quantity: Decimal = Decimal(1000)
    order_quantity_crypto: Decimal = Decimal("0.1")
    order_notional: Decimal = Decimal(5000)
    order_notional_pct: Decimal = Decimal(5)
    price_collar_pct: Decimal = Decimal(2)
    price_collar_crypto_pct: Decimal = Decimal(3)
    spread_bps: Decimal = Decimal(50)
    duplicate_s: float = 60.0
    orders_per_minute: int = 5
    orders_per_day: int = 30
    strategy_executions: int = 10
    symbol_trades_per_day: int = 5
    symbol_shares_per_month: Decimal | None = None
    position_pct: Decimal = Decimal(10)
    gross_exposure_pct: Decimal = Decimal(60)
    concentration_pct: Decimal = Decimal(20)
    cash_floor_pct: Decimal = Decimal(10)
    open_positions: int = 10
    open_orders: int = 10
    daily_loss_pct: Decimal = Decimal(2)
    drawdown_pct: Decimal = Decimal(10)
    drawdown_reduce_at_pct: Decimal = Decimal(75)
    """At this share of the drawdown limit sizes are halved."""
    loss_streak: int = 3
    loss_streak_window_s: float = 86_400.0
    loss_streak_lock_s: float = 86_400.0
    cool_down_s: float = 1800.0
    stale_price_s: float = 15.0
    stale_signal_s: float = 600.0
    min_authors: int = 3
    min_posts: int = 10
    dominance_pct: Decimal = Decimal(60)
    """R18: one author or one text may hold at most this share of the window's weight."""
    pre_market: bool = False
    post_market: bool = False
    min_price: Decimal = Decimal(5)
    long_only: bool = True
    confidence: float = 0.65
    require_protective_exit: bool = True
    engine_watched_exits: bool = True
    """Fallback of R23: where the venue cannot carry stop and target, the engine watches them itself."""


class TicketsConfig(Section, frozen=True, kw_only=True):
    """[tickets]"""

    mode: Mode = Mode.CONFIRM
    ttl_s: float = 120.0
    drift_bps: Decimal = Decimal(20)
    """A confirmation is refused when the price moved further than this since it was shown."""


class OrdersConfig(Section, frozen=True, kw_only=True):
    """[orders]"""

    entry_timeout_s: float = 60.0
    """An entry not filled by then is cancelled."""
    unresolved_grace_s: float = 5.0
    """A definite "not found" counts only this long after the POST."""
    lookup_backoff_s: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    reconcile_s: float = 30.0
    protect_s: float = 10.0
    """A filled quantity without a working stop for this long gets one placed at the venue."""
    exit_timeout_s: float = 10.0
    """An exit that the engine placed and that is not filled by then is cancelled and placed again at the new price."""
    exit_attempts: int = 5
    """So many times; then a critical alert stays until a person acts."""


class SimulatedConfig(Section, frozen=True, kw_only=True):
    """[simulated]: the built-in venue."""

    cash: Decimal = Decimal(100_000)
    fee_per_share: Decimal = Decimal("0.005")
    fee_min: Decimal = Decimal(0)
    spread_bps: Decimal = Decimal(4)
    """Spread assumed where a price source gives only a last price."""
    partial_fill_share: Decimal = Decimal("0.25")
    """Least share of an order that the first fill takes when the seeded draw makes it partial."""
    partial_fill_chance: float = 0.1
    reject_chance: float = 0.0
    seed: int = 1


class BrokerConfig(Section, frozen=True, kw_only=True):
    """[broker]"""

    name: str = "alpaca"
    """`simulated` or `alpaca`."""


class JournalConfig(Section, frozen=True, kw_only=True):
    """[journal]"""

    commit_ms: float = 10.0
    """Longest a record waits for its group commit. Intents never wait."""
    commit_rows: int = 256
    dedupe_hours: float = 24.0
    quote_s: float = 5.0
    """A quote per symbol is recorded at most this often."""


class ScreenConfig(Section, frozen=True, kw_only=True):
    """[screen]"""

    fps: str = "auto"
    """`auto`: 15 locally, 5 over SSH; or a number."""
    feed_rows: int = 10_000
    theme: str = ""


class WatchRow(Section, frozen=True, kw_only=True):
    """[[watchlist]]: one symbol."""

    symbol: str
    name: str = ""
    keywords: tuple[str, ...] = ()
    """Words that mean the company by themselves."""
    ambiguous: tuple[str, ...] = ()
    """Words that count only beside one of `keywords`, the name or the cashtag (Apple, Model, AI, GPU)."""
    influencers: tuple[str, ...] = ()
    """Screen names whose posts count more for this symbol."""
    multiplier: float = 1.5
    """Weight multiplier for those."""
    threshold: float | None = None
    allocation_pct: Decimal | None = None
    mode: Mode | None = None


class Config(Section, frozen=True, kw_only=True):
    """The whole configuration, after profile and environment have been laid over it."""

    engine: EngineConfig = EngineConfig()
    feeds: FeedsConfig = FeedsConfig()
    x: XConfig = XConfig()
    alpaca: AlpacaConfig = AlpacaConfig()
    replay: ReplayConfig = ReplayConfig()
    scoring: ScoringConfig = ScoringConfig()
    sentiment: SentimentConfig = SentimentConfig()
    strategy: StrategyConfig = StrategyConfig()
    sizing: SizingConfig = SizingConfig()
    risk: RiskConfig = RiskConfig()
    tickets: TicketsConfig = TicketsConfig()
    orders: OrdersConfig = OrdersConfig()
    broker: BrokerConfig = BrokerConfig()
    simulated: SimulatedConfig = SimulatedConfig()
    journal: JournalConfig = JournalConfig()
    screen: ScreenConfig = ScreenConfig()
    watchlist: tuple[WatchRow, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The watchlist's symbols, in order."""
        return tuple(row.symbol for row in self.watchlist)

    def row(self, symbol: str) -> WatchRow | None:
        """The watchlist row of a symbol."""
        return next((row for row in self.watchlist if row.symbol == symbol), None)
