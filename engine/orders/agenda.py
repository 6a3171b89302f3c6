"""The agenda: what the time asks of the orders, and when it asks next."""

from __future__ import annotations

from typing import Final

from engine.clock import MILLISECOND, from_seconds
from engine.config import Config
from engine.model import Role
from engine.orders.changes import Outbox
from engine.orders.closing import Closer
from engine.orders.inquiry import Inquiry
from engine.orders.machine import Track
from engine.orders.protect import Protector
from engine.orders.register import Register

LEAST_WAIT_NS: Final = 100 * MILLISECOND
"""Between two looks that `next_due_ns` asks for."""


class Agenda:
    """Entries whose time is over, outcomes to look up, exits to place."""

    def __init__(
        self, register: Register, inquiry: Inquiry, closer: Closer, protector: Protector, config: Config
    ) -> None:
        self._register = register
        self._inquiry = inquiry
        self._closer = closer
        self._protector = protector
        self._entry_timeout_ns = from_seconds(config.orders.entry_timeout_s)
        self._restored = False
        """Whether the journal gave back what is held, and its protection has not been looked at since."""
        self._looked_ns = 0
        self._next_due_ns: int | None = None
        self._worked_out = False
        """Whether `_next_due_ns` still holds: asked after every event, worked out after every change."""

    def changed(self) -> None:
        """Something of an order changed: when to look next is another."""
        self._worked_out = False

    def restored(self) -> None:
        """The journal gave something back: look at once."""
        self._restored = True
        self._worked_out = False

    def look(self, now_ns: int, out: Outbox) -> None:
        """Do what is due; harmless to call more often."""
        self._looked_ns = now_ns
        self._restored = False
        for track in self._register.open():
            if track.ours:
                track.not_ahead(now_ns)
                self._inquiry.check(track, now_ns, out)
                unwanted_ns = self._unwanted_ns(track)
                if unwanted_ns is not None and now_ns >= unwanted_ns:
                    self._closer.cancel(track, now_ns, out)
        self._inquiry.gaps(now_ns, out)
        self._protector.due(now_ns, out)

    @property
    def next_due_ns(self) -> int | None:
        """When to look next; None when only an event can ask for anything."""
        if not self._worked_out:
            moments = [self._inquiry.next_due_ns(), self._protector.next_due_ns(), self._closer.next_due_ns()]
            moments += [self._unwanted_ns(track) for track in self._register.open() if track.ours]
            moments += [self._looked_ns] if self._restored else []
            earliest = min((at for at in moments if at is not None), default=None)
            self._next_due_ns = None if earliest is None else max(earliest, self._looked_ns + LEAST_WAIT_NS)
            self._worked_out = True
        return self._next_due_ns

    def _unwanted_ns(self, track: Track) -> int | None:
        """When to ask (again) that the order be cancelled; None while it is wanted."""
        if track.unsure:
            return None
        if track.cancels:
            return self._closer.cancel_due_ns(track)
        if track.order.role is not Role.ENTRY:
            return None
        # An intent restored without an answer counts as not sent until it is found; its time ran from the intent on.
        sent_ns = track.sent_ns or (0 if track.intent is None else track.intent.at_ns)
        return sent_ns + self._entry_timeout_ns
