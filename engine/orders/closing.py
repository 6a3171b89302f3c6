"""Carries exits through: what is in an exit's way is cancelled first, then it is placed for no more than is held."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from engine.clock import SECOND, from_seconds
from engine.config import Config
from engine.errors import DeskError
from engine.model import ZERO, Level, OrderStatus, Quote, Role
from engine.orders.changes import Cancel, Outbox, Place, alert_id
from engine.orders.exits import ExitWatch
from engine.orders.machine import Track
from engine.orders.plan import ExitPlan
from engine.orders.pricing import Pricing
from engine.orders.register import Register

SLOW_RETRY_NS: Final = 60 * SECOND
"""Between attempts of a stop exit once its quick attempts are used up, and of a target that is refused."""
REFUSED_RETRY_NS: Final = SECOND
"""After the venue refused an exit."""
_KEEP_TRYING: Final = (Role.STOP, Role.FLATTEN)


class Closer:
    """The exits under way, at most one per entry, or one for a whole symbol."""

    def __init__(self, register: Register, watch: ExitWatch, config: Config) -> None:
        self._register = register
        self._holdings = register.holdings
        self._watch = watch
        self._pricing = Pricing(register, watch)
        self._plans: dict[tuple[str, str], ExitPlan] = {}
        self._failed: dict[str, set[str]] = {}
        """Symbols of which an alert says that something could not be closed: of which entries; empty for all of it."""
        self.attempts = config.orders.exit_attempts
        """Orders that a stop or a flatten may place before a person is called."""
        self._exit_timeout_ns = from_seconds(config.orders.exit_timeout_s)
        self._entry_timeout_ns = from_seconds(config.orders.entry_timeout_s)
        self._backoff_ns = tuple(from_seconds(each) for each in config.orders.lookup_backoff_s)
        self._patience_ns = self.attempts * self._exit_timeout_ns
        """How long an exit that must happen may wait before a person is called."""
        self.reconfigure(config)

    def reconfigure(self, config: Config) -> None:
        """Other prices to sell at from now on."""
        self._watch.reconfigure(config)

    def begin(self, plan: ExitPlan, now_ns: int, out: Outbox) -> None:
        """Start an exit. Raises DeskError when one that may not be superseded is under way, and for a fraction outside
        regular hours: no venue takes it, and what protects it would have been cancelled for nothing."""
        draft = plan.draft
        if draft is not None and draft.extended_hours and draft.quantity % 1:
            raise DeskError(
                f"expected whole shares outside regular hours, found {draft.quantity}",
                where=plan.signal_id,
                remedy="what protects it stays; sell it in the regular session, or flatten",
            )
        for running in list(self.of(plan.symbol)):
            if plan.role is Role.EXIT:
                raise DeskError(
                    f"expected no exit of {plan.symbol} under way, found one ({running.reason})",
                    where=plan.signal_id,
                    remedy="wait for it, or flatten",
                )
            if not plan.entry_id or running.key == plan.key:
                del self._plans[running.key]
        self._plans[plan.key] = plan
        plan.begun_ns = now_ns
        self.pursue(plan, now_ns, out)

    def overtake(self, symbol: str, now_ns: int, out: Outbox) -> None:
        """A stop is reached while exits wait at a limit that may not be met: they give way to it."""
        for plan in self.of(symbol):
            track = self._register.get(plan.order_id)
            if plan.role not in _KEEP_TRYING and track is not None and track.open:
                self.cancel(track, now_ns, out)

    def try_again(self, symbol: str, now_ns: int, out: Outbox) -> None:
        """What a control has denied may pass now."""
        for lot in self._holdings.lots(symbol):
            lot.target_ns = min(lot.target_ns, now_ns)
        for plan in self.of(symbol):
            if plan.denials and not plan.order_id:
                plan.retry_ns = min(plan.retry_ns, now_ns)
                self.pursue(plan, now_ns, out)

    def watch(self, symbol: str, quote: Quote | None) -> None:
        """Price the symbol's exits from this quote until the next one comes."""
        self._watch.follow(symbol, self._watch.levels(symbol))
        if quote is not None and self._watch.quote(symbol) is None:
            self._watch.keep(quote)

    def of(self, symbol: str) -> Iterable[ExitPlan]:
        """The symbol's exits under way."""
        return (plan for plan in list(self._plans.values()) if plan.symbol == symbol)

    def running(self, symbol: str, entry_id: str) -> bool:
        """Whether an exit of this entry, or of the whole symbol, is under way."""
        return (symbol, "") in self._plans or (symbol, entry_id) in self._plans

    @property
    def symbols(self) -> set[str]:
        """Symbols with an exit under way, or of which an alert says that one failed."""
        return {*self._failed, *(symbol for symbol, _ in self._plans)}

    def pursue(self, plan: ExitPlan, now_ns: int, out: Outbox) -> None:
        """Take the plan as far as it goes now."""
        if plan.order_id and not self._ended(plan, now_ns, out):
            return
        if self._plans.get(plan.key) is not plan:
            return
        plan.price_ns = 0
        blockers = list(self._in_the_way(plan))
        for track in blockers:
            self.cancel(track, now_ns, out)
        if blockers:
            ids = ", ".join(track.order.client_order_id for track in blockers)
            self._waits(plan, f"orders in its way are not cancelled yet: {ids}", now_ns, out)
            return
        awaited = [track.order.replaced_by for track in self._register.awaited(plan.symbol)]
        if awaited:
            plan.retry_ns = 0
            self._waits(plan, f"the venue has not shown what replaced an order yet: {', '.join(awaited)}", now_ns, out)
            return
        if any(self._register.legless(plan.symbol, plan.entry_id, now_ns)):
            plan.retry_ns = 0  # asked again with each look for them
            return
        left = self._left(plan)
        if left <= 0 and plan.role is Role.FLATTEN and self._register.uncounted(plan.symbol, plan.side.opposite) > 0:
            plan.retry_ns = 0  # what an entry filled before its cancel is sold too, once it is told
            return
        if left <= 0:
            del self._plans[plan.key]
            self.closed(plan.symbol, out, plan.entry_id)
            out.symbols.add(plan.symbol)
            return
        if plan.draft is not None and self._pricing.of_an_earlier_day(plan.symbol, plan.draft.reference_ns, now_ns):
            self.give_up(plan, "it was approved at a price of an earlier day", now_ns, out)
            return
        if now_ns < plan.retry_ns:
            return
        draft = self._pricing.draft(plan, left, now_ns)
        if draft is None:
            plan.retry_ns = 0
            today = " of today" if plan.price_ns or plan.waited_ns else ""
            self._waits(plan, f"no price{today} to close it at", now_ns, out)
            self._watch.follow(plan.symbol, self._watch.levels(plan.symbol))
            return
        intent = self._register.intend(
            plan.signal_id,
            plan.ticket_id,
            plan.role,
            draft,
            now_ns,
            strategy=plan.strategy,
            valid_until_ns=plan.valid_until_ns or now_ns + self._exit_timeout_ns,
            parent=plan.entry_id,
        )
        plan.tried += 1
        plan.order_id = intent.client_order_id
        plan.draft = None
        out.order(self._register.track(intent.client_order_id).order)
        out.requests.append(Place(intent))

    def failed(self, symbol: str, entry_id: str = "") -> None:
        """An alert says that this entry of the symbol, or with none named all of it, could not be closed."""
        self._failed.setdefault(symbol, set()).add(entry_id)

    def closed(self, symbol: str, out: Outbox, entry_id: str = "") -> None:
        """What could not be closed is, by whatever order: the alert is over, unless more of the symbol was meant."""
        unclosed = self._failed.get(symbol, set())
        unclosed.discard(entry_id)
        if symbol in self._failed and not (entry_id and unclosed):
            del self._failed[symbol]
            out.cleared.append(alert_id("exit_failed", symbol))

    def find(self, symbol: str) -> None:
        """An exit order that is open without a plan (a restart came between) gets one."""
        known = {plan.order_id for plan in self.of(symbol)}
        for track in self._register.open(symbol):
            intent, order = track.intent, track.order
            if intent is None or intent.role is Role.ENTRY or intent.order_type == "stop":
                continue
            if order.client_order_id in known or order.role is Role.EXTERNAL or self.running(symbol, intent.parent):
                continue
            plan = ExitPlan(
                symbol=symbol,
                side=order.side,
                role=intent.role,
                quantity=order.quantity,
                signal_id=intent.signal_id,
                reason=intent.draft.sizing or intent.role.value,
                entry_id=intent.parent,
                ticket_id=intent.ticket_id,
                strategy=intent.strategy,
                attempts=self.attempts if intent.role in _KEEP_TRYING else 1,
            )
            plan.tried, plan.order_id, plan.begun_ns = 1, order.client_order_id, order.submitted_ns
            self._plans[plan.key] = plan

    def give_up(self, plan: ExitPlan, why: str, now_ns: int, out: Outbox) -> None:
        """End the exit, or let a stop try on slowly, and say so."""
        must = plan.role in _KEEP_TRYING
        self.failed(plan.symbol, plan.entry_id)
        out.alert(
            Level.CRITICAL if must else Level.WARNING,
            "exit_failed",
            plan.symbol,
            f"{plan.symbol}: {self._wanted(plan)} not closed after {plan.tried} orders ({plan.reason}; last: {why})",
            "close it by hand at the venue, or flatten again",
            now_ns,
            stays=must,
        )
        if plan.role is Role.STOP:
            plan.retry_ns = now_ns + SLOW_RETRY_NS
            return
        del self._plans[plan.key]
        out.symbols.add(plan.symbol)

    def cancel(self, track: Track, now_ns: int, out: Outbox) -> None:
        """We want the order gone: ask the venue, and ask again with back-off until it is."""
        entry = self._register.entry(track.order.parent_id)
        if track.order.status is OrderStatus.HELD and entry is not None and entry.open:
            self.cancel(entry, now_ns, out)
            return
        if track.unsure:
            track.cancels = max(track.cancels, 1)
            return
        if track.cancel_ns and now_ns < self.cancel_due_ns(track):
            return
        track.cancels += 1
        track.cancel_ns = now_ns
        out.requests.append(Cancel(track.order))

    def cancel_entries(self, now_ns: int, out: Outbox) -> None:
        """No entry is wanted any more; what a person has put in the place of one is not either, once it is shown."""
        for track in self._register.open():
            if track.order.role is Role.ENTRY:
                self.cancel(track, now_ns, out)
        for track in self._register.awaited():
            if track.order.role is Role.ENTRY:
                track.cancels = max(track.cancels, 1)

    def cancel_due_ns(self, track: Track) -> int:
        """When to ask again for a cancel."""
        if not track.cancel_ns:
            return 0
        return max(track.retry_ns, track.cancel_ns + self._backoff_ns[min(track.cancels, len(self._backoff_ns)) - 1])

    def next_due_ns(self) -> int | None:
        """When an order of a plan is overdue, or a plan tries again."""
        return min((moment for plan in self._plans.values() if (moment := self._plan_due(plan))), default=None)

    # --- inside

    def _ended(self, plan: ExitPlan, now_ns: int, out: Outbox) -> bool:
        """Whether the plan's order is over and the plan goes on without it."""
        track = self._register.get(plan.order_id)
        if track is None:
            plan.order_id = ""
            return True
        order = track.order
        if order.status.open:
            if not track.unsure and now_ns >= track.sent_ns + self._timeout_ns(plan):
                self.cancel(track, now_ns, out)
            return False
        if track.gap_ns:
            return False
        if order.replaced_by:  # by a person: the plan goes on with the successor, nothing is placed beside it meanwhile
            successor = self._register.successor(order)
            if successor is not None:
                plan.order_id = successor.order.client_order_id
            if successor is not None or track in self._register.awaited(plan.symbol):
                return False
        plan.closed(order.filled)
        refused = order.status in (OrderStatus.REJECTED, OrderStatus.DENIED)
        lot = self._holdings.lot(plan.symbol, plan.entry_id)
        if refused and plan.role is Role.TARGET and lot is not None:
            lot.target_ns = max(now_ns + SLOW_RETRY_NS, track.opens_ns)
        plan.retry_ns = now_ns
        if order.status is OrderStatus.REJECTED and track.retry_ns and plan.role is not Role.EXIT:
            plan.retry_ns = max(track.retry_ns, now_ns + REFUSED_RETRY_NS)
            plan.tried -= 1  # the limiter answered in the venue's place
            self._waits(plan, "the venue takes no more requests for now", now_ns, out)
        elif order.status is OrderStatus.REJECTED:
            plan.retry_ns += REFUSED_RETRY_NS
        elif order.status is OrderStatus.DENIED:
            self._denied(plan, order.reason, track.opens_ns, now_ns, out)
        if plan.tried >= plan.attempts and self._wanted(plan) > 0:
            self.give_up(plan, order.reason or order.status.value, now_ns, out)
        return True

    def _denied(self, plan: ExitPlan, reason: str, opens_ns: int, now_ns: int, out: Outbox) -> None:
        """A control denied it that may pass soon: after a reconnect, a halt; or when the market changes, at `opens_ns`.

        No order was placed: an exit that must happen has all its attempts still, and goes on asking.
        """
        plan.denials += 1
        impatient = now_ns < plan.begun_ns + self._patience_ns
        wait_ns = self._backoff_ns[min(plan.denials, len(self._backoff_ns)) - 1] if impatient else SLOW_RETRY_NS
        shut = now_ns + wait_ns < opens_ns
        plan.retry_ns = opens_ns if shut else now_ns + wait_ns
        if plan.role in _KEEP_TRYING:
            plan.tried -= 1
            self._waits(plan, f"denied: {reason}", now_ns, out, long=shut)

    def _waits(self, plan: ExitPlan, why: str, now_ns: int, out: Outbox, *, long: bool = False) -> None:
        """An exit that must happen cannot be placed yet: after a while a person is called, once; at once where it is
        known to be `long`."""
        impatient = long or now_ns >= plan.begun_ns + self._patience_ns
        if plan.alarmed or plan.role not in _KEEP_TRYING or not impatient:
            return
        plan.alarmed = True
        self.failed(plan.symbol, plan.entry_id)
        text = f"{plan.symbol}: {self._wanted(plan)} not closed yet ({plan.reason}): {why}"
        remedy = "close it by hand at the venue; the engine goes on trying"
        out.alert(Level.CRITICAL, "exit_failed", plan.symbol, text, remedy, now_ns, stays=True)

    def _left(self, plan: ExitPlan) -> Decimal:
        """What the plan may close now: what it wants, less what other exits have on sale."""
        held = self._holdings.held(plan.symbol, plan.side.opposite)
        free = held - self._register.committed(plan.symbol, plan.side, plan.order_id)
        free -= self._register.uncounted(plan.symbol, plan.side)
        left = max(ZERO, min(self._wanted(plan), free))
        whole = plan.draft is not None and plan.draft.extended_hours
        return left - left % 1 if whole else left

    def _wanted(self, plan: ExitPlan) -> Decimal:
        """What the plan has still to close: never more than is held."""
        held = self._holdings.held(plan.symbol, plan.side.opposite)
        if plan.entry_id:
            lot = self._holdings.lot(plan.symbol, plan.entry_id)
            sold = self._register.uncounted(plan.symbol, plan.side, plan.entry_id)
            held = ZERO if lot is None else max(ZERO, lot.quantity - sold)
        return min(plan.left, held) if plan.role is Role.EXIT else held

    def _in_the_way(self, plan: ExitPlan) -> Iterable[Track]:
        """Open orders of ours that hold the quantity, or that the exit would cross."""
        for track in self._register.open(plan.symbol):
            order = track.order
            if not track.ours or order.client_order_id == plan.order_id:
                continue
            its = not plan.entry_id or plan.entry_id in (order.parent_id, order.client_order_id)
            if its or order.side is not plan.side:
                yield track

    def _timeout_ns(self, plan: ExitPlan) -> int:
        return self._entry_timeout_ns if plan.role is Role.EXIT else self._exit_timeout_ns

    def _plan_due(self, plan: ExitPlan) -> int:
        track = self._register.get(plan.order_id)
        if track is not None and track.open:
            if track.cancel_ns:
                return self.cancel_due_ns(track)
            return 0 if track.unsure else track.sent_ns + self._timeout_ns(plan)
        blockers = list(self._in_the_way(plan))
        moments = [self.cancel_due_ns(track) for track in blockers if track.cancel_ns] or [plan.retry_ns]
        if (blockers or not plan.retry_ns) and plan.role in _KEEP_TRYING and not plan.alarmed:
            moments.append(plan.begun_ns + self._patience_ns)
        moments.append(plan.price_ns)
        return min((at for at in moments if at), default=0)
