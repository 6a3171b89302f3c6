"""The limits as the controls compute with them: shares as fractions, durations in seconds and nanoseconds."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from engine.clock import from_seconds
from engine.config import RiskConfig
from engine.model import Value
from engine.risk.prices import HUNDRED


class Limits(Value, frozen=True, gc=False):
    """Computed once from [risk]; `risk` holds the limits that need no computing."""

    risk: RiskConfig
    notional_share: Decimal
    position_share: Decimal
    gross_share: Decimal
    concentration_share: Decimal
    cash_floor_share: Decimal
    collar_share: Decimal
    collar_crypto_share: Decimal
    dominance_share: float
    per_minute: Decimal
    per_day: Decimal
    strategy_executions: Decimal
    symbol_trades: Decimal
    open_positions: Decimal
    open_orders: Decimal
    loss_streak: Decimal
    confidence: Decimal
    duplicate_s: Decimal
    cool_down_s: Decimal
    stale_price_s: Decimal
    stale_price_ns: int
    stale_signal_s: Decimal
    stale_signal_ns: int

    @classmethod
    def of(cls, risk: RiskConfig) -> Self:
        """The limits of a configuration."""
        return cls(
            risk=risk,
            notional_share=risk.order_notional_pct / HUNDRED,
            position_share=risk.position_pct / HUNDRED,
            gross_share=risk.gross_exposure_pct / HUNDRED,
            concentration_share=risk.concentration_pct / HUNDRED,
            cash_floor_share=risk.cash_floor_pct / HUNDRED,
            collar_share=risk.price_collar_pct / HUNDRED,
            collar_crypto_share=risk.price_collar_crypto_pct / HUNDRED,
            dominance_share=float(risk.dominance_pct / HUNDRED),
            per_minute=Decimal(risk.orders_per_minute),
            per_day=Decimal(risk.orders_per_day),
            strategy_executions=Decimal(risk.strategy_executions),
            symbol_trades=Decimal(risk.symbol_trades_per_day),
            open_positions=Decimal(risk.open_positions),
            open_orders=Decimal(risk.open_orders),
            loss_streak=Decimal(risk.loss_streak),
            confidence=Decimal(str(risk.confidence)),
            duplicate_s=_seconds(risk.duplicate_s),
            cool_down_s=_seconds(risk.cool_down_s),
            stale_price_s=_seconds(risk.stale_price_s),
            stale_price_ns=from_seconds(risk.stale_price_s),
            stale_signal_s=_seconds(risk.stale_signal_s),
            stale_signal_ns=from_seconds(risk.stale_signal_s),
        )


def _seconds(value: float) -> Decimal:
    """The number as it is written: 60, not 60.0."""
    return Decimal(f"{value:.9g}")
