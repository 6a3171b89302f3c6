"""From a decision to an order and back: intents, answers, fills, the account, the trading state. One path for all.

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
from engine.kernel.alarms import Alarms
from engine.kernel.flattening import Flattening
from engine.kernel.view import View
from engine.kernel.withholding import adds_risk, shut_for, withheld
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
    Order,
    OrderUpdate,
    Outcome,
    Position,
    Protection,
    Quote,
    Session,
    StateChange,
    Ticket,
    TradingState,
    Verdict,
)
from engine.model.frames import Push
from engine.model.records import AnswerRecord, Difference
from engine.orders import Changes, Orders, Place, Request, Resend
from engine.orders.changes import split_of
from engine.portfolio import Portfolio
from engine.risk import Risk
from engine.tickets import Tickets

log = logging.getLogger(__name__)

VALUATION_STEP_NS = SECOND
"""The account is judged (R13, R14) at most this often while prices stream, and at every fill."""
EQUAL_NS = 90 * SECOND
"""How long a comparison holds for exits while the venue's order updates are not heard: three periods of the default."""


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
        alarms: Alarms,
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
        self.alarms = alarms
        self._view = view
        self._push = push
        self.requests: deque[Request] = deque()
        self.instruments: dict[str, Instrument] = {}
        self.halted: set[str] = set()
        self.market = Market(session=Session.UNKNOWN, at_ns=0)
        self.prices_mute = False
        self.reconciled = False
        self.heard_since_ns: int | None = None
        """Since when the venue's order updates are heard; None while they are not, 0 where there is nothing to hear."""
        self.unheard_ns = 0
        """When they were last lost; 0 while they never were."""
        self.equal_ns = 0
        """As of when the venue last told the same as the book; 0 once it told otherwise."""
        self.failed = ""
        """Why nothing may be sent any more (a journal that cannot be written); empty while all is well."""
        self.flattening = Flattening(clock, journal=journal, view=view, dealing=self)
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
            positions={position.symbol: position for position in self.held()},
            orders=self.orders.at_stake,
            quotes=self._view.quotes,
            market=self.market,
            instruments=self.instruments,
            halted=frozenset(self.halted),
            prices_mute=self.prices_mute,
            reconciled=self.reconciled,
            venue_exits=self.market.session is Session.REGULAR,
        )

    def held(self) -> tuple[Position, ...]:
        """The account's positions, with how much of each is not ours: a venue tells one quantity for both."""
        told = []
        for position in self.portfolio.positions():
            ours = self.orders.held(position.symbol)
            if position.external or ours != position.quantity:
                position = msgspec.structs.replace(position, external=not ours, foreign=position.quantity - ours)
            told.append(position)
        return tuple(told)

    def positions(self) -> tuple[Position, ...]:
        """Positions with the stop and target that protect them."""
        shown = []
        for position in self.held():
            exits = self.orders.exits(position.symbol)
            shown.append(
                msgspec.structs.replace(
                    position,
                    stop_price=None if exits.stop_price is None else Decimal(exits.stop_price),
                    target_price=None if exits.target_price is None else Decimal(exits.target_price),
                )
            )
        return tuple(shown)

    # decisions -------------------------------------------------------------------------------------------------------

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

    def send(self, ticket: Ticket, draft: Draft) -> str:
        """Order what was decided; returns the client order id it has, or will have once its way is clear."""
        signal = ticket.signal
        now_ns = self._clock.now_ns()
        changes, order_id = self.orders.deal(signal, ticket, draft, now_ns)
        self.apply(changes)
        return order_id

    # orders ----------------------------------------------------------------------------------------------------------

    def on_answer(self, intent: Intent, answer: Answer, request: str = "submit") -> None:
        """The venue answered an order; or nobody asked it, since a control denied it (`judge`)."""
        now_ns = self._clock.now_ns()
        record = AnswerRecord(intent.client_order_id, request, answer, now_ns)
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
        changes = self.orders.on_quote(quote, now_ns)
        if not self.orders.jumped(quote.symbol):
            self.portfolio.on_quote(quote)
        if changes:
            self.apply(changes)
        if now_ns - self._valued_ns >= VALUATION_STEP_NS:
            self.judge_account()

    def trades_again(self, symbol: str) -> None:
        """A halt is over: exits that waited for its end are tried at once."""
        self.halted.discard(symbol)
        if self.reconciled:
            self.flattening.resume()
        self.apply(self.orders.try_again(self._clock.now_ns(), symbol))

    def enter_market(self, market: Market) -> None:
        """The market as it is known now: exits that waited for another session are tried at once."""
        changed = market.session is not self.market.session
        self.market = market
        if changed:
            self.apply(self.orders.try_again(self._clock.now_ns()))

    def due(self) -> None:
        """Entries to cancel, orders to look up, exits to place: whatever time has brought."""
        self.apply(self.orders.due(self._clock.now_ns()))

    def apply(self, changes: Changes) -> None:
        """Journal and show what changed, and queue what must be done at the venue."""
        now_ns = self._clock.now_ns()
        for fill in changes.fills:
            self._on_fill(fill)
        denied: list[tuple[Intent, Answer, str]] = []
        for request in changes.requests:
            if isinstance(request, Place):
                refusal = self._intend(request.intent)
                if refusal is not None:
                    denied.append((request.intent, refusal, "judge"))
                    continue
            if isinstance(request, Resend) and (why := self.withheld(request.intent)):
                denied.append((request.intent, Answer(Outcome.DENIED, f"not sent again: {why}"), "submit"))
                continue
            self.requests.append(request)
        for order in changes.orders:
            self._journal.append("order", order.client_order_id, order, now_ns)
            self._view.ordered(order)
            self._push(Push(rev=0, order=order))
        for alert in changes.alerts:
            self.alarms.alert(alert)
        for alert_id in changes.cleared:
            self.alarms.clear(alert_id)
        if changes.fills:
            self.judge_account()
            self.record_account()
        for intent, refusal, by in denied:
            self.on_answer(intent, refusal, by)

    def withheld(self, intent: Intent) -> str:
        """Why an order that is recorded must not be sent now, or again; empty when it may be."""
        return withheld(self, intent, self._clock.now_ns())

    def _intend(self, intent: Intent) -> Answer | None:
        """Record an intent; one that no ticket stands for (an exit of the engine's, a flatten) gets its verdict here.

        Returns the denial when the controls reject it: no order leaves without a verdict that passed.
        """
        refusal = None
        if not intent.ticket_id:
            book = self.book()
            others = tuple(order for order in book.orders if order.client_order_id != intent.client_order_id)
            book = msgspec.structs.replace(book, orders=others, reconciled=self._knows_for(intent))
            verdict = self.risk.judge(None, intent.draft, book, role=intent.role, strategy=intent.strategy)
            reason = "; ".join(f"{each.id} {each.control}: {each.reason}" for each in verdict.failures)
            kind = DecisionKind.AUTO if verdict.passed else DecisionKind.BLOCKED
            decision = Decision("", intent.signal_id, kind, "engine", reason, intent.at_ns, "", verdict)
            self._journal.append("decision", intent.signal_id, decision, intent.at_ns)
            if not verdict.passed:
                refusal = Answer(Outcome.DENIED, reason, retry_after_s=shut_for(self, intent, verdict))
        if self.failed and refusal is None:
            refusal = Answer(Outcome.DENIED, f"engine: {self.failed}")
        self._journal.append("intent", intent.client_order_id, intent, intent.at_ns)
        if refusal is None:
            self.protect(self.risk.on_intent(intent))
        return refusal

    def _knows_for(self, intent: Intent) -> bool:
        """Whether the book is known well enough for this order of the engine's.

        An exit needs no stream: while order updates are not heard, for hours maybe, a comparison since then will do.
        """
        if self.reconciled or adds_risk(intent) or self.heard_since_ns is not None:
            return self.reconciled
        since_ns = max(self.unheard_ns, self._clock.now_ns() - EQUAL_NS)
        return self.equal_ns > 0 and self.equal_ns >= since_ns

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
        locks = self.risk.on_closed(closed.symbol, closed.realised, closed.stopped_out, fill.at_ns, closed.signal_id)
        self.protect(locks)

    def protect(self, locks: tuple[Protection, ...]) -> None:
        """New protections: in the journal, and on the desk through the next frame."""
        for lock in locks:
            self._journal.append("protection", lock.id, lock, self._clock.now_ns())

    # the account and the trading state -------------------------------------------------------------------------------

    def judge_account(self) -> None:
        """Daily loss and drawdown, against the account as it is valued now; in a new trading day from here on."""
        now_ns = self._clock.now_ns()
        self._valued_ns = now_ns
        day_ns = self.risk.session_start_ns(now_ns)
        if 0 < self.day_ns < day_ns:  # before any timer: yesterday's loss is none of today's
            self.day_ns = day_ns
            self.portfolio.new_day()
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
        """The trading state changed: journal it. Unless it is ACTIVE, working entries are cancelled: one that filled
        later would add to what is held. HALTED ends tickets too."""
        self._journal.append("state", "state", change, change.at_ns)
        if change.state is not TradingState.ACTIVE:
            remedy = (
                "it ends by itself with its cause"
                if change.by == "watchdog"
                else "`desk resume --reason …` once the cause is gone"
            )
            alert = Alert(
                id=f"state:{change.state.value}", code="state", subject=change.state.value,
                level=Level.CRITICAL if change.state is TradingState.HALTED else Level.WARNING,
                text=f"trading is {change.state.value.upper()}: {change.reason}", remedy=remedy, at_ns=change.at_ns,
            )  # fmt: skip
            self.alarms.alert(alert)
        if change.state is TradingState.HALTED:
            for ticket in self.tickets.pending:
                self.decide(ticket, DecisionKind.REJECTED, change.by, f"trading is halted: {change.reason}")
        if change.state is not TradingState.ACTIVE:
            self.apply(self.orders.cancel_entries(self._clock.now_ns()))
        else:
            if change.previous is TradingState.HALTED:
                self.flattening.waiting.clear()  # a person trades on
            for state in (TradingState.HALTED, TradingState.REDUCING):
                self.alarms.clear(f"state:{state.value}")

    # what may not go on ----------------------------------------------------------------------------------------------

    def fail(self, reason: str, remedy: str = "") -> None:
        """Something broke that trading must not survive: halt, and say so. Protective exits stay at the venue."""
        if self.failed:
            return
        self.failed = reason
        alert = Alert(
            id="engine:failed", level=Level.CRITICAL, code="engine", subject="failed",
            text=f"nothing is sent any more: {reason}",
            remedy=remedy or "stop the engine, remove the cause, start it again: it reconciles before it trades",
            at_ns=self._clock.now_ns(), until_acknowledged=True,
        )  # fmt: skip
        self.alarms.alert(alert, recorded=False)
        if self._journal.failure is None:
            self.enter(self.risk.kill(f"the engine failed: {reason}", "engine", self._clock.now_ns()))

    def adopt(self, difference: Difference, at_ns: int) -> None:
        """Take over a position's quantity that an earlier run took from the venue at `at_ns`, beyond its fills."""
        split = split_of(difference)
        prices = None if split is None else split.prices
        self.portfolio.hold(difference.subject, Decimal(difference.theirs), prices)
        self.orders.adopt(difference, at_ns)


def signal_words(ticket: Ticket) -> str:
    """A ticket in a log line: what would be traded, and why."""
    signal, draft = ticket.signal, ticket.draft
    size = "" if draft is None else f" {draft.quantity} at {draft.limit_price}"
    return f"{signal.side.value} {signal.symbol}{size} ({signal.reason}):"
