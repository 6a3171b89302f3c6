"""Comparing what we hold with what the venue says the account holds.

A difference counts as drift only when a second snapshot confirms it: a snapshot's orders and positions are read one
after the other, and an execution may fall between. So does what no order explains: the order may be told later.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from engine.clock import SECOND
from engine.model import ZERO, Level, Position, Role, Side, VenuePosition, VenueSnapshot, split_prices
from engine.model.records import Difference
from engine.orders.changes import Outbox, Split
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


class Look:
    """One comparison: what it is made from, and what it found. Mutable; lives as long as the comparison."""

    __slots__ = (
        "differences", "drifted", "external", "found", "now_ns", "out", "settled", "snapshot", "sold", "splits",
        "suspect", "traded", "unlisted",
    )  # fmt: skip

    def __init__(
        self,
        snapshot: VenueSnapshot,
        now_ns: int,
        out: Outbox,
        differences: list[Difference],
        unlisted: Mapping[str, int],
    ) -> None:
        """`unlisted`: open orders that the venue does not list, and since when."""
        self.snapshot, self.now_ns, self.out, self.differences = snapshot, now_ns, out, differences
        self.unlisted = unlisted
        self.splits: list[Split] = []
        self.external: list[VenuePosition] = []
        """What is not ours."""
        self.suspect: dict[str, tuple[Decimal, Decimal]] = {}
        """Per symbol, the venue's and our quantity, where a difference waits for confirmation."""
        self.drifted = False
        """Whether one was confirmed."""
        self.found: dict[str, Decimal] = {}
        """Per symbol what fills were just found."""
        for fill in out.fills:
            self.found[fill.symbol] = self.found.get(fill.symbol, ZERO) + fill.quantity * fill.side.sign
        self.settled: dict[str, int] = {}
        """Per symbol from when on the venue's position shows all that its orders have done."""
        self.traded: set[str] = set()
        """Symbols in which an order of ours has executed."""
        self.sold: set[str] = set()
        """Of those, where the venue may still show what we had."""

    def is_settled(self, symbol: str) -> bool:
        """Whether the snapshot's position shows all that the symbol's orders have done."""
        return self.settled.get(symbol, 0) <= self.snapshot.at_ns

    def differs(
        self, symbol: str, ours: str, venue: Decimal, *, external: bool = False, adopted: bool = False, cause: str = ""
    ) -> None:
        """A position differs."""
        self.differences.append(Difference("position", symbol, ours, str(venue), external, adopted, cause))


class Standing:
    """Compares positions, snapshot after snapshot; remembers which differences wait for a second look."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._suspect: dict[str, tuple[Decimal, Decimal]] = {}
        """See `Look`, at the last comparison."""
        self._split_ns: dict[str, int] = {}
        """When a symbol was split: the venue may still tell what was held before it."""
        self._unexplained: dict[str, tuple[Decimal, int]] = {}
        """Symbols of which more is there than orders explain: our quantity then, less what all executions came to, and
        when that was."""

    def compare(self, positions: Mapping[str, Position], look: Look) -> None:
        """Look at every symbol that either side holds."""
        self._find_settled(look)
        theirs = {held.symbol: held for held in look.snapshot.positions}
        for symbol in sorted({*theirs, *positions, *look.found, *self._register.holdings.symbols, *self._unexplained}):
            self._symbol(symbol, theirs.get(symbol), positions.get(symbol), look)
        self._suspect = look.suspect

    # --- inside

    def _find_settled(self, look: Look) -> None:
        """Which orders the venue's positions may not show yet."""
        for track in self._register.newest(1000):
            if concluded(track.order.status, track.known):
                continue  # the venue never had it: it cannot have moved a position
            symbol = track.order.symbol
            settled_ns = track.order.updated_ns + (EXECUTED_NS if track.counted > 0 else SETTLING_NS)
            unlisted_ns = look.unlisted.get(track.order.client_order_id)
            if unlisted_ns is not None:
                settled_ns = max(settled_ns, unlisted_ns + ASKED_NS)
            look.settled[symbol] = max(look.settled.get(symbol, 0), settled_ns)
            if track.ours and track.counted > 0:
                look.traded.add(symbol)
                look.sold |= {symbol} if settled_ns > look.snapshot.at_ns else set()
        for symbol, split_ns in self._split_ns.items():
            look.settled[symbol] = max(look.settled.get(symbol, 0), split_ns + EXECUTED_NS)

    def _symbol(self, symbol: str, held: VenuePosition | None, position: Position | None, look: Look) -> None:
        venue = ZERO if held is None else held.quantity
        found = look.found.get(symbol, ZERO)
        ours = (ZERO if position is None else position.quantity) + found
        beyond = venue - ours if _split(held, position, ours, found) is None else ZERO
        doubted = self._doubted(symbol, beyond, look)
        if doubted is None:
            look.suspect[symbol] = (venue, ours)
            look.differs(symbol, f"{ours} or more", venue)
            return
        ours += doubted
        mine = sum((lot.quantity * lot.side.sign for lot in self._register.holdings.lots(symbol)), ZERO)
        if held is not None and venue != mine:
            look.external.append(VenuePosition(symbol, venue - mine, held.average_price))
        if venue == ours:
            self._equal(symbol, venue, mine, look)
        elif cause := self._cause(held, position, ours, mine, found, look):
            look.differs(symbol, str(ours), venue, adopted=True, cause=cause)
        elif (
            mine == 0
            and (position is None or position.external)
            and not self._touched(symbol, look.out)
            and symbol not in look.sold
        ):
            self._strangers(symbol, venue, ours, look)
        else:
            self._differs(symbol, venue, ours, look)
        self._look_again(symbol, venue, look)

    def _equal(self, symbol: str, venue: Decimal, mine: Decimal, look: Look) -> None:
        """The account holds what every execution makes of it: ours may still be more than there is."""
        lots = self._register.holdings
        over = lots.oversold(symbol)
        if over > SPLIT_STEP and look.is_settled(symbol):
            look.drifted = True
            lots.adopt(symbol, venue)
            look.differs(symbol, str(mine), venue, adopted=True, cause=OVERSOLD)
            self._tell_oversold(symbol, over, venue, look)
        elif any(lots.held(symbol, side) > max(ZERO, venue * side.sign) for side in Side):
            gone = lots.adopt(symbol, venue)
            look.out.symbols.add(symbol)
            if gone > SPLIT_STEP:
                look.differs(symbol, str(mine), venue, adopted=True, cause=ELSEWHERE)
                self._tell_sold(symbol, gone, mine, venue, look)

    def _cause(
        self,
        held: VenuePosition | None,
        position: Position | None,
        ours: Decimal,
        mine: Decimal,
        found: Decimal,
        look: Look,
    ) -> str:
        """What explains the difference without a trade: a split, fees taken in the coin; empty where neither does."""
        cause, at_ns = FEE if self._fee(held, ours, mine) else "", look.snapshot.at_ns
        split = _split(held, position, ours, found)
        if split is not None and at_ns >= self._split_ns.get(split.symbol, -EXECUTED_NS) + EXECUTED_NS:
            cause = split.cause
            self._split_ns[split.symbol] = at_ns
            self._unexplained.pop(split.symbol, None)
            look.splits.append(split)
        return cause

    def _strangers(self, symbol: str, venue: Decimal, ours: Decimal, look: Look) -> None:
        """It is of others; of what we have traded, what no order explains a while later is told."""
        look.differs(symbol, str(ours), venue, external=True)
        if symbol in look.traded and venue > max(ZERO, ours):
            self._unexplained.setdefault(symbol, (ours - self._register.executed(symbol), look.snapshot.at_ns))

    def _differs(self, symbol: str, venue: Decimal, ours: Decimal, look: Look) -> None:
        """The venue's figure holds once it is seen a second time."""
        confirmed = look.is_settled(symbol) and self._suspect.get(symbol) == (venue, ours)
        look.differs(symbol, str(ours), venue, adopted=confirmed)
        if not confirmed:
            look.suspect[symbol] = (venue, ours)
            return
        look.drifted = True
        self._unexplained.pop(symbol, None)
        self._register.holdings.adopt(symbol, venue)
        look.out.symbols.add(symbol)
        look.out.alert(
            Level.CRITICAL,
            "position_drift",
            symbol,
            f"{symbol}: the venue holds {venue}, our fills make {ours}; the venue's figure holds from now on",
            "look for orders placed elsewhere, splits or transfers; acknowledge to go on",
            look.now_ns,
            stays=True,
        )

    def _look_again(self, symbol: str, venue: Decimal, look: Look) -> None:
        """What no order explained: it is told where the executions counted since do not make it either."""
        base, seen_ns = self._unexplained.get(symbol, (ZERO, look.snapshot.at_ns))
        if look.snapshot.at_ns < seen_ns + EXECUTED_NS or not look.is_settled(symbol):
            return
        del self._unexplained[symbol]
        more = min(venue, venue - base - self._register.executed(symbol))
        if more > 0:
            self._tell_unexplained(symbol, venue, more, look)

    def _doubted(self, symbol: str, beyond: Decimal, look: Look) -> Decimal | None:
        """What of orders in doubt the venue's position shows to be theirs, `beyond` our book; None while it may not
        show all yet. One that nothing explains settles it too: what differs is drift then."""
        doubtful = self._register.carrying.doubtful(symbol)
        if not doubtful:
            return ZERO
        if not look.is_settled(symbol):
            return None
        own = sum((track.doubt * track.order.side.sign for track in doubtful), ZERO)
        for track in doubtful:
            self._register.settle(track, own != beyond, look.now_ns, look.out)
        return own if own == beyond else ZERO

    def _tell_sold(self, symbol: str, gone: Decimal, mine: Decimal, venue: Decimal, look: Look) -> None:
        """Orders that are not ours have closed what was: what we hold, and what protects it, is less from now on."""
        look.out.alert(
            Level.WARNING,
            "closed_elsewhere",
            symbol,
            f"{symbol}: {gone} of our {abs(mine)} closed by orders that are not ours; the account holds {venue}",
            "stops and targets follow what is left of ours; what others hold is theirs",
            look.now_ns,
        )

    def _tell_unexplained(self, symbol: str, venue: Decimal, more: Decimal, look: Look) -> None:
        """Shares are there that no order explains, of what we have traded: a rest of ours, maybe, that nobody keeps."""
        look.out.alert(
            Level.WARNING,
            "position_unexplained",
            symbol,
            f"{symbol}: the account holds {venue}, and no order explains {more} of it: a transfer, or what a split "
            "left of what was sold",
            "look at the venue's own screen; it counts as others': nothing protects it, and no flatten sells it",
            look.now_ns,
            stays=True,
        )

    def _tell_oversold(self, symbol: str, over: Decimal, venue: Decimal, look: Look) -> None:
        """Two exits of ours have executed where one should have: nobody else did it, and the engine covers nothing."""
        look.out.symbols.add(symbol)
        look.out.alert(
            Level.CRITICAL,
            "oversold",
            symbol,
            f"{symbol}: our exits closed {over} more than we held; the account holds {venue}",
            "close what is too much at the venue's own screen; the engine leaves it alone and buys no more of it while "
            "it is short",
            look.now_ns,
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


def _split(held: VenuePosition | None, position: Position | None, ours: Decimal, found: Decimal) -> Split | None:
    """The split by which the venue holds another quantity of shares than `ours`; fills just `found` have no average."""
    if held is None or position is None or found or "/" in held.symbol:
        return None
    prices = split_prices(ours, position.average_price, held.quantity, held.average_price)
    return None if prices is None else Split(held.symbol, ours, held.quantity, prices)
