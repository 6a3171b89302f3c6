"""From a signal to an order and back: risk, tickets, decisions, intents, fills. The one path, whoever decides.

Called by the kernel on the engine's loop. Synchronous: what must be done at the venue is left in `requests`, in order,
and the kernel carries it out after the journal has made it durable.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from decimal import Decimal

import msgspec

from engine.clock import MINUTE, SECOND, Clock
from engine.config import Config
from engine.journal import Journal
from engine.kernel.view import View
from engine.model import (
    Alert,
    Answer,
    Book,
    Decision,
    DecisionKind,
    Draft,
    Fill,
    Instrument,
    Intent,
    Level,
    Lookup,
    Market,
    Mode,
    Order,
    OrderUpdate,
    Outcome,
    Position,
    Protection,
    Quote,
    Role,
    Session,
    Signal,
    StateChange,
    Ticket,
    TicketStatus,
    TradingState,
    Verdict,
)
from engine.model.frames import Push, Reply
from engine.model.records import AnswerRecord
from engine.orders import Changes, Orders, Place, Request, Resend
from engine.portfolio import Portfolio
from engine.risk import Risk
from engine.tickets import Tickets, ticket_id

log = logging.getLogger(__name__)

_LEVELS = {Level.INFO: logging.INFO, Level.WARNING: logging.WARNING, Level.CRITICAL: logging.CRITICAL}

VALUATION_STEP_NS = SECOND
"""The account is judged (R13, R14) at most this often while prices stream, and at every fill."""


class Dealing:
    """Owns what a decision needs: risk, tickets, orders, portfolio. One instance per engine."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        journal: Journal,
        risk: Risk,
        tickets: Tickets,
        orders: Orders,
        portfolio: Portfolio,
        view: View,
        push: Callable[[Push], None],
    ) -> None:
        self._config = config
        self._clock = clock
        self._journal = journal
        self.risk = risk
        self.tickets = tickets
        self.orders = orders
        self.portfolio = portfolio
        self._view = view
        self._push = push
        self.requests: deque[Request] = deque()
        self.instruments: dict[str, Instrument] = {}
        self.halted: set[str] = set()
        self.market = Market(session=Session.UNKNOWN, at_ns=0)
        self.prices_mute = False
        self.reconciled = False
        self.failed = ""
        """Why nothing may be sent any more (a journal that cannot be written); empty while all is well."""
        self.day_ns = 0
        """Start of the trading day that the account's day began with; 0 while it is not known."""
        self._valued_ns = 0
        self._recorded_ns = 0

    # the picture ---------------------------------------------------------------------------------------------------

    def book(self) -> Book:
        """What the controls look at, now."""
        now_ns = self._clock.now_ns()
        return Book(
            now_ns=now_ns,
            account=self.portfolio.account(now_ns),
            positions={position.symbol: position for position in self.portfolio.positions()},
            orders=self.orders.open,
            quotes=self._view.quotes,
            market=self.market,
            instruments=self.instruments,
            halted=frozenset(self.halted),
            prices_mute=self.prices_mute,
            reconciled=self.reconciled,
            venue_exits=self.market.session is Session.REGULAR,
        )

    def positions(self) -> tuple[Position, ...]:
        """Positions with the stop and target that protect them."""
        shown = []
        for position in self.portfolio.positions():
            exits = self.orders.exits(position.symbol)
            shown.append(
                msgspec.structs.replace(
                    position,
                    stop_price=None if exits.stop_price is None else Decimal(exits.stop_price),
                    target_price=None if exits.target_price is None else Decimal(exits.target_price),
                )
            )
        return tuple(shown)

    # signals and tickets ---------------------------------------------------------------------------------------------

    def on_signal(self, signal: Signal) -> None:
        """Judge a signal, open its ticket, and decide it where nobody has to be asked."""
        now_ns = self._clock.now_ns()
        if self.tickets.get(ticket_id(signal.id)) is not None:
            return
        self._journal.append("signal", signal.id, signal, now_ns)
        draft, verdict = self._judge(signal)
        mode = self.tickets.mode(signal.symbol)
        ticket = self.tickets.open(signal, draft, verdict, mode, now_ns)
        self._journal.append("ticket", ticket.id, ticket, now_ns)
        self._push(Push(rev=0, ticket=ticket))
        if not verdict.passed:
            first = verdict.failures[0]
            self.decide(ticket, DecisionKind.BLOCKED, "risk", f"{first.id} {first.control}: {first.reason}")
        elif self.failed:
            self.decide(ticket, DecisionKind.BLOCKED, "engine", self.failed)
        elif mode is Mode.OFF:
            self.decide(ticket, DecisionKind.BLOCKED, "mode", f"mode is off for {signal.symbol}")
        elif mode is Mode.AUTO and draft is not None:
            self.decide(ticket, DecisionKind.AUTO, "autopilot", "mode is auto", verdict)
            self._send(ticket, draft)

    def confirm(self, ticket_id: str, fingerprint: str, by: str) -> Reply:
        """A person confirms: the controls run again on fresh prices, and what was seen must still hold."""
        ticket = self.tickets.get(ticket_id)
        if ticket is None or ticket.status is not TicketStatus.PENDING:
            return _not_pending(ticket_id)
        now_ns = self._clock.now_ns()
        draft, verdict = self._judge(ticket.signal, ticket.draft)
        differences = self.tickets.refusal(ticket, fingerprint, draft, verdict, now_ns)
        if self.failed:
            differences = (*differences, f"engine: {self.failed}")
        if differences or draft is None:
            fresh = self.tickets.refresh(ticket, draft, verdict, "; ".join(differences), now_ns)
            self._journal.append("ticket", fresh.id, fresh, now_ns)
            self._push(Push(rev=0, ticket=fresh))
            return Reply(
                ok=False,
                text=f"not sent: {ticket.signal.side.value} {ticket.signal.symbol} is no longer what you saw",
                difference=differences,
                ticket=fresh,
                remedy="look at it as it is now, then confirm again or reject it",
            )
        self.decide(ticket, DecisionKind.CONFIRMED, by, "", verdict)
        order_id = self._send(ticket, draft)
        return Reply(ok=True, text=f"confirmed: {draft.side.value} {draft.quantity} {draft.symbol} ({order_id})")

    def reject(self, ticket_id: str, reason: str, by: str) -> Reply:
        """A person rejects a ticket."""
        ticket = self.tickets.get(ticket_id)
        if ticket is None or ticket.status is not TicketStatus.PENDING:
            return _not_pending(ticket_id)
        self.decide(ticket, DecisionKind.REJECTED, by, reason)
        return Reply(ok=True, text=f"rejected: {ticket.signal.side.value} {ticket.signal.symbol} ({reason})")

    def decide(
        self, ticket: Ticket, kind: DecisionKind, by: str, reason: str, verdict: Verdict | None = None
    ) -> Decision:
        """End a ticket."""
        now_ns = self._clock.now_ns()
        decision = self.tickets.decide(ticket, kind, by, reason, now_ns, verdict)
        self._journal.append("decision", decision.signal_id, decision, now_ns)
        log.info("%s %s %s by %s %s", signal_words(ticket), kind.value, ticket.id, by, reason)
        self._view.decision(ticket, decision)
        self._push(Push(rev=0, ticket=ticket, decision=decision))
        return decision

    def expire(self) -> None:
        """Expired means rejected."""
        for ticket in self.tickets.expired(self._clock.now_ns()):
            self.decide(ticket, DecisionKind.EXPIRED, "clock", "nobody decided in time")

    def _judge(self, signal: Signal, shown: Draft | None = None) -> tuple[Draft | None, Verdict]:
        book = self.book()
        sized = self.risk.size(signal, book, shown=shown)
        if sized.draft is None:
            return None, self.risk.judge_refusal(signal, sized.reason, book)
        role = Role.EXIT if sized.draft.reduces else Role.ENTRY
        return sized.draft, self.risk.judge(signal, sized.draft, book, role=role, strategy=signal.strategy)

    def _send(self, ticket: Ticket, draft: Draft) -> str:
        """Order what was decided; returns the client order id it has, or will have once its way is clear."""
        signal = ticket.signal
        now_ns = self._clock.now_ns()
        changes, order_id = self.orders.deal(signal, ticket, draft, now_ns)
        self.apply(changes)
        return order_id

    # orders ----------------------------------------------------------------------------------------------------------

    def on_answer(self, intent: Intent, answer: Answer) -> None:
        """The venue answered an order."""
        now_ns = self._clock.now_ns()
        record = AnswerRecord(intent.client_order_id, "submit", answer, now_ns)
        self._journal.append("answer", intent.client_order_id, record, now_ns)
        if answer.outcome is Outcome.REJECTED:
            self.risk.on_message(now_ns)
        self.apply(self.orders.on_answer(intent, answer, now_ns))

    def on_cancel(self, order: Order, answer: Answer) -> None:
        """The venue answered a cancel request."""
        now_ns = self._clock.now_ns()
        record = AnswerRecord(order.client_order_id, "cancel", answer, now_ns)
        self._journal.append("answer", order.client_order_id, record, now_ns)
        self.risk.on_message(now_ns)
        self.apply(self.orders.on_cancel(order, answer, now_ns))

    def on_lookup(self, client_order_id: str, lookup: Lookup) -> None:
        """The venue said whether it knows an order."""
        self.apply(self.orders.on_lookup(client_order_id, lookup, self._clock.now_ns()))

    def on_update(self, update: OrderUpdate) -> None:
        """The venue said something about an order."""
        self.apply(self.orders.on_update(update, self._clock.now_ns()))

    def on_quote(self, quote: Quote) -> None:
        """A price: value the book, watch the exits, judge the account."""
        now_ns = self._clock.now_ns()
        self.portfolio.on_quote(quote)
        changes = self.orders.on_quote(quote, now_ns)
        if changes:
            self.apply(changes)
        if now_ns - self._valued_ns >= VALUATION_STEP_NS:
            self.judge_account()

    def due(self) -> None:
        """Entries to cancel, orders to look up, exits to place: whatever time has brought."""
        self.apply(self.orders.due(self._clock.now_ns()))

    def apply(self, changes: Changes) -> None:
        """Journal and show what changed, and queue what must be done at the venue."""
        now_ns = self._clock.now_ns()
        for fill in changes.fills:
            self._on_fill(fill)
        denied: list[tuple[Intent, Answer]] = []
        for request in changes.requests:
            if isinstance(request, Place):
                refusal = self._intend(request.intent)
                if refusal is not None:
                    denied.append((request.intent, refusal))
                    continue
            if isinstance(request, Resend) and (why := self._withheld(request.intent)):
                denied.append((request.intent, Answer(Outcome.DENIED, f"not sent again: {why}")))
                continue
            self.requests.append(request)
        for order in changes.orders:
            self._journal.append("order", order.client_order_id, order, now_ns)
            self._view.ordered(order)
            self._push(Push(rev=0, order=order))
        for alert in changes.alerts:
            self.alert(alert)
        for alert_id in changes.cleared:
            self.clear_alert(alert_id)
        if changes.fills:
            self.judge_account()
            self.record_account()
        for intent, refusal in denied:
            self.on_answer(intent, refusal)

    def _withheld(self, intent: Intent) -> str:
        """Why an order that the venue never had must not be sent again; empty when it may be."""
        if self.failed:
            return self.failed
        if not _adds(intent):
            return ""
        if self.risk.state is not TradingState.ACTIVE:
            return f"trading is {self.risk.state.value}"
        return "" if self.reconciled else "not reconciled with the venue"

    def _intend(self, intent: Intent) -> Answer | None:
        """Record an intent; one that no ticket stands for (an exit of the engine's, a flatten) gets its verdict here.

        Returns the denial when the controls reject it: no order leaves without a verdict that passed.
        """
        refusal = None
        if not intent.ticket_id:
            book = self.book()
            others = tuple(order for order in book.orders if order.client_order_id != intent.client_order_id)
            book = msgspec.structs.replace(book, orders=others)
            verdict = self.risk.judge(None, intent.draft, book, role=intent.role, strategy=intent.strategy)
            reason = "; ".join(f"{each.id} {each.control}: {each.reason}" for each in verdict.failures)
            kind = DecisionKind.AUTO if verdict.passed else DecisionKind.BLOCKED
            decision = Decision("", intent.signal_id, kind, "engine", reason, intent.at_ns, "", verdict)
            self._journal.append("decision", intent.signal_id, decision, intent.at_ns)
            if not verdict.passed:
                refusal = Answer(Outcome.DENIED, reason)
        if self.failed and refusal is None:
            refusal = Answer(Outcome.DENIED, f"engine: {self.failed}")
        self._journal.append("intent", intent.client_order_id, intent, intent.at_ns)
        if refusal is None:
            self.protect(self.risk.on_intent(intent))
        return refusal

    def _on_fill(self, fill: Fill) -> None:
        self._journal.append("fill", fill.client_order_id, fill, fill.at_ns)
        log.info(
            "fill: %s %s %s at %s (%s, %s)",
            *(fill.side.value, fill.quantity, fill.symbol, fill.price, fill.role.value, fill.client_order_id),
        )
        self._view.fill(fill)
        self._push(Push(rev=0, fill=fill))
        closed = self.portfolio.on_fill(fill)
        if closed is None:
            return
        locks = self.risk.on_closed(closed.symbol, closed.realised, closed.stopped_out, fill.at_ns)
        self.protect(locks)

    def protect(self, locks: tuple[Protection, ...]) -> None:
        """New protections: in the journal, and on the desk through the next frame."""
        for lock in locks:
            self._journal.append("protection", lock.id, lock, self._clock.now_ns())

    # the account and the trading state -------------------------------------------------------------------------------

    def judge_account(self) -> None:
        """Daily loss and drawdown, against the account as it is valued now."""
        now_ns = self._clock.now_ns()
        self._valued_ns = now_ns
        self.portfolio.mark()
        account = self.portfolio.account(now_ns)
        change = self.risk.on_account(account, now_ns)
        if change is not None:
            self.enter(change)
        if now_ns - self._recorded_ns >= MINUTE:
            self.record_account()

    def record_account(self) -> None:
        """Put the account in the journal."""
        now_ns = self._clock.now_ns()
        self._recorded_ns = now_ns
        self._journal.append("account", "account", self.portfolio.account(now_ns), now_ns)

    def enter(self, change: StateChange) -> None:
        """The trading state changed: journal it; HALTED also ends tickets and cancels entries."""
        self._journal.append("state", "state", change, change.at_ns)
        if change.state is not TradingState.ACTIVE:
            self.alert(
                Alert(
                    id=f"state:{change.state.value}",
                    level=Level.CRITICAL if change.state is TradingState.HALTED else Level.WARNING,
                    code="state",
                    subject=change.state.value,
                    text=f"trading is {change.state.value.upper()}: {change.reason}",
                    remedy="`desk resume --reason …` once the cause is gone",
                    at_ns=change.at_ns,
                )
            )
        if change.state is TradingState.HALTED:
            for ticket in self.tickets.pending:
                self.decide(ticket, DecisionKind.REJECTED, change.by, f"trading is halted: {change.reason}")
            self.apply(self.orders.cancel_entries(self._clock.now_ns()))
        if change.state is TradingState.ACTIVE:
            for state in (TradingState.HALTED, TradingState.REDUCING):
                self.clear_alert(f"state:{state.value}")

    def flatten(self, symbol: str, reason: str) -> Reply:
        """Close one position, or with * all: protective legs are cancelled first, then what is held is sold."""
        held = [position for position in self.portfolio.positions() if position.quantity and not position.external]
        chosen = [position for position in held if symbol in ("*", position.symbol)]
        if not chosen:
            return Reply(ok=True, text=f"nothing to close in {'any symbol' if symbol == '*' else symbol}")
        now_ns = self._clock.now_ns()
        for position in chosen:
            quote = self._view.quotes.get(position.symbol)
            self.apply(self.orders.flatten(position, quote, reason, now_ns))
        return Reply(ok=True, text=f"closing {', '.join(position.symbol for position in chosen)}")

    def new_day(self) -> None:
        """A new trading day begins: the day's profit is counted from here."""
        self.portfolio.new_day(self._clock.now_ns())
        self.judge_account()

    # alerts ----------------------------------------------------------------------------------------------------------

    def alert(self, alert: Alert) -> None:
        """Show and journal an alert; one with the same code and subject is replaced, an equal one is not repeated."""
        known = self._view.alerts.get(alert.id)
        if known is not None and known.text == alert.text and known.level is alert.level:
            return
        self._view.alerted(alert)
        log.log(_LEVELS[alert.level], "%s%s", alert.text, f" → {alert.remedy}" if alert.remedy else "")
        self._journal.append("alert", alert.id, alert, alert.at_ns)
        self._push(Push(rev=0, alert=alert))

    def clear_alert(self, alert_id: str) -> bool:
        """An alert no longer holds, or was acknowledged."""
        if self._view.alerts.pop(alert_id, None) is None:
            return False
        self._push(Push(rev=0, alert_gone=alert_id))
        return True

    # what may not go on ----------------------------------------------------------------------------------------------

    def fail(self, reason: str) -> None:
        """Something broke that trading must not survive: halt, and say so. Protective exits stay at the venue."""
        if self.failed:
            return
        self.failed = reason
        self._view.alerts["engine:failed"] = Alert(
            id="engine:failed",
            level=Level.CRITICAL,
            code="engine",
            subject="failed",
            text=f"nothing is sent any more: {reason}",
            remedy="stop the engine, remove the cause, start it again: it reconciles before it trades",
            at_ns=self._clock.now_ns(),
            until_acknowledged=True,
        )
        self._push(Push(rev=0, alert=self._view.alerts["engine:failed"]))
        if self._journal.failure is None:
            self.enter(self.risk.kill(f"the engine failed: {reason}", "engine", self._clock.now_ns()))

    def not_reconciled(self, reason: str) -> None:
        """A comparison with the venue did not succeed: no new risk until one does (R25)."""
        self.alert(
            Alert(
                id="reconciliation",
                level=Level.CRITICAL if not self.reconciled else Level.WARNING,
                code="reconciliation",
                subject=self._config.broker.name,
                text=f"not reconciled with the venue: {reason}",
                remedy="it is tried again; `desk reconcile` asks now",
                at_ns=self._clock.now_ns(),
            )
        )

    def drifted(self, differences: tuple[str, ...]) -> None:
        """Our book and the venue's differed, and the venue is right: take no new risk until a person has looked."""
        now_ns = self._clock.now_ns()
        reason = f"DRIFT: {'; '.join(differences[:3])}"
        if self.risk.state is TradingState.ACTIVE:
            self.enter(self.risk.change_state(TradingState.REDUCING, reason, "reconciliation", now_ns, sticky=True))
        self.alert(
            Alert(
                id="drift",
                level=Level.CRITICAL,
                code="drift",
                subject=self._config.broker.name,
                text=reason,
                remedy="compare with the venue's own screen, then acknowledge and `desk resume --reason …`",
                at_ns=now_ns,
                until_acknowledged=True,
            )
        )

    def adopt(self, symbol: str, quantity: Decimal) -> None:
        """Take over a position's quantity that an earlier run took from the venue: its fills do not explain it."""
        self.portfolio.hold(symbol, quantity)
        self.orders.adopt(symbol, quantity)

    def unknown_symbols(self) -> tuple[str, ...]:
        """Watched symbols whose instrument is not known yet."""
        refused = {alert.subject for alert in self._view.alerts.values() if alert.code == "symbol"}
        return tuple(
            symbol for symbol in self._config.symbols if symbol not in self.instruments and symbol not in refused
        )

    def no_such_symbol(self, symbol: str) -> None:
        """The venue definitely does not know a watched symbol."""
        self.alert(
            Alert(
                id=f"symbol:{symbol}",
                level=Level.WARNING,
                code="symbol",
                subject=symbol,
                text=f"{symbol} does not exist at the venue: its posts are scored, its signals are refused (R20)",
                remedy="correct or remove its [[watchlist]] row",
                at_ns=self._clock.now_ns(),
            )
        )


def signal_words(ticket: Ticket) -> str:
    """A ticket in a log line: what would be traded, and why."""
    signal, draft = ticket.signal, ticket.draft
    size = "" if draft is None else f" {draft.quantity} at {draft.limit_price}"
    return f"{signal.side.value} {signal.symbol}{size} ({signal.reason}):"


def _adds(intent: Intent) -> bool:
    """Whether an order takes new risk."""
    return intent.role is Role.ENTRY and not intent.draft.reduces


def _not_pending(ticket_id: str) -> Reply:
    return Reply(
        ok=False,
        text=f"ticket {ticket_id} is not pending: it expired, was decided, or never was",
        remedy="`desk tickets` lists what is pending",
    )
