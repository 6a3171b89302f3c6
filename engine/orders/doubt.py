"""Whether a price may be believed before something is sold on it. A stub quote is no fall, and a split is none.

Two doubts, both short. A *stub*: the side one could close at is beyond a stop, and nothing else says so (R03's collar
around last trade and mid, the other side of the quote, the trades). It counts once it has stood for a while in several
quotes that no trade contradicts. A *jump*: the first price of a trading day is far from the last one of the day before.
It counts once the venue has told its positions since, or after a few seconds without an answer: a gap is sold into.
Where it is by a ratio at which shares are split, the venue may adjust the position later than the price: then its old
quantity is no answer yet, and the wait is up to a minute. No longer, for a fall by half may be what it looks like.

Once the venue has told a split, every price of that day is measured against the level after it: a source may still tell
one of before, at which a target that the split has halved is reached. A price that was quoted before the venue told the
split and is at the level of before is not believed however long it stands; nor is one of an earlier day that is far
from a price of a later one (an execution, say): there may have been a split while nothing was held.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Final

import msgspec

from engine.calendar import Calendar
from engine.clock import SECOND
from engine.model import SPLIT_LEAST, Fill, Quote, Side, Value, positive

STUB_NS: Final = 10 * SECOND
"""How long a quote that stands alone must stand before it is believed."""
STUB_QUOTES: Final = 3
"""In so many quotes."""
JUMP_NS: Final = 10 * SECOND
"""How long a jump waits for the venue's positions."""
SPLIT_NS: Final = 60 * SECOND
"""How long one that looks like a split waits while they are the old ones."""
_NEAR: Final = Decimal("0.04")
"""How far from a split's ratio the price of the first quotes after it may be: what moves it overnight comes on top."""
_RATIOS: Final = tuple(map(Decimal, ("1.5", *map(str, range(2, 11)), "15", "20", "25", "30", "40", "50")))
"""What shares are usually split at, or joined: 3:2, whole numbers, and the round ones above ten."""


class _Stub(Value, frozen=True, gc=False):
    since_ns: int
    quotes: int
    last: Decimal | None
    """The last trade told when it began."""


class _Jump(Value, frozen=True, gc=False):
    since_ns: int
    base: Decimal
    """The price it jumped from."""
    price: Decimal
    """The newest price since."""
    day_ns: int
    """Start of its trading day."""
    quoted_ns: int
    """When that price was quoted."""
    old: bool = False
    """Whether it was quoted before a split that the venue has told since, at the level of before it; or on a day before
    that of the price it is far from."""


class _Split(Value, frozen=True, gc=False):
    factor: Decimal
    """By what a price of before it is multiplied."""
    told_ns: int
    """When the venue told it."""
    day_ns: int
    """Start of that trading day."""


class Doubts:
    """What is doubted of each symbol's prices. Bounded by the symbols that are followed (`forget`)."""

    def __init__(self) -> None:
        self._calendar = Calendar()
        self._stubs: dict[str, _Stub] = {}
        self._jumps: dict[str, _Jump] = {}
        self._seen: dict[str, tuple[Decimal, int]] = {}
        """Per symbol the newest price that was believed, and the start of its trading day."""
        self._splits: dict[str, _Split] = {}
        """Per symbol the newest split that the venue told."""
        self._leapt: dict[str, tuple[Decimal, int]] = {}
        """What `_seen` jumped from on a trading day, where that looked like a split and was believed after a while."""
        self._asked: dict[str, int] = {}
        """When the venue was last asked once more about a jump."""

    def forget(self, symbol: str) -> None:
        """Nothing is held any more."""
        for known in (self._stubs, self._jumps, self._seen, self._splits, self._leapt, self._asked):
            known.pop(symbol, None)

    def day_ns(self, at_ns: int) -> int:
        """Start of the trading day that an instant belongs to."""
        return self._calendar.session_start_ns(at_ns)

    def priced_on(self, symbol: str, at_ns: int) -> bool:
        """Whether a price of that instant's trading day is known, and believed."""
        seen = self._seen.get(symbol)
        return seen is not None and seen[1] >= self.day_ns(at_ns)

    def jumped(self, symbol: str) -> bool:
        """Whether the symbol's price is not to be valued or sold at yet: it may be a split."""
        return symbol in self._jumps

    def base(self, symbol: str) -> Decimal | None:
        """The price that a jump began from."""
        jump = self._jumps.get(symbol)
        return None if jump is None else jump.base

    def split_alike(self, symbol: str) -> bool:
        """Whether the symbol's price jumped by a usual split's ratio."""
        jump = self._jumps.get(symbol)
        return jump is not None and like_split(jump.price, jump.base)

    def asks(self, symbol: str, now_ns: int) -> bool:
        """Whether the venue is to be asked once more: a split may be in its positions later than in the price, and the
        comparisons of every day come too seldom to tell it in time."""
        if not self.split_alike(symbol) or self.outdated(symbol):
            return False
        due = now_ns >= self._asked.get(symbol, self._jumps[symbol].since_ns) + JUMP_NS
        if due:
            self._asked[symbol] = now_ns
        return due

    def outdated(self, symbol: str) -> bool:
        """Whether the symbol's newest price is one of before its split, quoted before the venue told that, or of an
        earlier day than the price it is far from."""
        jump = self._jumps.get(symbol)
        return jump is not None and jump.old

    def words(self, quote: Quote) -> tuple[str, str]:
        """What a person is told about the symbol's jump, and what ends it."""
        symbol = quote.symbol
        text, base = f"{symbol}: bid {quote.bid}, ask {quote.ask}, ", self.base(symbol)
        if not self.outdated(symbol):
            wait_s = (SPLIT_NS if self.split_alike(symbol) else JUMP_NS) // SECOND
            remedy = f"the venue is asked whether the position was split; nothing is sold on it for up to {wait_s} s"
            return f"{text}{base} when last seen: a gap, or a split", remedy
        text += (
            f"{base} since the split: a price of before it"
            if symbol in self._splits
            else f"{base} when last seen: a price of an earlier day"
        )
        return text, "nothing is sold or valued at it; a newer quote ends this"

    def of_before(self, quote: Quote, collar: Decimal) -> bool:
        """Whether a quote is one of before a split that the venue has told since: nothing can be priced by it."""
        split, price = self._splits.get(quote.symbol), _fair(quote, collar)
        if split is None or price is None or quote.at_ns >= split.told_ns:
            return False
        jump, seen = self._jumps.get(quote.symbol), self._seen.get(quote.symbol)
        base = jump.base if jump is not None else None if seen is None else seen[0]
        return base is None or _nearer(price, base / split.factor, base)

    def split(self, symbol: str, factor: Decimal, told_ns: int) -> None:
        """The venue has told a split that multiplied prices by `factor`: they are measured from the level after it."""
        day_ns = self._calendar.session_start_ns(told_ns)
        self._splits[symbol] = _Split(factor, told_ns, day_ns)
        jump, leapt = self._jumps.get(symbol), self._leapt.pop(symbol, None)
        if jump is not None:
            if not _nearer(jump.price, jump.base * factor, jump.base):
                self._jumps[symbol] = msgspec.structs.replace(jump, price=jump.price * factor)
            return
        seen = self._seen.get(symbol)
        if seen is None:
            return
        price, seen_ns = seen
        if leapt is None or leapt[1] != day_ns or not _nearer(price, leapt[0] * factor, leapt[0]):
            self._seen[symbol] = (price * factor, seen_ns)

    def doubted(self, symbol: str) -> bool:
        """Whether the symbol's newest quote stands alone beyond a stop."""
        return symbol in self._stubs

    def settle(self, told_ns: int, split: Collection[str] = ()) -> list[str]:
        """The venue has told its positions as of this instant: what jumped before is a price like any other.

        Not one that looks like a split, for SPLIT_NS, and no price of before a split, unless its position is among the
        `split` ones. Returns the symbols.
        """
        settled = [
            symbol
            for symbol, jump in self._jumps.items()
            if jump.since_ns <= told_ns
            and (symbol in split or not (jump.old or (self.split_alike(symbol) and told_ns < jump.since_ns + SPLIT_NS)))
        ]
        for symbol in settled:
            self._asked.pop(symbol, None)
            self._believe(symbol, self._jumps.pop(symbol), split)
        return settled

    def _believe(self, symbol: str, jump: _Jump, split: Collection[str] = ()) -> None:
        self._seen[symbol] = (jump.price, jump.day_ns)
        if symbol not in split and like_split(jump.price, jump.base):
            self._leapt[symbol] = (jump.base, jump.day_ns)

    def traded(self, fill: Fill) -> None:
        """An execution: a price to measure a jump from, also after a restart."""
        if "/" not in fill.symbol and fill.symbol not in self._jumps:
            self._seen[fill.symbol] = (fill.price, self._calendar.session_start_ns(fill.at_ns))

    def last_quoted(self, quote: Quote, collar: Decimal) -> None:
        """The newest quote of an earlier day, from the journal: nearer to this morning's price than what was paid."""
        symbol, price = quote.symbol, _fair(quote, collar)
        seen, split = self._seen.get(symbol), self._splits.get(symbol)
        if price is None or "/" in symbol or (split is not None and quote.at_ns < split.told_ns):
            return
        day_ns = self._calendar.session_start_ns(quote.at_ns)
        if seen is None or day_ns >= seen[1]:
            self._seen[symbol] = (price, day_ns)

    def jumps(self, quote: Quote, collar: Decimal, now_ns: int) -> bool:
        """Take the quote's price in; whether it is a jump that waits for the venue's word.

        Its day is the one on which it was quoted: what a source tells first on a morning may be last evening's.
        """
        symbol = quote.symbol
        price = _fair(quote, collar)
        if price is None or "/" in symbol:
            return self.jumped(symbol)
        quoted_ns = min(now_ns, quote.at_ns)
        day_ns = self._calendar.session_start_ns(quoted_ns)
        jump, seen, split = self._jumps.pop(symbol, None), self._seen.get(symbol), self._splits.get(symbol)
        if jump is not None:
            base: Decimal | None = jump.base
        else:
            of_split = split is not None and day_ns <= split.day_ns
            base = seen[0] if seen is not None and (seen[1] != day_ns or of_split) else None
        if jump is not None and not _far(price, jump.base) and quoted_ns < jump.quoted_ns:
            self._jumps[symbol] = jump  # one of before it, told late
            return True
        if base is not None and _far(price, base):
            old = split is not None and quote.at_ns < split.told_ns and _nearer(price, base / split.factor, base)
            old = old or (seen is not None and day_ns < seen[1])
            since_ns = now_ns if jump is None or jump.old else jump.since_ns
            now = _Jump(since_ns, base, price, day_ns, quoted_ns, old)
            if old or now_ns < since_ns + (SPLIT_NS if like_split(price, base) else JUMP_NS):
                self._jumps[symbol] = now
                return True
            self._believe(symbol, now)
            return False
        self._seen[symbol] = (price, day_ns)
        return False

    def stands(self, quote: Quote, now_ns: int) -> bool:
        """A quote that stands alone beyond a stop: whether such quotes have stood long enough to be believed."""
        stub = self._stubs.get(quote.symbol)
        if stub is None or quote.last != stub.last:  # a trade, and not beyond the stop: it begins anew
            stub = _Stub(now_ns, 0, quote.last)
        stub = self._stubs[quote.symbol] = _Stub(stub.since_ns, stub.quotes + 1, stub.last)
        return stub.quotes >= STUB_QUOTES and now_ns >= stub.since_ns + STUB_NS

    def cleared(self, symbol: str) -> None:
        """The newest quote does not stand alone beyond a stop."""
        self._stubs.pop(symbol, None)


def closing_price(quote: Quote, held: Side) -> Decimal | None:
    """What a holding on side `held` closes at: the bid (the ask for a short), the last where none is quoted."""
    bid, ask = quote.bid, quote.ask
    if bid is None and ask is None:
        price = quote.last
    elif bid is not None and ask is not None and bid.is_finite() and ask.is_finite() and ask < bid:
        return None
    else:
        price = bid if held is Side.BUY else ask
    return positive(price)


def strays(quote: Quote, held: Side, collar: Decimal) -> bool:
    """Whether the closing price is further than `collar` (a share of 1) from both last trade and mid, as R03 has it.

    Not where nothing else is quoted.
    """
    price, last = closing_price(quote, held), quote.traded
    anchors = [each for each in (quote.mid, last) if each is not None]
    return price is not None and bool(anchors) and all(abs(price - each) > collar * each for each in anchors)


def backed(quote: Quote, held: Side, stop: Decimal) -> bool:
    """Whether the last trade, or the other side of the quote, is beyond the stop too."""
    others = (quote.traded, positive(quote.ask if held is Side.BUY else quote.bid))
    return any(other is not None and (other - stop) * held.sign <= 0 for other in others)


def _fair(quote: Quote, collar: Decimal) -> Decimal | None:
    """The mid where a side of it is near, else the last trade."""
    mid, last = quote.mid, quote.traded
    if mid is None or (last is not None and strays(quote, Side.BUY, collar)):
        return last
    return mid


def like_split(price: Decimal, base: Decimal) -> bool:
    """Whether a price is near a usual split's, or a reverse split's, of `base`."""
    ratio = max(price, base) / min(price, base)
    return any(abs(ratio - usual) <= _NEAR * usual for usual in _RATIOS)


def _nearer(price: Decimal, this: Decimal, other: Decimal) -> bool:
    """Whether a price is nearer to `this` than to the other, as ratios go."""
    return (price * price > this * other) == (this > other)


def _far(price: Decimal, base: Decimal) -> bool:
    return max(price, base) >= SPLIT_LEAST * min(price, base)
