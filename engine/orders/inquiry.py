"""Outcomes that are not known: looked up with back-off, sent again under the same id only after a definite no."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.clock import SECOND, from_seconds
from engine.config import Config
from engine.model import Level, OrderStatus
from engine.orders.changes import LookUp, Outbox, Resend
from engine.orders.machine import Track
from engine.orders.register import Register

ANSWER_LIMIT_NS: Final = 15 * SECOND
"""An intent without an answer for this long is unresolved, whatever became of the task that sent it."""
ALARM_NS: Final = 30 * SECOND
"""An outcome not known for this long is an alert that stays."""
ANCESTOR_ASKS: Final = 5
"""How often an order that is not ours is looked up before what it has filled counts as its own."""
RESENDS: Final = 5
"""Most times one intent is sent again after a definite "not found"."""


class Inquiry:
    """Follows up orders whose outcome, or whose executions, the venue has not told."""

    def __init__(self, register: Register, config: Config) -> None:
        self._register = register
        self._grace_ns = from_seconds(config.orders.unresolved_grace_s)
        self.ready = True
        """False between a restart and the first reconciliation: nothing is sent again."""
        self._backoff_ns = tuple(from_seconds(each) for each in config.orders.lookup_backoff_s)

    def check(self, track: Track, now_ns: int, out: Outbox) -> None:
        """One open order of ours: is its outcome overdue?"""
        order = track.order
        if order.status is OrderStatus.INTENT and now_ns >= track.sent_ns + ANSWER_LIMIT_NS:
            reason = "no answer to the order is known"
            order = msgspec.structs.replace(order, status=OrderStatus.UNRESOLVED, reason=reason)
            self._register.put(track, order, out)
        if order.status is OrderStatus.UNRESOLVED:
            self._ask(track, track.sent_ns, now_ns, out)
            began_ns = order.submitted_ns if order.submitted_ns <= now_ns else track.sent_ns
            if not track.alarmed and now_ns >= began_ns + ALARM_NS:
                self._alarm(track, order.reason or "no answer", now_ns, out)

    def gaps(self, now_ns: int, out: Outbox) -> None:
        """Look up the orders whose executions or legs the venue has not told."""
        for track in list(self._register.gaps.values()):
            track.not_ahead(now_ns)
            self._ask(track, track.gap_ns, now_ns, out)

    def ancestors(self, track: Track, out: Outbox) -> bool:
        """Whether an order that is not ours may have replaced one of ours that the venue has not shown as replaced.

        What it has filled may then be what that one had, and bought once: those are looked up first. Not for ever: a
        venue that tells no more counts what it shows.
        """
        if track.asks >= ANCESTOR_ASKS:
            return False
        symbol, side = track.order.symbol, track.order.side
        mine = [each for each in self._register.open(symbol) if each.ours and each.known and each.order.side is side]
        out.requests += [LookUp(each.order.client_order_id) for each in mine]
        return bool(mine) or any(each.order.side is side for each in self._register.awaited(symbol))

    def next_due_ns(self) -> int | None:
        """When an intent counts as unanswered, or a lookup is due."""
        moments = [self._due_ns(track, track.gap_ns) for track in self._register.gaps.values()]
        for track in self._register.open():
            if track.ours and track.order.status is OrderStatus.INTENT:
                moments.append(track.sent_ns + ANSWER_LIMIT_NS)
            elif track.ours and track.order.status is OrderStatus.UNRESOLVED:
                moments.append(self._due_ns(track, track.sent_ns))
        return min(moments, default=None)

    def not_found(self, track: Track, reason: str, asked_ns: int, now_ns: int, out: Outbox) -> None:
        """The venue definitely did not know the order when asked: after the grace period send it again, or close it."""
        if not track.open:
            return
        if not track.ours:
            gone = "the venue no longer knows it"
            self._register.put(
                track, msgspec.structs.replace(track.order, status=OrderStatus.CANCELED, reason=gone), out
            )
            return
        if track.known:
            self._alarm(track, reason or "the venue no longer finds an order it had shown", now_ns, out)
            return
        began_ns = track.order.submitted_ns  # before a restart, maybe; a clock may have been set back over it
        if asked_ns < max(track.sent_ns, began_ns if began_ns <= now_ns else 0) + self._grace_ns:
            return  # it may have reached the venue since
        intent = track.intent
        wanted = intent is not None and not track.cancels and now_ns <= intent.valid_until_ns
        if wanted and not self.ready:
            return
        if intent is not None and wanted and track.resends < RESENDS:
            track.resends += 1
            track.asks = track.asked_ns = 0
            track.sent_ns = now_ns
            reason = f"the venue did not know it; sent again (time {track.resends})"
            again = msgspec.structs.replace(
                track.order, status=OrderStatus.UNRESOLVED, reason=reason, updated_ns=now_ns
            )
            self._register.put(track, again, out)
            out.requests.append(Resend(intent))
            return
        if track.taken:  # a venue that takes no second order of this id contradicts itself
            self._alarm(track, f"the venue says it has it, and does not find it: {reason or 'not found'}", now_ns, out)
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

    def _ask(self, track: Track, since_ns: int, now_ns: int, out: Outbox) -> None:
        if now_ns >= self._due_ns(track, since_ns):
            track.asks += 1
            track.asked_ns = now_ns
            out.requests.append(LookUp(track.order.client_order_id))

    def _due_ns(self, track: Track, since_ns: int) -> int:
        backoff = self._backoff_ns[min(track.asks, len(self._backoff_ns) - 1)]
        return max(track.asked_ns, since_ns) + backoff

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
