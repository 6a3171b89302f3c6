"""Whether a venue counts what a replaced order had filled as its successor's too.

Some do: the successor is then for more than was left of the other, and filled as much when it is first shown. Some
begin at 0. An order that has filled, when it is first shown, at least what its predecessor had, may be either. What it
is then follows from its executions, from other orders of the venue, from its quantity; where nothing of that tells, the
venue's position does, and until it has, the quantity counts as filled and still to be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from engine.model import ZERO
from engine.orders.machine import Track


class Carrying:
    """Lets orders that replaced each other share one tally where the venue counts so."""

    def __init__(self, tracks: Mapping[str, Track]) -> None:
        self._tracks = tracks
        self._habit: bool | None = None
        """What an order has shown of this venue beyond doubt."""
        self._doubtful: dict[str, Track] = {}

    def born(self, track: Track) -> None:
        """The first word of an order that is no intent of ours, as new and with nothing executed: what it has filled,
        it carries, also from one that the venue has not said to be replaced yet."""
        order = track.order
        if not order.filled:
            return
        self._habit = True
        self.look(track)
        if track.predecessor is None and not track.tally.counted:
            track.tally.carry(order.filled, order.average_price or ZERO)

    def executed(self, track: Track, begins: Decimal) -> None:
        """An execution of it is told that begins there: below what it would carry it is its own."""
        old = track.predecessor
        if 0 <= begins < track.tally.carried:
            track.tally.drop_carried()
        if old is not None and 0 <= begins < old.order.filled:
            self._habit = False
            self.settle(track, carries=False)

    def look(self, track: Track) -> bool:
        """What is known of it changed, or of what it replaced; returns whether that raised a doubt."""
        before = [each for each in (track, *track.successors) if not each.doubt]
        for each in (track, *track.successors):
            self._judge(each)
        return any(each.doubt for each in before)

    def doubtful(self, symbol: str) -> list[Track]:
        """Orders of the symbol of which it is not known."""
        return [track for track in self._doubtful.values() if track.order.symbol == symbol]

    def settle(self, track: Track, carries: bool) -> None:
        """The venue's position has told."""
        track.carries = carries
        self._doubtful.pop(track.order.client_order_id, None)
        self._share(track)

    # --- inside

    def _judge(self, track: Track) -> None:
        old = track.predecessor
        if old is None or not (track.known and old.order.filled) or track.carries is False:
            return
        track.carries = self._carries(track, old)
        self._share(track)
        if track.doubt:
            self._doubtful[track.order.client_order_id] = track
        else:
            self._doubtful.pop(track.order.client_order_id, None)

    def _carries(self, track: Track, old: Track) -> bool | None:
        before, order = old.order, track.order
        begins_below = track.tally.told_below(before.filled, order.client_order_id)
        if order.filled < before.filled or begins_below:
            self._habit = False
            return False
        if old.tally is not track.tally and not old.tally.apart(track.tally):
            return False  # counted for each already
        return self._habit if track.carries is None else track.carries

    def _share(self, track: Track) -> None:
        old = track.predecessor
        if old is None or (old.tally is track.tally) is (track.carries is not False):
            return
        if track.carries is False:
            leaving = frozenset(each.order.client_order_id for each in _family(track) if each.tally is track.tally)
            tally = old.tally.leave(leaving)
        else:
            tally = old.tally
            leaving = track.tally.orders or frozenset({track.order.client_order_id})
            staying = tally.orders or frozenset({old.order.client_order_id})
            tally.join(track.tally, leaving | staying)
        for order_id in leaving:
            if order_id in self._tracks:
                self._tracks[order_id].tally = tally


def _family(track: Track) -> Iterator[Track]:
    """It and what lives on for it."""
    yield track
    for successor in track.successors:
        yield from _family(successor)
