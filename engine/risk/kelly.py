"""The Kelly share: how much of equity an edge deserves, from what our own closed trades have shown.

f* = p − (1 − p) / b, with p the win rate and b the mean win divided by the mean loss (Kelly, "A New Interpretation of
Information Rate", Bell System Technical Journal 35, 1956; for unequal payoffs Thorp, "The Kelly Criterion in Blackjack,
Sports Betting and the Stock Market", 2006). Only `sizing.kelly_fraction` of it is used: estimates err, and beyond twice
the true f* growth turns negative. The whole position counts as the stake although a stop ends it earlier, so the share
is on the careful side.
"""

from __future__ import annotations

from decimal import Decimal

from engine.config import SizingConfig
from engine.model import ONE, ZERO, Value


class Tally(Value, frozen=True, gc=False):
    """What closed trades brought, in USD. A trade that made nothing counts as lost."""

    wins: int = 0
    losses: int = 0
    won: Decimal = ZERO
    lost: Decimal = ZERO
    """Above 0 for money lost."""

    @property
    def trades(self) -> int:
        """How many were closed."""
        return self.wins + self.losses


class Kelly(Value, frozen=True, gc=False):
    """A share of equity in [0, 1], and how it came about."""

    share: Decimal
    words: str


def kelly_share(sizing: SizingConfig, tally: Tally) -> Kelly:
    """The fraction of f* to hold. Below `sizing.kelly_trades` closed trades the prior stands in; the words tell."""
    enough = tally.trades >= sizing.kelly_trades and tally.trades > 0
    if enough:
        rate = Decimal(tally.wins) / tally.trades
        payoff = _payoff(tally) or sizing.target_ratio
        source = f"{tally.trades} closed trades"
    else:
        rate, payoff = sizing.kelly_win_rate, sizing.target_ratio
        source = f"prior, {tally.trades} of {sizing.kelly_trades} closed trades"
    edge = rate - (ONE - rate) / payoff
    share = min(ONE, max(ZERO, edge) * sizing.kelly_fraction)
    words = f"win rate {rate:.2f}, payoff {payoff:.2f} ({source}), Kelly {edge:.3f} × {sizing.kelly_fraction}"
    return Kelly(share, words)


def _payoff(tally: Tally) -> Decimal | None:
    """Mean win over mean loss; None while one of them has not been seen."""
    if tally.wins == 0 or tally.losses == 0 or tally.won <= ZERO or tally.lost <= ZERO:
        return None
    return (tally.won / tally.wins) / (tally.lost / tally.losses)
