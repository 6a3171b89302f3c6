"""What the venue's answer to a request of ours means for the order it is about."""

from __future__ import annotations

import msgspec

from engine.clock import from_seconds
from engine.model import Answer, Level, OrderStatus, Outcome, Role
from engine.orders.changes import Compare, LookUp, Outbox
from engine.orders.machine import Track, answered
from engine.orders.protect import Protector
from engine.orders.register import Register


class Answers:
    """Takes in the answers to POSTs and to cancel requests."""

    def __init__(self, register: Register, protector: Protector) -> None:
        self._register = register
        self._protector = protector

    def posted(self, track: Track, answer: Answer, now_ns: int, out: Outbox) -> None:
        """The answer to a POST, or the lack of one. What is known of the order already is not unsaid by it."""
        if answer.order is not None and answer.outcome is Outcome.ACCEPTED:
            self._register.absorb(answer.order, now_ns, out, derive=False)
            return
        if track.known or not track.open:
            return
        track.taken = track.taken or answer.taken
        if answer.retry_after_s is not None and answer.outcome is Outcome.REJECTED:
            track.told_to_wait(answer.retry_after_s, now_ns)
        if answer.retry_after_s is not None and answer.outcome is Outcome.DENIED:
            track.opens_ns = now_ns + from_seconds(answer.retry_after_s)
        if answer.order is not None and answer.outcome is Outcome.REJECTED:
            shown = msgspec.structs.replace(answer.order, reason=answer.reason)
            self._register.absorb(shown, now_ns, out, derive=False)
        else:
            self._register.put(track, answered(track.order, answer, now_ns), out)
        if answer.outcome in (Outcome.REJECTED, Outcome.DENIED):
            order = track.order
            denied = answer.outcome is Outcome.DENIED
            if track.intent is not None and (denied or answer.retry_after_s is not None):
                self._protector.not_sent(track.intent, denied, now_ns)
            text = f"{order.symbol}: {order.side.value} {order.quantity} {answer.outcome.value}: {answer.reason}"
            if denied and order.order_type == "stop":
                self._protector.tell_denied(order.symbol, text, now_ns, out)
            else:
                out.alert(Level.WARNING, "order_rejected", order.client_order_id, text, "", now_ns)
            if order.role is not Role.ENTRY and not track.retry_ns:
                lots = self._register.holdings.lots(order.symbol)
                entries = (self._register.entry(lot.entry_id) for lot in lots)
                out.requests += [LookUp(entry.order.client_order_id) for entry in entries if entry is not None]
                out.requests.append(Compare("refusal"))

    def canceled(self, track: Track, answer: Answer, now_ns: int, out: Outbox) -> None:
        """The answer to a cancel request."""
        if answer.order is not None:
            self._register.absorb(answer.order, now_ns, out, derive=False)
        elif answer.outcome is Outcome.ACCEPTED:
            if track.order.status in (OrderStatus.WORKING, OrderStatus.PARTIAL, OrderStatus.HELD):
                self._register.put(track, msgspec.structs.replace(track.order, status=OrderStatus.CANCELING), out)
        elif answer.retry_after_s is not None:
            track.told_to_wait(answer.retry_after_s, now_ns)
        elif track.open:
            out.requests.append(LookUp(track.order.client_order_id))
