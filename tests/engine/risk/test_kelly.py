"""The Kelly share: the published formula, its bounds, and what stands in while little is known."""

from __future__ import annotations

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from engine.config import SizingConfig
from engine.risk.kelly import Tally, kelly_share

money = st.decimals(D("0.01"), D(100_000), places=2)


@given(wins=st.integers(1, 200), losses=st.integers(1, 200), won=money, lost=money, fraction=st.integers(0, 100))
def test_the_formula(wins, losses, won, lost, fraction):
    sizing = SizingConfig(kelly_trades=0, kelly_fraction=D(fraction) / 100)
    found = kelly_share(sizing, Tally(wins, losses, won, lost)).share
    rate = wins / (wins + losses)
    payoff = (float(won) / wins) / (float(lost) / losses)
    expected = min(1.0, max(0.0, rate - (1 - rate) / payoff) * fraction / 100)
    assert abs(float(found) - expected) < 1e-9
    assert 0 <= found <= 1


@given(wins=st.integers(0, 50), losses=st.integers(0, 50), needed=st.integers(0, 101))
def test_the_prior_counts_until_enough_trades_have_closed_and_says_so(wins, losses, needed):
    sizing = SizingConfig(kelly_trades=needed)
    kelly = kelly_share(sizing, Tally(wins, losses, D(wins), D(losses)))
    assert ("prior" in kelly.words) is (wins + losses < max(1, needed))
    if "prior" in kelly.words:
        assert kelly.share == D("0.025")


def test_a_payoff_that_has_not_been_seen_is_the_configured_one():
    kelly = kelly_share(SizingConfig(kelly_trades=2), Tally(wins=2, losses=0, won=D(10)))
    assert "win rate 1.00, payoff 2.00 (2 closed trades)" in kelly.words
    assert kelly.share == D("0.25")


def test_a_loss_of_nothing_has_no_payoff():
    kelly = kelly_share(SizingConfig(kelly_trades=2), Tally(wins=1, losses=1, won=D(10), lost=D(0)))
    assert "win rate 0.50, payoff 2.00 (2 closed trades)" in kelly.words
