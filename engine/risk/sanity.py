"""The limits as a whole: their hash, whether they are numbers, and which of them cannot bite."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite

import msgspec

from engine.config import Config
from engine.errors import ConfigError
from engine.risk.prices import HUNDRED

SIZERS = ("fixed", "strength", "kelly")
_SECTIONS = ("risk", "sizing", "tickets")


def limits_hash(config: Config) -> str:
    """Sixteen hex digits of SHA-256 over [risk], [sizing] and [tickets] as canonical JSON.

    Keys are sorted and numbers normalised, so `5`, `5.0` and `5.00` are the same limit.
    """
    tables = {name: msgspec.structs.asdict(getattr(config, name)) for name in _SECTIONS}
    for table in tables.values():
        for key, value in table.items():
            if isinstance(value, Decimal | float) and not isinstance(value, bool):
                table[key] = format(Decimal(str(value)).normalize(), "f")
    return hashlib.sha256(msgspec.json.encode(tables, order="sorted")).hexdigest()[:16]


def require_limits(config: Config) -> None:
    """Raise ConfigError when a number of [risk], [sizing] or [tickets] is no finite number of 0 or more."""
    for section in _SECTIONS:
        for key, value in msgspec.structs.asdict(getattr(config, section)).items():
            number = (
                value.is_finite() if isinstance(value, Decimal) else not isinstance(value, float) or isfinite(value)
            )
            if not number or (isinstance(value, Decimal | float | int) and value < 0):
                raise ConfigError(
                    f"expected a number of 0 or more, found {value}",
                    where=f"{section}.{key}",
                    remedy="a limit that is no number lets everything or nothing through; correct it",
                )
    if config.sizing.sizer not in SIZERS:
        raise ConfigError(
            f"expected one of {', '.join(SIZERS)}, found {config.sizing.sizer!r}",
            where="sizing.sizer",
            remedy="choose one of them",
        )


def check_limits(config: Config) -> tuple[str, ...]:
    """Limits that cannot bite, or let nothing through, as `key = value: why` (for `desk config check` and the doctor).

    A limit "so high that it is ineffective" has cost firms fines: SEC, Market Access Rule 15c3-5 orders.
    """
    return (*_never_bite(config), *_always_bite(config), *_against_each_other(config))


def _never_bite(config: Config) -> Iterator[str]:
    risk, sizing = config.risk, config.sizing
    for key in ("order_notional_pct", "position_pct", "gross_exposure_pct", "concentration_pct", "daily_loss_pct"):
        if getattr(risk, key) > HUNDRED:
            yield f"risk.{key} = {getattr(risk, key)}: more than all there is, so it never rejects"
    if risk.drawdown_pct >= HUNDRED:
        yield f"risk.drawdown_pct = {risk.drawdown_pct}: nothing is left by then, so it never halts"
    for key, sane in (("price_collar_pct", 20), ("price_collar_crypto_pct", 30), ("spread_bps", 500)):
        if getattr(risk, key) > sane:
            yield f"risk.{key} = {getattr(risk, key)}: over {sane}, ten times what is usual, so it hardly ever rejects"
    if risk.dominance_pct >= HUNDRED:
        yield f"risk.dominance_pct = {risk.dominance_pct}: one author may be all there is, so it never rejects"
    if risk.cash_floor_pct == 0:
        yield "risk.cash_floor_pct = 0: no cash is kept back"
    if risk.confidence <= 0:
        yield f"risk.confidence = {risk.confidence:g}: every confidence is above it, so it never rejects"
    if risk.min_price == 0:
        yield "risk.min_price = 0: no price is under it, so it never rejects"
    for key in ("duplicate_s", "cool_down_s", "loss_streak_window_s", "loss_streak_lock_s"):
        if getattr(risk, key) == 0:
            yield f"risk.{key} = 0: over at once, so it never rejects"
    if risk.loss_streak == 0:
        yield "risk.loss_streak = 0: no number of stop-outs locks trading, so it never rejects"
    for key in ("min_authors", "min_posts"):
        if getattr(risk, key) <= 1:
            yield f"risk.{key} = {getattr(risk, key)}: every signal has one, so it never rejects"
    if risk.drawdown_reduce_at_pct >= HUNDRED:
        yield f"risk.drawdown_reduce_at_pct = {risk.drawdown_reduce_at_pct}: HALTED comes first, so no size is halved"
    if risk.stale_price_s > 300:
        yield f"risk.stale_price_s = {risk.stale_price_s:g}: prices of five minutes ago pass as fresh"
    if risk.stale_signal_s > config.sentiment.window_s:
        yield f"risk.stale_signal_s = {risk.stale_signal_s:g}: longer than the sentiment window, so it never rejects"
    if not risk.long_only:
        yield "risk.long_only = false: has no effect on sizing, which never opens a short"
    if not risk.require_protective_exit:
        yield "risk.require_protective_exit = false: entries may go out without a stop"
    if sizing.stop_pct >= HUNDRED:
        yield f"sizing.stop_pct = {sizing.stop_pct}: the stop would be at or under 0, so R23 refuses every entry"
    if config.tickets.drift_bps > risk.price_collar_pct * HUNDRED:
        yield f"tickets.drift_bps = {config.tickets.drift_bps}: wider than the price collar, so it never refuses"


def _always_bite(config: Config) -> Iterator[str]:
    risk = config.risk
    for key in (
        "order_quantity",
        "order_notional",
        "order_notional_pct",
        "orders_per_minute",
        "orders_per_day",
        "strategy_executions",
        "symbol_trades_per_day",
        "position_pct",
        "gross_exposure_pct",
        "concentration_pct",
        "open_positions",
        "open_orders",
        "daily_loss_pct",
        "drawdown_pct",
    ):
        if getattr(risk, key) == 0:
            yield f"risk.{key} = 0: refuses every entry"
    if risk.cash_floor_pct >= HUNDRED:
        yield f"risk.cash_floor_pct = {risk.cash_floor_pct}: all cash is kept back, so every entry is refused"
    if risk.confidence > 1:
        yield f"risk.confidence = {risk.confidence:g}: no confidence reaches it, so every entry is refused"
    if config.sizing.step_pct == 0:
        yield "sizing.step_pct = 0: nothing is ever bought"


def _against_each_other(config: Config) -> Iterator[str]:
    risk, sizing = config.risk, config.sizing
    if risk.daily_loss_pct >= risk.drawdown_pct:
        yield f"risk.daily_loss_pct = {risk.daily_loss_pct}: the drawdown limit of {risk.drawdown_pct} halts before it"
    if risk.position_pct > risk.gross_exposure_pct:
        yield f"risk.position_pct = {risk.position_pct}: gross exposure of {risk.gross_exposure_pct} rejects before it"
    if risk.concentration_pct > risk.gross_exposure_pct:
        yield (
            f"risk.concentration_pct = {risk.concentration_pct}: gross exposure of {risk.gross_exposure_pct} rejects "
            "before it"
        )
    if sizing.marketable_bps > risk.price_collar_pct * HUNDRED:
        yield f"sizing.marketable_bps = {sizing.marketable_bps}: wider than the price collar, which cuts it"
    for name, percent in (
        ("sizing", sizing.allocation_pct),
        *((f"watchlist {row.symbol}", row.allocation_pct) for row in config.watchlist),
    ):
        if percent is not None and percent > risk.position_pct:
            yield f"{name}.allocation_pct = {percent}: the position limit of {risk.position_pct} is reached before it"
