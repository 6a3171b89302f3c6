"""What follows from comparing our book with the venue's. Until a comparison has succeeded nothing new is traded."""

from __future__ import annotations

import logging

from engine.clock import Clock
from engine.journal import Journal
from engine.kernel.dealing import Dealing
from engine.kernel.funding import Funding
from engine.kernel.inbox import Compared
from engine.model import Alert, Level, TradingState, VenueSnapshot
from engine.model.records import ReconciliationRecord

log = logging.getLogger(__name__)

DRIFT = "drift"
"""Id of the alert about a confirmed difference: it stays until a person acknowledges it."""
BLOCKED = "account:blocked"
"""Id of the alert about an account that may not trade; it ends with the block."""
AT_ONCE = ("start", "reconnect", "clock")
"""Comparisons that must succeed before anything new is traded."""
UNASKED = 2
"""So many other comparisons in a row without an answer close the gate too; one lost answer does not."""


class Reckoning:
    """Takes comparisons: adopts what the venue says, journals what differed, opens or closes the gate (R25)."""

    def __init__(self, clock: Clock, *, venue: str, journal: Journal, dealing: Dealing) -> None:
        """`venue`: the broker's name, for alerts."""
        self._clock = clock
        self._venue = venue
        self._journal = journal
        self._dealing = dealing
        self._funding = Funding(clock, venue=venue, journal=journal, portfolio=dealing.portfolio, alarms=dealing.alarms)
        self.account_number = ""
        """The venue's account number, once it has told it."""
        self._unasked = 0
        """How many comparisons in a row could not ask the venue."""

    def take(self, compared: Compared) -> bool:
        """Take one comparison; returns whether the book now equals the venue's.

        The gate (R25) opens only when the venue's order updates are heard too, since before it was asked.
        False asks for another one: the venue could not be asked, or a difference needs a second look.
        """
        if compared.snapshot is None:
            self._refused(compared)
            return False
        return self._compare(compared.snapshot, compared.why)

    def _refused(self, compared: Compared) -> None:
        now_ns = self._clock.now_ns()
        self._unasked += 1
        if compared.why in AT_ONCE or self._unasked >= UNASKED:
            self._dealing.reconciled = False
        record = ReconciliationRecord(now_ns, compared.why, ok=False, reason=compared.problem)
        self._journal.append("reconciliation", "reconciliation", record, now_ns)
        self._not_reconciled(compared.problem)
        log.warning("reconciliation (%s) could not ask the venue: %s", compared.why, compared.problem)

    def _compare(self, snapshot: VenueSnapshot, why: str) -> bool:
        dealing = self._dealing
        now_ns = self._clock.now_ns()
        self._unasked = 0
        self.account_number = snapshot.account.number
        self._blocked(snapshot.account.blocked)
        ours = {position.symbol: position for position in dealing.portfolio.positions()}
        result = dealing.orders.reconcile(snapshot, ours, now_ns)
        dealing.apply(result.changes)
        taken = dealing.portfolio.otherwise(snapshot.positions)
        if not (result.ok and dealing.portfolio.adopt(snapshot)):
            adopted = {each.subject for each in result.differences if each.adopted}
            taken = tuple(held for held in taken if held.symbol in adopted)
            for held in taken:
                dealing.portfolio.take(held)
        self._funding.take(snapshot)
        if result.differences or result.changes.fills or taken or why != "periodic" or not result.ok:
            record = ReconciliationRecord(
                at_ns=now_ns,
                cause=why,
                ok=result.ok,
                orders=result.orders,
                positions=result.positions,
                fills=len(result.changes.fills),
                differences=result.differences,
                taken=taken,
            )
            self._journal.append("reconciliation", "reconciliation", record, now_ns)
        differences = tuple(f"{each.what} {each.subject}: {each.ours} ≠ {each.theirs}" for each in result.differences)
        if result.drift:
            self._drifted(differences)
        dealing.equal_ns = snapshot.at_ns if result.ok else 0
        heard_ns = dealing.heard_since_ns
        if result.ok and heard_ns is not None and snapshot.at_ns >= heard_ns:
            dealing.reconciled = True
            dealing.alarms.clear("reconciliation")
            dealing.flattening.resume()
        elif result.ok:
            dealing.reconciled = False
            if why in ("periodic", "person"):
                self._not_reconciled("the book is equal, but the venue's order updates are not heard")
        else:
            self._not_reconciled("; ".join(differences[:3]) or "a second look is needed")
            dealing.reconciled = False
        dealing.record_account()
        return result.ok

    def _blocked(self, reason: str) -> None:
        """The venue says whether it blocks the account: its orders are refused, exits of ours too."""
        if not reason:
            self._dealing.alarms.clear(BLOCKED)
            return
        self._dealing.alarms.alert(
            Alert(
                id=BLOCKED,
                level=Level.CRITICAL,
                code="account",
                subject="blocked",
                text=f"the venue blocks this account: {reason}",
                remedy="see the venue's own screen; orders that stand there go on to stand",
                at_ns=self._clock.now_ns(),
            )
        )

    def _not_reconciled(self, reason: str) -> None:
        """A comparison with the venue did not succeed: no new risk until one does (R25).

        The first one is a warning, for fills may be under way; what the next look finds again is critical.
        """
        self._dealing.alarms.alert(
            Alert(
                id="reconciliation",
                level=Level.CRITICAL if not self._dealing.reconciled else Level.WARNING,
                code="reconciliation",
                subject=self._venue,
                text=f"not reconciled with the venue: {reason}",
                remedy="it is tried again; `desk reconcile` asks now",
                at_ns=self._clock.now_ns(),
            )
        )

    def _drifted(self, differences: tuple[str, ...]) -> None:
        """Our book and the venue's differed, and the venue is right: take no new risk until a person has looked."""
        now_ns = self._clock.now_ns()
        reason = f"DRIFT: {'; '.join(differences[:3])}"
        risk = self._dealing.risk
        if risk.state is not TradingState.HALTED:
            change = risk.change_state(TradingState.REDUCING, reason, "reconciliation", now_ns, sticky=True)
            self._dealing.enter(change)
        self._dealing.alarms.alert(
            Alert(
                id=DRIFT,
                level=Level.CRITICAL,
                code="drift",
                subject=self._venue,
                text=reason,
                remedy="compare with the venue's own screen, then acknowledge and `desk resume --reason …`",
                at_ns=now_ns,
                until_acknowledged=True,
            )
        )
