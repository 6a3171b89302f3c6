"""The configuration as types. Each field's docstring is its documentation; units are in the names.

Money and quantities are Decimal; durations are seconds (`_s`); shares are fractions of 1 unless the name ends in
`_pct` (percent) or `_bps` (basis points). `engine.config.load` builds it from config.toml, profile and environment.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.config.scores import GuardsConfig, ScoringConfig
from engine.config.section import Section
from engine.config.sources import AlpacaConfig, FeedsConfig, ReplayConfig, XConfig
from engine.config.trading import (
    BrokerConfig,
    OrdersConfig,
    RiskConfig,
    SentimentConfig,
    SimulatedConfig,
    SizingConfig,
    StrategyConfig,
    TicketsConfig,
)
from engine.model import Mode


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


class JournalConfig(Section, frozen=True, kw_only=True):
    """[journal]"""

    commit_ms: float = 10.0
    """Longest a record waits for its group commit. Intents never wait."""
    commit_rows: int = 256
    """Most records of a group commit."""
    dedupe_hours: float = 24.0
    """An id counts as seen for this long, over restarts too; at least as long as the windows reach back."""
    quote_s: float = 5.0
    """A quote per symbol is recorded at most this often."""
    log_limit_mib: int = 4096
    """Most that the write-ahead log may hold because another program still reads what was before it; at half of it no
    new risk is taken, then nothing is recorded, or ordered, any more: the disk would fill up."""


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
    ascii: bool = False
    """Glyphs in ASCII, for a terminal that shows ▲ two cells wide or not at all."""
    mouse: bool = True
    """The mouse chooses and scrolls; off, the terminal keeps it, to mark text with."""
    notify: tuple[str, ...] = ()
    """What the terminal is told of, by OSC 9: `tickets`, `fills`, `alerts`; tmux needs `allow-passthrough on`."""
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


DESK_SECTIONS: Final = ("screen", "keys")
"""Sections that the engine does not read: how a desk looks, which keys it has."""
UNTRADED_SECTIONS: Final = (*DESK_SECTIONS, "engine", "replay")
"""Sections that decide nothing of what is traded: those, where files lie, how a recording is played."""


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
    keys: dict[str, str | tuple[str, ...] | dict[str, str | tuple[str, ...]]] = msgspec.field(default_factory=dict)
    """[keys]: the desk's own keys by action id; `desk.keymap` checks them."""
    watchlist: tuple[WatchRow, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The watchlist's symbols, in order."""
        return tuple(row.symbol for row in self.watchlist)

    def row(self, symbol: str) -> WatchRow | None:
        """The watchlist row of a symbol."""
        return next((row for row in self.watchlist if row.symbol == symbol), None)
