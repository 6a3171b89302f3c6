"""Comparing our orders and positions with everything the venue says exists.

A difference in a position counts as drift only when a second snapshot confirms it: a snapshot's orders and positions
are read one after the other, and an execution may fall between.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from engine.clock import SECOND
from engine.model import (
    ZERO,
    Level,
    Order,
    OrderStatus,
    Position,
    Role,
    Side,
    VenuePosition,
    VenueSnapshot,
    split_prices,
)
from engine.model.records import Difference
from engine.orders.changes import Changes, LookUp, Outbox, Reconciliation, Split
from engine.orders.holdings import SPLIT_STEP
from engine.orders.machine import concluded
from engine.orders.register import Register

COIN_FEE: Final = Decimal("0.0025")
"""Most that the venue takes of a coin that is bought: its dearest rate, docs.alpaca.markets, "Crypto Fees" (25 bps). No
execution tells it: the position is smaller than what was filled."""
FEE: Final = "fee"
ELSEWHERE: Final = "elsewhere"
OVERSOLD: Final = "oversold"
SETTLING_NS: Final = 2 * SECOND
"""An order touched this shortly before the snapshot may be missing from it."""
ASKED_NS: Final = 30 * SECOND
"""So long a difference waits for the look-up of an order of its symbol that the venue does not list."""
EXECUTED_NS: Final = 10 * SECOND
"""An execution this shortly before the snapshot may be missing from its positions: the venue books them apart."""


class Reconciler:
    """Compares snapshot after snapshot; remembers which differences wait for confirmation."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._suspect: dict[str, tuple[Decimal, Decimal]] = {}
        """Per symbol, the venue's and our quantity at the last comparison, where they differed."""
        self._unlisted: dict[str, int] = {}
        """Open orders that the venue did not list at the last comparison, and since when."""
        self._split_ns: dict[str, int] = {}
        """When a symbol was split: the venue may still tell what was held before it."""

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
        splits: list[Split] = []
        unconfirmed, drifted, external = self._positions(snapshot, positions, now_ns, out, differences, splits)
        return Reconciliation(
            at_ns=now_ns,
            ok=not missing and not unconfirmed,
            drift=drifted,
            orders=len(seen),
            positions=len({*positions, *(held.symbol for held in snapshot.positions)}),
            differences=tuple(differences),
            external_orders=tuple(track.order for track in self._register.open() if not track.ours),
            external_positions=tuple(external),
            changes=Changes(),
            splits=tuple(splits),
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

    def _positions(
        self,
        snapshot: VenueSnapshot,
        positions: Mapping[str, Position],
        now_ns: int,
        out: Outbox,
        differences: list[Difference],
        splits: list[Split],
    ) -> tuple[bool, bool, list[VenuePosition]]:
        """Whether a difference waits for confirmation, whether one was confirmed, and what is not ours."""
        theirs = {held.symbol: held for held in snapshot.positions}
        found: dict[str, Decimal] = {}
        settled: dict[str, int] = {}
        sold: set[str] = set()
        traded: set[str] = set()
        for fill in out.fills:
            found[fill.symbol] = found.get(fill.symbol, ZERO) + fill.quantity * fill.side.sign
        for track in self._register.newest(1000):
            if concluded(track.order.status, track.known):
                continue  # the venue never had it: it cannot have moved a position
            wait_ns = EXECUTED_NS if track.counted > 0 else SETTLING_NS
            settled_ns = track.order.updated_ns + wait_ns
            unlisted_ns = self._unlisted.get(track.order.client_order_id)
            if unlisted_ns is not None:
                settled_ns = max(settled_ns, unlisted_ns + ASKED_NS)
            settled[track.order.symbol] = max(settled.get(track.order.symbol, 0), settled_ns)
            if track.ours and track.counted > 0:
                traded.add(track.order.symbol)
                sold |= {track.order.symbol} if settled_ns > snapshot.at_ns else set()
        for symbol, split_ns in self._split_ns.items():
            settled[symbol] = max(settled.get(symbol, 0), split_ns + EXECUTED_NS)
        suspect: dict[str, tuple[Decimal, Decimal]] = {}
        external: list[VenuePosition] = []
        drifted = False
        for symbol in sorted({*theirs, *positions, *found, *self._register.holdings.symbols}):
            held = theirs.get(symbol)
            venue = ZERO if held is None else held.quantity
            position = positions.get(symbol)
            ours = (ZERO if position is None else position.quantity) + found.get(symbol, ZERO)
            split = _split(held, position, ours, found.get(symbol, ZERO))
            beyond = venue - ours if split is None else ZERO
            doubted = self._doubted(symbol, beyond, settled.get(symbol, 0) <= snapshot.at_ns, now_ns, out)
            if doubted is None:
                suspect[symbol] = (venue, ours)
                differences.append(Difference("position", symbol, f"{ours} or more", str(venue)))
                continue
            ours += doubted
            lots = self._register.holdings
            mine = sum((lot.quantity * lot.side.sign for lot in lots.lots(symbol)), ZERO)
            foreign = venue - mine
            if held is not None and foreign != 0:
                external.append(VenuePosition(symbol, foreign, held.average_price))
            if venue == ours:
                over = lots.oversold(symbol)
                if over > SPLIT_STEP and settled.get(symbol, 0) <= snapshot.at_ns:
                    drifted = True
                    lots.adopt(symbol, venue)
                    differences.append(
                        Difference("position", symbol, str(mine), str(venue), adopted=True, cause=OVERSOLD)
                    )
                    self._tell_oversold(symbol, over, venue, now_ns, out)
                elif any(lots.held(symbol, side) > max(ZERO, venue * side.sign) for side in Side):
                    gone = lots.adopt(symbol, venue)
                    out.symbols.add(symbol)
                    if gone > SPLIT_STEP:
                        theirs_now = Difference(
                            "position", symbol, str(mine), str(venue), adopted=True, cause=ELSEWHERE
                        )
                        differences.append(theirs_now)
                        self._tell_sold(symbol, gone, mine, venue, now_ns, out)
                continue
            cause = FEE if self._fee(held, ours, mine) else ""
            split = _split(held, position, ours, found.get(symbol, ZERO))
            if split is not None and snapshot.at_ns >= self._split_ns.get(symbol, -EXECUTED_NS) + EXECUTED_NS:
                cause = split.cause
                self._split_ns[symbol] = snapshot.at_ns
                splits.append(split)
            if cause:
                differences.append(Difference("position", symbol, str(ours), str(venue), adopted=True, cause=cause))
                continue
            stranger = mine == 0 and (position is None or position.external) and not self._touched(symbol, out)
            stranger = stranger and symbol not in sold  # the venue may still show what we had
            pair = (venue, ours)
            confirmed = not stranger and settled.get(symbol, 0) <= snapshot.at_ns and self._suspect.get(symbol) == pair
            differences.append(Difference("position", symbol, str(ours), str(venue), stranger, confirmed))
            if stranger:
                if symbol in traded and venue > max(ZERO, ours):
                    self._tell_unexplained(symbol, venue, venue - ours, now_ns, out)
                continue
            if not confirmed:
                suspect[symbol] = pair
                continue
            drifted = True
            lots.adopt(symbol, venue)
            out.symbols.add(symbol)
            out.alert(
                Level.CRITICAL,
                "position_drift",
                symbol,
                f"{symbol}: the venue holds {venue}, our fills make {ours}; the venue's figure holds from now on",
                "look for orders placed elsewhere, splits or transfers; acknowledge to go on",
                now_ns,
                stays=True,
            )
        self._suspect = suspect
        return bool(suspect), drifted, external

    def _doubted(self, symbol: str, beyond: Decimal, settled: bool, now_ns: int, out: Outbox) -> Decimal | None:
        """What of orders in doubt the venue's position shows to be theirs, `beyond` our book; None while it may not
        show all yet. One that nothing explains settles it too: what differs is drift then."""
        doubtful = self._register.carrying.doubtful(symbol)
        if not doubtful:
            return ZERO
        if not settled:
            return None
        own = sum((track.doubt * track.order.side.sign for track in doubtful), ZERO)
        for track in doubtful:
            self._register.settle(track, own != beyond, now_ns, out)
        return own if own == beyond else ZERO

    def _tell_sold(self, symbol: str, gone: Decimal, mine: Decimal, venue: Decimal, now_ns: int, out: Outbox) -> None:
        """Orders that are not ours have closed what was: what we hold, and what protects it, is less from now on."""
        out.alert(
            Level.WARNING,
            "closed_elsewhere",
            symbol,
            f"{symbol}: {gone} of our {abs(mine)} closed by orders that are not ours; the account holds {venue}",
            "stops and targets follow what is left of ours; what others hold is theirs",
            now_ns,
        )

    def _tell_unexplained(self, symbol: str, venue: Decimal, more: Decimal, now_ns: int, out: Outbox) -> None:
        """Shares are there that no order explains, of what we have traded: a rest of ours, maybe, that nobody keeps."""
        out.alert(
            Level.WARNING,
            "position_unexplained",
            symbol,
            f"{symbol}: the account holds {venue}, and no order explains {more} of it: a transfer, or what a split "
            "left of what was sold",
            "look at the venue's own screen; it counts as others': nothing protects it, and no flatten sells it",
            now_ns,
            stays=True,
        )

    def _tell_oversold(self, symbol: str, over: Decimal, venue: Decimal, now_ns: int, out: Outbox) -> None:
        """Two exits of ours have executed where one should have: nobody else did it, and the engine covers nothing."""
        out.symbols.add(symbol)
        out.alert(
            Level.CRITICAL,
            "oversold",
            symbol,
            f"{symbol}: our exits closed {over} more than we held; the account holds {venue}",
            "close what is too much at the venue's own screen; the engine leaves it alone and buys no more of it while "
            "it is short",
            now_ns,
            stays=True,
        )

    def _fee(self, held: VenuePosition | None, ours: Decimal, mine: Decimal) -> bool:
        """Whether the venue holds another quantity of a coin than `ours` by fees that it took in it."""
        if held is None or not mine or "/" not in held.symbol:
            return False
        totals = (held.quantity, held.quantity - (ours - mine))
        return any(self._register.holdings.fees(held.symbol, total, COIN_FEE) for total in totals)

    def _touched(self, symbol: str, out: Outbox) -> bool:
        """Whether an order of ours works in the symbol, or one has just been found to have filled."""
        fills = any(fill.symbol == symbol and fill.role is not Role.EXTERNAL for fill in out.fills)
        return fills or any(track.ours for track in self._register.open(symbol))


def _replaced_first(told: Order) -> tuple[bool, int]:
    """What was replaced before what replaced it: a successor of an order of ours is known for what it is."""
    return not told.replaced_by, told.submitted_ns if told.replaced_by else 0


def _split(held: VenuePosition | None, position: Position | None, ours: Decimal, found: Decimal) -> Split | None:
    """The split by which the venue holds another quantity of shares than `ours`; fills just `found` have no average."""
    if held is None or position is None or found or "/" in held.symbol:
        return None
    prices = split_prices(ours, position.average_price, held.quantity, held.average_price)
    return None if prices is None else Split(held.symbol, ours, held.quantity, prices)


def _words(order: Order) -> str:
    return f"{order.status.value} {order.filled}/{order.quantity}"
