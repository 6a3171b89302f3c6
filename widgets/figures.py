"""How figures are written on the desk: sign, glyph and number, so that colour is never the only sign."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from engine.clock import DAY, HOUR, MINUTE, SECOND, new_york
from engine.model import Side

UP = "▲"
DOWN = "▼"
FLAT = "·"
NONE = "–"
"""Stands for a figure that is not known. It is never shown as 0."""

_SIZES = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))
_ROUNDED_UP = Decimal("0.9995")
_BLOCKS = "▁▂▃▄▅▆▇█"
_LEAST_SPAN = 0.2
"""A sparkline flatter than this is not blown up to look like news."""


def glyph(value: float) -> str:
    """▲ for positive, ▼ for negative, · for nothing."""
    return UP if value > 0 else DOWN if value < 0 else FLAT


def side_glyph(side: Side) -> str:
    """▲ for BUY, ▼ for SELL."""
    return UP if side is Side.BUY else DOWN


def score(value: float | None) -> str:
    """A mood or score in [−1, 1]: `+0.42`, or a dash when it is not known."""
    return NONE if value is None else f"{value:+.2f}"


def share(value: float | Decimal) -> str:
    """A share in [0, 1] as whole percent: `34%`."""
    return f"{float(value) * 100:.0f}%"


def percent(value: float | Decimal) -> str:
    """A signed percentage that is already one: `+1.2%`."""
    return f"{value:+.1f}%"


def money(value: Decimal | None, places: int = 2) -> str:
    """Money with thousands separators: `100,234.10`."""
    return NONE if value is None else f"{value:,.{places}f}"


def signed_money(value: Decimal, places: int = 2) -> str:
    """Money with its sign: `+234.10`."""
    return f"{value:+,.{places}f}"


def price(value: Decimal | None) -> str:
    """A price with at least two decimals and no more than it has, at most six or what four digits take: `191.20`,
    `0.4375`, `0.00001234`."""
    if value is None:
        return NONE
    exponent = value.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 2
    return f"{value:.{min(max(places, 2), max(6, 3 - value.adjusted()))}f}"


def fitted(text: str, value: Decimal | None, room: int) -> str:
    """A number's text where `room` cells hold it, else the number rounded until they do: with fewer decimals, then in
    k, M, B, T. A number is never cut; one of 999.5 T or more takes 5 cells, and one more for its sign."""
    if len(text) <= room or value is None or not value.is_finite():
        return text
    sign = "+" if text.startswith("+") else ""
    if value and abs(value) < 1:
        shorter = [f"{value:{sign}.{places}f}" for places in range(room, 0, -1)]
        near = abs(value) / 20
        exact = [each for each in shorter if len(each) <= room and abs(Decimal(each) - value) <= near]
        if exact:
            return exact[0]
        power = f"{value:{sign}.0e}"
        return next((each for each in shorter if len(each) <= room and Decimal(each) == Decimal(power)), power)
    shorter = [f"{value:{sign},.{places}f}" for places in (4, 3, 2, 1, 0)]
    # From 999.5 on a number is 1.00 of the next size: as 1000k it would be a digit too long.
    size, unit = next((each for each in _SIZES if abs(value) >= each[0] * _ROUNDED_UP), (1, ""))
    shorter += [f"{value / size:{sign}.{places}f}{unit}" for places in (2, 1, 0)]
    return next((each for each in shorter if len(each) <= room), f"{value:{sign}.0e}")


def ratio(texts: tuple[str, str], values: tuple[Decimal | None, Decimal | None], room: int) -> str:
    """A value and its limit, `26/1,000`; where `room` cells do not hold them one is shorter, or both: `12.3k/60k`."""
    (value, limit), text = texts, "/".join(texts)
    for most in range(room - 3, 2, -1):
        if len(text) <= room:
            break
        short_value, short_limit = (fitted(each, exact, most) for each, exact in zip(texts, values, strict=True))
        each_way = ((short_value, limit), (value, short_limit), (short_value, short_limit))
        text = next((said for said in map("/".join, each_way) if len(said) <= room), "/".join(each_way[-1]))
    return text


def price_in(value: Decimal | None, room: int) -> str:
    """A price in at most `room` cells: rounded, never cut."""
    return fitted(price(value), value, room)


def quantity_in(value: Decimal, room: int) -> str:
    """A size in at most `room` cells: rounded, never cut."""
    return fitted(quantity(value), value, room)


def signed_money_in(value: Decimal, room: int, places: int = 2) -> str:
    """Money with its sign in at most `room` cells: rounded, never cut."""
    return fitted(signed_money(value, places), value, room)


def use(value: float) -> str:
    """The share of a limit that is used: `34%`. Only what has reached its limit reads 100%, and only what is beyond it
    more."""
    if 0.99 < value < 1:
        return "99%"
    return "101%" if 1 < value < 1.01 else share(value)


def cost(quantity: Decimal, at: Decimal) -> str:
    """What a size comes to at a price, and that price: `$4,973.80 at 191.30`."""
    return f"${money(quantity * at)} at {price(at)}"


def quantity(value: Decimal) -> str:
    """Shares or coins without trailing zeros: `26`, `0.015`."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def limit_figure(value: Decimal | None) -> str:
    """A control's value or limit, short: two decimals, below 1 four or what two digits that count take, thousands
    separated."""
    if value is None:
        return NONE
    if value == value.to_integral_value():
        return f"{value:,.0f}"
    return f"{value:.{max(4, 1 - value.adjusted())}f}".rstrip("0") if abs(value) < 1 else f"{value:,.2f}"


def count(value: int) -> str:
    """A count: `9,876`; from a million on `1.2M`."""
    return f"{value / 1e6:.1f}M" if value >= 1_000_000 else f"{value:,}"


def followers(value: int | None) -> str:
    """A count in at most four characters: `812`, `12k`, `3.4M`; empty when not known."""
    if value is None:
        return ""
    if value < 1_000:
        return str(value)
    if value < 1_000_000:
        return f"{value // 1_000}k"
    return f"{value // 100_000 / 10:.1f}M" if value < 10_000_000 else f"{value // 1_000_000}M"


def span(ns: int) -> str:
    """A duration, two units at most: `45s`, `12m`, `2h14m`, `3d`."""
    if ns < MINUTE:
        return f"{max(0, ns) // SECOND}s"
    if ns < HOUR:
        return f"{ns // MINUTE}m"
    if ns < DAY:
        return f"{ns // HOUR}h{ns % HOUR // MINUTE:02d}m"
    return f"{ns // DAY}d"


def age(ns: int) -> str:
    """How old data is, in steps coarse enough that quiet data does not repaint the screen: `now`, `15s`, `2m`."""
    if ns < 15 * SECOND:
        return "now"
    if ns < MINUTE:
        return f"{ns // (15 * SECOND) * 15}s"
    return span(ns)


def countdown(ns: int) -> str:
    """Time left: `1:43`, `0:09`; hours as `1:02:10`."""
    seconds = max(0, -(-ns // SECOND))
    if seconds >= 3600:
        return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 60}:{seconds % 60:02d}"


def clock(at_ns: int) -> str:
    """The exchange's time of day, `14:32:10`."""
    second = _exchange_second(at_ns)
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}:{second % 60:02d}"


def clock_minute(at_ns: int) -> str:
    """The exchange's time of day to the minute, `14:32`."""
    return clock(at_ns)[:5]


def local_minute(at_ns: int, offset_s: int) -> str:
    """The time of day `offset_s` seconds ahead of UTC, `20:32`."""
    second = (at_ns // SECOND + offset_s) % 86_400
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"


def _exchange_second(at_ns: int) -> int:
    """Second of the exchange's day. Its distance from UTC changes on the hour, so it is asked once per hour."""
    return (at_ns // SECOND + _offset_s(at_ns // HOUR)) % 86_400


@lru_cache(maxsize=64)
def _offset_s(hour: int) -> int:
    offset = new_york(hour * HOUR).utcoffset()
    return round(offset.total_seconds()) if offset is not None else 0


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The newest `width` values as blocks, oldest first; a blank where there was none.

    The scale spans the values shown, but at least 0.2 of mood.
    """
    shown = values[-width:] if width > 0 else ()
    known = [value for value in shown if value is not None]
    if not known:
        return " " * max(0, width)
    low, high = min(known), max(known)
    spare = max(0.0, _LEAST_SPAN - (high - low)) / 2
    low, height = low - spare, max(high - low + 2 * spare, 1e-9)
    top = len(_BLOCKS) - 1
    text = "".join(
        " " if value is None else _BLOCKS[min(top, int((value - low) / height * top + 0.5))] for value in shown
    )
    return text.rjust(width)


def value_bar(value: float, width: int) -> tuple[str, str, str]:
    """A bar around zero as (left half, axis, right half), in half cells; `width` is odd, value in [−1, 1]."""
    half = (width - 1) // 2
    steps = min(2 * half, round(abs(value) * 2 * half))
    full, rest = divmod(steps, 2)
    if value < 0:
        return ("▐" * rest + "█" * full).rjust(half), "│", " " * half
    return " " * half, "│", ("█" * full + "▌" * rest).ljust(half)
