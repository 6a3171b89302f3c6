"""Prices that may be computed with: positive, finite, or absent.

Quotes are kept as sent, so a side can be zero, negative, crossed, NaN or absurd. Everything in this room reads them
through `prices`, where such a side becomes None: unknown, never 0.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from engine.clock import MILLISECOND
from engine.model import ZERO, Quote, Value, price_step

BPS = Decimal(10_000)
HUNDRED = Decimal(100)
LEAST = Decimal("1e-12")
MOST = Decimal("1e15")
"""No price, quantity or sum of money is outside of these; one that is would also exceed exact arithmetic."""
_FOUR_PLACES = Decimal("0.0001")
_LARGE = Decimal(10) ** 20


class Prices(Value, frozen=True, gc=False):
    """What a quote is good for. Each price is positive and finite, or None."""

    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None
    mid: Decimal | None
    """None when a side is missing, or bid > ask."""

    @property
    def reference(self) -> Decimal | None:
        """Mid when there is one, else last."""
        return self.mid if self.mid is not None else self.last


NO_PRICES = Prices(None, None, None, None)


def amount(value: Decimal | None) -> Decimal | None:
    """The value when it is finite and below MOST either way, else None."""
    return value if value is not None and value.is_finite() and -MOST < value < MOST else None


def positive(value: Decimal | None) -> Decimal | None:
    """The value when it is finite and in [LEAST, MOST), else None."""
    return value if value is not None and value.is_finite() and LEAST <= value < MOST else None


def short(value: Decimal) -> Decimal:
    """The value to four decimals, for people to read; nothing is compared after this."""
    return value.quantize(_FOUR_PLACES) if abs(value) < _LARGE else value


def seconds(duration_ns: int) -> Decimal:
    """A duration in seconds, to the millisecond, for people to read."""
    return Decimal(duration_ns // MILLISECOND) / 1000


def prices(quote: Quote | None) -> Prices:
    """The usable prices of a quote."""
    if quote is None:
        return NO_PRICES
    bid, ask, last = positive(quote.bid), positive(quote.ask), positive(quote.last)
    mid = (bid + ask) / 2 if bid is not None and ask is not None and bid <= ask else None
    return Prices(bid, ask, last, mid)


def nearest(price: Decimal) -> Decimal:
    """Rounded to the price increment, half to even."""
    step = price_step(price)
    return (price / step).to_integral_value(ROUND_HALF_EVEN) * step


def below(price: Decimal) -> Decimal:
    """The highest price increment at or below a positive price."""
    step = price_step(price)
    return price // step * step


def above(price: Decimal) -> Decimal:
    """The lowest price increment at or above a positive price."""
    lower = below(price)
    return lower if lower == price else lower + price_step(price)


def whole_steps(quantity: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is at most `quantity`; 0 when there is none."""
    return quantity // step * step if quantity >= step else ZERO
