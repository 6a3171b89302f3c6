"""Money that comes to an account or leaves it otherwise than by trading, and what it does to what results are
measured from.

Two things are known of it, and neither alone is enough. The account shows that it holds more or less than its trades
make of it, without a reason (`moved`); the venue's list of activities gives reasons, later, and for some of them only
a day (`external`, `result`). A baseline takes the net of what came from outside, so that a deposit is no gain and a
withdrawal no loss. Until both are known:

- What came in and is not listed is held out: no gain, until the list calls it a dividend or interest.
- What went out and is not listed is a loss, until the list calls it a withdrawal.
- What is listed and the account does not show yet moves nothing. A deposit counts as arrived once half of it shows:
  then what is missing of it is a loss.

So a listing by itself never makes a gain, and a drop is forgiven only as far as withdrawals are listed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Self

import msgspec

from engine.model.base import ZERO, DisplayText, Value


class Activity(Value, frozen=True, gc=False):
    """An entry of the venue's list of what moved the account otherwise than by trading."""

    id: str
    type: str
    """The venue's word: `CSD`, `CSW`, `JNLC`, `DIV`, …"""
    external: bool
    """True for money and shares from outside or to there; False for a result: dividends, interest, fees, taxes."""
    amount: Decimal = ZERO
    """Money, above 0 when it came in; 0 where shares moved: then they count for what they are worth."""
    symbol: str = ""
    quantity: Decimal = ZERO
    """Shares that came in, or left (negative), where shares moved."""
    created_ns: int = 0
    """When the venue booked it; 0 where it tells only the day."""
    day_ns: int = 0
    """Begin of the New York day it tells; 0 where it tells none."""
    canceled: bool = False
    """True once the venue has taken it back."""
    text: DisplayText = DisplayText("")
    """The venue's own words."""


class Flows(Value, frozen=True, gc=False, omit_defaults=True):
    """What one baseline (the day's start, the peak) has seen of such money. Amounts are above 0 for what came in."""

    since_ns: int = 0
    """What was booked before is in the baseline already."""
    from_ns: int = 0
    """Where the baseline is of an earlier time than what the account shows (the last close): of that time; else 0."""
    taken: Decimal = ZERO
    """What is listed as from outside, and counted."""
    unexplained: Decimal = ZERO
    """What the account showed less what the list explains: above 0 came in, below 0 went out."""
    risen: Decimal = ZERO
    """Of what came in, what no deposit has been found for; what went out later is taken off."""
    awaited: Decimal = ZERO
    """Deposits that are listed and that the account does not show."""
    left: Decimal | None = None
    """What the account was worth when that had gone out; None while nothing has."""

    @property
    def held(self) -> Decimal:
        """What came in and is not explained: no gain."""
        return max(ZERO, self.unexplained)

    @property
    def gone(self) -> Decimal:
        """What went out and is not explained: a loss."""
        return max(ZERO, -self.unexplained)

    @property
    def net(self) -> Decimal:
        """What the baseline moves by, so that none of this counts as a result."""
        return self.taken + self.held

    def moved(self, amount: Decimal) -> Self:
        """The account shows this much more (or less) than its trades make of it."""
        risen = self.risen + amount if amount > 0 else max(ZERO, self.risen + amount)
        return msgspec.structs.replace(self, unexplained=self.unexplained + amount, risen=risen)._arrived()

    def external(self, amount: Decimal) -> Self:
        """The list tells a deposit (above 0) or a withdrawal."""
        if amount > 0:
            return msgspec.structs.replace(self, awaited=self.awaited + amount)._arrived()
        undone = min(-amount, self.awaited)
        left = amount + undone
        return msgspec.structs.replace(
            self, awaited=self.awaited - undone, taken=self.taken + left, unexplained=self.unexplained - left
        )

    def result(self, amount: Decimal) -> Self:
        """The list tells a dividend, interest, a fee: what moved is explained, and counts."""
        risen = max(ZERO, self.risen - amount) if amount > 0 else self.risen
        return msgspec.structs.replace(self, unexplained=self.unexplained - amount, risen=risen)

    def since(self, before: Self, equity: Decimal) -> Self:
        """After `before`; `equity` is what the account is worth with it."""
        more, left = self.gone - before.gone, before.left
        if not self.gone:
            left = None
        elif left is None:
            left = equity
        elif more > 0:
            left = _together(left, before.gone, equity, more)
        else:
            left -= more
        return msgspec.structs.replace(self, left=left)

    def between(self, amount: Decimal) -> Self:
        """The list tells money from outside of the time between the baseline's and the account's first word: the
        account shows it already."""
        return msgspec.structs.replace(self, taken=self.taken + amount)

    def _arrived(self) -> Self:
        due = self.awaited
        if not due or self.risen * 2 < due:
            return self
        return msgspec.structs.replace(
            self,
            taken=self.taken + due,
            unexplained=self.unexplained - due,
            risen=max(ZERO, self.risen - due),
            awaited=ZERO,
        )


def _together(left: Decimal, gone: Decimal, equity: Decimal, more: Decimal) -> Decimal:
    """What an account was worth that would keep the same share if both had gone out at once."""
    if left == equity + more or left <= 0 or equity <= 0:
        return equity
    kept = left * equity
    return (gone + more) * kept / ((left + gone) * (equity + more) - kept)


def scaled(base: Decimal, equity: Decimal, amount: Decimal, *, undone: bool = False) -> Decimal:
    """What a percentage is measured from, after `amount` came in (or left), so that it is the same as before.

    `equity` is what the account is worth with it; with `undone`, the money is in it still and counts as a result from
    now on. Where the account was empty, or was in debt, there is no share to keep: the amount is added.
    """
    before, after = (equity, equity + amount) if undone else (equity - amount, equity)
    return base * after / before if before > 0 and after >= 0 else base + amount
