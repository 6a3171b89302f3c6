"""Orders as they are looked for: by our id, by the venue's, by symbol, by what they protect or have replaced."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from engine.clock import SECOND
from engine.model import ZERO, Intent, Order, Role, Side
from engine.orders.machine import Track

KEPT: Final = 5_000
"""Closed orders kept; older ones are in the journal."""
LEGS_NS: Final = 10 * SECOND
"""How long an exit waits for the legs of a bracket that the venue has not told."""


class Tracks:
    """Every order known. Who changes one puts it in its place again."""

    def __init__(self) -> None:
        self._tracks: dict[str, Track] = {}
        self._by_venue_id: dict[str, Track] = {}
        self._open: dict[str, dict[str, Track]] = {}
        self._successors: dict[str, Track] = {}
        """By the venue's id of the order that replaced it."""
        self._number = 0
        self.complete_ns = 0
        """Of orders from before it the venue has shown all: it was compared with success."""
        self.gaps: dict[str, Track] = {}
        """Orders of which the venue told more filled than executions, or a bracket without its legs."""

    def get(self, order_id: str) -> Track | None:
        """The order with this client order id."""
        return self._tracks.get(order_id)

    def track(self, order_id: str) -> Track:
        """The order with this client order id, which is known to be here. Raises KeyError."""
        return self._tracks[order_id]

    def open(self, symbol: str | None = None) -> Iterator[Track]:
        """Open orders, oldest first; of one symbol, or of all."""
        if symbol is not None:
            yield from list(self._open.get(symbol, {}).values())
            return
        tracks = [track for of_symbol in self._open.values() for track in of_symbol.values()]
        yield from sorted(tracks, key=lambda track: track.number)

    def at_stake(self) -> Iterator[Order]:
        """Open orders, and those that ended and of which executions are still to be told, each with what was counted:
        between a venue's word on what is filled and the executions the shares are in no position."""
        untold = [track for track in self.gaps.values() if track.order.filled > track.counted]
        for track in (*self.open(), *(track for track in untold if not track.open)):
            order, counted = track.order, track.counted
            if order.filled > counted:
                quantity = order.quantity if track.open else order.filled
                order = msgspec.structs.replace(order, quantity=quantity, filled=counted)
            yield order

    def newest(self, limit: int) -> list[Track]:
        """The newest `limit` orders, oldest first."""
        return list(self._tracks.values())[-limit:] if limit > 0 else []

    def successor(self, order: Order) -> Track | None:
        """The order that replaced this one, once the venue has shown it."""
        return self._by_venue_id.get(order.replaced_by)

    def awaited(self, symbol: str | None = None) -> Iterator[Track]:
        """Orders of ours that a person has replaced at the venue by one that it has not shown yet: that may execute.

        Not those from before `complete_ns`: what was to be shown by then was.
        """
        for venue_id, track in list(self._successors.items()):
            unknown = venue_id not in self._by_venue_id and track.order.updated_ns > self.complete_ns
            if unknown and track.ours and symbol in (None, track.order.symbol):
                yield track

    def legless(self, symbol: str, entry_id: str, now_ns: int) -> Iterator[Track]:
        """Brackets, of one entry or with none named of all, whose legs the venue has not told yet: those may execute.

        For a while, since a venue that never tells them must not keep anything from being closed.
        """
        for track in self.gaps.values():
            waits = track.legs_missing and now_ns < track.gap_ns + LEGS_NS
            if waits and track.order.symbol == symbol and entry_id in ("", track.entry_id):
                yield track

    def entry(self, entry_id: str) -> Track | None:
        """The entry with this client order id, or what lives on for it where a person has replaced it at the venue."""
        track = self._tracks.get(entry_id)
        while track is not None:
            successor = self._by_venue_id.get(track.order.replaced_by) if track.order.replaced_by else None
            if successor is None or successor.predecessor is not track:
                break
            track = successor
        return track

    def exits(self, entry_id: str, symbol: str) -> list[Track]:
        """Open orders that protect or close one entry."""
        return [track for track in self.open(symbol) if track.ours and track.order.parent_id == entry_id]

    def committed(self, symbol: str, side: Side, without: str = "") -> Decimal:
        """Quantity of ours that open exits on `side` may still execute; stop and target of one entry count once."""
        plain = ZERO
        pairs: dict[str, dict[Role, Decimal]] = {}
        for track in self.open(symbol):
            order = track.order
            if not track.ours or order.side is not side or order.role is Role.ENTRY or order.client_order_id == without:
                continue
            if order.parent_id and order.role in (Role.STOP, Role.TARGET):
                pair = pairs.setdefault(order.parent_id, {})
                pair[order.role] = pair.get(order.role, ZERO) + order.remaining
            else:
                plain += order.remaining
        return plain + sum((max(pair.values()) for pair in pairs.values()), ZERO)

    def uncounted(self, symbol: str, side: Side, entry_id: str = "") -> Decimal:
        """Quantity that orders of ours on `side` have filled and whose executions are still to be told.

        Of the exits of one entry, when it is named.
        """
        return sum(
            (
                track.order.filled - track.counted
                for track in self.gaps.values()
                if track.ours and track.order.symbol == symbol and track.order.side is side
                and (not entry_id or track.order.parent_id == entry_id)
            ),
            ZERO,
        )  # fmt: skip

    def prune(self) -> None:
        """Forget the oldest closed orders beyond `KEPT`."""
        surplus = len(self._tracks) - KEPT
        if surplus <= KEPT // 10:
            return
        for order_id in [key for key, track in self._tracks.items() if not track.open][:surplus]:
            track = self._tracks.pop(order_id)
            self._by_venue_id.pop(track.order.venue_id, None)
            self._successors.pop(track.order.replaced_by, None)
            self.gaps.pop(order_id, None)

    def _add(self, order: Order, intent: Intent | None) -> Track:
        self._number += 1
        track = self._tracks[order.client_order_id] = Track(order, intent, self._number)
        self._place(track)
        return track

    def _place(self, track: Track) -> None:
        """The order is as it is: it is found by the venue's id, and among the open ones while it may execute."""
        order = track.order
        if order.venue_id:
            self._by_venue_id[order.venue_id] = track
        if order.status.open:
            self._open.setdefault(order.symbol, {})[order.client_order_id] = track
            return
        of_symbol = self._open.get(order.symbol, {})
        of_symbol.pop(order.client_order_id, None)
        if not of_symbol:
            self._open.pop(order.symbol, None)
