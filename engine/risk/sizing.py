"""From a signal to a sized order that fits the limits.

BUY. Sizer `fixed`: `sizing.fixed_notional` per order. Sizer `strength`: the target is allocation × equity × strength;
what is held and being bought already is taken off, and one step buys at most `sizing.step_pct` of the target. Sizer
`kelly`: the target is equity × the Kelly share (`engine.risk.kelly`), at most the allocation; strength plays no part.
From 75 % of the drawdown limit on (R14) money is halved. The quantity is then clipped by R01, R02, R08–R11, each
computed at the limit price plus `tickets.drift_bps`, so that an order shown to a person still fits after the drift a
confirmation allows, and rounded down to the venue's step. Under `sizing.min_notional` nothing is ordered.

SELL. Long only: it closes what is held, whole. Entries go in steps because conviction grows; an exit has no such
reason, and half of a position would leave its stop and target standing for the wrong quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from engine.config import Config
from engine.model import ONE, ZERO, Draft, Instrument, Role, Session, Side, Signal, Value, price_step
from engine.risk.check import Check
from engine.risk.exposure import free_cash
from engine.risk.kelly import Tally, kelly_share
from engine.risk.prices import BPS, HUNDRED, above, below, nearest, positive, whole_steps

NOTHING_TO_SELL = "POSITION_"
"""How a refusal begins that is about what is held, not about the size."""
HALF = Decimal("0.5")
_CENT = Decimal("0.01")
_UNKNOWN_INSTRUMENT = Instrument("")


class Sized(Value, frozen=True, gc=False):
    """A draft, or why there is none: `CATEGORY_CONDITION: key=value, key=value`."""

    draft: Draft | None
    reason: str


def size_entry(
    config: Config, check: Check, signal: Signal, shown: Draft | None, tally: Callable[[], Tally] = Tally
) -> Sized:
    """A BUY that fits the limits, with stop and target. `tally` tells what closed trades brought, for `kelly`.

    `shown` is the draft a person is confirming: its quantity is kept while the fresh one is within one quantity step or
    `tickets.drift_bps` of it and it fits the limits, so that a tick does not change what was approved.
    """
    equity, price, quote = check.equity, check.price, check.quote
    if price is None or quote is None:
        return Sized(None, f"PRICE_NONE: symbol={check.symbol}, no usable bid and ask, no last trade")
    if equity is None:
        return Sized(None, "EQUITY_UNKNOWN: expected=equity above 0")
    if not 0 < signal.strength <= 1:
        return Sized(None, f"STRENGTH_OUT_OF_RANGE: strength={signal.strength}, expected=above 0 and up to 1")
    money, words = _money(config, check, signal, equity, price, tally)
    if money <= ZERO:
        return Sized(None, f"TARGET_REACHED: {words}")
    limit_price = _marketable_buy(config, check, price)
    if limit_price <= ZERO:
        return Sized(None, f"PRICE_NONE: limit_price={limit_price}, price={price}")
    instrument = check.instrument if check.instrument is not None else _UNKNOWN_INSTRUMENT
    step = positive(instrument.quantity_step) or ONE
    wanted, dearest, drift = money / price, max(limit_price, price), config.tickets.drift_bps / BPS
    quantity, clipped_by = _clip(config, check, wanted, dearest * (1 + drift))
    quantity = whole_steps(quantity, step)
    if shown is not None and _same_size(shown, quantity, step, drift):
        fits, _ = _clip(config, check, shown.quantity, dearest)
        quantity = shown.quantity if fits == shown.quantity else quantity
    if clipped_by:
        words += f"; clipped by {clipped_by}"
    least = max(config.sizing.min_notional, positive(instrument.min_notional) or ZERO)
    if quantity <= ZERO or quantity * price < least:
        worth = (quantity * price).quantize(_CENT)
        return Sized(None, f"SIZE_BELOW_MINIMUM: quantity={quantity}, notional={worth}, minimum={least}, {words}")
    stop, target = _exits(config, price)
    extended = _extended(check)
    return Sized(
        Draft(
            symbol=check.symbol,
            side=Side.BUY,
            quantity=quantity,
            limit_price=limit_price,
            reference_price=price,
            reference_ns=quote.at_ns,
            stop_price=stop,
            target_price=target,
            time_in_force=time_in_force(check, quantity, stop, target, extended),
            extended_hours=extended,
            sizing=f"{words} → {quantity} × {price}",
        ),
        "SIZED: " + words,
    )


def time_in_force(check: Check, quantity: Decimal, stop: Decimal | None, target: Decimal | None, extended: bool) -> str:
    """How long an entry stands: `gtc` where the venue carries its stop and target with it, so that they outlive the
    day, else `day`."""
    whole = quantity == quantity.to_integral_value()
    carried = check.venue_exits and stop is not None and target is not None and whole
    return "gtc" if check.crypto or (carried and not extended) else "day"


def size_exit(config: Config, check: Check) -> Sized:
    """A SELL of all that is held and not yet being sold. Never refused for its size.

    In extended hours the whole shares of it: a fraction does not trade there, and is left to the regular session.
    Without a price now, what the position was last valued at stands in, and the limit goes down by the whole collar.
    """
    held, selling = check.holdings.held, check.holdings.selling
    if held <= ZERO and check.holdings.external > ZERO:
        return Sized(None, f"POSITION_EXTERNAL: symbol={check.symbol}, held={check.holdings.external}, ours=0")
    if held <= ZERO:
        return Sized(None, f"POSITION_NONE: symbol={check.symbol}, held={held}")
    quantity = held - selling
    if quantity <= ZERO:
        return Sized(None, f"POSITION_BEING_SOLD: symbol={check.symbol}, held={held}, selling={selling}")
    price, at_ns = check.last_value, check.last_value_ns
    if check.price is not None and check.quote is not None:
        price, at_ns = check.price, check.quote.at_ns
    if price is None:
        return Sized(None, f"PRICE_NONE: symbol={check.symbol}, no price now and none before")
    limit_price = _marketable_sell(config, check, price)
    extended, fraction = _extended(check), quantity % 1
    if extended and fraction:
        extended = quantity >= ONE
        quantity -= fraction if extended else ZERO
    words = f", {selling} already being sold" if selling else ""
    words += f", {fraction} when the regular session opens" if extended and fraction else ""
    return Sized(
        Draft(
            symbol=check.symbol,
            side=Side.SELL,
            quantity=quantity,
            limit_price=limit_price,
            reference_price=price,
            reference_ns=at_ns,
            time_in_force="gtc" if check.crypto else "day",
            extended_hours=extended,
            reduces=True,
            sizing=f"closes {quantity} of {held}{words}",
        ),
        f"SIZED: closes={quantity}, held={held}",
    )


def _money(
    config: Config, check: Check, signal: Signal, equity: Decimal, price: Decimal, tally: Callable[[], Tally]
) -> tuple[Decimal, str]:
    """What this order may spend by the sizer, and how that came about."""
    sizing = config.sizing
    if sizing.sizer == "fixed":
        money, words = sizing.fixed_notional, f"fixed {sizing.fixed_notional}"
    else:
        row = config.row(check.symbol)
        own = row.allocation_pct if row is not None else None
        allocation = own if own is not None else sizing.allocation_pct
        have = (max(ZERO, check.holdings.held) + check.holdings.buying) * price
        if sizing.sizer == "kelly":
            kelly = kelly_share(sizing, tally())
            target = equity * min(allocation / HUNDRED, kelly.share)
            money = target - have
            words = (
                f"{kelly.words}, at most {allocation} % of {equity.quantize(_CENT)} = {target.quantize(_CENT)}, "
                f"have {have.quantize(_CENT)}"
            )
        else:
            target = equity * allocation / HUNDRED * Decimal(str(signal.strength))
            step = target * sizing.step_pct / HUNDRED
            money = min(target - have, step)
            words = (
                f"{allocation} % of {equity.quantize(_CENT)} × strength {signal.strength:.2f} = "
                f"{target.quantize(_CENT)}, have {have.quantize(_CENT)}, "
                f"step {sizing.step_pct} % = {step.quantize(_CENT)}"
            )
    if halves(config, check.drawdown):
        money *= HALF
        words += "; halved by R14"
    return money, words


def halves(config: Config, drawdown: Decimal | None) -> bool:
    """Whether drawdown has used up so much of its limit that sizes are halved (R14)."""
    risk = config.risk
    return drawdown is not None and drawdown * HUNDRED >= risk.drawdown_pct * risk.drawdown_reduce_at_pct


def _clip(config: Config, check: Check, wanted: Decimal, dearest: Decimal) -> tuple[Decimal, str]:
    """The largest quantity up to `wanted` that fits, and the limit that bound last."""
    quantity, by = wanted, ""
    for name, most in _room(config, check, dearest):
        if most < quantity:
            quantity, by = max(ZERO, most), f"{name} to {max(ZERO, most):.4f}"
    return quantity, by


def _room(config: Config, check: Check, dearest: Decimal) -> Iterator[tuple[str, Decimal]]:
    """What each limit leaves, as a quantity; nothing where it cannot be known."""
    risk, sums = config.risk, check.holdings
    yield "R01", check.quantity_limit
    yield "R02", _per(check.notional_limit, dearest)
    if risk.symbol_shares_per_month is not None:
        yield "R08", risk.symbol_shares_per_month - check.shares
    ours = sums.held + sums.buying
    yield "R09", _per(check.of_equity(check.limits.position_share), dearest) - ours
    gross_limit = check.of_equity(check.limits.gross_share)
    yield "R10", _per(None if sums.gross is None or gross_limit is None else gross_limit - sums.gross, dearest)
    everything = abs(sums.held) + abs(sums.external) + sums.buying + sums.buying_external
    yield "R10", _per(check.of_equity(check.limits.concentration_share), dearest) - everything
    yield "R11", _per(free_cash(check), dearest)


def _per(money: Decimal | None, price: Decimal) -> Decimal:
    return ZERO if money is None else money / price


def _same_size(shown: Draft, quantity: Decimal, step: Decimal, drift: Decimal) -> bool:
    """Whether a tick explains the difference between what was shown and what is sized now."""
    return abs(shown.quantity - quantity) <= max(step, shown.quantity * drift)


def _marketable_buy(config: Config, check: Check, price: Decimal) -> Decimal:
    """The touch plus `marketable_bps`, never beyond the collar."""
    touch = check.prices.ask if check.prices.ask is not None and check.prices.mid is not None else price
    beyond = nearest(touch * (1 + config.sizing.marketable_bps / BPS))
    return min(beyond, below(price * (1 + check.collar)))


def _marketable_sell(config: Config, check: Check, price: Decimal) -> Decimal:
    """The touch minus `marketable_bps`, never beyond the collar; at the collar where there is no price now.

    One step past a buy that rests on the account, where the touch still meets that: R21 would refuse to cross it.
    """
    furthest = above(price * (1 - check.collar)) if check.collar < ONE else price_step(price)
    if check.price is None:
        return furthest
    touch = check.prices.bid if check.prices.bid is not None and check.prices.mid is not None else price
    limit = max(nearest(touch * (1 - config.sizing.marketable_bps / BPS)), furthest, price_step(price))
    buys = [order for order in check.orders if order.symbol == check.symbol and order.side is Side.BUY]
    rests = [positive(order.limit_price) for order in buys if order.order_type == "limit"]
    for resting in sorted(each for each in rests if each is not None):
        past = below(resting) + price_step(resting)
        if limit <= resting and past <= touch:
            limit = past
    return limit


def _exits(config: Config, price: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """Stop and target around the price, each on a price step; None where they cannot stand around it."""
    distance = price * config.sizing.stop_pct / HUNDRED
    stop, target = nearest(price - distance), nearest(price + distance * config.sizing.target_ratio)
    return (stop, target) if ZERO < stop < price < target else (None, None)


def _extended(check: Check) -> bool:
    """Whether the order must ask for extended hours to execute now."""
    if check.crypto or check.session not in (Session.PRE, Session.POST):
        return False
    switched_on = check.risk.pre_market if check.session is Session.PRE else check.risk.post_market
    return switched_on or check.role is Role.FLATTEN
