"""Money that came to the account or left it otherwise than by trading: journaled once, and told while it has no reason.

The venue's list of activities comes with each comparison, after what the account holds. An entry is recorded when it is
first seen, and again when the venue takes it back; the day's result and the peak follow the records (`engine.results`),
so that a restart has them too. Where the list cannot be read, what is known stays: what left counts as a loss.
"""

from __future__ import annotations

import logging
from decimal import Decimal

from engine.clock import Clock
from engine.journal import Journal
from engine.kernel.alarms import Alarms
from engine.model import ZERO, Activity, Alert, Level, VenueSnapshot
from engine.model.records import FlowRecord
from engine.portfolio import Portfolio
from engine.results import LATENESS_NS

log = logging.getLogger(__name__)

UNREAD = "activities:unread"
"""Id of the alert about a list that cannot be read."""
UNEXPLAINED = "activities:unexplained"
"""Id of the alert about money without a reason."""
TOLD_SHARE = Decimal("0.001")
"""Of equity: less money than this is told in the account's record only. Fees are booked hours after they were taken."""


class Funding:
    """Takes the venue's list from each snapshot that has one."""

    def __init__(self, clock: Clock, *, venue: str, journal: Journal, portfolio: Portfolio, alarms: Alarms) -> None:
        self._clock = clock
        self._venue = venue
        self._journal = journal
        self._portfolio = portfolio
        self._alarms = alarms
        self._began_ns = clock.now_ns()
        self._looked = False
        """Whether this engine has read the list before."""

    def take(self, snapshot: VenueSnapshot) -> None:
        """Record what is new in the list. Called once the book has taken over what the snapshot holds, or could not."""
        if snapshot.activities is None:
            return
        for activity in snapshot.activities:
            record = self._record(activity)
            if record is not None:
                self._journal.append("flow", record.id, record, record.at_ns)
                self._portfolio.listed(record)
                log.info("the account moved by %s: %s", record.change, flow_words(record))
        self._looked = self._looked or bool(snapshot.activities) or not snapshot.activities_problem
        self._tell_unread(snapshot.activities_problem)
        self._tell_unexplained()

    def _record(self, activity: Activity) -> FlowRecord | None:
        """What is new of an entry; None where nothing is, or what its shares come to is not known yet."""
        known = self._portfolio.amount_listed(activity.id)
        if known is not None and not activity.amount and not activity.canceled:
            return None  # shares count for what they were worth when they moved
        amount = ZERO if activity.canceled else self._portfolio.worth(activity)
        if amount is None or amount == (known or ZERO):
            return None
        now_ns = self._clock.now_ns()
        return FlowRecord(
            id=activity.id,
            type=activity.type,
            external=activity.external,
            amount=amount,
            change=amount - (known or ZERO),
            happened_ns=activity.created_ns or (now_ns if self._is_new(now_ns) else activity.day_ns),
            at_ns=now_ns,
            symbol=activity.symbol,
            quantity=activity.quantity,
            text=activity.text,
        )

    def _is_new(self, now_ns: int) -> bool:
        """Whether an entry that is seen first and has only a day is new: an earlier look would have seen it."""
        flows = self._portfolio.account(now_ns).peak_flows
        return self._looked or (flows is not None and flows.since_ns < self._began_ns - LATENESS_NS)

    def _tell_unread(self, problem: str) -> None:
        if not problem:
            self._alarms.clear(UNREAD)
            return
        self._alarms.alert(
            Alert(
                id=UNREAD,
                level=Level.WARNING,
                code="activities",
                subject="unread",
                text=f"deposits and withdrawals cannot be told from results: {problem}",
                remedy="asked again by itself; until then what leaves the account counts as a loss, and what comes in "
                "as no gain",
                at_ns=self._clock.now_ns(),
            )
        )

    def _tell_unexplained(self) -> None:
        account = self._portfolio.account(self._clock.now_ns())
        amount = account.unexplained
        if abs(amount) < max(TOLD_SHARE * account.equity, Decimal(1)):
            self._alarms.clear(UNEXPLAINED)
            return
        how = "left the account: it counts as a loss" if amount < 0 else "came in: it counts as no gain"
        self._alarms.alert(
            Alert(
                id=UNEXPLAINED,
                level=Level.WARNING,
                code="activities",
                subject="unexplained",
                text=f"{abs(amount):,.0f} {account.currency} {how} until {self._venue} lists what it was",
                remedy="see the account's activities on the venue's own screen; a deposit, withdrawal or dividend is "
                "listed there by itself",
                at_ns=self._clock.now_ns(),
            )
        )


def flow_words(record: FlowRecord) -> str:
    """An entry in a log line: the venue's word for it, and how it counts."""
    what = f"{record.type} {record.symbol}".strip()
    how = "from outside, no part of the result" if record.external else "part of the result"
    return f"{what}, {how} ({record.id})"
