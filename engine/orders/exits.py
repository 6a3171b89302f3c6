"""The engine's own watch over stops and targets that no venue carries, and the price an exit goes out at."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from engine.config import Config
from engine.model import Quote, Role, Side, Value, price_step
from engine.orders.doubt import Doubts, backed, closing_price, strays

_BPS: Final = Decimal(10_000)
_HUNDRED: Final = Decimal(100)


class Level(Value, frozen=True, gc=False):
    """A stop and a target to watch for one entry. `side` is the entry's."""

    entry_id: str
    side: Side
    stop: Decimal | None
    target: Decimal | None


class Crossing(Value, frozen=True, gc=False):
    """A watched level was reached or jumped over."""

    symbol: str
    entry_id: str
    role: Role
    """STOP or TARGET."""
    level: Decimal
    price: Decimal
    """The price that reached it: what one could close at."""


class ExitWatch:
    """Newest quote of every symbol held, and the levels watched there. O(1) for a symbol without levels."""

    def __init__(self, config: Config) -> None:
        self._quotes: dict[str, Quote | None] = {}
        self._levels: dict[str, tuple[Level, ...]] = {}
        self.doubts = Doubts()
        """What is not believed of the prices yet."""
        self.reconfigure(config)

    def reconfigure(self, config: Config) -> None:
        """Another distance through the touch, other collars from now on."""
        self._bps = config.sizing.marketable_bps
        self._collar = config.risk.price_collar_pct / _HUNDRED
        self._collar_pair = config.risk.price_collar_crypto_pct / _HUNDRED

    def follow(self, symbol: str, levels: tuple[Level, ...]) -> None:
        """Keep the symbol's newest quote and watch these levels, in place of those watched before."""
        self._quotes.setdefault(symbol, None)
        if levels:
            self._levels[symbol] = levels
        else:
            self._levels.pop(symbol, None)

    def forget(self, symbol: str) -> None:
        """Nothing is held any more."""
        self._quotes.pop(symbol, None)
        self._levels.pop(symbol, None)
        self.doubts.forget(symbol)

    def follows(self, symbol: str) -> bool:
        """Whether the symbol's quotes are kept."""
        return symbol in self._quotes

    def levels(self, symbol: str) -> tuple[Level, ...]:
        """What is watched for the symbol."""
        return self._levels.get(symbol, ())

    def quote(self, symbol: str) -> Quote | None:
        """The symbol's newest quote, while it is followed."""
        return self._quotes.get(symbol)

    def outdated(self, symbol: str) -> bool:
        """Whether the symbol's newest quote is one of before a split, or of an earlier day than another price."""
        quote = self._quotes.get(symbol)
        return quote is not None and (self.doubts.outdated(symbol) or self.doubts.of_before(quote, self.collar(symbol)))

    def keep(self, quote: Quote) -> None:
        """Take the quote as the symbol's newest, without looking for crossings."""
        self._quotes[quote.symbol] = quote

    def on_quote(self, quote: Quote, now_ns: int) -> tuple[Crossing, ...]:
        """Which levels this quote reaches. A crossed, empty or zero quote, and a doubtful one, reaches none."""
        symbol = quote.symbol
        self._quotes[symbol] = quote
        levels, collar = self._levels.get(symbol, ()), self.collar(symbol)
        if self.doubts.jumps(quote, collar, now_ns):
            return ()
        if not levels:  # the venue has them by now: nothing would be sold on this price
            self.doubts.cleared(symbol)
            return ()
        strange = strays(quote, levels[0].side, collar)
        crossings: list[Crossing] = []
        alone: list[Crossing] = []
        for level in levels:
            price = closing_price(quote, level.side)
            if price is None:
                continue
            sign = level.side.sign
            if level.stop is not None and (price - level.stop) * sign <= 0:
                believed = not strange or backed(quote, level.side, level.stop)
                kind = crossings if believed else alone
                kind.append(Crossing(symbol, level.entry_id, Role.STOP, level.stop, price))
            elif level.target is not None and (price - level.target) * sign >= 0:
                crossings.append(Crossing(symbol, level.entry_id, Role.TARGET, level.target, price))
        if not alone:
            self.doubts.cleared(symbol)
        elif self.doubts.stands(quote, now_ns):
            crossings += alone
        return tuple(crossings)

    def collar(self, symbol: str) -> Decimal:
        """R03's limit for this kind of instrument, as a share of the price."""
        return self._collar_pair if "/" in symbol else self._collar

    def limit(self, symbol: str, side: Side, *, collared: bool = False) -> tuple[Decimal, Quote] | None:
        """Limit price at which an order on `side` executes now, and the quote it was made from; None without one.

        The touch, `marketable_bps` through it, rounded to the price step in the direction that executes. When
        `collared`, or from a touch that stands alone, no further than R03's collar from the nearer of last trade and
        mid, where one is known; beyond it the order rests.
        """
        quote = self._quotes.get(symbol)
        if quote is None:
            return None
        touch = closing_price(quote, side.opposite)
        if touch is None:
            return None
        price = touch * (1 + side.sign * self._bps / _BPS)
        step = price_step(price)
        rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
        rounded = (price / step).to_integral_value(rounding) * step
        collar, mid, last = self.collar(symbol), quote.mid, quote.traded
        anchors = [each for each in (mid, last) if each is not None]
        alone = strays(quote, side.opposite, collar)
        if alone and mid is not None and last is not None and abs(mid - last) > collar * last:
            anchors = [last]  # the stray side has drawn the mid with it
        if anchors and (alone or collared):
            rounded = _within(rounded, side, collar, anchors)
        return (rounded if rounded > 0 else step), quote

    def furthest(self, symbol: str, side: Side, price: Decimal) -> Decimal:
        """The furthest price on `side` that R03 allows around this one: where nobody knows what it is worth now."""
        return _edge(side, self.collar(symbol), [price])


def _within(price: Decimal, side: Side, collar: Decimal, anchors: list[Decimal]) -> Decimal:
    """The price, or the furthest step towards `side` that is within the collar around one of the anchors."""
    furthest = _edge(side, collar, anchors)
    return min(price, furthest) if side is Side.BUY else max(price, furthest)


def _edge(side: Side, collar: Decimal, anchors: list[Decimal]) -> Decimal:
    buying = side is Side.BUY
    edge = (max(anchors) if buying else min(anchors)) * (1 + side.sign * collar)
    step = price_step(edge)
    return max(step, (edge / step).to_integral_value(ROUND_FLOOR if buying else ROUND_CEILING) * step)
