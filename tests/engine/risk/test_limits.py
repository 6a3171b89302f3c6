"""The limits as they are computed with: percentages as shares, durations as nanoseconds."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.config import RiskConfig
from engine.risk.limits import Limits

D = Decimal


def test_the_defaults_in_shares_and_nanoseconds():
    limits = Limits.of(RiskConfig())
    assert (limits.notional_share, limits.position_share, limits.concentration_share) == (D("0.05"), D("0.1"), D("0.2"))
    assert (limits.gross_share, limits.cash_floor_share) == (D("0.6"), D("0.1"))
    assert (limits.collar_share, limits.collar_crypto_share) == (D("0.02"), D("0.03"))
    assert (limits.stale_price_ns, limits.stale_signal_ns) == (15 * SECOND, 600 * SECOND)
    assert (limits.per_minute, limits.per_day, limits.confidence) == (5, 30, D("0.65"))


@given(st.integers(0, 100_000))
def test_durations_are_told_as_they_are_written(milliseconds):
    limits = Limits.of(RiskConfig(stale_price_s=milliseconds / 1000, duplicate_s=milliseconds / 1000))
    assert limits.stale_price_ns == milliseconds * SECOND // 1000
    assert limits.stale_price_s == limits.duplicate_s == D(milliseconds) / 1000
    assert "E" not in f"{limits.stale_price_s:f}"
    assert str(Limits.of(RiskConfig(stale_price_s=60.0)).stale_price_s) == "60"
