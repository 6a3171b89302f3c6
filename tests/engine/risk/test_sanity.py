"""Limits that cannot bite are named."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.config import Config, SizingConfig, TicketsConfig, WatchRow
from engine.risk import check_limits

D = Decimal


def test_the_defaults_have_nothing_to_say():
    assert check_limits(Config()) == ()


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        ({"position_pct": D(61)}, "risk.position_pct"),
        ({"gross_exposure_pct": D(101)}, "risk.gross_exposure_pct"),
        ({"daily_loss_pct": D(10)}, "risk.daily_loss_pct"),
        ({"drawdown_pct": D(100)}, "risk.drawdown_pct"),
        ({"dominance_pct": D(100)}, "risk.dominance_pct"),
        ({"confidence": 0.0}, "risk.confidence"),
        ({"confidence": 1.5}, "risk.confidence"),
        ({"orders_per_minute": 0}, "risk.orders_per_minute"),
        ({"spread_bps": D(501)}, "risk.spread_bps"),
        ({"price_collar_pct": D(21)}, "risk.price_collar_pct"),
        ({"stale_signal_s": 1801.0}, "risk.stale_signal_s"),
        ({"cash_floor_pct": D(0)}, "risk.cash_floor_pct"),
        ({"cash_floor_pct": D(100)}, "risk.cash_floor_pct"),
        ({"concentration_pct": D(61)}, "risk.concentration_pct"),
        ({"long_only": False}, "risk.long_only"),
        ({"require_protective_exit": False}, "risk.require_protective_exit"),
    ],
)
def test_a_limit_that_cannot_bite_is_named(scene, limits, key):
    (warning,) = check_limits(scene.config(**limits))
    assert warning.startswith(f"{key} = ")


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (Config(sizing=SizingConfig(stop_pct=D(100))), "sizing.stop_pct"),
        (Config(sizing=SizingConfig(step_pct=D(0))), "sizing.step_pct"),
        (Config(sizing=SizingConfig(target_ratio=D(0))), "sizing.target_ratio"),
        (Config(sizing=SizingConfig(marketable_bps=D(201))), "sizing.marketable_bps"),
        (Config(sizing=SizingConfig(allocation_pct=D(11))), "sizing.allocation_pct"),
        (Config(tickets=TicketsConfig(drift_bps=D(201))), "tickets.drift_bps"),
        (Config(watchlist=(WatchRow(symbol="TSLA", allocation_pct=D(11)),)), "watchlist TSLA.allocation_pct"),
    ],
)
def test_sizes_and_drift_too(config, key):
    (warning,) = check_limits(config)
    assert warning.startswith(f"{key} = ")
