"""Positions, cash and profit by average cost, valued at the newest prices. Decimal throughout, O(1) per quote.

Holds these identities: equity = cash + Σ quantity × price; each position's quantity = Σ its fills, until the venue's
snapshot says otherwise; equity moves by realised + unrealised − fees, and by money that comes in or leaves otherwise
than by trading (`engine.results`).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from engine.model import (
    ZERO,
    Account,
    Activity,
    Fill,
    Position,
    Quote,
    Role,
    Value,
    VenuePosition,
    VenueSnapshot,
    split_prices,
)
from engine.model.records import FlowRecord
from engine.results import Results

COST_STEP: Final = Decimal("0.0001")
"""Share of a cost by which the venue's may differ from ours and be the same: it rounds."""


class Closed(Value, frozen=True, gc=False):
    """What a fill closed of a position, wholly or partly."""

    symbol: str
    quantity: Decimal
    """Quantity closed, above 0."""
    realised: Decimal
    """Profit or loss on it, fees not counted."""
    entry_price: Decimal
    """Average price it was opened at."""
    stopped_out: bool
    """True when a stop closed it."""
    at_ns: int
    signal_id: str = ""


class _Holding:
    __slots__ = (
        "average", "counted", "external", "price", "price_ns", "quantity", "quoted", "realised", "stop", "target",
    )  # fmt: skip

    def __init__(self) -> None:
        self.quantity = ZERO
        self.average = ZERO
        self.price: Decimal | None = None
        """The newest one that somebody quoted or paid."""
        self.price_ns = 0
        self.counted: Decimal | None = None
        """What the venue's equity makes of one that nobody quotes. No order is priced by it: what the venue tells of
        positions may be older than its equity."""
        self.quoted = False
        """True once a quote has come: nobody quotes a symbol that is not watched."""
        self.realised = ZERO
        self.stop: Decimal | None = None
        self.target: Decimal | None = None
        self.external = False

    @property
    def worth(self) -> Decimal:
        """What one share counts for: the newest price, what it cost while there is none."""
        return self.average if self.shown is None else self.shown

    @property
    def shown(self) -> Decimal | None:
        """Its price, as the venue values it where nobody quotes it."""
        return self.price if self.counted is None else self.counted


class Portfolio:
    """The book of one account. Synchronous; told every fill once, every quote and every reconciled snapshot."""

    def __init__(self, cash: Decimal = ZERO, currency: str = "USD") -> None:
        self._cash = cash
        self._spent = ZERO
        """Cash paid out since the venue last told the buying power."""
        self._buying_power = cash
        self._currency = currency
        self._number = ""
        self._blocked = ""
        self._holdings: dict[str, _Holding] = {}
        self._value = ZERO
        self._cost = ZERO
        self._realised_day = ZERO
        self._fees_day = ZERO
        self._results = Results(cash)
        self._fill_ns = 0
        self._recorded: Decimal | None = None
        """Equity as the journal last told it; None once the venue has told its own."""
        self._unseen = ZERO
        """Of that, what nothing known now accounts for: holdings of others, until the venue tells them."""

    def on_fill(self, fill: Fill) -> Closed | None:
        """Count one execution; returns what it closed. A fill beyond the position's quantity opens the other side."""
        holding = self._holdings.setdefault(fill.symbol, _Holding())
        signed = fill.quantity * fill.side.sign
        self._pay(signed * fill.price + fill.fee)
        self._fees_day += fill.fee
        self._fill_ns = max(self._fill_ns, fill.at_ns)
        self._unvalue(holding)
        if not holding.quantity:
            holding.counted = None
        if holding.price is None or (not holding.quantity and fill.at_ns > holding.price_ns):
            holding.price, holding.price_ns = fill.price, fill.at_ns
        if fill.role is Role.EXTERNAL and not holding.quantity:
            holding.external = True
        before = holding.quantity
        holding.quantity = before + signed
        closed = None
        if before * signed >= 0:
            holding.average = (holding.average * abs(before) + fill.price * fill.quantity) / abs(holding.quantity)
        else:
            quantity = min(abs(before), fill.quantity)
            realised = (fill.price - holding.average) * quantity * (1 if before > 0 else -1)
            holding.realised += realised
            self._realised_day += realised
            closed = Closed(
                symbol=fill.symbol,
                quantity=quantity,
                realised=realised,
                entry_price=holding.average,
                stopped_out=fill.role is Role.STOP,
                at_ns=fill.at_ns,
                signal_id=fill.signal_id,
            )
            if before * holding.quantity < 0:
                holding.average = fill.price
        self._revalue(holding)
        if not holding.quantity:
            self._flat(holding)
        return closed

    def on_quote(self, quote: Quote) -> None:
        """Value the symbol at the mid, at the last trade where a side is missing or a stub; a quote without either
        changes nothing."""
        holding = self._holdings.get(quote.symbol)
        if holding is None:
            return
        price = quote.worth
        if price is not None:
            self._reprice(holding, price, quote.at_ns)
            holding.quoted = True

    def last_quoted(self, quote: Quote) -> None:
        """The newest quote of an earlier run: what the symbol counts for until one comes, or the venue values it."""
        holding, price = self._holdings.get(quote.symbol), quote.worth
        if holding is not None and price is not None and quote.at_ns >= holding.price_ns:
            self._reprice(holding, price, quote.at_ns)

    def restored(self) -> None:
        """All is restored, and valued as it last was: what is still missing of the equity is held by others."""
        if self._recorded is not None:
            self._unseen = self._recorded - self.equity

    def protect(self, symbol: str, stop_price: Decimal | None, target_price: Decimal | None) -> None:
        """Show these exits on the symbol's position."""
        holding = self._holdings.get(symbol)
        if holding is not None:
            holding.stop, holding.target = stop_price, target_price

    def adopt(self, snapshot: VenueSnapshot) -> bool:
        """The venue is right about cash, buying power and positions; about equity where a position has no quotes.

        Count the fills a reconciliation found first. A position none of our fills explains is marked external. Returns
        False, and changes nothing, when a fill is newer than the snapshot.
        """
        if snapshot.at_ns < self._fill_ns:
            return False
        account = snapshot.account
        before, cash, unseen = self.equity, self._cash, self._unseen
        self._recorded, self._unseen = None, ZERO
        self._cash = account.cash
        self._spent = ZERO
        self._buying_power = account.buying_power
        self._currency, self._number, self._blocked = account.currency, account.number, account.blocked
        told = {held.symbol: held for held in snapshot.positions if held.quantity}
        for symbol, holding in self._holdings.items():
            if symbol not in told and holding.quantity:
                self._unvalue(holding)
                holding.quantity = ZERO
                self._flat(holding)
        for held in told.values():
            self.take(held)
        moved = self.equity - before
        self._price_the_unquoted(account.equity - account.cash)
        if unseen:  # the price of what others hold may have changed since: no more has moved than cash has
            moved = _nearer(account.cash - cash, self.equity - before)
        self._results.adopted(snapshot, moved, self.equity, self.worth)
        return True

    def listed(self, record: FlowRecord) -> None:
        """The venue lists what moved the account otherwise than by trading. Once per record, after `adopt`."""
        self._results.listed(record, self.equity)

    def amount_listed(self, activity_id: str) -> Decimal | None:
        """What an entry of the venue's list came to when it was last told; None when it never was."""
        return self._results.amount_listed(activity_id)

    def worth(self, activity: Activity) -> Decimal | None:
        """What an entry comes to: its money, or its shares at what one counts for; None where that is not known."""
        if activity.amount or not activity.quantity:
            return activity.amount
        holding = self._holdings.get(activity.symbol)
        price = None if holding is None else holding.worth
        return activity.quantity * price if price else None

    def otherwise(self, positions: Iterable[VenuePosition]) -> tuple[VenuePosition, ...]:
        """Of the venue's positions those that the book has otherwise, by quantity or cost; what is gone with 0 of it.

        For the journal: its fills do not make them, and a split is known by what they cost.
        """
        told = {held.symbol: held for held in positions if held.quantity}
        gone = [VenuePosition(each.symbol, ZERO, ZERO) for each in self.positions() if each.symbol not in told]
        return (*gone, *(held for held in told.values() if self._differs(held)))

    def take(self, held: VenuePosition) -> None:
        """The venue is right about one position: its quantity and average price; after a split the price moves too."""
        if not held.quantity:
            self.hold(held.symbol, ZERO)
            return
        known = self._holdings.setdefault(held.symbol, _Holding())
        self._unvalue(known)
        if not known.quantity:
            known.external, known.counted = True, None
        prices = split_prices(known.quantity, known.average, held.quantity, held.average_price)
        if prices is not None:
            known.counted = None
            known.price = None if known.price is None else _after_split(known.price, held.average_price, prices)
        known.quantity, known.average = held.quantity, held.average_price
        self._revalue(known)

    def hold(self, symbol: str, quantity: Decimal, prices: Decimal | None = None) -> None:
        """The position in a symbol is this much (signed), whatever its fills make; its average price stays.

        `prices`: by a split that has multiplied them by so much, so that one cost as much more.
        """
        known = self._holdings.get(symbol)
        if prices is not None and known is not None and known.quantity * quantity > 0:
            self.take(VenuePosition(symbol, quantity, known.average * prices))
            return
        holding = self._holdings.setdefault(symbol, _Holding())
        self._unvalue(holding)
        if not holding.quantity:
            holding.external, holding.counted = True, None
        holding.quantity = quantity
        self._revalue(holding)
        if not quantity:
            self._flat(holding)

    def new_day(self) -> None:
        """The session begins: today's equity, realised profit and fees count from here."""
        self._results.new_day(self.equity)
        self._realised_day = self._fees_day = ZERO
        for symbol in [symbol for symbol, holding in self._holdings.items() if not holding.quantity]:
            del self._holdings[symbol]
        for holding in self._holdings.values():
            holding.realised = ZERO

    def forget_day(self) -> None:
        """A trading day began while no engine ran: the venue's next snapshot tells what it started from."""
        self._results.forget_day()
        self._realised_day = self._fees_day = ZERO

    @property
    def equity(self) -> Decimal:
        """cash + Σ quantity × price."""
        return self._cash + self._value + self._unseen

    def account(self, now_ns: int) -> Account:
        """The account at the newest prices. Looking changes nothing: the peak moves with `mark`."""
        equity, results = self.equity, self._results
        return Account(
            equity=equity,
            cash=self._cash,
            buying_power=max(ZERO, self._buying_power - self._spent),
            day_start_equity=equity if results.day_start is None else results.day_start,
            peak_equity=max(results.peak, equity),
            realised_day=self._realised_day,
            unrealised=self._value - self._cost,
            fees_day=self._fees_day,
            currency=self._currency,
            number=self._number,
            blocked=self._blocked,
            at_ns=now_ns,
            day_base=None if results.day_base == results.day_start else results.day_base,
            day_flows=results.day_flows,
            peak_flows=results.peak_flows,
        )

    def mark(self) -> None:
        """Take the equity as it stands into the peak: at every judgement of the account, so that a replay is exact."""
        self._results.mark(self.equity)

    def positions(self) -> tuple[Position, ...]:
        """Open positions, by symbol."""
        return tuple(self._position(symbol, held) for symbol, held in sorted(self._holdings.items()) if held.quantity)

    def to_close(self, position: Position) -> Position:
        """The position at the newest price that somebody quoted or paid: what an order may be priced by."""
        holding = self._holdings.get(position.symbol)
        return position if holding is None else msgspec.structs.replace(position, price=holding.price)

    def position(self, symbol: str) -> Position | None:
        """The open position in one symbol."""
        holding = self._holdings.get(symbol)
        return self._position(symbol, holding) if holding is not None and holding.quantity else None

    def restore(self, record: Fill | Account | FlowRecord) -> None:
        """Take in a journaled value, in the journal's order. An Account sets cash, peak and the day's sums."""
        if isinstance(record, Fill):
            self.on_fill(record)
            return
        if isinstance(record, FlowRecord):
            self.listed(record)
            return
        self._cash, self._recorded = record.cash, record.equity
        self._buying_power, self._spent = record.buying_power, ZERO
        self._results.restore(record)
        self._realised_day, self._fees_day = record.realised_day, record.fees_day
        self._currency, self._number, self._blocked = record.currency, record.number, record.blocked

    def _pay(self, amount: Decimal) -> None:
        self._cash -= amount
        self._spent += amount

    def _reprice(self, holding: _Holding, price: Decimal, at_ns: int) -> None:
        self._value += (price - holding.worth) * holding.quantity
        holding.price, holding.price_ns, holding.counted = price, at_ns, None

    def _unvalue(self, holding: _Holding) -> None:
        self._value -= holding.quantity * holding.worth
        self._cost -= holding.quantity * holding.average

    def _revalue(self, holding: _Holding) -> None:
        self._value += holding.quantity * holding.worth
        self._cost += holding.quantity * holding.average

    def _flat(self, holding: _Holding) -> None:
        holding.average = ZERO
        holding.external = False
        holding.stop = holding.target = None

    def _price_the_unquoted(self, value: Decimal) -> None:
        """Spread what the venue values its positions at beyond the quoted ones over those without quotes, each by what
        it was last worth."""
        unquoted = [held for held in self._holdings.values() if held.quantity and not held.quoted]
        worth = sum((held.quantity * held.worth for held in unquoted), ZERO)
        rest = value - self._value + worth
        if worth <= 0 or rest <= 0:
            return
        for held in unquoted:
            self._unvalue(held)
            held.counted = held.worth * rest / worth
            self._revalue(held)

    def _differs(self, held: VenuePosition) -> bool:
        known = self._holdings.get(held.symbol)
        if known is None or known.quantity != held.quantity:
            return True
        return abs(known.average - held.average_price) > COST_STEP * held.average_price

    def _position(self, symbol: str, holding: _Holding) -> Position:
        return Position(
            symbol=symbol,
            quantity=holding.quantity,
            average_price=holding.average,
            price=holding.shown,
            price_ns=holding.price_ns,
            unrealised=(holding.worth - holding.average) * holding.quantity,
            realised=holding.realised,
            stop_price=holding.stop,
            target_price=holding.target,
            external=holding.external,
        )


def _after_split(price: Decimal, average: Decimal, prices: Decimal) -> Decimal:
    """The newest price, as it is after a split; one that is nearer to what a share now costs is so already."""
    if price <= 0:
        return price
    return min((price, price * prices), key=lambda each: max(each, average) / min(each, average))


def _nearer(one: Decimal, other: Decimal) -> Decimal:
    """The amount nearer to 0 of two; 0 where one came in and the other left."""
    return ZERO if one * other <= 0 else min(one, other, key=abs)
