"""Tickets: what a person is asked, and the one answer each of them gets.

Approve what you saw: a confirmation names the fingerprint that was shown. What is sent afterwards is the FRESH draft,
so that its limit price is not stale, and only when it is the same order: same symbol, side, quantity and terms, every
price within `tickets.drift_bps` (or one price step) of the one shown, same trading state, same limits, every control
as shown and passed.
Anything else is refused with the difference in words and numbers, and the ticket is shown anew.

Fail closed: a ticket that has expired can no longer be sent, and one that was decided cannot be decided again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from engine.clock import SECOND, from_seconds
from engine.config import Config
from engine.errors import DeskError
from engine.model import (
    EDITED,
    Decision,
    DecisionKind,
    Draft,
    Edits,
    Mode,
    Signal,
    Ticket,
    TicketStatus,
    Verdict,
    fingerprint,
    price_step,
)

DECIDED_KEPT = 1_000
"""Decided tickets kept, so that a late key is told what became of its ticket."""
EVERY_SYMBOL = "*"
_BPS = Decimal(10_000)


def ticket_id(signal_id: str) -> str:
    """Pure function of the signal's id: `t-<10 hex>`, so that a replay and a restart give the same."""
    return f"t-{hashlib.sha256(signal_id.encode()).hexdigest()[:10]}"


class Tickets:
    """The queue of tickets. Pending ones are bounded by `tickets.ttl_s`, decided ones by DECIDED_KEPT."""

    def __init__(self, config: Config) -> None:
        self._configured = _configured(config)
        self._mode = config.tickets.mode
        self._modes = {symbol: mode for symbol, mode in self._configured.items() if symbol != EVERY_SYMBOL}
        self.reconfigure(config)
        self._pending: dict[str, Ticket] = {}
        self._decided: OrderedDict[str, tuple[Ticket, Decision]] = OrderedDict()

    def reconfigure(self, config: Config) -> None:
        """Another time to live for tickets opened from now on, another drift for every one, other modes.

        A mode that has become stricter replaces a laxer one in force, whoever chose that; one that has become laxer
        replaces what is in force for that symbol, or in general.
        """
        self._ttl_ns = from_seconds(config.tickets.ttl_s)
        self._drift_bps = config.tickets.drift_bps
        before, self._configured = self._configured, _configured(config)
        changed = [
            symbol for symbol in {**before, **self._configured} if before.get(symbol) != self._configured.get(symbol)
        ]
        for symbol in sorted(changed):  # `*` is first: a symbol's own mode stands over it
            was, now = _mode_of(symbol, before), _mode_of(symbol, self._configured)
            if now.reach <= was.reach:
                self._tighten(symbol, now)
            elif symbol == EVERY_SYMBOL:
                self._mode = now
            elif symbol in self._configured:
                self._modes[symbol] = now
            else:
                self._modes.pop(symbol, None)

    def _tighten(self, symbol: str, mode: Mode) -> None:
        """Set a mode where a laxer one is in force; stricter ones stay."""
        if symbol == EVERY_SYMBOL:
            self._mode = self._mode.stricter(mode)
            apart = self._modes.keys() - self._configured.keys()
            self._modes |= {each: self._modes[each].stricter(mode) for each in apart}
        else:
            self._modes[symbol] = self.mode(symbol).stricter(mode)

    # The queue

    def open(self, signal: Signal, draft: Draft | None, verdict: Verdict, mode: Mode, now_ns: int) -> Ticket:
        """Put a signal up for decision. It expires with the signal, and after `tickets.ttl_s` at the latest.

        Raises DeskError when the signal already has a ticket.
        """
        id = ticket_id(signal.id)
        if id in self._pending or id in self._decided:
            raise DeskError(
                f"expected a signal without a ticket, found {signal.id} with {id}",
                where="tickets",
                remedy="one signal has one ticket; refresh it instead",
            )
        expires_ns = min(signal.expires_ns, now_ns + self._ttl_ns)
        seen = fingerprint(signal, draft, verdict)
        ticket = Ticket(id, 1, signal, draft, verdict, now_ns, expires_ns, mode, seen)
        self._pending[id] = ticket
        return ticket

    @property
    def pending(self) -> tuple[Ticket, ...]:
        """Waiting for a decision, oldest first."""
        return tuple(self._pending.values())

    @property
    def closed(self) -> tuple[tuple[Ticket, Decision], ...]:
        """The newest decided tickets, oldest first."""
        return tuple(self._decided.values())

    def get(self, id: str) -> Ticket | None:
        """A ticket as it stands now, pending or decided lately."""
        return self._decided[id][0] if id in self._decided else self._pending.get(id)

    def refresh(
        self,
        ticket: Ticket,
        draft: Draft | None,
        verdict: Verdict,
        note: str,
        now_ns: int,
        edits: Edits | None = None,
    ) -> Ticket:
        """Show a pending ticket anew: next revision, new fingerprint, the same end. `note` says what differed.

        `edits` are a person's changes that `draft` has; without them those made before stay.

        Raises DeskError when it is no longer pending, or has expired.
        """
        standing = self._standing(ticket.id)
        if now_ns >= standing.expires_ns:
            raise self._late(standing, now_ns)
        fresh = msgspec.structs.replace(
            standing,
            revision=standing.revision + 1,
            draft=draft,
            verdict=verdict,
            fingerprint=fingerprint(standing.signal, draft, verdict),
            note=note,
            edits=standing.edits if edits is None else edits,
        )
        self._pending[ticket.id] = fresh
        return fresh

    def expired(self, now_ns: int) -> tuple[Ticket, ...]:
        """Pending tickets whose time is over, oldest first. Each is to be decided EXPIRED."""
        return tuple(ticket for ticket in self._pending.values() if now_ns >= ticket.expires_ns)

    @property
    def next_expiry_ns(self) -> int | None:
        """When the next pending ticket expires; None when there is none."""
        if not self._pending:
            return None
        return min([ticket.expires_ns for ticket in self._pending.values()])

    # The decision

    def refusal(
        self, ticket: Ticket, fingerprint: str, draft: Draft | None, verdict: Verdict, now_ns: int
    ) -> tuple[str, ...]:
        """What no longer holds of what a person saw, in words and numbers; empty means go.

        `fingerprint` is the one they approve, `draft` and `verdict` are fresh.
        """
        standing = self._pending.get(ticket.id)
        if standing is None:
            return (f"ticket {ticket.id} is no longer pending",)
        return tuple(self._differences(standing, fingerprint, draft, verdict, now_ns))

    def decide(
        self, ticket: Ticket, kind: DecisionKind, by: str, reason: str, now_ns: int, verdict: Verdict | None = None
    ) -> Decision:
        """Close a ticket, exactly once. `verdict` is the second run's; CONFIRMED and AUTO need one that passed.

        Raises DeskError when the ticket is not pending, was shown anew since, has expired (only EXPIRED, REJECTED and
        BLOCKED can follow), or would be sent without a passed verdict.
        """
        standing = self._standing(ticket.id)
        if kind.sends:
            self._may_send(ticket, standing, verdict, now_ns)
        decision = Decision(standing.id, standing.signal.id, kind, by, reason, now_ns, standing.fingerprint, verdict)
        self._close(standing, decision)
        return decision

    # Who decides

    @property
    def modes(self) -> dict[str, Mode]:
        """The general mode under `*`, and each symbol's own."""
        return {EVERY_SYMBOL: self._mode, **self._modes}

    def mode(self, symbol: str) -> Mode:
        """The symbol's own mode, else the general one."""
        return self._modes.get(symbol, self._mode)

    def set_mode(self, symbol: str, mode: Mode) -> None:
        """Set a symbol's own mode, or with `*` the general one.

        A general CONFIRM or OFF ends every symbol's own mode: who calls everything back means everything. A general
        AUTO leaves symbols that were set apart as they are.
        """
        if symbol != EVERY_SYMBOL:
            self._modes[symbol] = mode
            return
        self._mode = mode
        if mode is not Mode.AUTO:
            self._modes.clear()

    def restore(self, record: Ticket | Decision) -> None:
        """Take a ticket or decision from the journal, in order."""
        if isinstance(record, Ticket):
            if record.id not in self._decided:
                self._pending[record.id] = record
        elif record.ticket_id in self._pending:
            self._close(self._pending[record.ticket_id], record)

    def _differences(
        self, standing: Ticket, seen: str, draft: Draft | None, verdict: Verdict, now_ns: int
    ) -> Iterator[str]:
        if seen != standing.fingerprint:
            yield (
                f"what you approve ({seen or 'nothing'}) is not what is shown now "
                f"({standing.fingerprint}, revision {standing.revision})"
            )
        if now_ns >= standing.expires_ns:
            yield f"expired {(now_ns - standing.expires_ns) / SECOND:.1f} s ago"
        if Mode.OFF in (standing.mode, self.mode(standing.signal.symbol)):
            yield "mode is off: signals are shown only"
        yield from self._order_differences(standing.draft, draft)
        shown = standing.verdict
        if verdict.state is not shown.state:
            yield f"trading state {shown.state.value} → {verdict.state.value}"
        if verdict.limits_hash != shown.limits_hash:
            yield f"limits {shown.limits_hash} → {verdict.limits_hash}"
        for result in verdict.failures:
            yield f"{result.id} {result.control} rejects: {result.reason}"
        failed = {(result.id, result.control) for result in shown.failures}
        for result in verdict.controls:
            if result.passed and (result.id, result.control) in failed:
                yield f"{result.id} {result.control} rejected when shown, passes now: {result.reason}"
        if not verdict.passed and not verdict.failures:
            yield "the verdict did not pass"

    def _order_differences(self, shown: Draft | None, fresh: Draft | None) -> Iterator[str]:
        if shown is None or fresh is None:
            yield "nothing could be sized now" if fresh is None else "no order was shown"
            return
        for name in ("symbol", "side", "quantity", "time_in_force", "extended_hours", "reduces"):
            before, after = getattr(shown, name), getattr(fresh, name)
            if not _same(before, after):
                yield f"{_WORDS.get(name, name)} {_shown(before)} → {_shown(after)}"
        for name in ("reference_price", "limit_price", "stop_price", "target_price"):
            before, after = getattr(shown, name), getattr(fresh, name)
            if before is None and after is None:
                continue
            moved = _moved_bps(before, after)
            if moved is None:
                yield f"{_WORDS[name]} {_shown(before)} → {_shown(after)}"
            elif moved > self._drift_bps and (name == "reference_price" or abs(after - before) > price_step(before)):
                yield f"{_WORDS[name]} {before} → {after}: moved {moved:.1f} bps, limit {self._drift_bps}"

    def _may_send(self, ticket: Ticket, standing: Ticket, verdict: Verdict | None, now_ns: int) -> None:
        if now_ns >= standing.expires_ns:
            raise self._late(standing, now_ns)
        if ticket.fingerprint != standing.fingerprint:
            raise DeskError(
                f"expected revision {standing.revision} of {standing.id}, found {ticket.revision}",
                where="tickets",
                remedy="look at it again",
            )
        if verdict is None or not verdict.passed or standing.draft is None:
            failed = "none" if verdict is None else ", ".join(result.id for result in verdict.failures) or "no order"
            raise DeskError(
                f"expected a passed verdict before {standing.id} is sent, found {failed}",
                where="tickets",
                remedy="judge the fresh draft and pass its verdict",
            )

    def _standing(self, id: str) -> Ticket:
        ticket = self._pending.get(id)
        if ticket is not None:
            return ticket
        if id in self._decided:
            decision = self._decided[id][1]
            found = f"{decision.kind.value} by {decision.by}"
        else:
            found = "no such ticket"
        raise DeskError(
            f"expected a pending ticket, found {id}: {found}", where="tickets", remedy="`desk tickets` lists them"
        )

    @staticmethod
    def _late(ticket: Ticket, now_ns: int) -> DeskError:
        late = (now_ns - ticket.expires_ns) / SECOND
        return DeskError(
            f"expected a ticket in time, found {ticket.id} expired {late:.1f} s ago",
            where="tickets",
            remedy="expired means rejected; wait for the next signal",
        )

    def _close(self, standing: Ticket, decision: Decision) -> None:
        del self._pending[standing.id]
        decided = msgspec.structs.replace(standing, status=TicketStatus.DECIDED)
        self._decided[standing.id] = (decided, decision)
        if len(self._decided) > DECIDED_KEPT:
            self._decided.popitem(last=False)


_WORDS = {
    "quantity": "size",
    "time_in_force": "time in force",
    "extended_hours": "extended hours",
    "reference_price": "price",
    "limit_price": "limit",
    "stop_price": "stop",
    "target_price": "target",
}


def edited(by: str, asked: Edits, before: Draft | None, after: Draft) -> str:
    """What an edit made of an order, in words: what the person asked for, and apart from it what the desk has sized
    anew for it, at the price of now."""
    names = asked.__struct_fields__
    pairs = {name: (getattr(before, name, None), getattr(after, name)) for name in names}
    words = {name: f"{_WORDS[name]} {_shown(old)} → {_shown(new)}" for name, (old, new) in pairs.items() if old != new}
    theirs = ", ".join(word for name, word in words.items() if getattr(asked, name) is not None)
    ours = ", ".join(word for name, word in words.items() if getattr(asked, name) is None)
    anew = f"; sized anew by the desk at {after.reference_price}: {ours}" if ours else ""
    return f"{EDITED} {by}: {theirs or 'nothing differs'}{anew}"


def _same(before: object, after: object) -> bool:
    """Equal, and a number: NaN is not the same as NaN, and comparing it must not raise."""
    if isinstance(before, Decimal) and isinstance(after, Decimal):
        return before.is_finite() and after.is_finite() and before == after
    return before == after


def _moved_bps(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    """Distance in basis points of the price shown; None when one of them is missing or no positive number."""
    if before is None or after is None or not before.is_finite() or not after.is_finite() or before <= 0 or after <= 0:
        return None
    return abs(after - before) * _BPS / before


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return str(getattr(value, "value", value))


def _configured(config: Config) -> dict[str, Mode]:
    """The configuration's general mode under `*`, and those of symbols that have their own."""
    return {EVERY_SYMBOL: config.tickets.mode} | {row.symbol: row.mode for row in config.watchlist if row.mode}


def _mode_of(symbol: str, modes: dict[str, Mode]) -> Mode:
    return modes.get(symbol, modes[EVERY_SYMBOL])
