"""R04, R17, R19, R20: the market and the instrument."""

from __future__ import annotations

from engine.clock import MINUTE
from engine.model import ZERO, Role, Session, Side
from engine.risk.check import SKEW_NS, Check
from engine.risk.control import Finding, control
from engine.risk.prices import BPS, seconds, short


@control(
    "R04",
    unit="bps",
    rejects="the spread is wider than the limit, crossed or unknown",
    default=lambda config: f"{config.risk.spread_bps} bps",
    reducing="passes: a wide spread must not hold anyone in a position",
)
def liquidity(check: Check) -> Finding:
    seen, limit = check.prices, check.risk.spread_bps
    if seen.mid is None or seen.bid is None or seen.ask is None:
        return check.reduces, None, limit, f"SPREAD_UNKNOWN: bid={seen.bid}, ask={seen.ask}"
    spread = (seen.ask - seen.bid) * BPS / seen.mid
    value = short(spread)
    if spread > limit and not check.reduces:
        return False, value, limit, f"SPREAD_WIDE: spread_bps={value!s}, limit_bps={limit!s}"
    return True, value, limit, f"SPREAD_OK: spread_bps={value!s}, limit_bps={limit!s}"


@control(
    "R17",
    unit="s",
    rejects="there is no quote, it is older than the limit, its time is unknown, or the price stream is mute",
    default=lambda config: f"{config.risk.stale_price_s:g} s",
    reducing="passes: leaving must work when prices do not",
)
def stale_price(check: Check) -> Finding:
    limit = check.limits.stale_price_s
    if check.quote is None or check.price is None:
        return check.reduces, None, limit, "PRICE_NONE: quote=none"
    if check.quote.at_ns > check.now_ns + SKEW_NS:
        return check.reduces, None, limit, "PRICE_TIME_UNKNOWN: quoted=in the future"
    age_ns = check.now_ns - min(check.quote.at_ns, check.quote.received_ns)
    age = seconds(max(0, age_ns))
    if check.prices_mute:
        return check.reduces, age, limit, f"PRICE_MUTE: age_s={age!s}"
    if age_ns > check.limits.stale_price_ns:
        return check.reduces, age, limit, f"PRICE_STALE: age_s={age!s}, limit_s={limit!s}"
    return True, age, limit, f"PRICE_FRESH: age_s={age!s}, limit_s={limit!s}"


@control(
    "R19",
    rejects="the market is closed or unknown, the symbol is halted, or pre/post is not switched on for a limit order",
    default=lambda config: "regular" + " + pre" * config.risk.pre_market + " + post" * config.risk.post_market,
    reducing=(
        "applies, for nothing executes then; a flatten may use pre and post and an unknown session, a stop or target "
        "that is reached every session but closed; legs pass"
    ),
)
def market_session(check: Check) -> Finding:
    session, flatten = check.session, check.role is Role.FLATTEN and check.reduces
    if check.protects and (check.rests or check.crypto or session is not Session.CLOSED):
        return True, None, None, f"MARKET_NOT_NEEDED: role={check.role.value}"
    if check.halted:
        return False, None, None, f"MARKET_HALTED: symbol={check.symbol}"
    if check.crypto or session is Session.REGULAR:
        return True, None, None, f"MARKET_OPEN: session={session.value}"
    if session in (Session.PRE, Session.POST):
        switched_on = check.risk.pre_market if session is Session.PRE else check.risk.post_market
        if not switched_on and not flatten:
            return False, None, None, f"MARKET_EXTENDED_OFF: session={session.value}{_next(check)}"
        if check.draft is not None and not check.draft.extended_hours:
            return False, None, None, f"MARKET_EXTENDED_NOT_ASKED: session={session.value}, extended_hours=false"
        return True, None, None, f"MARKET_EXTENDED: session={session.value}"
    if session is Session.UNKNOWN and flatten:
        return True, None, None, "MARKET_UNKNOWN: role=flatten"
    return False, None, None, f"MARKET_CLOSED: session={session.value}{_next(check)}"


def _next(check: Check) -> str:
    """What comes next and in how many minutes, as far as it is known."""
    begins_ns = check.next_session_ns
    if begins_ns is None or begins_ns <= check.now_ns:
        return ""
    return f", next={check.next_session.value}, in_min={-(-(begins_ns - check.now_ns) // MINUTE)}"


@control(
    "R20",
    unit="USD",
    rejects=(
        "not on the watchlist, unknown or not tradable, price under the floor, would sell more than is ours or cover a "
        "short that is not"
    ),
    default=lambda config: f"watchlist; ${config.risk.min_price}; {'long only' if config.risk.long_only else 'shorts'}",
    reducing="may sell what is held, off the watchlist and under the floor too; never more, never EXTERNAL holdings",
)
def instrument(check: Check) -> Finding:
    floor, sums = check.risk.min_price, check.holdings
    if check.side is Side.SELL and (check.risk.long_only or sums.external != ZERO or not _shortable(check)):
        wanted = check.quantity if check.quantity is not None else ZERO
        if wanted + sums.selling > sums.held or sums.held <= ZERO:
            reason = f"INSTRUMENT_NOT_HELD: quantity={wanted!s}, held={sums.held!s}, selling={sums.selling!s}"
            return False, None, None, f"{reason}, external={sums.external!s}"
    if check.reduces:
        return True, check.price, None, f"INSTRUMENT_HELD: held={sums.held!s}, selling={sums.selling!s}"
    if check.side is Side.BUY and sums.held + sums.external < ZERO <= sums.held:
        reason = f"INSTRUMENT_SHORT_OF_OTHERS: external={sums.external!s}, a purchase would cover it"
        return False, None, floor, reason
    if not check.watched:
        return False, None, floor, f"INSTRUMENT_NOT_WATCHED: symbol={check.symbol}"
    if check.instrument is None:
        return False, None, floor, f"INSTRUMENT_UNKNOWN: symbol={check.symbol}"
    if not check.instrument.tradable:
        return False, None, floor, f"INSTRUMENT_NOT_TRADABLE: symbol={check.symbol}"
    if check.price is None:
        return False, None, floor, "INSTRUMENT_PRICE_UNKNOWN: price=none"
    if check.price < floor:
        return False, check.price, floor, f"INSTRUMENT_PRICE_LOW: price={check.price!s}, floor={floor!s}"
    return True, check.price, floor, f"INSTRUMENT_OK: price={check.price!s}, floor={floor!s}"


def _shortable(check: Check) -> bool:
    return check.instrument is not None and check.instrument.shortable
