"""The register: what is known of each order changes here: its intent, its executions counted, what our fills hold.

All changes to an order pass through here, whether told by an answer, the stream, a lookup or a snapshot.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.errors import DeskError
from engine.model import (
    ZERO,
    Draft,
    Fill,
    Intent,
    Level,
    Order,
    OrderStatus,
    OrderUpdate,
    Role,
    client_order_id,
    positive,
)
from engine.orders.carrying import Carrying
from engine.orders.changes import Compare, Outbox, alert_id
from engine.orders.holdings import Holdings
from engine.orders.machine import Track, concluded, leg_role, merged, newer, planned
from engine.orders.tally import Execution
from engine.orders.tracks import Tracks

LEG_ASKS: Final = 5
"""How often a bracket without legs is looked up before the engine takes it that the venue carries none."""


class Register(Tracks):
    """Every order known, and the holdings that the fills of ours make."""

    def __init__(self) -> None:
        super().__init__()
        self._entered: set[str] = set()
        self._attempts: dict[tuple[str, Role], int] = {}
        self._executed: dict[str, Decimal] = {}
        self.holdings = Holdings()
        self.carrying = Carrying(self._tracks)

    # --- reading

    def attempts(self, signal_id: str, role: Role) -> int:
        """How many intents of this role the signal has had."""
        return self._attempts.get((signal_id, role), 0)

    def executed(self, symbol: str) -> Decimal:
        """What all executions of the symbol counted in this run come to, signed: of others' orders too."""
        return self._executed.get(symbol, ZERO)

    # --- writing

    def intend(
        self,
        signal_id: str,
        ticket_id: str,
        role: Role,
        draft: Draft,
        now_ns: int,
        *,
        strategy: str,
        valid_until_ns: int,
        parent: str = "",
    ) -> Intent:
        """A new order of ours. Raises DeskError for a second entry of one signal and for quantities no venue takes."""
        if role is Role.EXTERNAL:
            raise DeskError("expected a role of ours, found external", where=signal_id)
        if role is Role.ENTRY and signal_id in self._entered:
            raise DeskError(
                "expected at most one entry per signal, found a second",
                where=signal_id,
                remedy="an unresolved entry is looked up and sent again under its own id, never intended anew",
            )
        if not draft.quantity.is_finite() or draft.quantity <= 0:
            raise DeskError(f"expected a quantity above 0, found {draft.quantity}", where=signal_id)
        attempt = self.attempts(signal_id, role) + 1
        intent = Intent(
            client_order_id=client_order_id(signal_id, role, attempt),
            signal_id=signal_id,
            ticket_id=ticket_id,
            attempt=attempt,
            role=role,
            draft=draft,
            at_ns=now_ns,
            strategy=strategy,
            valid_until_ns=valid_until_ns,
            parent=parent,
        )
        self.commit(intent)
        return intent

    def commit(self, intent: Intent) -> Track:
        """Take in an intent, new or from the journal."""
        track = self._tracks.get(intent.client_order_id)
        if track is None:
            track = self._add(planned(intent), intent)
        elif track.intent is None:
            track.intent = intent
        if intent.role is Role.ENTRY:
            self._entered.add(intent.signal_id)
        key = (intent.signal_id, intent.role)
        self._attempts[key] = max(self._attempts.get(key, 0), intent.attempt)
        return track

    def put(self, track: Track, order: Order, out: Outbox | None) -> None:
        """The order now stands as `order`; tells `out` when that is news, and that its outcome is known again."""
        if out is not None and track.alarmed and order.status is not OrderStatus.UNRESOLVED:
            track.alarmed = False
            out.cleared.append(alert_id("order_unresolved", order.client_order_id))
        if order == track.order:
            return
        track.order = order
        self._place(track)
        if order.replaced_by:
            self._succeed(track, order.replaced_by, out)
        if out is not None:
            out.order(order)

    def absorb(
        self, told: Order, now_ns: int, out: Outbox, *, derive: bool, stamp_ns: int = 0, parent: Track | None = None
    ) -> Track:
        """The venue described an order (and its legs): merge it, and when `derive` count what its filled tells."""
        track = self._tracks.get(told.client_order_id) or self._by_venue_id.get(told.venue_id or "-")
        if track is None:
            track = self._adopt(told, parent, out)
        elif parent is not None and not track.ours:
            self._claim_leg(track, parent, told, out)
        before = track.order
        stamp_ns = told.updated_ns or stamp_ns
        order = merged(before, told, newer=newer(track, told, stamp_ns), known=track.known)
        if concluded(before.status, track.known) and order.status is not before.status:
            out.alert(
                Level.CRITICAL,
                "order_contradicted",
                before.client_order_id,
                f"{before.symbol}: the venue shows an order as {order.status.value} that counted as "
                f"{before.status.value}",
                "compare the order with the venue's own screen",
                now_ns,
                stays=True,
            )
        track.known = True
        track.stamp_ns = max(track.stamp_ns, stamp_ns)
        if order.status is not OrderStatus.UNRESOLVED and before.status is OrderStatus.UNRESOLVED:
            track.asks = track.asked_ns = 0
        self.put(track, order, out)
        if self.carrying.look(track):
            out.requests.append(Compare("replaced"))
        if derive:
            self._derive(track, told.updated_ns or now_ns, out)
        track.legs_known = track.legs_known or bool(told.legs)
        self._watch_gap(track, now_ns)
        for leg in sorted(told.legs, key=lambda leg: not leg.replaced_by):
            self.absorb(leg, now_ns, out, derive=derive, stamp_ns=stamp_ns, parent=track)
        return track

    def execute(self, update: OrderUpdate, now_ns: int, out: Outbox) -> Track:
        """An event: merge its order and count its execution once."""
        quantity, price = update.quantity, update.price
        born = update.event == "new" and quantity is None and update.order.client_order_id not in self._tracks
        track = self.absorb(
            update.order, now_ns, out, derive=not update.execution_id and update.source != "stream",
            stamp_ns=update.at_ns,
        )  # fmt: skip
        if born:
            self.carrying.born(track)
            self._watch_gap(track, now_ns)
        if not update.execution_id or quantity is None or price is None or quantity <= 0 or price <= 0:
            return track
        order = track.order
        self.carrying.executed(track, update.order.filled - quantity)
        execution = track.tally.execution(
            update.execution_id, quantity, price, update.order.filled, order.filled, order.client_order_id
        )
        if execution is not None:
            self._count(track, execution, update.fee, update.at_ns, out)
        self._watch_gap(track, now_ns)
        return track

    def settle(self, track: Track, carries: bool, now_ns: int, out: Outbox) -> None:
        """The venue's position tells whether the order's first quantity is what its predecessor had filled."""
        self.carrying.settle(track, carries)
        self._derive(track, track.order.updated_ns or now_ns, out)
        self._watch_gap(track, now_ns)
        out.symbols.add(track.order.symbol)

    def restore_order(self, order: Order) -> None:
        """An order as journaled."""
        track, gave_way = self._tracks.get(order.client_order_id), None
        if order.parent_id and (track is None or not track.ours):
            gave_way = self._gave_way(order.symbol, order.parent_id, order.role)
        if track is None:
            track = self._add(order, None)
            if order.replaced_by:  # its first word may be that; what replaced it may have been journaled before
                self._succeed(track, order.replaced_by, None)
        elif not track.ours and order.role is not Role.EXTERNAL:
            self._claim(track, order.signal_id, order.role, order.parent_id, None, None)
        track.known = bool(order.venue_id)
        if order.status is not OrderStatus.INTENT:
            track.sent_ns = order.submitted_ns if track.intent is None else track.intent.at_ns
            if order.status is OrderStatus.UNRESOLVED and not track.known:
                track.sent_ns = max(track.sent_ns, order.updated_ns)  # it may have been sent again then
        track.stamp_ns = order.updated_ns if track.known else 0
        self.put(track, order, None)
        predecessor = self._successors.get(order.venue_id) or gave_way
        if predecessor is not None and predecessor.ours and track.ours:
            self._live_on(track, predecessor, None)
        self.carrying.look(track)
        entry = self._tracks.get(order.parent_id)
        if entry is not None and track.intent is None:
            entry.legs_known = True
            self._watch_gap(entry, order.updated_ns)
        self._watch_gap(track, order.updated_ns)

    def restore_fill(self, fill: Fill) -> None:
        """A fill as journaled; one counted already changes nothing.

        One of an order that is journaled after it (a leg that was first seen with it) is of nobody until then: it is
        taken from the entry that the order names.
        """
        track = self._tracks.get(fill.client_order_id)
        if track is None:
            order = Order(
                client_order_id=fill.client_order_id,
                venue_id="",
                symbol=fill.symbol,
                side=fill.side,
                quantity=fill.quantity,
                status=OrderStatus.UNRESOLVED,
                role=Role.EXTERNAL,
            )
            track = self._add(order, None)
        if track.tally.restore(fill.execution_id, fill.quantity, fill.price, fill.cumulative, fill.client_order_id):
            self._hold(track, fill)
            self._at_least_counted(track, None)
            self._watch_gap(track, fill.at_ns)

    # --- inside

    def _adopt(self, told: Order, parent: Track | None, out: Outbox) -> Track:
        """An order we have no intent for: a leg of ours, the successor of a replaced one, or EXTERNAL."""
        track = self._add(
            msgspec.structs.replace(
                told, status=OrderStatus.UNRESOLVED, role=Role.EXTERNAL, filled=ZERO, average_price=None, legs=(),
                signal_id="", parent_id="", reason="",
            ),
            None,
        )  # fmt: skip
        predecessor = self._successors.get(told.venue_id)
        if parent is not None and not parent.ours:
            track.order = msgspec.structs.replace(track.order, parent_id=parent.order.client_order_id)
        elif parent is not None:
            self._claim_leg(track, parent, told, out)
        elif predecessor is not None:
            self._live_on(track, predecessor, out)
        out.order(track.order)
        return track

    def _claim_leg(self, track: Track, parent: Track, told: Order, out: Outbox) -> None:
        """A leg of an order of ours; so is what it has replaced, also where that is shown first, and apart."""
        entry_id, role = parent.entry_id or parent.order.client_order_id, leg_role(told)
        predecessor = self._successors.get(told.venue_id) or self._gave_way(told.symbol, entry_id, role)
        self._claim(track, parent.order.signal_id, role, entry_id, None, out)
        for earlier in () if predecessor is None else predecessor.lineage:
            if not earlier.ours:
                self._claim(earlier, parent.order.signal_id, role, entry_id, None, out)
        if predecessor is not None:
            self._live_on(track, predecessor, out)

    def _gave_way(self, symbol: str, entry_id: str, role: Role) -> Track | None:
        """The leg in whose place the venue shows another: a bracket has one stop and one target at a time.

        Open, or replaced by one that the venue has not shown: there may have been several in between.
        """
        found = None
        unseen = (track for venue_id, track in self._successors.items() if venue_id not in self._by_venue_id)
        for track in (*unseen, *self.open(symbol)):
            leg = track.ours and track.known and track.intent is None and track.order.parent_id == entry_id
            found = track if leg and track.order.role is role else found
        return found

    def _claim(
        self, track: Track, signal_id: str, role: Role, parent_id: str, intent: Intent | None, out: Outbox | None
    ) -> None:
        """An order that looked foreign is ours after all; what it has filled counts in the holdings from now on."""
        track.intent = intent
        if intent is not None and role is not Role.ENTRY:
            track.sent_ns = track.sent_ns or track.order.submitted_ns
        claimed = msgspec.structs.replace(track.order, role=role, signal_id=signal_id, parent_id=parent_id)
        self.put(track, claimed, out)
        own = track.tally.of(track.order.client_order_id)
        if own > 0:
            order = track.order
            self._hold(track, Fill("", order.client_order_id, order.symbol, order.side, own, ZERO, ZERO, 0))

    def _succeed(self, track: Track, venue_id: str, out: Outbox | None) -> None:
        known = self._successors.get(venue_id) is track
        self._successors[venue_id] = track
        successor = self._by_venue_id.get(venue_id)
        if successor is None and track.ours and out is not None and not known:
            out.requests.append(Compare("replaced"))
        if successor is not None and track.ours:
            self._live_on(successor, track, out)
            self.carrying.look(successor)

    def _live_on(self, track: Track, predecessor: Track, out: Outbox | None) -> None:
        """A person has replaced an order of ours at the venue by this one: the same intent, and the same entry."""
        if track.predecessor is not None or track in predecessor.lineage:
            return
        own_id = track.entry_id
        track.predecessor = predecessor
        predecessor.successors.append(track)
        self._inherit(track, predecessor, own_id, out)

    def _inherit(self, track: Track, predecessor: Track, own_id: str, out: Outbox | None) -> None:
        """It is what its predecessor is; so is what had replaced it before that was known.

        An entry that was to be cancelled is so still.
        """
        old = predecessor.order
        if old.role is Role.ENTRY:  # first: what has replaced it learns it while it is claimed
            track.cancels = max(track.cancels, min(predecessor.cancels, 1))
        if not track.ours:
            self._claim(track, old.signal_id, old.role, old.parent_id, predecessor.intent, out)
        elif track.intent is None:
            track.intent = predecessor.intent
        if track.order.role is Role.ENTRY:
            self.holdings.join(track.order, own_id, track.entry_id, *track.meant)
        for successor in track.successors:
            if track.ours and not successor.ours:
                self._inherit(successor, track, "", out)

    def _derive(self, track: Track, at_ns: int, out: Outbox) -> None:
        order = track.order
        known = (positive(price) for price in (order.average_price, order.limit_price, order.stop_price))
        price = next((price for price in known if price is not None), None)
        if price is None:
            return
        for execution in track.tally.missing(order.client_order_id, order.filled, price):
            self._count(track, execution, ZERO, at_ns, out)

    def _count(self, track: Track, execution: Execution, fee: Decimal, at_ns: int, out: Outbox) -> None:
        order = track.order
        fill = Fill(
            execution_id=execution.id,
            client_order_id=order.client_order_id,
            symbol=order.symbol,
            side=order.side,
            quantity=execution.quantity,
            price=execution.price,
            fee=fee,
            at_ns=at_ns,
            signal_id=order.signal_id,
            role=order.role,
            cumulative=execution.cumulative,
        )
        self._hold(track, fill)
        self._executed[fill.symbol] = self.executed(fill.symbol) + fill.quantity * fill.side.sign
        out.fill(fill)
        self._at_least_counted(track, out)
        intent, filled = track.intent, track.counted
        if intent is not None and not track.predecessor and filled > intent.draft.quantity:
            text = f"{order.symbol}: the venue tells {filled} filled of {order.side.value} {intent.draft.quantity}"
            remedy = "compare with the venue's own screen: what is held is counted, and protected, as it tells"
            out.alert(Level.CRITICAL, "order_overfilled", order.client_order_id, text, remedy, at_ns, stays=True)

    def _hold(self, track: Track, fill: Fill) -> None:
        self.holdings.on_fill(track.order, track.entry_id, *track.meant, fill)

    def _at_least_counted(self, track: Track, out: Outbox | None) -> None:
        """An execution proves a filled quantity even where the order's own figure lags."""
        order, tally = track.order, track.tally
        counted = tally.reach(order.client_order_id) if tally.orders else tally.counted
        if order.filled < counted or (order.average_price is None and counted > 0):
            filled = max(order.filled, counted)
            quantity, notional = tally.within(filled) if tally.orders else (counted, tally.notional)
            self.put(track, msgspec.structs.replace(order, filled=filled, average_price=notional / quantity), out)

    def _watch_gap(self, track: Track, now_ns: int) -> None:
        track.legs_known = track.legs_known or track.asks >= LEG_ASKS
        if track.order.filled > track.counted or track.legs_missing:
            if not track.gap_ns:
                track.gap_ns = now_ns
                self.gaps[track.order.client_order_id] = track
        elif track.gap_ns:
            track.gap_ns = track.asks = track.asked_ns = 0
            self.gaps.pop(track.order.client_order_id, None)
