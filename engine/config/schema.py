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
    """Most display updates a second to an attached desk."""
    heartbeat_s: float = 60.0
    """One log line this often: alive, and what was done."""
    log_format: str = "text"
    """`text` or `json`."""
    log_level: str = "info"
    """`debug`, `info`, `warning` or `error`."""


class XConfig(Section, frozen=True, kw_only=True):
    """[x]: the filtered stream."""

    enabled: bool = True
    """Whether posts are read from X at all."""
    base_url: str = "https://api.x.com"
    """Where X answers: the address of the API."""
    languages: tuple[str, ...] = ("en",)
    """Posts in these languages, as X detects them; the lexicon reads English."""
    reposts: bool = False
    """Whether reposts count. They cost like posts and say nothing new."""
    rule_length: int = 1024
    """Characters a rule may have on your plan."""
    rule_limit: int = 1000
    """Rules your plan allows."""
    post_cost_usd: float = 0.005
    """What X charges per post read."""
    daily_cap_usd: float = 20.0
    """The stream stops here and says so; 0 buys nothing."""
    recover: bool = True
    """Fill gaps by recent search after a reconnect."""
    warm_start: bool = True
    """Fill the windows by recent search at start, within the cap."""
    warm_start_posts: int = 2000
    """Most posts a warm start may buy; half of what the cap leaves ends it too."""
    search_lag_s: float = 30.0
    """How far behind now recent search stands: a gap's newest posts are bought this much later."""
    silence_s: float = 20.0
    """Reconnect after this long without a byte (X sends a keep-alive at least every 20 s)."""
    connect_timeout_s: float = 10.0
    """Longest a connect may take."""


class AlpacaConfig(Section, frozen=True, kw_only=True):
    """[alpaca]: trading and market data."""

    trading_url: str = "https://paper-api.alpaca.markets"
    """REST address of the account: paper or live."""
    data_url: str = "https://data.alpaca.markets"
    """REST address of market data."""
    trading_stream_url: str = "wss://paper-api.alpaca.markets/stream"
    """Websocket of order updates."""
    data_stream_url: str = "wss://stream.data.alpaca.markets/v2/iex"
    """Websocket of quotes and trades; its path names the feed."""
    feed: str = "iex"
    """`iex`, or `sip` with a paid plan."""
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
    """`["x"]`, or `["replay"]` alone."""
    prices: str = "alpaca"
    """`alpaca` or `replay`."""
    queue: int = 10_000
    """Most events waiting for the engine."""


class GuardsConfig(Section, frozen=True, kw_only=True):
    """[guards]: how much a post weighs in the cleaned mood. The raw mood stands beside it."""

    enabled: bool = True
    """Whether posts are weighed; without it the cleaned mood is the raw one."""
    window_s: float = 1800.0
    """Posts are compared with those this far back."""
    posts: int = 50_000
    """Most posts remembered, about 2 kB each; the oldest go first."""
    similarity: float = 0.6
    """Posts whose word pairs overlap this much (Jaccard index) say nearly the same and are one cluster."""
    ring_authors: int = 5
    """Least authors of a ring."""
    suspicion: float = 0.5
    """A cluster this suspicious is a ring: throw-away accounts, seconds apart, from one program."""
    ring_weight: float = 0.0
    """What a ring's post weighs. At 0 it counts neither as a post nor as an author."""
    burst_authors: int = 8
    """So many fresh accounts (under a year old, at most 1,000 followers) on a symbol within a minute, two thirds of its
    posts, weigh like a ring whatever they say; 0: not looked for."""
    copy_weight: float = 0.5
    """What the post of another author that says nearly the same weighs; its own author's repeat weighs 0."""
    piggyback_cashtags: int = 4
    """A post of this many cashtags that puts a little-named symbol beside a much-named one rides on it."""
    piggyback_weight: float = 0.2
    """What it weighs, besides 1 / number of cashtags."""
    author_posts: int = 6
    """Posts of one author on one symbol that count within the window; further ones weigh 0."""
    publisher_followers: int = 100_000
    """A verified account with this many followers is a publisher: no cap, no piggyback, no part in a ring."""
    publishers: tuple[str, ...] = ("Reuters", "ReutersBiz", "business", "WSJ", "WSJmarkets", "CNBC", "FT", "AP")
    """Screen names that are publishers whatever their figures say. The watchlist's influencers are too."""


class FinbertConfig(Section, frozen=True, kw_only=True):
    """[scoring.finbert]: a transformer on this machine; put `finbert` among `scoring.scorers`."""

    model: str = "ProsusAI/finbert"
    """A sequence-classification model that `desk models pull` has brought here."""
    labels: dict[str, float] = {}
    """What classes are worth, in [−1, 1], where their names do not tell: { LABEL_0 = -1.0, LABEL_2 = 1.0, … }."""
    gate: float = 0.0
    """Least |score| of the light reading for a post to be asked about; 0 asks about every post."""
    device: str = "auto"
    """`auto`, `cpu`, `cuda` or `mps`."""
    threads: int = 0
    """Processor threads of the worker; 0: every core but one."""
    max_length: int = 96
    """In the model's word pieces; longer texts count with their first ones."""
    batch: int = 16
    """Most texts at a time."""
    wait_ms: float = 40.0
    """How long a text waits for others to share its batch."""
    timeout_s: float = 10.0
    """A batch that takes longer ends the worker, and another is started."""


class LlmConfig(Section, frozen=True, kw_only=True):
    """[scoring.llm]: a language model behind an endpoint; put `llm` among `scoring.scorers`."""

    api: str = "anthropic"
    """`anthropic` (Messages), `openai` (chat completions, also of servers on this machine) or `bedrock` (Converse)."""
    model: str = ""
    """The model's name as the endpoint knows it."""
    base_url: str = ""
    """Where the endpoint is; empty: the vendor's own."""
    region: str = "us-east-1"
    """`bedrock`: the AWS region."""
    gate: float = 0.3
    """Least |score| of the light reading for a post to be asked about; 0 asks about every post."""
    temperature: float | None = None
    """Sent where given; some models refuse it."""
    answer_length: int = 500
    """Longest answer, in the model's word pieces."""
    timeout_s: float = 20.0
    """Limit for one post, retries included."""
    concurrency: int = 4
    """Requests under way at once."""
    input_usd: float = 1.0
    """Dollars per million word pieces ("tokens") sent, as your plan says."""
    output_usd: float = 5.0
    """Dollars per million word pieces received."""
    daily_cap_usd: float = 2.0
    """It is not asked any more today once this is spent; 0 asks nothing."""


class ComprehendConfig(Section, frozen=True, kw_only=True):
    """[scoring.comprehend]: Amazon Comprehend; put `comprehend` among `scoring.scorers`."""

    region: str = "us-east-1"
    """The AWS region."""
    endpoint_url: str = ""
    """Where it answers; empty: AWS's own."""
    language: str = "en"
    """The texts' language."""
    gate: float = 0.3
    """Least |score| of the light reading for a post to be asked about; 0 asks about every post."""
    batch: int = 25
    """Most texts per request; AWS takes 25."""
    wait_ms: float = 250.0
    """How long a text waits for others to share its request."""
    timeout_s: float = 10.0
    """Limit for a request."""
    concurrency: int = 2
    """Requests under way at once."""
    unit_usd: float = 0.0001
    """Dollars per unit of 100 characters; a text costs three units at least."""
    daily_cap_usd: float = 2.0
    """It is not asked any more today once this is spent; 0 asks nothing."""


class LateConfig(Section, frozen=True, kw_only=True):
    """[scoring.late]: scorers whose answers come after the post has been read (`finbert`, `llm`, `comprehend`)."""

    limit_s: float = 30.0
    """A score that comes later than this after its post is dropped."""
    queue: int = 512
    """Most posts that wait for one scorer; the oldest make room."""
    replay_s: float = 1.0
    """In a replay a score comes exactly this long after its post, in the recording's time."""


class ScoringConfig(Section, frozen=True, kw_only=True):
    """[scoring]"""

    scorers: tuple[str, ...] = ("vader", "linear")
    """Found by name; add your own through the entry points `desk.scorers`."""
    weights: dict[str, float] = {}
    """Weight per scorer; 1 where absent."""
    label: float = 0.2
    """Scores beyond ±label are bullish or bearish."""
    max_chars: int = 1000
    """Longer texts are scored on their first characters (score cost is chosen by the poster)."""
    linear_weights: str = ""
    """A file that `desk train` made, for the scorer `linear`; empty: the shipped weights."""
    late: LateConfig = LateConfig()
    finbert: FinbertConfig = FinbertConfig()
    llm: LlmConfig = LlmConfig()
    comprehend: ComprehendConfig = ComprehendConfig()


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
    """R18: one author or one text may hold at most this share of the window's weight."""
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


class JournalConfig(Section, frozen=True, kw_only=True):
    """[journal]"""

    commit_ms: float = 10.0
    """Longest a record waits for its group commit. Intents never wait."""
    commit_rows: int = 256
    """Most records of a group commit."""
    dedupe_hours: float = 24.0
    """An id counts as seen for this long, over restarts too."""
    quote_s: float = 5.0
    """A quote per symbol is recorded at most this often."""


class WatchdogConfig(Section, frozen=True, kw_only=True):
    """[watchdog]: when the engine takes no new risk because it does not decide well; it ends by itself."""

    unscored_s: float = 10.0
    """Posts arrive and none was scored for this long."""
    lag_ms: float = 1000.0
    """The engine's loop was late by more than this."""
    journal_lag_s: float = 2.0
    """Records have waited this long for the disk."""
    calm_s: float = 5.0
    """This long after the last problem trading goes on."""


class ScreenConfig(Section, frozen=True, kw_only=True):
    """[screen]"""

    fps: str = "auto"
    """`auto`: 15 locally, 5 over SSH; or a number."""
    feed_rows: int = 10_000
    """Posts kept on the screen."""
    theme: str = ""
    """A theme by name; empty: the desk's own, dark. One that is chosen at the desk stays until this changes."""
    compact: bool = False
    """Bars make room for rows; a key changes it."""
    local_time: bool = False
    """The status bar shows this machine's time of day beside the exchange's."""
    notify: tuple[str, ...] = ()
    """What the terminal is told of, by OSC 9: `tickets`, `fills`, `alerts`."""
    bell: tuple[str, ...] = ()
    """What the terminal bell rings for: `tickets`, `fills`, `alerts`."""


class WatchRow(Section, frozen=True, kw_only=True):
    """[[watchlist]]: one symbol."""

    symbol: str
    """As the venue writes it: `TSLA`, `BTC/USD`."""
    name: str = ""
    """The company; it matches like a keyword."""
    keywords: tuple[str, ...] = ()
    """Words that mean the company by themselves."""
    ambiguous: tuple[str, ...] = ()
    """Words that count only beside one of `keywords`, the name or the cashtag (Apple, Model, AI, GPU)."""
    influencers: tuple[str, ...] = ()
    """Screen names whose posts count more for this symbol."""
    multiplier: float = 1.5
    """Weight multiplier for those."""
    threshold: float | None = None
    """This symbol's own `strategy.shift.threshold`."""
    allocation_pct: Decimal | None = None
    """This symbol's own `sizing.allocation_pct`."""
    mode: Mode | None = None
    """This symbol's own `tickets.mode`."""


class Config(Section, frozen=True, kw_only=True):
    """The whole configuration, after profile and environment have been laid over it."""

    engine: EngineConfig = EngineConfig()
    feeds: FeedsConfig = FeedsConfig()
    x: XConfig = XConfig()
    alpaca: AlpacaConfig = AlpacaConfig()
    replay: ReplayConfig = ReplayConfig()
    guards: GuardsConfig = GuardsConfig()
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
    watchdog: WatchdogConfig = WatchdogConfig()
    screen: ScreenConfig = ScreenConfig()
    keys: dict[str, str | tuple[str, ...] | dict[str, str | tuple[str, ...]]] = {}
    """[keys]: the desk's own keys by action id; `desk.keymap` checks them."""
    watchlist: tuple[WatchRow, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The watchlist's symbols, in order."""
        return tuple(row.symbol for row in self.watchlist)

    def row(self, symbol: str) -> WatchRow | None:
        """The watchlist row of a symbol."""
        return next((row for row in self.watchlist if row.symbol == symbol), None)
