"""How the simulated venue fills: which price, which part, what fee. Pure functions; no state, no randomness of its own.

Buys take the ask and sells the bid, never better and never beyond their limit. A stop turns into a market order on the
first quote whose last or touch reaches it and takes the touch of that quote, however far it has gapped.
"""

from __future__ import annotations

import hashlib
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from typing import Final

from engine.config import SimulatedConfig
from engine.model import ONE, Quote, Side, Value, positive, price_step

STUB: Final = Decimal("0.2")
"""A side of a wide quote that is this share away from the last trade, while the other side is not, is a stub. The
Limit Up-Limit Down Plan keeps trades of what costs more than 3 dollars within 20 % of a reference price at most."""
_HALF_BPS: Final = Decimal(20_000)


class Touch(Value, frozen=True, gc=False):
    """What one can buy and sell at; None on a side nobody quotes."""

    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None


def touch(quote: Quote, spread_bps: Decimal) -> Touch | None:
    """The quote's bid and ask; where a source gives only a last price, half of `spread_bps` on either side of it.

    A side that is a stub counts as one that nobody quotes. None for a crossed quote and for one without a price:
    nothing is matched on it.
    """
    bid, ask, last = positive(quote.bid), positive(quote.ask), quote.traded
    if bid is not None and ask is not None:
        return Touch(*_believed(bid, ask, last), last) if ask >= bid else None
    if bid is not None or ask is not None:
        return Touch(bid, ask, last)
    if last is None:
        return None
    half = last * spread_bps / _HALF_BPS
    return Touch(rounded(last - half, ROUND_FLOOR), rounded(last + half, ROUND_CEILING), last)


def _believed(bid: Decimal, ask: Decimal, last: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """Bid and ask without a stub. Without a trade, of two sides that are far apart nobody knows which is one."""
    if last is None:
        return (bid, ask) if ask <= 2 * bid else (None, None)
    if ask - bid <= STUB * last:
        return bid, ask
    far_bid, far_ask = (abs(side - last) > STUB * last for side in (bid, ask))
    return (None if far_bid and not far_ask else bid), (None if far_ask and not far_bid else ask)


def limit_price_met(side: Side, limit: Decimal, now: Touch) -> Decimal | None:
    """Price a limit order executes at, price improvement included; None when it does not."""
    if side is Side.BUY:
        return now.ask if now.ask is not None and now.ask <= limit else None
    return now.bid if now.bid is not None and now.bid >= limit else None


def stop_price_met(side: Side, stop: Decimal, now: Touch) -> Decimal | None:
    """Price a stop order executes at once the last trade or the touch has reached it; None while neither has."""
    price = now.bid if side is Side.SELL else now.ask
    sign = side.sign
    reached = any(seen is not None and (seen - stop) * sign >= 0 for seen in (now.last, price))
    return price if reached else None


def first_part(quantity: Decimal, step: Decimal, order_id: str, config: SimulatedConfig) -> Decimal:
    """How much of an order its first execution takes: all of it, or a drawn part of at least `partial_fill_share`.

    At least one step, and never so much that nothing is left of a part.
    """
    if draw(config.seed, order_id, "partial") >= config.partial_fill_chance:
        return quantity
    least = config.partial_fill_share
    share = least + (ONE - least) * Decimal(draw(config.seed, order_id, "share"))
    part = (quantity * share / step).to_integral_value(ROUND_DOWN) * step
    return min(max(part, step), quantity)


def fee(quantity: Decimal, config: SimulatedConfig) -> Decimal:
    """Fee of one execution: per share, at least `fee_min`."""
    return max(config.fee_min, config.fee_per_share * quantity)


def draw(seed: int, order_id: str, what: str) -> float:
    """A number in [0, 1) that depends on the seed, the order and the question, not on the order of calls."""
    digest = hashlib.blake2b(f"{seed}/{order_id}/{what}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def rounded(price: Decimal, rounding: str) -> Decimal:
    """The price on the grid that venues quote on."""
    step = price_step(price)
    return (price / step).to_integral_value(rounding) * step
