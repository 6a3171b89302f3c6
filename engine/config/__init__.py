"""Configuration: typed, unknown keys refused, profiles and environment laid over config.toml."""

from engine.config.load import (
    PROFILES,
    Loaded,
    Version,
    build,
    config_hash,
    load,
    load_engine,
    shipped_path,
    user_path,
    version,
)
from engine.config.place import where_in
from engine.config.schema import Config, EngineConfig, JournalConfig, ScreenConfig, WatchdogConfig, WatchRow
from engine.config.scores import ComprehendConfig, FinbertConfig, GuardsConfig, LateConfig, LlmConfig, ScoringConfig
from engine.config.sources import AlpacaConfig, FeedsConfig, ReplayConfig, XConfig
from engine.config.trading import (
    BrokerConfig,
    OrdersConfig,
    RiskConfig,
    SentimentConfig,
    ShiftConfig,
    SimulatedConfig,
    SizingConfig,
    StrategyConfig,
    TicketsConfig,
)
from engine.config.variables import environment

__all__ = [
    "PROFILES",
    "AlpacaConfig",
    "BrokerConfig",
    "ComprehendConfig",
    "Config",
    "EngineConfig",
    "FeedsConfig",
    "FinbertConfig",
    "GuardsConfig",
    "JournalConfig",
    "LateConfig",
    "LlmConfig",
    "Loaded",
    "OrdersConfig",
    "ReplayConfig",
    "RiskConfig",
    "ScoringConfig",
    "ScreenConfig",
    "SentimentConfig",
    "ShiftConfig",
    "SimulatedConfig",
    "SizingConfig",
    "StrategyConfig",
    "TicketsConfig",
    "Version",
    "WatchRow",
    "WatchdogConfig",
    "XConfig",
    "build",
    "config_hash",
    "environment",
    "load",
    "load_engine",
    "shipped_path",
    "user_path",
    "version",
    "where_in",
]
