"""Prices, market sessions, instruments."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from engine.model.base import Session, Value

WIDE: Final = Decimal("0.05")
"""Half a spread over this share of the middle: one of its sides is a stub."""


class Quote(Value, frozen=True, gc=False):
    """Newest bid, ask and last trade of a symbol. A missing side is None; a crossed or zero side is kept as sent."""

    symbol: str
    at_ns: int
    """The source's time."""
    received_ns: int
    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None

    @property
    def mid(self) -> Decimal | None:
        """Mean of bid and ask when both are finite, positive and not crossed, else None."""
        bid, ask = self.bid, self.ask
        if bid is None or ask is None or not (bid.is_finite() and ask.is_finite()) or bid <= 0 or ask < bid:
            return None
        return (bid + ask) / 2

    @property
    def traded(self) -> Decimal | None:
        """The last trade where it is a price, else None."""
        return positive(self.last)

    @property
    def price(self) -> Decimal | None:
        """What one of it is worth: the mid, else the last trade; None when the quote has neither."""
        mid = self.mid
        return self.traded if mid is None else mid

    @property
    def worth(self) -> Decimal | None:
        """What a holding counts for: the price, but no middle of a side that nobody means. Where bid and ask are wide
        apart it is the last trade; None where there was none."""
        mid, bid = self.mid, self.bid
        if mid is None or bid is None or mid - bid > WIDE * mid:
            return self.traded
        return mid


class Bar(Value, frozen=True, gc=False):
    """One interval's open, high, low, close and volume."""

    symbol: str
    start_ns: int
    end_ns: int
    received_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Halt(Value, frozen=True, gc=False):
    """A trading halt or its end, or a price band (limit-up/limit-down) message."""

    symbol: str
    at_ns: int
    received_ns: int
    halted: bool
    code: str
    reason: str


class Market(Value, frozen=True, gc=False):
    """The market's session now and when it changes next."""

    session: Session
    at_ns: int
    next_session: Session = Session.UNKNOWN
    changes_ns: int | None = None
    """When the next session begins; None when unknown."""
    source: str = ""
    """`calendar`, `venue` or `replay`."""


class Instrument(Value, frozen=True, gc=False):
    """What may be traded and in which steps."""

    symbol: str
    name: str = ""
    tradable: bool = True
    fractionable: bool = False
    shortable: bool = False
    quantity_step: Decimal = Decimal(1)
    min_notional: Decimal = Decimal(1)
    asset_class: str = "stock"
    """`stock` or `crypto`."""


def positive(price: Decimal | None) -> Decimal | None:
    """The price when it is one: finite and above 0."""
    return price if price is not None and price.is_finite() and price > 0 else None


def price_step(price: Decimal) -> Decimal:
    """Minimum price increment for US stocks: 0.01 from 1 USD up, 0.0001 below (SEC Rule 612)."""
    return Decimal("0.01") if price >= 1 else Decimal("0.0001")
