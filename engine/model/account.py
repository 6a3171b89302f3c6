"""Positions, the account, and what the venue says it holds."""

from __future__ import annotations

from decimal import Decimal

from engine.model.base import ZERO, Value
from engine.model.flows import Activity, Flows
from engine.model.order import Order


class Position(Value, frozen=True, gc=False):
    """Shares held in one symbol. Negative quantity is short."""

    symbol: str
    quantity: Decimal
    average_price: Decimal
    price: Decimal | None = None
    """Newest price it is valued at."""
    price_ns: int = 0
    unrealised: Decimal = ZERO
    realised: Decimal = ZERO
    """Since the session's start."""
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    external: bool = False
    """True when the venue holds it and our book does not explain it."""
    foreign: Decimal = ZERO
    """Of a position that is partly ours: the quantity that none of our fills explains; negative when others sold."""

    @property
    def ours(self) -> Decimal:
        """The quantity that our own fills hold: what our exits may sell. Never more than the account has on that side,
        whoever sold the rest: an exit closes, it opens nothing."""
        if self.external:
            return ZERO
        ours = self.quantity - self.foreign
        return max(ZERO, min(ours, self.quantity)) if ours > 0 else min(ZERO, max(ours, self.quantity))

    @property
    def value(self) -> Decimal:
        """quantity × price (average price while there is none)."""
        return self.quantity * (self.price if self.price is not None else self.average_price)


class Account(Value, frozen=True, gc=False):
    """The account, as the venue means it, valued at the newest prices."""

    equity: Decimal
    cash: Decimal
    buying_power: Decimal
    day_start_equity: Decimal
    """Equity at the session's start, and the money that came in (or left) since: what is beyond is the day's result."""
    peak_equity: Decimal
    """Highest equity seen; drawdown is measured from it. Money that comes in or leaves changes it in proportion."""
    realised_day: Decimal = ZERO
    unrealised: Decimal = ZERO
    fees_day: Decimal = ZERO
    currency: str = "USD"
    number: str = ""
    """The venue's account number; shown by its last four characters."""
    blocked: str = ""
    """Why the venue blocks trading; empty when it does not."""
    at_ns: int = 0
    day_base: Decimal | None = None
    """What the day's percentage is measured from where money came in or left: the session's start, changed in
    proportion. None where none did: `day_start_equity`."""
    day_flows: Flows | None = None
    """Money that came in or left since the session's start; None where the venue has no such thing."""
    peak_flows: Flows | None = None
    """The same since the peak's beginning."""

    @property
    def day_pnl(self) -> Decimal:
        """equity − (equity at the session's start + what came in since − what left)."""
        return self.equity - self.day_start_equity

    @property
    def day_pct(self) -> Decimal | None:
        """The day's result in percent, which money that comes in or leaves does not change; None if unknown."""
        base = self.day_start_equity if self.day_base is None else self.day_base
        return (self.equity - base) * 100 / base if base > 0 else None

    @property
    def day_flow(self) -> Decimal:
        """What came in less what left since the session's start: no part of the day's result."""
        return ZERO if self.day_flows is None else self.day_flows.net

    @property
    def unexplained(self) -> Decimal:
        """What came in (held out of the day's result) or left (counted as a loss) today without a known reason."""
        return ZERO if self.day_flows is None else self.day_flows.unexplained

    @property
    def drawdown(self) -> Decimal:
        """Share below the peak, in [0, 1]; 0 when there is no peak."""
        if self.peak_equity <= 0:
            return ZERO
        return max(ZERO, (self.peak_equity - self.equity) / self.peak_equity)


class VenueAccount(Value, frozen=True, gc=False):
    """The account as the venue reports it."""

    equity: Decimal
    cash: Decimal
    buying_power: Decimal
    last_equity: Decimal | None = None
    """Equity at the previous close, where the venue tells."""
    last_equity_ns: int = 0
    """When that close was; 0 where it is not known."""
    currency: str = "USD"
    number: str = ""
    blocked: str = ""


class VenuePosition(Value, frozen=True, gc=False):
    """One position as the venue reports it."""

    symbol: str
    quantity: Decimal
    average_price: Decimal


SPLIT_LEAST = Decimal("1.2")
"""A split changes quantity and price by at least this factor, one way or the other (6:5 is the least in use)."""

SPLIT_TOLERANCE = Decimal("0.005")
"""What the cost of a holding may differ by after a split: the venue rounds the average price."""


def split_prices(quantity: Decimal, average: Decimal, after: Decimal, after_average: Decimal) -> Decimal | None:
    """By what the split that made `after` of `quantity` has multiplied prices: as many times more as each costs less.

    None where it was none. A reverse split may have left a fraction that was paid out: then the whole shares are what
    remains, and what they cost tells by how much it was, not how many they are.
    """
    if quantity * after <= 0 or average <= 0 or after_average <= 0:
        return None
    factor, grown = average / after_average, after / quantity
    if max(factor, 1 / factor) < SPLIT_LEAST:
        return None
    shares = 1 / factor
    whole = shares.to_integral_value()
    reverse = whole >= 2 and abs(shares - whole) <= SPLIT_TOLERANCE * whole
    if reverse and abs(after) == abs(quantity) // whole:
        return whole
    return quantity / after if abs(grown - factor) <= SPLIT_TOLERANCE * factor else None


class VenueSnapshot(Value, frozen=True, gc=False):
    """Everything the venue says exists, read together. Never built from a failed query."""

    at_ns: int
    account: VenueAccount
    positions: tuple[VenuePosition, ...]
    orders: tuple[Order, ...]
    """Open orders and those closed since the asked instant, legs nested."""
    activities: tuple[Activity, ...] | None = None
    """What moved the account lately otherwise than by trading, read after the rest; None where the venue has no such
    list: then all that moves the account is its result."""
    activities_problem: str = ""
    """Why that list could not be read, wholly or in part; empty when it was."""
