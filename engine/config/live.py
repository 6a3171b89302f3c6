"""Which settings may change while an engine runs, and in which direction they allow more.

A change that allows less is safe to apply at once; one that allows more waits for a person. What is not named here
takes effect at a restart: it is built into a connection, a window or a worker. Looks and keys are the desks' own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

import msgspec

from engine.config.schema import DESK_SECTIONS, UNTRADED_SECTIONS, Config
from engine.config.section import Section
from engine.model import Mode
from engine.model.base import Value


class Tighter(Enum):
    """Which way a setting allows less."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"
    """Any change may allow more."""


class Effect(Enum):
    """What becomes of a changed setting."""

    TIGHTER = "applied at once"
    LOOSER = "waits for a person"
    RESTART = "takes effect at a restart"
    DESK = "takes effect in desks that are opened from now on"


_LOWER = (
    *(f"risk.{name}" for name in (
        "order_quantity", "order_quantity_crypto", "order_notional", "order_notional_pct", "price_collar_pct",
        "price_collar_crypto_pct", "spread_bps", "orders_per_minute", "orders_per_day", "strategy_executions",
        "symbol_trades_per_day", "symbol_shares_per_month", "position_pct", "gross_exposure_pct", "concentration_pct",
        "open_positions", "open_orders", "daily_loss_pct", "drawdown_pct", "drawdown_reduce_at_pct", "loss_streak",
        "stale_price_s", "stale_signal_s", "dominance_pct", "pre_market", "post_market", "engine_watched_exits",
    )),
    "sizing.allocation_pct", "sizing.step_pct", "sizing.fixed_notional", "sizing.kelly_fraction",
    "sizing.kelly_win_rate", "tickets.mode", "tickets.ttl_s", "tickets.drift_bps",
    "x.daily_cap_usd", "scoring.llm.daily_cap_usd", "scoring.comprehend.daily_cap_usd",
    "strategy.shift.enabled", "strategy.shift.buy", "strategy.shift.sell", "strategy.shift.rearm",
    "strategy.shift.expires_s", "watchdog.unscored_s", "watchdog.lag_ms", "watchdog.journal_lag_s",
)  # fmt: skip

_HIGHER = (
    *(f"risk.{name}" for name in (
        "duplicate_s", "cash_floor_pct", "loss_streak_window_s", "loss_streak_lock_s", "cool_down_s", "min_authors",
        "min_posts", "min_price", "long_only", "confidence", "require_protective_exit",
    )),
    "strategy.shift.threshold", "strategy.shift.volume_floor", "strategy.shift.confidence_floor",
    "strategy.shift.full_strength", "watchdog.calm_s",
)  # fmt: skip

_NEITHER = (
    "sizing.sizer", "sizing.min_notional", "sizing.stop_pct", "sizing.target_ratio", "sizing.marketable_bps",
    "sizing.kelly_trades",
)  # fmt: skip

LIVE: Final[Mapping[str, Tighter]] = MappingProxyType(
    {
        **dict.fromkeys(_LOWER, Tighter.LOWER),
        **dict.fromkeys(_HIGHER, Tighter.HIGHER),
        **dict.fromkeys(_NEITHER, Tighter.NEITHER),
    }
)
"""Settings that may change while the engine runs. A switch counts as 0 or 1; no limit is more than any; the autopilot
decides more by itself than a person is asked, and off decides nothing."""

ROW_LIVE: Final[Mapping[str, Tighter]] = MappingProxyType(
    {"threshold": Tighter.HIGHER, "allocation_pct": Tighter.LOWER, "mode": Tighter.LOWER}
)
"""Keys of a [[watchlist]] row that may change, where the row stays; absent means the general setting."""

_GENERAL = {
    "threshold": "strategy.shift.threshold",
    "allocation_pct": "sizing.allocation_pct",
    "mode": "tickets.mode",
}
_OFF_AT_ZERO = frozenset({"risk.loss_streak"})
_BRIEF = 24
"""Characters of a setting that are kept as they are; of a longer one its hash is."""
_SHOWN = 60
"""Characters of a value that are told."""


class Change(Value, frozen=True, gc=False):
    """One setting that differs: `key` as in config.toml, a row's as `watchlist[TSLA].threshold`."""

    key: str
    before: str
    after: str
    effect: Effect

    @property
    def decides(self) -> bool:
        """Whether it can change what is traded."""
        return self.key.partition(".")[0] not in UNTRADED_SECTIONS

    def __str__(self) -> str:
        return f"{self.key}: {self.before} → {self.after}"


def compare(before: Config, after: Config) -> tuple[Change, ...]:
    """Every setting that differs, in the order of the schema."""
    old, new = _flat(before), _flat(after)
    found = []
    for key in dict.fromkeys((*old, *new)):
        one, other = old.get(key), new.get(key)
        if one != other:
            found.append(Change(key, _words(one), _words(other), _effect(key, before, after, one, other)))
    return tuple(found)


def take_over(config: Config, source: Config, keys: Iterable[str]) -> Config:
    """The configuration with these live keys as they are in `source`."""
    for key in keys:
        if key.startswith("watchlist["):
            symbol, _, name = key.removeprefix("watchlist[").partition("].")
            row = source.row(symbol)
            value = None if row is None else getattr(row, name)
            rows = tuple(
                msgspec.structs.replace(each, **{name: value}) if each.symbol == symbol else each
                for each in config.watchlist
            )
            config = msgspec.structs.replace(config, watchlist=rows)
        else:
            config = _set(config, key.split("."), _get(source, key.split(".")))
    return config


def live_settings(config: Config) -> dict[str, str]:
    """Every setting that may change while an engine runs, as JSON text: what the journal keeps of it."""
    found = {key: _get(config, key.split(".")) for key in LIVE}
    for row in config.watchlist:
        found |= {f"watchlist[{row.symbol}].{name}": getattr(row, name) for name in ROW_LIVE}
    return {key: _text(value) for key, value in found.items()}


def fixed_settings(config: Config) -> dict[str, str]:
    """What else decides what is traded, and is another only after a restart: each setting as text, or that text's hash.

    A row of the watchlist is one setting, `watchlist[TSLA]`, without what may change while the engine runs.
    """
    found: dict[str, str] = {}
    rows: dict[str, list[str]] = {}
    for key, value in _flat(config).items():
        if key.startswith("watchlist["):
            row, _, name = key.partition("].")
            if name not in ROW_LIVE:
                rows.setdefault(f"{row}]", []).append(f"{name} {_text(value)}")
        elif key not in LIVE and key.partition(".")[0] not in UNTRADED_SECTIONS:
            found[key] = _brief(_text(value))
    return found | {row: _brief("\n".join(settings)) for row, settings in rows.items()}


def changed_settings(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """What differs between two of these, in words. A row that is gone, and a setting that one does not know, is not."""
    return tuple(
        f"{key}: {'changed' if key.startswith('watchlist[') else f'{before[key]} → {text}'}"
        if key in before
        else f"{key}: new"
        for key, text in after.items()
        if (key in before and before[key] != text) or (key not in before and key.startswith("watchlist["))
    )


def _brief(text: str) -> str:
    return text if len(text) <= _BRIEF else "#" + sha256(text.encode()).hexdigest()[:12]


def with_settings(config: Config, settings: Mapping[str, str]) -> Config:
    """The configuration with these live settings, as `live_settings` told them.

    A key that is no live setting of this version, a row that is gone and a text that does not fit are left out.
    """
    for key, text in settings.items():
        if key.startswith("watchlist["):
            symbol, _, name = key.removeprefix("watchlist[").partition("].")
            row = config.row(symbol)
            if row is None or name not in ROW_LIVE:
                continue
            rows = tuple(_told(each, [name], text) if each is row else each for each in config.watchlist)
            config = msgspec.structs.replace(config, watchlist=rows)
        elif key in LIVE:
            config = _told(config, key.split("."), text)
    return config


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return str(value) if isinstance(value, Decimal | str) else msgspec.json.encode(value).decode()


def _told(section: Any, parts: list[str], text: str) -> Any:
    """The section with one setting as the text says; as it is when the text does not fit."""
    *path, name = parts
    holder = _get(section, path)
    kind = next(field.type for field in msgspec.structs.fields(holder) if field.name == name)
    try:
        value = msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        return section
    return _set(section, parts, value)


def _effect(key: str, before: Config, after: Config, one: object, other: object) -> Effect:
    if key.startswith("watchlist["):
        symbol, _, name = key.removeprefix("watchlist[").partition("].")
        tighter = ROW_LIVE.get(name)
        if tighter is None or before.row(symbol) is None or after.row(symbol) is None:
            return Effect.RESTART
        general = _GENERAL[name].split(".")
        one = _get(before, general) if one is None else one
        other = _get(after, general) if other is None else other
    else:
        tighter = LIVE.get(key)
        if tighter is None:
            return Effect.DESK if key.partition(".")[0] in DESK_SECTIONS else Effect.RESTART
    if tighter is Tighter.NEITHER:
        return Effect.LOOSER
    was, will = _amount(key, one), _amount(key, other)
    if tighter is Tighter.LOWER and will <= was:
        return Effect.TIGHTER
    if tighter is Tighter.HIGHER and will >= was:
        return Effect.TIGHTER
    return Effect.LOOSER


def _amount(key: str, value: object) -> Decimal:
    """A setting as a number: a switch is 0 or 1, and where there is no limit it is infinite."""
    if isinstance(value, Mode):
        return Decimal(value.reach)
    if value is None or (key in _OFF_AT_ZERO and not value):
        return Decimal("Infinity")
    return Decimal(str(int(value) if isinstance(value, bool) else value))


def _flat(section: Section, prefix: str = "") -> dict[str, object]:
    """Dotted key → value; rows of the watchlist by symbol, tables of free names by name."""
    flat: dict[str, object] = {}
    for name in section.__struct_fields__:
        value = getattr(section, name)
        if isinstance(value, Section):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, dict):
            flat |= {f"{prefix}{name}.{key}": each for key, each in value.items()}
        elif name == "watchlist":
            for row in value:
                flat |= {f"watchlist[{row.symbol}].{key}": each for key, each in _flat(row, "row.").items()}
        else:
            flat[f"{prefix}{name}"] = value
    return {key.replace("].row.", "]."): value for key, value in flat.items()}


def _get(section: Section, path: Iterable[str]) -> Any:
    value: Any = section
    for part in path:
        value = getattr(value, part)
    return value


def _set(section: Any, parts: list[str], value: object) -> Any:
    name, *rest = parts
    return msgspec.structs.replace(section, **{name: _set(getattr(section, name), rest, value) if rest else value})


def _words(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        words = ", ".join(map(str, value))
        return words if 0 < len(words) <= _SHOWN else f"{len(value)} entries"
    return "none" if value is None else str(value)[:_SHOWN] or "empty"
