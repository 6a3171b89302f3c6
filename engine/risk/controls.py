"""The controls, in order. The table in docs/controls.md is made from this tuple."""

from __future__ import annotations

from engine.risk import activity, exposure, loss, market, order, signal, state
from engine.risk.control import Control

CONTROLS: tuple[Control, ...] = (
    order.order_quantity,
    order.order_notional,
    order.price_collar,
    market.liquidity,
    order.duplicate,
    activity.order_rate,
    activity.strategy_executions,
    activity.symbol_trades,
    exposure.position,
    exposure.gross_exposure,
    exposure.concentration,
    exposure.buying_power,
    exposure.open_positions,
    exposure.open_orders,
    loss.daily_loss,
    loss.drawdown,
    loss.loss_streak,
    loss.cool_down,
    market.stale_price,
    signal.stale_signal,
    signal.implausible_signal,
    market.market_session,
    market.instrument,
    order.self_trade,
    signal.confidence,
    order.protective_exit,
    state.trading_state,
    state.reconciled,
)
