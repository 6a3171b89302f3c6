"""Orders: from intent to the last fill, whatever the wire does.

The caller commits each Intent to the journal before its POST, reports every answer, update, lookup and snapshot here,
journals the orders and fills that come back, and carries out the requests. `next_due_ns` tells when to call `due`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from engine.clock import MILLISECOND, SECOND, from_seconds
from engine.config.schema import Config
from engine.errors import DeskError
from engine.model import (
    Answer,
    Draft,
    Fill,
    Intent,
    Level,
    Lookup,
    Order,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Position,
    Quote,
    Role,
    Side,
    VenueSnapshot,
)
from engine.orders.changes import NOTHING, Changes, Exits, LookUp, Outbox, Reconciliation, Resend
from engine.orders.closing import Closer
from engine.orders.exits import ExitWatch
from engine.orders.machine import Track, answered
from engine.orders.plan import ExitPlan
from engine.orders.protect import Protector
from engine.orders.reconcile import Reconciler
from engine.orders.register import Register

ANSWER_LIMIT_NS: Final = 15 * SECOND
"""An intent without an answer for this long is unresolved, whatever became of the task that sent it."""
ALARM_NS: Final = 30 * SECOND
"""An outcome not known for this long is an alert that stays."""
RESENDS: Final = 5
"""Most times one intent is sent again after a definite "not found"."""
LEAST_WAIT_NS: Final = 100 * MILLISECOND
"""Between two calls of `due` that `next_due_ns` asks for."""


class Orders:
    """The order state machine, protective exits, unresolved outcomes and reconciliation. Synchronous, told the time."""

    def __init__(self, config: Config) -> None:
        self._register = Register()
        watch = ExitWatch(config.sizing.marketable_bps)
        self._closer = Closer(self._register, watch, config)
        self._protector = Protector(self._register, watch, self._closer, config)
        self._reconciler = Reconciler(self._register)
        self._grace_ns = from_seconds(config.orders.unresolved_grace_s)
        self._entry_timeout_ns = from_seconds(config.orders.entry_timeout_s)
        self._backoff_ns = tuple(from_seconds(each) for each in config.orders.lookup_backoff_s)
        self._last_due_ns = 0

    # --- what we want

    def intend(
        self,
        signal_id: str,
        ticket_id: str,
        role: Role,
        draft: Draft,
        now_ns: int,
        *,
        strategy: str = "",
        valid_until_ns: int = 0,
        parent: str = "",
    ) -> Intent:
        """An intent to commit and send: entries go this way, exits through `exit`.

        Raises DeskError for a second entry of one signal, and for a quantity that is not above 0.
        """
        return self._register.intend(
            signal_id, ticket_id, role, draft, now_ns, strategy=strategy, valid_until_ns=valid_until_ns, parent=parent
        )

    def exit(
        self,
        signal_id: str,
        ticket_id: str,
        draft: Draft,
        now_ns: int,
        *,
        strategy: str = "",
        valid_until_ns: int = 0,
        reason: str = "",
    ) -> Changes:
        """Close `draft.quantity` of what is held, at the approved limit: one order, at most what is held.

        Orders that hold the quantity (bracket legs, our stops) are cancelled first; the Place request follows from the
        event that confirms the last cancel. Raises DeskError when an exit of the symbol is under way, when the signal
        has had one, or when nothing of ours is held.
        """
        if self._register.attempts(signal_id, Role.EXIT):
            raise DeskError("expected at most one exit per signal, found a second", where=signal_id)
        if not self._register.holdings.held(draft.symbol, draft.side.opposite):
            raise DeskError(f"expected a holding of {draft.symbol} to close, found none of ours", where=signal_id)
        out = Outbox()
        plan = ExitPlan(
            symbol=draft.symbol,
            side=draft.side,
            role=Role.EXIT,
            quantity=draft.quantity,
            signal_id=signal_id,
            reason=reason or "exit",
            ticket_id=ticket_id,
            strategy=strategy,
            draft=draft,
            valid_until_ns=valid_until_ns,
        )
        self._closer.begin(plan, now_ns, out)
        return self._finish(out, now_ns)

    def flatten(self, signal_id: str, now_ns: int, *, reason: str, symbol: str = "") -> Changes:
        """Close everything of ours (or one symbol): cancel what works, then sell at the newest price until flat.

        `signal_id` names the occasion. Takes over exits under way. What has no price yet waits for its next quote.
        """
        out = Outbox()
        self._cancel_entries(now_ns, out, symbol)
        for each in self._register.holdings.symbols:
            if symbol not in ("", each):
                continue
            for side in Side:
                held = self._register.holdings.held(each, side)
                if held > 0:
                    plan = ExitPlan(
                        symbol=each,
                        side=side.opposite,
                        role=Role.FLATTEN,
                        quantity=held,
                        signal_id=f"{signal_id}/{each}",
                        reason=reason,
                        attempts=self._closer.attempts,
                    )
                    self._closer.begin(plan, now_ns, out)
        return self._finish(out, now_ns)

    def cancel(self, client_order_id: str, now_ns: int) -> Changes:
        """Cancel one open order of ours. Raises DeskError for an unknown, closed or EXTERNAL one."""
        track = self._register.get(client_order_id)
        if track is None or not track.open:
            raise DeskError("expected an open order, found none", where=client_order_id)
        if not track.ours:
            raise DeskError(
                "expected an order of ours, found an external one",
                where=client_order_id,
                remedy="cancel it where it was placed",
            )
        out = Outbox()
        self._closer.cancel(track, now_ns, out)
        return self._finish(out, now_ns)

    def cancel_entries(self, now_ns: int) -> Changes:
        """Cancel every working entry and keep protective exits: what the kill switch asks for."""
        out = Outbox()
        self._cancel_entries(now_ns, out, "")
        return self._finish(out, now_ns)

    # --- what happened

    def on_answer(self, intent: Intent, answer: Answer, now_ns: int) -> Changes:
        """The venue's answer to a POST, or the lack of one."""
        out = Outbox()
        self._answer(self._register.commit(intent), answer, now_ns, out)
        return self._finish(out, now_ns)

    def on_cancel(self, client_order_id: str, answer: Answer, now_ns: int) -> Changes:
        """The venue's answer to a cancel request. A refusal means that the order may have ended: it is looked up."""
        out = Outbox()
        track = self._register.get(client_order_id)
        if track is None:
            return NOTHING
        if answer.order is not None:
            self._register.absorb(answer.order, now_ns, out, derive=False)
        elif answer.outcome is Outcome.ACCEPTED:
            if track.order.status in (OrderStatus.WORKING, OrderStatus.PARTIAL, OrderStatus.HELD):
                self._register.put(track, msgspec.structs.replace(track.order, status=OrderStatus.CANCELING), out)
        elif track.open:
            out.requests.append(LookUp(client_order_id))
        return self._finish(out, now_ns)

    def on_update(self, update: OrderUpdate, now_ns: int) -> Changes:
        """An event from the venue's stream: repeated, late and reordered ones are taken in as they come."""
        out = Outbox()
        self._register.execute(update, now_ns, out)
        return self._finish(out, now_ns)

    def on_lookup(self, client_order_id: str, lookup: Lookup, now_ns: int) -> Changes:
        """The answer to a LookUp. A definite "not found" counts only after the grace period."""
        out = Outbox()
        track = self._register.get(client_order_id)
        if track is None:
            return NOTHING
        if lookup.order is not None:
            self._register.absorb(lookup.order, now_ns, out, derive=True)
        elif lookup.known is False:
            self._not_found(track, lookup.reason, now_ns, out)
        return self._finish(out, now_ns)

    def on_quote(self, quote: Quote, now_ns: int) -> Changes:
        """A new price: the exits the engine watches. Returns NOTHING at once for symbols not held."""
        if not self._protector.follows(quote.symbol):
            return NOTHING
        out = Outbox()
        self._protector.on_quote(quote, now_ns, out)
        return self._finish(out, now_ns) if out.requests or out.alerts or out.symbols else NOTHING

    def reconcile(self, snapshot: VenueSnapshot, positions: Mapping[str, Position], now_ns: int) -> Reconciliation:
        """Compare every order and position with the venue's. `positions` are the portfolio's, before these changes."""
        out = Outbox()
        result = self._reconciler.compare(snapshot, positions, now_ns, out)
        if result.ok:
            self._protector.ready = True
        return msgspec.structs.replace(result, changes=self._finish(out, now_ns))

    # --- what the time asks for

    def due(self, now_ns: int) -> Changes:
        """What the time asks for now; harmless to call more often."""
        self._last_due_ns = now_ns
        out = Outbox()
        for track in self._register.open():
            if track.ours:
                self._check(track, now_ns, out)
        for track in list(self._register.gaps.values()):
            self._ask(track, track.gap_ns, now_ns, out)
        self._protector.due(now_ns, out)
        self._register.prune()
        return self._finish(out, now_ns)

    @property
    def next_due_ns(self) -> int | None:
        """When `due` should be called next; None when only an event can ask for anything."""
        moments = [self._ask_ns(track, track.gap_ns) for track in self._register.gaps.values()]
        for track in self._register.open():
            if not track.ours:
                continue
            status = track.order.status
            if status is OrderStatus.INTENT:
                moments.append(track.sent_ns + ANSWER_LIMIT_NS)
            elif status is OrderStatus.UNRESOLVED:
                moments.append(self._ask_ns(track, track.sent_ns))
            elif track.cancels:
                moments.append(self._closer.cancel_due_ns(track))
            elif track.order.role is Role.ENTRY:
                moments.append(track.sent_ns + self._entry_timeout_ns)
        moments += [at for at in (self._protector.next_due_ns(), self._closer.next_due_ns()) if at is not None]
        return max(min(moments), self._last_due_ns + LEAST_WAIT_NS) if moments else None

    # --- what stands

    @property
    def open(self) -> tuple[Order, ...]:
        """Every order that may still execute, oldest first: legs, unresolved and EXTERNAL ones too."""
        return tuple(track.order for track in self._register.open())

    @property
    def unresolved(self) -> tuple[Order, ...]:
        """Orders whose outcome is not known."""
        return tuple(order for order in self.open if order.status is OrderStatus.UNRESOLVED)

    def all(self, limit: int = 200) -> tuple[Order, ...]:
        """The newest `limit` orders, oldest first."""
        return tuple(track.order for track in self._register.newest(limit))

    def get(self, client_order_id: str) -> Order | None:
        """One order."""
        track = self._register.get(client_order_id)
        return None if track is None else track.order

    def working_quantity(self, symbol: str, side: Side) -> Decimal:
        """Σ quantity that open orders on `side` may still execute; stop and target of one entry count once."""
        entries = sum(
            (
                track.order.remaining
                for track in self._register.open(symbol)
                if track.order.side is side and track.order.role in (Role.ENTRY, Role.EXTERNAL)
            ),
            Decimal(0),
        )
        return entries + self._register.committed(symbol, side)

    def held(self, symbol: str) -> Decimal:
        """What our own fills hold of the symbol, signed."""
        holdings = self._register.holdings
        return holdings.held(symbol, Side.BUY) - holdings.held(symbol, Side.SELL)

    def exits(self, symbol: str) -> Exits:
        """How the symbol's holding is protected."""
        return self._protector.exits(symbol)

    def restore(self, record: Intent | Answer | Order | Fill, key: str = "") -> None:
        """Take in one journaled value, in the journal's order. `key` is an Answer's client order id.

        An intent without a later Order or Answer may or may not have been sent: the first `due` looks it up.
        """
        if isinstance(record, Intent):
            self._register.commit(record).sent_ns = 0
        elif isinstance(record, Order):
            self._register.restore_order(record)
        elif isinstance(record, Fill):
            self._register.restore_fill(record)
        else:
            track = self._register.get(key)
            if track is not None:
                self._answer(track, record, track.order.submitted_ns, Outbox())

    # --- inside

    def _finish(self, out: Outbox, now_ns: int) -> Changes:
        """Look again at the protection of every symbol that moved, until nothing moves."""
        while out.symbols:
            symbols = sorted(out.symbols)
            out.symbols.clear()
            self._protector.refresh(symbols, now_ns, out)
        return out.changes()

    def _cancel_entries(self, now_ns: int, out: Outbox, symbol: str) -> None:
        for track in list(self._register.open(symbol or None)):
            if track.order.role is Role.ENTRY:
                self._closer.cancel(track, now_ns, out)

    def _answer(self, track: Track, answer: Answer, now_ns: int, out: Outbox) -> None:
        if answer.order is not None and answer.outcome is Outcome.ACCEPTED:
            self._register.absorb(answer.order, now_ns, out, derive=False)
            return
        if track.known or not track.open:
            return
        self._register.put(track, answered(track.order, answer, now_ns), out)
        if answer.outcome in (Outcome.REJECTED, Outcome.DENIED):
            order = track.order
            out.alert(
                Level.WARNING,
                "order_rejected",
                order.client_order_id,
                f"{order.symbol}: {order.side.value} {order.quantity} {answer.outcome.value}: {answer.reason}",
                "",
                now_ns,
            )

    def _check(self, track: Track, now_ns: int, out: Outbox) -> None:
        """One open order of ours: is something overdue?"""
        order = track.order
        if order.status is OrderStatus.INTENT and now_ns >= track.sent_ns + ANSWER_LIMIT_NS:
            reason = "no answer to the order is known"
            order = msgspec.structs.replace(order, status=OrderStatus.UNRESOLVED, reason=reason)
            self._register.put(track, order, out)
        if order.status is OrderStatus.INTENT:
            return
        if order.status is OrderStatus.UNRESOLVED:
            self._ask(track, track.sent_ns, now_ns, out)
            if not track.alarmed and now_ns >= order.submitted_ns + ALARM_NS:
                self._alarm(track, order.reason or "no answer", now_ns, out)
            return
        overdue = order.role is Role.ENTRY and now_ns >= track.sent_ns + self._entry_timeout_ns
        if track.cancels or overdue:
            self._closer.cancel(track, now_ns, out)

    def _ask_ns(self, track: Track, since_ns: int) -> int:
        backoff = self._backoff_ns[min(track.asks, len(self._backoff_ns) - 1)]
        return max(track.asked_ns, since_ns) + backoff

    def _ask(self, track: Track, since_ns: int, now_ns: int, out: Outbox) -> None:
        if now_ns >= self._ask_ns(track, since_ns):
            track.asks += 1
            track.asked_ns = now_ns
            out.requests.append(LookUp(track.order.client_order_id))

    def _not_found(self, track: Track, reason: str, now_ns: int, out: Outbox) -> None:
        if not track.open:
            return
        if track.known:
            self._alarm(track, reason or "the venue no longer finds an order it had shown", now_ns, out)
            return
        if now_ns < track.sent_ns + self._grace_ns:
            return
        intent = track.intent
        wanted = intent is not None and not track.cancels and now_ns <= intent.valid_until_ns
        if intent is not None and wanted and track.resends < RESENDS:
            track.resends += 1
            track.asks = track.asked_ns = 0
            track.sent_ns = now_ns
            reason = f"the venue did not know it; sent again (time {track.resends})"
            self._register.put(
                track, msgspec.structs.replace(track.order, status=OrderStatus.UNRESOLVED, reason=reason), out
            )
            out.requests.append(Resend(intent))
            return
        self._register.put(
            track,
            msgspec.structs.replace(
                track.order,
                status=OrderStatus.NEVER_PLACED,
                reason=reason or "the venue does not know it and its time is over",
                updated_ns=now_ns,
            ),
            out,
        )

    def _alarm(self, track: Track, reason: str, now_ns: int, out: Outbox) -> None:
        track.alarmed = True
        order = track.order
        out.alert(
            Level.CRITICAL,
            "order_unresolved",
            order.client_order_id,
            f"{order.symbol}: {order.side.value} {order.quantity}: outcome not known ({reason})",
            f"look for order {order.client_order_id} on the venue's own screen; the engine goes on asking",
            now_ns,
            stays=True,
        )
