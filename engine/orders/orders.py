"""Orders: from intent to the last fill, whatever the wire does.

The caller commits each Intent to the journal before its POST, reports every answer, update, lookup and snapshot here,
journals the orders and fills that come back, and carries out the requests. `next_due_ns` tells when to call `due`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from engine.config import Config
from engine.errors import DeskError
from engine.model import (
    Alert,
    Answer,
    Draft,
    Fill,
    Intent,
    Level,
    Lookup,
    Order,
    OrderStatus,
    OrderUpdate,
    Position,
    Quote,
    Role,
    Side,
    Signal,
    Ticket,
    VenueSnapshot,
    client_order_id,
)
from engine.model.records import Difference
from engine.orders.agenda import Agenda
from engine.orders.answers import Answers
from engine.orders.changes import NOTHING, Changes, Compare, Exits, Outbox, Place, Reconciliation, split_of
from engine.orders.closing import Closer
from engine.orders.exits import ExitWatch
from engine.orders.inquiry import Inquiry
from engine.orders.machine import OURS_TO_CONCLUDE
from engine.orders.plan import ExitPlan
from engine.orders.protect import Protector
from engine.orders.reconcile import Reconciler
from engine.orders.register import Register
from engine.orders.standing import COIN_FEE, FEE, SETTLING_NS


class Orders:
    """The order state machine, protective exits, unresolved outcomes and reconciliation. Synchronous, told the time."""

    def __init__(self, config: Config) -> None:
        self._register = Register()
        watch = ExitWatch(config)
        self._closer = Closer(self._register, watch, config)
        self._protector = Protector(self._register, watch, self._closer, config)
        self._answers = Answers(self._register, self._protector)
        self._reconciler = Reconciler(self._register)
        self._inquiry = Inquiry(self._register, config)
        self._agenda = Agenda(self._register, self._inquiry, self._closer, self._protector, config)

    def reconfigure(self, config: Config) -> None:
        """Price exits by other settings from now on; timeouts stay."""
        self._closer.reconfigure(config)

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
        self._agenda.changed()
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
            symbol=draft.symbol, side=draft.side, role=Role.EXIT, quantity=draft.quantity, signal_id=signal_id,
            reason=reason or "exit", ticket_id=ticket_id, strategy=strategy, draft=draft, valid_until_ns=valid_until_ns,
        )  # fmt: skip
        self._closer.begin(plan, now_ns, out)
        return self._finish(out, now_ns)

    def deal(self, signal: Signal, ticket: Ticket, draft: Draft, now_ns: int) -> tuple[Changes, str]:
        """Carry out a decided ticket: an entry is placed, a draft that reduces goes through `exit`.

        Returns what follows and the client order id the order has, or will have once its way is clear. A refusal is an
        alert among the changes. The intent is not sent again after the signal's expiry.
        """
        role = Role.EXIT if draft.reduces else Role.ENTRY
        order_id = client_order_id(signal.id, role, 1)
        strategy, until = signal.strategy, signal.expires_ns
        try:
            if role is Role.EXIT:
                changes = self.exit(
                    signal.id, ticket.id, draft, now_ns, strategy=strategy, valid_until_ns=until, reason="exit signal"
                )
                return changes, order_id
            intent = self.intend(signal.id, ticket.id, role, draft, now_ns, strategy=strategy, valid_until_ns=until)
        except DeskError as error:
            out = Outbox()
            text = f"{draft.symbol}: not sent: {error.message}"
            out.alert(Level.WARNING, "order_refused", order_id, text, error.remedy, now_ns)
            return out.changes(), order_id
        order = self._register.track(intent.client_order_id).order
        return Changes(orders=(order,), requests=(Place(intent),)), order_id

    def flatten(self, position: Position, quote: Quote | None, reason: str, now_ns: int) -> Changes:
        """Close what is ours of a position: cancel what works, then sell at the newest price until flat.

        What a working entry fills before its cancel arrives is sold too, also where nothing is held yet. Takes over
        exits under way. Without a quote what it was last valued at stands in. Tries `orders.exit_attempts` times.
        """
        out = Outbox()
        symbol, quantity = position.symbol, position.quantity
        entries = [track for track in self._register.open(symbol) if track.order.role is Role.ENTRY]
        for track in entries:
            self._closer.cancel(track, now_ns, out)
        sides = [Side.BUY if quantity > 0 else Side.SELL] if quantity else [track.order.side for track in entries]
        side = sides[0] if sides else Side.BUY
        held = self._register.holdings.held(symbol, side)
        if held < abs(quantity):
            text = f"{symbol}: {abs(quantity) - held} of {quantity} is not ours and stays open"
            out.alert(Level.WARNING, "flatten_external", symbol, text, "close it where it was opened", now_ns)
        if held > 0 or entries:
            plan = ExitPlan(
                symbol=symbol, side=side.opposite, role=Role.FLATTEN, quantity=held, reason=reason,
                signal_id=f"flatten-{symbol}-{now_ns}", attempts=self._closer.attempts,
                valued=None if position.price is None else (position.price, position.price_ns),
            )  # fmt: skip
            self._closer.watch(symbol, quote)
            self._closer.begin(plan, now_ns, out)
        return self._finish(out, now_ns)

    def cancel(self, client_order_id: str, now_ns: int) -> Changes:
        """Cancel one open order of ours; NOTHING for an unknown, closed or EXTERNAL one.

        One whose outcome is not known is cancelled as soon as the venue shows it, and not sent again.
        """
        track = self._register.get(client_order_id)
        if track is None or not track.open or not track.ours:
            return NOTHING
        out = Outbox()
        self._closer.cancel(track, now_ns, out)
        return self._finish(out, now_ns)

    def cancel_entries(self, now_ns: int, *, leaving: bool = False) -> Changes:
        """Cancel every working entry and keep protective exits: what the kill switch asks for.

        `leaving`: nobody will be here to place a stop that is missing; it is placed soon.
        """
        if leaving:
            self._protector.hurry()
        out = Outbox()
        self._closer.cancel_entries(now_ns, out)
        return self._finish(out, now_ns)

    # --- what happened

    def on_answer(self, intent: Intent, answer: Answer, now_ns: int) -> Changes:
        """The venue's answer to a POST, or the lack of one.

        A refused exit may mean that a leg has sold what it was to sell: the entries with their legs are looked up.
        """
        out = Outbox()
        self._answers.posted(self._register.commit(intent), answer, now_ns, out)
        return self._finish(out, now_ns)

    def on_cancel(self, order: Order, answer: Answer, now_ns: int) -> Changes:
        """The venue's answer to a cancel request.

        A refusal means that the order may have ended: it is looked up, unless the venue had too many requests.
        """
        out = Outbox()
        track = self._register.get(order.client_order_id)
        if track is None:
            return NOTHING
        self._answers.canceled(track, answer, now_ns, out)
        return self._finish(out, now_ns)

    def on_update(self, update: OrderUpdate, now_ns: int) -> Changes:
        """An event from the venue's stream: repeated, late and reordered ones are taken in as they come."""
        out = Outbox()
        self._register.execute(update, now_ns, out)
        return self._finish(out, now_ns)

    def on_lookup(self, client_order_id: str, lookup: Lookup, now_ns: int) -> Changes:
        """The answer to a LookUp. A definite "not found" counts only where it was asked after the grace period."""
        out = Outbox()
        track = self._register.get(client_order_id)
        if track is None:
            return NOTHING
        if lookup.order is not None:
            derive = track.ours or not self._inquiry.ancestors(track, out)
            self._register.absorb(lookup.order, now_ns, out, derive=derive)
        elif lookup.known is False:
            self._inquiry.not_found(track, lookup.reason, lookup.asked_ns or now_ns, now_ns, out)
        return self._finish(out, now_ns)

    def on_quote(self, quote: Quote, now_ns: int) -> Changes:
        """A new price: the exits the engine watches. Returns NOTHING at once for symbols not held."""
        if not self._protector.follows(quote.symbol):
            return NOTHING
        out = Outbox()
        self._protector.on_quote(quote, now_ns, out)
        return self._finish(out, now_ns) if out.requests or out.alerts or out.cleared or out.symbols else NOTHING

    def reconcile(self, snapshot: VenueSnapshot, positions: Mapping[str, Position], now_ns: int) -> Reconciliation:
        """Compare every order and position with the venue's. `positions` are the portfolio's, before these changes."""
        out = Outbox()
        result = self._reconciler.compare(snapshot, positions, now_ns, out)
        for split in result.splits:
            self._protector.split(split, now_ns, out)
        for difference in result.differences:
            if difference.adopted:
                self._protector.trim(difference.subject, now_ns, out)
        if result.ok:
            self._protector.ready = self._inquiry.ready = True
            out.symbols.update(track.order.symbol for track in self._register.awaited())
            self._register.complete_ns = snapshot.at_ns - SETTLING_NS
            self._protector.settle(snapshot.at_ns, [split.symbol for split in result.splits], out)
        return msgspec.structs.replace(result, changes=self._finish(out, now_ns))

    # --- what the time asks for

    def due(self, now_ns: int) -> Changes:
        """What the time asks for now; harmless to call more often."""
        out = Outbox()
        self._agenda.look(now_ns, out)
        self._register.prune()
        return self._finish(out, now_ns)

    @property
    def next_due_ns(self) -> int | None:
        """When `due` should be called next; None when only an event can ask for anything."""
        return self._agenda.next_due_ns

    # --- what stands

    @property
    def open(self) -> tuple[Order, ...]:
        """Every order that may still execute, oldest first: legs, unresolved and EXTERNAL ones too."""
        return tuple(track.order for track in self._register.open())

    @property
    def at_stake(self) -> tuple[Order, ...]:
        """Every order that may still execute, or has and is not in what is held yet: `filled` is what was counted."""
        return tuple(self._register.at_stake())

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

    def held(self, symbol: str) -> Decimal:
        """What our own fills hold of the symbol, signed."""
        holdings = self._register.holdings
        return holdings.held(symbol, Side.BUY) - holdings.held(symbol, Side.SELL)

    def jumped(self, symbol: str) -> bool:
        """Whether the symbol's price is not to be valued at yet: it may be that of a split holding."""
        return self._protector.jumped(symbol)

    def flattening(self, symbol: str) -> bool:
        """Whether a flatten of the symbol is under way."""
        return any(plan.role is Role.FLATTEN for plan in self._closer.of(symbol))

    def leaving(self, symbol: str) -> str:
        """Why the symbol is being left already: no second exit goes beside that one; empty when none is under way."""
        return next((plan.reason for plan in self._closer.of(symbol)), "")

    def try_again(self, now_ns: int, symbol: str = "") -> Changes:
        """What kept the symbol's exits back, or with none named all of them, is over: what a control has denied is
        placed now."""
        out = Outbox()
        for each in [symbol] if symbol else sorted({*self._register.holdings.symbols, *self._closer.symbols}):
            self._closer.try_again(each, now_ns, out)
        return self._finish(out, now_ns)

    def exits(self, symbol: str) -> Exits:
        """How the symbol's holding is protected."""
        return self._protector.exits(symbol)

    def adopt(self, difference: Difference, at_ns: int) -> None:
        """Take over a position as a reconciliation before a restart found it at `at_ns`: no lot holds more."""
        symbol, held, holdings = difference.subject, Decimal(difference.theirs), self._register.holdings
        split = split_of(difference)
        if split is not None:
            self._protector.was_split(split, at_ns)
        elif difference.cause == FEE and holdings.fees(symbol, held, COIN_FEE):
            return
        holdings.adopt(symbol, held)

    def restore(self, record: Intent | Answer | Order | Fill | Quote, key: str = "") -> None:
        """Take in one journaled value, in the journal's order. `key` is the client order id an Answer to a POST is for.

        Answers to cancel requests are not taken. An intent without a later Order or Answer may or may not have been
        sent: the first `due`, which is asked for at once, looks it up and sees to the protection of what is held.
        """
        self._agenda.restored()
        self._inquiry.ready = False
        if isinstance(record, Intent):
            track = self._register.commit(record)
            if track.order.status is OrderStatus.INTENT:
                track.sent_ns = 0
        elif isinstance(record, Order):
            self._register.restore_order(record)
        elif isinstance(record, Fill):
            self._register.restore_fill(record)
            self._protector.traded(record)
        elif isinstance(record, Quote):
            self._protector.last_quoted(record)
        else:
            asked = self._register.get(key)
            if asked is not None:
                self._answers.posted(asked, record, asked.order.submitted_ns, Outbox())

    def alarmed(self, alert: Alert) -> None:
        """An alert from before a restart stands: one about an outcome or an exit ends with what it is about."""
        track = self._register.get(alert.subject)
        if alert.code == "order_unresolved" and track is not None:
            track.alarmed = True
        elif alert.code == "exit_failed":
            self._closer.failed(alert.subject)
        elif alert.code == "stop_refused":
            self._protector.refused(alert.subject)

    def wanted(self, client_order_id: str) -> bool:
        """Whether it may still be sent: nobody has asked to cancel it, and it has not been given up."""
        track = self._register.get(client_order_id)
        return track is None or not (track.cancels or track.order.status in OURS_TO_CONCLUDE)

    def unwanted(self, client_order_id: str) -> None:
        """A person had asked to cancel it before a restart: it is not sent again, and the venue is asked once more."""
        track = self._register.get(client_order_id)
        if track is not None and track.open and track.ours:
            track.cancels = max(track.cancels, 1)
            self._agenda.changed()

    # --- inside

    def _finish(self, out: Outbox, now_ns: int) -> Changes:
        """Look again at the protection of every symbol that moved, until nothing moves."""
        self._agenda.changed()
        coins = (fill.client_order_id for fill in out.fills if "/" in fill.symbol and fill.role is Role.ENTRY)
        if any(not self._register.track(bought).open for bought in coins):  # its parts may come many a second
            out.requests.append(Compare("fill"))  # the fee may have been taken in the coin
        for fill in out.fills:
            self._protector.traded(fill)
        while out.symbols:
            symbols = sorted(out.symbols)
            out.symbols.clear()
            self._protector.refresh(symbols, now_ns, out)
        return out.changes()
