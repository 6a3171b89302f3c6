"""What results are measured from: the day's start and the equity's peak, and the money that moves both.

Money that comes in or leaves otherwise than by trading (`engine.model.flows`) shows as the difference between what the
book was worth and what it is worth with the venue's cash and positions, at the same prices; why, tells the venue's list
of activities. The day's start moves by the amount, so that the day's result stays to the cent. What percentages are
measured from (`day_base`, `peak`) moves in proportion, so that they stay too: half the account withdrawn in a drawdown
of 9 % leaves one of 9 %.

Assumed of that list: an entry is booked at most `LATENESS_NS` before the account shows it, and what was booked before a
baseline was taken is in it. An entry may be listed as late as it likes. One that tells only its day was booked when it
was first seen; of what is there at the first look, a withdrawal was booked when its day began, a deposit when it ended.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from engine.clock import DAY, MINUTE
from engine.model import ZERO, Account, Activity, Flows, VenueSnapshot
from engine.model.flows import scaled
from engine.model.records import FlowRecord

LATENESS_NS = MINUTE
"""So long before the account was read may what it does not show yet have been booked; our clock and the venue's differ
by less."""

Worth = Callable[[Activity], Decimal | None]


class Results:
    """The baselines of one account. Told its equity with every call."""

    def __init__(self, cash: Decimal) -> None:
        self.day_start = cash if cash > 0 else None
        """Equity at the session's start and what came in since; None while it is not known."""
        self.day_base = self.day_start
        """What the day's percentage is measured from."""
        self.peak = cash
        self.day_flows: Flows | None = None
        self.peak_flows: Flows | None = None
        self._known_ns = 0
        """As of when the venue's word on cash and positions was last taken over."""
        self._listed: dict[str, Decimal] = {}
        """Per entry of the venue's list what it came to, as the journal has it."""
        self._in_start: set[str] = set()
        """Entries that the day's start was made with."""

    def mark(self, equity: Decimal) -> None:
        """Take the equity as it stands into the peak."""
        self.peak = max(self.peak, equity)

    def new_day(self, equity: Decimal) -> None:
        """The session begins with this much."""
        self.day_start = self.day_base = equity
        self.day_flows = None if self.peak_flows is None else Flows(self._known_ns)
        self._in_start.clear()

    def forget_day(self) -> None:
        """The next snapshot tells what the day started from."""
        self.day_start = self.day_base = self.day_flows = None

    def adopted(self, snapshot: VenueSnapshot, moved: Decimal, equity: Decimal, worth: Worth) -> None:
        """The venue's word was taken over, and made the book worth `moved` more than its trades did."""
        self._known_ns = snapshot.at_ns - LATENESS_NS
        told = snapshot.activities is not None
        if told:
            before = self.peak_flows
            self._move_peak(Flows(self._known_ns) if before is None else before.moved(moved), equity)
        if self.day_start is None:
            self._begin_day(snapshot, equity, worth)
        elif told:
            day = self.day_flows
            self._move_day(Flows(self._known_ns) if day is None else day.moved(moved), equity)

    def listed(self, record: FlowRecord, equity: Decimal) -> None:
        """The venue lists what moved the account, from outside or as a result. Once per record, after `adopted`."""
        first = record.id not in self._listed
        self._listed[record.id] = record.amount
        day, peak = self.day_flows, self.peak_flows
        if peak is not None and record.happened_ns >= peak.since_ns:
            self._move_peak(_told(peak, record), equity, undone=not record.external)
        if day is None or (first and record.id in self._in_start):
            return
        if record.happened_ns >= day.since_ns:
            self._move_day(_told(day, record), equity, undone=not record.external)
        elif record.external and day.from_ns and record.happened_ns >= day.from_ns:
            self._move_day(day.between(record.change), equity)

    def amount_listed(self, activity_id: str) -> Decimal | None:
        """What an entry of the venue's list came to when it was last told; None when it never was."""
        return self._listed.get(activity_id)

    def restore(self, account: Account) -> None:
        """As the journal last told them."""
        self.day_start = account.day_start_equity
        self.day_base = account.day_start_equity if account.day_base is None else account.day_base
        told = account.peak_flows is not None  # where money may leave, the peak of before may be too high
        self.peak = account.peak_equity if told else max(self.peak, account.peak_equity)
        self.day_flows, self.peak_flows = account.day_flows, account.peak_flows
        self._known_ns = account.at_ns - LATENESS_NS

    def _begin_day(self, snapshot: VenueSnapshot, equity: Decimal, worth: Worth) -> None:
        """The day starts from the last close, and from what has come in or left since, as far as it is listed."""
        account = snapshot.account
        from_ns = 0 if account.last_equity is None else account.last_equity_ns
        self.day_start = self.day_base = equity if account.last_equity is None else account.last_equity
        self._in_start.clear()
        if snapshot.activities is None:
            return
        flows = Flows(self._known_ns, from_ns)
        self.day_flows = flows
        for activity in snapshot.activities:
            amount = worth(activity)
            if activity.external and not activity.canceled and amount and from_ns and _booked(activity) >= from_ns:
                self._in_start.add(activity.id)
                flows = flows.between(amount)
        self._move_day(flows, equity)

    def _move_day(self, flows: Flows, equity: Decimal, *, undone: bool = False) -> None:
        before = self.day_flows or Flows()
        amount = flows.net - before.net
        self.day_flows = flows = flows.since(before, equity)
        if amount and self.day_start is not None and self.day_base is not None:
            self.day_start += amount
            self.day_base = _rebased(self.day_base, before, flows, equity, undone=undone)

    def _move_peak(self, flows: Flows, equity: Decimal, *, undone: bool = False) -> None:
        before = self.peak_flows or Flows()
        self.peak_flows = flows = flows.since(before, equity)
        if flows.net != before.net:
            self.peak = max(ZERO, _rebased(self.peak, before, flows, equity, undone=undone))


def _rebased(base: Decimal, before: Flows, after: Flows, equity: Decimal, *, undone: bool) -> Decimal:
    """What a percentage is measured from once this much is known. A withdrawal that is listed late is taken off in
    proportion to what the account was worth when it left: what was won or lost since was on the rest alone."""
    amount, explained = after.net - before.net, before.gone - after.gone
    if amount < 0 < explained and before.left is not None:
        base, amount = scaled(base, before.left, -explained), amount + explained
    return scaled(base, equity, amount, undone=undone) if amount else base


def _told(flows: Flows, record: FlowRecord) -> Flows:
    return flows.external(record.change) if record.external else flows.result(record.change)


def _booked(activity: Activity) -> int:
    """When an entry was booked; where it tells only the day, a deposit at its end and a withdrawal at its begin: what
    cannot be placed is no gain."""
    came = activity.amount > 0 or activity.quantity > 0
    return activity.created_ns or (activity.day_ns + (DAY - 1 if came else 0) if activity.day_ns else 0)
