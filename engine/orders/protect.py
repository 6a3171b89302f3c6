"""Keeps what is held protected.

A filled quantity is protected by working stops at the venue (bracket legs, or stops placed here within
`orders.protect_s`); what no venue stop covers, and every target without a venue order, is watched against the quotes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Final

from engine.clock import HOUR, SECOND, from_seconds
from engine.config import Config
from engine.model import SPLIT_LEAST, ZERO, Draft, Fill, Intent, Level, OrderStatus, Quote, Role
from engine.orders import exits as watching
from engine.orders.changes import Compare, Exits, Outbox, Place, Split, alert_id
from engine.orders.closing import SLOW_RETRY_NS, Closer
from engine.orders.doubt import JUMP_NS
from engine.orders.holdings import Lot
from engine.orders.machine import UNSURE, Track
from engine.orders.plan import ExitPlan
from engine.orders.register import Register

HURRY_NS: Final = 2 * SECOND
"""How long legs of a filled entry are waited for where nobody will be there later."""
REFUSED_AGAIN_NS: Final = HOUR
"""Between stops at a venue where so many did not stay: each that does not either is told anew."""


class Protector:
    """Stops at the venue and levels watched, over one register."""

    def __init__(self, register: Register, watch: watching.ExitWatch, closer: Closer, config: Config) -> None:
        self._register = register
        self._holdings = register.holdings
        self._watch = watch
        self._closer = closer
        self._exit_timeout_ns = from_seconds(config.orders.exit_timeout_s)
        self._protect_ns = from_seconds(config.orders.protect_s)
        self._watched: set[str] = set()
        self._denied: set[str] = set()
        """Symbols of which an alert says that a control denies a stop."""
        self._refused: set[str] = set()
        """Those of which one says that no stop stays at the venue."""
        self._told = (
            (self._watched, "exit_watched"), (self._denied, "stop_denied"), (self._refused, "stop_refused"),
        )  # fmt: skip
        """Of which symbols alerts tell what."""
        self._told_ns = 0
        """As of when the venue last told its positions."""
        self.ready = False
        """True once a reconciliation succeeded: only then is a missing stop known to be missing."""

    def on_quote(self, quote: Quote, now_ns: int, out: Outbox) -> None:
        """Start the exits whose watched level this quote reaches; price the exits that waited for one."""
        symbol = quote.symbol
        doubts = self._watch.doubts
        before = doubts.doubted(symbol), doubts.jumped(symbol), doubts.outdated(symbol)
        crossings = self._watch.on_quote(quote, now_ns)
        if before != (doubts.doubted(symbol), doubts.jumped(symbol), doubts.outdated(symbol)):
            self._tell_doubt(quote, now_ns, out)
        elif doubts.asks(symbol, now_ns):
            out.requests.append(Compare("jump"))
        for crossing in crossings:
            lot = self._holdings.lot(symbol, crossing.entry_id)
            if lot is None or (crossing.role is Role.TARGET and now_ns < lot.target_ns):
                continue
            if self._closer.running(symbol, crossing.entry_id):
                if crossing.role is Role.STOP:
                    self._closer.overtake(symbol, now_ns, out)
                continue
            word = crossing.role.value
            reason = f"{word} {crossing.level} reached at {crossing.price}"
            out.alert(
                Level.WARNING, "exit_triggered", symbol, f"{symbol}: {reason}; selling {lot.quantity}", "", now_ns
            )
            plan = ExitPlan(
                symbol=symbol,
                side=lot.side.opposite,
                role=crossing.role,
                quantity=lot.quantity,
                signal_id=lot.signal_id,
                reason=reason,
                entry_id=lot.entry_id,
                strategy=lot.strategy,
                attempts=self._closer.attempts if crossing.role is Role.STOP else 1,
            )
            self._closer.begin(plan, now_ns, out)
        for waiting in list(self._closer.of(symbol)):
            if not waiting.order_id:
                self._closer.pursue(waiting, now_ns, out)

    def _tell_doubt(self, quote: Quote, now_ns: int, out: Outbox) -> None:
        """A price began, or ceased, to be doubted: what is not sold on it is told."""
        symbol, doubts = quote.symbol, self._watch.doubts
        if doubts.doubted(symbol):
            text = (
                f"{symbol}: bid {quote.bid} is beyond a stop, but the ask {quote.ask} and the last {quote.last} are not"
            )
            out.alert(Level.WARNING, "stop_doubted", symbol, text, "sold when it stays, or when trades agree", now_ns)
        else:
            out.cleared.append(alert_id("stop_doubted", symbol))
        if doubts.jumped(symbol):
            text, remedy = doubts.words(quote)
            out.alert(Level.WARNING, "price_jump", symbol, text, remedy, now_ns)
            out.requests.append(Compare("jump"))
        else:
            out.cleared.append(alert_id("price_jump", symbol))

    def split(self, split: Split, now_ns: int, out: Outbox) -> None:
        """A holding was split: its stops and targets go with it, and orders at the old prices must go."""
        symbol = split.symbol
        self.was_split(split, now_ns)
        for track in self._register.open(symbol):
            if track.ours and not self._fits(track):
                self._closer.cancel(track, now_ns, out)
        for plan in self._closer.of(symbol):
            plan.split(split.prices, now_ns)
            if plan.draft is not None and not plan.order_id:
                self._closer.give_up(plan, "it was approved at a price of before the split", now_ns, out)
        out.symbols.add(symbol)
        out.alert(
            Level.CRITICAL,
            "position_split",
            symbol,
            f"{symbol}: {split.before} became {split.after} at the same cost: a split; stops and targets moved with it",
            "look at the position and its exits; orders at the old prices are cancelled",
            now_ns,
            stays=True,
        )

    def trim(self, symbol: str, now_ns: int, out: Outbox) -> None:
        """Less is held than was: exits that would sell more than their entry still holds must go, legs too."""
        for track in self._register.open(symbol):
            order, entry = track.order, self._register.entry(track.order.parent_id)
            if not track.ours or not order.parent_id or (entry is not None and entry.open):
                continue
            lot = self._holdings.lot(symbol, order.parent_id)
            if order.remaining > (ZERO if lot is None else lot.quantity):
                self._closer.cancel(track, now_ns, out)

    def _fits(self, track: Track) -> bool:
        """Whether a protective order stands at the price its entry's holding has after a split."""
        order, lot = track.order, self._holdings.lot(track.order.symbol, track.order.parent_id)
        wanted = None if lot is None else {Role.STOP: lot.stop, Role.TARGET: lot.target}.get(order.role)
        price = order.stop_price if order.role is Role.STOP else order.limit_price
        return wanted is not None and price is not None and max(wanted, price) < SPLIT_LEAST * min(wanted, price)

    def jumped(self, symbol: str) -> bool:
        """Whether the symbol's price jumped since an earlier day and the venue has not told its position since."""
        return self._watch.doubts.jumped(symbol)

    def was_split(self, split: Split, told_ns: int) -> None:
        """A holding was split at this instant, as an earlier run found."""
        self._holdings.split(split.symbol, split.before, split.after, split.prices)
        self._watch.doubts.split(split.symbol, split.prices, told_ns)

    def traded(self, fill: Fill) -> None:
        """An execution, live or from the journal."""
        self._watch.doubts.traded(fill)

    def last_quoted(self, quote: Quote) -> None:
        """The newest quote of an earlier day, from the journal."""
        self._watch.doubts.last_quoted(quote, self._watch.collar(quote.symbol))

    def settle(self, told_ns: int, split: Collection[str], out: Outbox) -> None:
        """The venue has told its positions as of this instant, and these were split: what jumped before may be sold."""
        self._told_ns = told_ns
        settled = self._watch.doubts.settle(told_ns, split)
        out.cleared += [alert_id("price_jump", symbol) for symbol in settled]
        out.symbols.update(settled)

    def not_sent(self, intent: Intent, denied: bool, now_ns: int) -> None:
        """The venue never judged a stop of ours: a control denied it, or its limiter answered. It has its try still.

        What a control denies is tried again after a pause; meanwhile the engine watches.
        """
        lot = self._holdings.lot(intent.draft.symbol, intent.parent)
        if lot is not None and intent.order_type == "stop":
            lot.stops_placed = max(0, lot.stops_placed - 1)
            if denied or lot.stops_placed >= self._closer.attempts:
                lot.again_ns = now_ns + SLOW_RETRY_NS

    def tell_denied(self, symbol: str, text: str, now_ns: int, out: Outbox) -> None:
        """A control denies a stop, maybe each time that it is tried: one alert says so until the stop stands."""
        self._denied.add(symbol)
        out.alert(Level.WARNING, "stop_denied", symbol, text, "the engine watches it, and tries again", now_ns)

    def refused(self, symbol: str) -> None:
        """An alert says that no stop of the symbol stays at the venue."""
        self._refused.add(symbol)

    def hurry(self) -> None:
        """A stop that is missing is placed as soon as its legs would have been told."""
        self._protect_ns = min(self._protect_ns, HURRY_NS)

    def follows(self, symbol: str) -> bool:
        """Whether a quote of the symbol could matter."""
        return self._watch.follows(symbol)

    def refresh(self, symbols: Iterable[str], now_ns: int, out: Outbox) -> None:
        """Orders or holdings of these symbols moved: look at their protection and their exits again."""
        for symbol in symbols:
            self._closer.find(symbol)
            for plan in list(self._closer.of(symbol)):
                self._closer.pursue(plan, now_ns, out)
            self._cancel_orphans(symbol, now_ns, out)
            self._levels(symbol, now_ns, out)

    def due(self, now_ns: int, out: Outbox) -> None:
        """Whatever the time asks for: stops to place, exits to cancel or to try again, cancels to repeat."""
        self.refresh(sorted({*self._holdings.symbols, *self._closer.symbols, *self._refused}), now_ns, out)
        if not self.ready:
            return
        for symbol in self._holdings.symbols:
            for lot in self._holdings.lots(symbol):
                self._place_stop(lot, now_ns, out)

    def next_due_ns(self) -> int | None:
        """When a stop is to be placed; None when none is missing."""
        if not self.ready:
            return None
        moments = [
            max(self._stop_due_ns(lot), lot.asked_ns + JUMP_NS if self._told_ns < lot.asked_ns else 0)
            for symbol in self._holdings.symbols
            for lot in self._holdings.lots(symbol)
            if self._stoppable(lot)
        ]
        return min(moments, default=None)

    def exits(self, symbol: str) -> Exits:
        """The symbol's nearest stop and target, and whether the engine watches."""
        lots = self._holdings.lots(symbol)
        if not lots:
            return Exits(symbol)
        sign = lots[0].side.sign
        stops = [lot.stop for lot in lots if lot.stop is not None]
        targets = [lot.target for lot in lots if lot.target is not None]
        return Exits(
            symbol,
            max(stops, key=lambda price: price * sign, default=None),
            min(targets, key=lambda price: price * sign, default=None),
            watched=bool(self._watch.levels(symbol)),
        )

    def _covered(self, lot: Lot, role: Role, *, sure: bool) -> Decimal:
        """Quantity of the lot under open exits of this role; `sure` counts only those the venue has working.

        A leg is held while its entry fills; when the entry has filled, it is the stop that waits beside its target. Of
        an entry that ended before, a held leg protects nothing.
        """
        entry = self._register.entry(lot.entry_id)
        entry_open = entry is not None and entry.open
        filled = entry is None or entry.order.status is OrderStatus.FILLED
        covered = ZERO
        for track in self._register.exits(lot.entry_id, lot.symbol):
            order = track.order
            if order.role is not role or order.side is lot.side or (order.status is OrderStatus.HELD and entry_open):
                continue
            if sure and order.status in (*UNSURE, OrderStatus.CANCELING):
                continue
            if sure and order.status is OrderStatus.HELD and not filled:
                continue
            covered += order.remaining
        return covered

    def _uncovered(self, lot: Lot) -> Decimal:
        """Quantity that lacks a stop and that no other exit has taken: stops never put more on sale than is held."""
        stop, target = (self._covered(lot, role, sure=False) for role in (Role.STOP, Role.TARGET))
        others = self._register.committed(lot.symbol, lot.side.opposite) - max(stop, target)
        exits = lot.side.opposite
        free = self._holdings.held(lot.symbol, lot.side) - others - stop - self._register.uncounted(lot.symbol, exits)
        return min(lot.quantity - stop - self._register.uncounted(lot.symbol, exits, lot.entry_id), free)

    def _cancel_orphans(self, symbol: str, now_ns: int, out: Outbox) -> None:
        """A stop that the engine placed and that covers more than its entry still holds must go."""
        for track in self._register.open(symbol):
            if track.intent is None or track.order.order_type != "stop" or not track.ours:
                continue
            lot = self._holdings.lot(symbol, track.intent.parent)
            if (lot is None or lot.quantity < track.order.remaining) and not track.gap_ns:
                self._closer.cancel(track, now_ns, out)

    def _levels(self, symbol: str, now_ns: int, out: Outbox) -> None:
        lots = self._holdings.lots(symbol)
        if not lots and not any(self._closer.of(symbol)):
            self._closer.closed(symbol, out)
            doubts = self._watch.doubts
            if doubts.doubted(symbol) or doubts.jumped(symbol):
                out.cleared += [alert_id("stop_doubted", symbol), alert_id("price_jump", symbol)]
            self._watch.forget(symbol)
            for told, code in self._told:
                self._over(told, code, symbol, out)
            return
        levels = []
        for lot in lots:
            stop_bare = lot.quantity > self._covered(lot, Role.STOP, sure=True)
            target_bare = lot.quantity > self._covered(lot, Role.TARGET, sure=True)
            lot.bare_ns = (lot.bare_ns or now_ns) if stop_bare else 0
            if stop_bare and lot.stops_placed >= self._closer.attempts and self._uncovered(lot) > 0:
                self._tell_refused(lot, now_ns, out)
            stop, target = lot.stop if stop_bare else None, lot.target if target_bare else None
            if stop is not None or target is not None:
                levels.append(watching.Level(lot.entry_id, lot.side, stop, target))
            if stop is not None and not lot.venue_can_stop and symbol not in self._watched:
                self._watched.add(symbol)
                out.alert(
                    Level.INFO,
                    "exit_watched",
                    symbol,
                    f"{symbol}: the engine watches stop {stop} and target {target} itself; no venue carries them here",
                    "keep the engine running while this position is open",
                    now_ns,
                )
        if not any(lot.bare_ns and lot.venue_can_stop and lot.stops_placed < self._closer.attempts for lot in lots):
            self._over(self._denied, "stop_denied", symbol, out)
        if not any(lot.bare_ns for lot in lots):
            self._over(self._refused, "stop_refused", symbol, out)
        self._watch.follow(symbol, tuple(levels))

    def _over(self, told: set[str], code: str, symbol: str, out: Outbox) -> None:
        """What an alert told of the symbol holds no more."""
        if symbol in told:
            told.discard(symbol)
            out.cleared.append(alert_id(code, symbol))

    def _stop_due_ns(self, lot: Lot) -> int:
        """When a stop is placed for what lacks one."""
        return max(lot.bare_ns + self._protect_ns, lot.again_ns)

    def _stoppable(self, lot: Lot) -> bool:
        """Whether a stop of ours at the venue is missing and could be placed."""
        entry = self._register.entry(lot.entry_id)
        return (
            lot.bare_ns > 0
            and lot.stop is not None
            and lot.venue_can_stop
            and (lot.stops_placed < self._closer.attempts or lot.again_ns > 0)
            and (entry is None or not entry.open)
            and not any(self._closer.of(lot.symbol))
            and not self._watch.doubts.jumped(lot.symbol)
            and not any(self._register.awaited(lot.symbol))
            and self._uncovered(lot) > 0
        )

    def _place_stop(self, lot: Lot, now_ns: int, out: Outbox) -> None:
        if lot.stop is None or not self._stoppable(lot) or now_ns < self._stop_due_ns(lot):
            return
        others = [
            track
            for track in self._register.exits(lot.entry_id, lot.symbol)
            if track.order.role is not Role.STOP or track.order.status is OrderStatus.CANCELING
        ]
        for track in others:
            self._closer.cancel(track, now_ns, out)
        if others:
            return
        if self._told_ns < lot.bare_ns and not self._watch.doubts.priced_on(lot.symbol, now_ns):
            if now_ns >= lot.asked_ns + JUMP_NS:  # over a night venues cancel what protects shares that they split
                lot.asked_ns = now_ns
                out.requests.append(Compare("bare"))
            return
        quantity = self._uncovered(lot)
        draft = Draft(
            symbol=lot.symbol, side=lot.side.opposite, quantity=quantity, limit_price=lot.stop,
            reference_price=lot.stop, reference_ns=now_ns, stop_price=lot.stop, time_in_force="gtc", reduces=True,
            sizing=f"stop for {quantity} without one at the venue",
        )  # fmt: skip
        intent = self._register.intend(
            lot.signal_id, "", Role.STOP, draft, now_ns, strategy=lot.strategy,
            valid_until_ns=now_ns + self._exit_timeout_ns, parent=lot.entry_id,
        )  # fmt: skip
        lot.stops_placed += 1
        lot.bare_ns, lot.again_ns = now_ns, 0
        out.order(self._register.track(intent.client_order_id).order)
        out.requests.append(Place(intent))

    def _tell_refused(self, lot: Lot, now_ns: int, out: Outbox) -> None:
        """The last stop that was placed for it did not stay either: the next one is in an hour."""
        if lot.again_ns:
            return
        lot.again_ns = now_ns + REFUSED_AGAIN_NS
        self.refused(lot.symbol)
        out.alert(
            Level.CRITICAL,
            "stop_refused",
            lot.symbol,
            f"{lot.symbol}: no stop stays at the venue after {lot.stops_placed} were placed; the engine watches, and "
            "places one more in an hour",
            "look at the venue's reason in the orders, place a stop by hand or flatten",
            now_ns,
            stays=True,
        )
