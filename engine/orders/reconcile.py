"""Comparing our orders and positions with everything the venue says exists: here the orders."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import (
    ZERO,
    Order,
    OrderStatus,
    Position,
    VenueSnapshot,
)
from engine.model.records import Difference
from engine.orders.changes import Changes, LookUp, Outbox, Reconciliation
from engine.orders.register import Register
from engine.orders.standing import SETTLING_NS, Look, Standing


class Reconciler:
    """Compares snapshot after snapshot; remembers which orders were not listed."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._holdings = Standing(register)
        self._unlisted: dict[str, int] = {}
        """Open orders that the venue did not list at the last comparison, and since when."""

    def compare(
        self, snapshot: VenueSnapshot, positions: Mapping[str, Position], now_ns: int, out: Outbox
    ) -> Reconciliation:
        """Adopt what the venue shows into the register and `out`, and tell what differed."""
        differences: list[Difference] = []
        mine_before = {track.order.client_order_id: track.order for track in self._register.open()}
        seen: set[str] = set()
        for told in sorted(snapshot.orders, key=_replaced_first):
            self._order(told, now_ns, out, seen, differences)
        missing = self._missing(snapshot, mine_before, seen, now_ns, out, differences)
        look = Look(snapshot, now_ns, out, differences, self._unlisted)
        self._holdings.compare(positions, look)
        return Reconciliation(
            at_ns=now_ns,
            ok=not missing and not look.suspect,
            drift=look.drifted,
            orders=len(seen),
            positions=len({*positions, *(held.symbol for held in snapshot.positions)}),
            differences=tuple(differences),
            external_orders=tuple(track.order for track in self._register.open() if not track.ours),
            external_positions=tuple(look.external),
            changes=Changes(),
            splits=tuple(look.splits),
        )

    def _order(self, told: Order, now_ns: int, out: Outbox, seen: set[str], differences: list[Difference]) -> None:
        known = self._register.get(told.client_order_id)
        before = None if known is None else known.order
        counted = ZERO if known is None else known.counted
        track = self._register.absorb(told, now_ns, out, derive=True)
        seen.add(track.order.client_order_id)
        seen.update(leg.client_order_id for leg in told.legs)
        after = track.order
        if before is None and not track.ours:
            if after.status.open:
                differences.append(Difference("order", after.client_order_id, "unknown", _words(after), external=True))
        elif before is None or before.status is not after.status or counted != track.counted:
            ours = "unknown" if before is None else _words(before)
            differences.append(Difference("order", after.client_order_id, ours, _words(after)))

    def _missing(
        self,
        snapshot: VenueSnapshot,
        mine: Mapping[str, Order],
        seen: set[str],
        now_ns: int,
        out: Outbox,
        differences: list[Difference],
    ) -> bool:
        """Whether an order the venue had shown as open is in the snapshot neither as open nor as closed."""
        missing, before, self._unlisted = False, self._unlisted, {}
        for order_id, order in mine.items():
            track = self._register.get(order_id)
            if track is None or order_id in seen or not track.open:
                continue
            if track.order.status is OrderStatus.UNRESOLVED or not track.known:
                if now_ns >= track.sent_ns + SETTLING_NS and track.order.status is OrderStatus.UNRESOLVED:
                    out.requests.append(LookUp(order_id))
                continue
            if max(order.updated_ns, track.sent_ns) > snapshot.at_ns - SETTLING_NS:
                continue
            self._unlisted[order_id] = before.get(order_id, now_ns)
            if not track.ours:  # it ended longer ago than the snapshot looks back
                out.requests.append(LookUp(order_id))
                continue
            missing = True
            differences.append(Difference("order", order_id, _words(order), "not among the venue's orders"))
            out.requests.append(LookUp(order_id))
        return missing


def _replaced_first(told: Order) -> tuple[bool, int]:
    """What was replaced before what replaced it: a successor of an order of ours is known for what it is."""
    return not told.replaced_by, told.submitted_ns if told.replaced_by else 0


def _words(order: Order) -> str:
    return f"{order.status.value} {order.filled}/{order.quantity}"
