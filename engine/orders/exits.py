"""The engine's own watch over stops and targets that no venue carries, and the price an exit goes out at."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from engine.model import Quote, Role, Side, Value, price_step

_BPS: Final = Decimal(10_000)


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

    def __init__(self, marketable_bps: Decimal) -> None:
        self._bps = marketable_bps
        self._quotes: dict[str, Quote | None] = {}
        self._levels: dict[str, tuple[Level, ...]] = {}

    def reconfigure(self, marketable_bps: Decimal) -> None:
        """Another distance through the touch from now on."""
        self._bps = marketable_bps

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

    def follows(self, symbol: str) -> bool:
        """Whether the symbol's quotes are kept."""
        return symbol in self._quotes

    def levels(self, symbol: str) -> tuple[Level, ...]:
        """What is watched for the symbol."""
        return self._levels.get(symbol, ())

    def quote(self, symbol: str) -> Quote | None:
        """The symbol's newest quote, while it is followed."""
        return self._quotes.get(symbol)

    def keep(self, quote: Quote) -> None:
        """Take the quote as the symbol's newest, without looking for crossings."""
        self._quotes[quote.symbol] = quote

    def on_quote(self, quote: Quote) -> tuple[Crossing, ...]:
        """Which levels this quote reaches. A crossed, empty or zero quote reaches none."""
        self._quotes[quote.symbol] = quote
        levels = self._levels.get(quote.symbol)
        if not levels:
            return ()
        crossings = []
        for level in levels:
            price = closing_price(quote, level.side)
            if price is None:
                continue
            sign = level.side.sign
            if level.stop is not None and (price - level.stop) * sign <= 0:
                crossings.append(Crossing(quote.symbol, level.entry_id, Role.STOP, level.stop, price))
            elif level.target is not None and (price - level.target) * sign >= 0:
                crossings.append(Crossing(quote.symbol, level.entry_id, Role.TARGET, level.target, price))
        return tuple(crossings)

    def limit(self, symbol: str, side: Side, collar: Decimal | None = None) -> tuple[Decimal, Quote] | None:
        """Limit price at which an order on `side` executes now, and the quote it was made from; None without one.

        The touch, `marketable_bps` through it, rounded to the price step in the direction that executes. With `collar`
        no further than that share of the price from the nearer of last trade and mid (R03), where one is known: beyond
        it the order rests.
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
        anchors = [] if collar is None else [each for each in (quote.mid, _positive(quote.last)) if each is not None]
        if collar is not None and anchors:
            rounded = _within(rounded, side, collar, anchors)
        return (rounded if rounded > 0 else step), quote


def closing_price(quote: Quote, held: Side) -> Decimal | None:
    """What a holding on side `held` closes at: the bid (the ask for a short), the last where none is quoted."""
    bid, ask = quote.bid, quote.ask
    if bid is None and ask is None:
        price = quote.last
    elif bid is not None and ask is not None and bid.is_finite() and ask.is_finite() and ask < bid:
        return None
    else:
        price = bid if held is Side.BUY else ask
    return _positive(price)


def _positive(price: Decimal | None) -> Decimal | None:
    return price if price is not None and price.is_finite() and price > 0 else None


def _within(price: Decimal, side: Side, collar: Decimal, anchors: list[Decimal]) -> Decimal:
    """The price, or the furthest step towards `side` that is within the collar around one of the anchors."""
    buying = side is Side.BUY
    edge = (max(anchors) if buying else min(anchors)) * (1 + side.sign * collar)
    step = price_step(edge)
    furthest = (edge / step).to_integral_value(ROUND_FLOOR if buying else ROUND_CEILING) * step
    return min(price, furthest) if buying else max(price, furthest)
