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
    ("key", "quiet", "told"),
    [
        ("order_notional_pct", D(100), D(101)),
        ("position_pct", D(60), D(61)),
        ("gross_exposure_pct", D(100), D(101)),
        ("concentration_pct", D(60), D(61)),
        ("daily_loss_pct", D("9.99"), D(10)),
        ("drawdown_pct", D("99.9"), D(100)),
        ("dominance_pct", D("99.9"), D(100)),
        ("confidence", 0.01, 0.0),
        ("confidence", 1.0, 1.5),
        ("spread_bps", D(500), D(501)),
        ("price_collar_pct", D(20), D(21)),
        ("price_collar_crypto_pct", D(30), D(31)),
        ("min_price", D("0.0001"), D(0)),
        ("stale_price_s", 300.0, 301.0),
        ("stale_signal_s", 1800.0, 1801.0),
        ("cash_floor_pct", D("0.1"), D(0)),
        ("cash_floor_pct", D("99.9"), D(100)),
        ("long_only", True, False),
        ("require_protective_exit", True, False),
        ("duplicate_s", 0.1, 0.0),
        ("cool_down_s", 0.1, 0.0),
        ("loss_streak", 1, 0),
        ("loss_streak_window_s", 0.1, 0.0),
        ("loss_streak_lock_s", 0.1, 0.0),
        ("min_authors", 2, 1),
        ("min_posts", 2, 0),
        ("drawdown_reduce_at_pct", D("99.9"), D(100)),
        ("order_quantity", D("0.001"), D(0)),
        ("order_notional", D("0.01"), D(0)),
        ("order_notional_pct", D("0.01"), D(0)),
        ("orders_per_minute", 1, 0),
        ("orders_per_day", 1, 0),
        ("strategy_executions", 1, 0),
        ("symbol_trades_per_day", 1, 0),
        ("concentration_pct", D("0.01"), D(0)),
        ("open_positions", 1, 0),
        ("open_orders", 1, 0),
        ("daily_loss_pct", D("0.01"), D(0)),
    ],
)
def test_a_limit_that_cannot_bite_or_always_does_is_named(scene, key, quiet, told):
    assert check_limits(scene.config(**{key: quiet})) == ()
    (warning,) = check_limits(scene.config(**{key: told}))
    assert key in warning


@pytest.mark.parametrize("key", ["position_pct", "gross_exposure_pct", "drawdown_pct"])
def test_a_limit_of_nothing_is_named_among_what_it_makes_senseless(scene, key):
    assert any(
        warning == f"risk.{key} = 0: refuses every entry" for warning in check_limits(scene.config(**{key: D(0)}))
    )


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (Config(sizing=SizingConfig(stop_pct=D(100))), "sizing.stop_pct"),
        (Config(sizing=SizingConfig(step_pct=D(0))), "sizing.step_pct"),
        (Config(sizing=SizingConfig(marketable_bps=D(201))), "sizing.marketable_bps"),
        (Config(sizing=SizingConfig(allocation_pct=D(11))), "sizing.allocation_pct"),
        (Config(tickets=TicketsConfig(drift_bps=D(201))), "tickets.drift_bps"),
        (Config(watchlist=(WatchRow(symbol="TSLA", allocation_pct=D(11)),)), "watchlist TSLA.allocation_pct"),
    ],
)
def test_sizes_and_drift_too(config, key):
    (warning,) = check_limits(config)
    assert warning.startswith(f"{key} = ")


def test_sizes_and_drift_say_nothing_at_the_edge():
    sizing = SizingConfig(
        stop_pct=D("99.9"), step_pct=D("0.01"), marketable_bps=D(200), allocation_pct=D(10), sizer="kelly"
    )
    row = WatchRow(symbol="TSLA", allocation_pct=D(10))
    assert check_limits(Config(sizing=sizing, tickets=TicketsConfig(drift_bps=D(200)), watchlist=(row,))) == ()
