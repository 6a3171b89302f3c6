"""Alpaca's clock and calendar as our Market. Anything missing or contradictory gives UNKNOWN, which is closed."""

from __future__ import annotations

from datetime import date, datetime, time

from engine.alpaca.read import Json, fields, instant, rows
from engine.clock import NEW_YORK, SECOND, new_york
from engine.model import Market, Session, Value


class Day(Value, frozen=True, gc=False):
    """The sessions of one New York date as instants; all 0 on a day without trading."""

    pre_ns: int = 0
    open_ns: int = 0
    close_ns: int = 0
    post_ns: int = 0


def parse_day(value: Json, day: date) -> Day | None:
    """GET /v2/calendar for one date: its sessions, a Day of zeros when it has none; None when it cannot be read."""
    if not isinstance(value, list):
        return None
    row = next((fields(each) for each in rows(value) if fields(each).get("date") == day.isoformat()), None)
    if row is None:
        return Day()
    times = [_at(day, row.get(name)) for name in ("session_open", "open", "close", "session_close")]
    if 0 in times or times != sorted(times):
        return None
    return Day(*times)


def parse_clock(value: Json) -> tuple[int, bool, int, int] | None:
    """GET /v2/clock: now, open or not, next open, next close, times in nanoseconds; None when it cannot be read."""
    given = fields(value)
    now_ns, opens_ns, closes_ns = (instant(given.get(name)) for name in ("timestamp", "next_open", "next_close"))
    is_open = given.get("is_open")
    if not isinstance(is_open, bool) or not (now_ns and opens_ns and closes_ns):
        return None
    return now_ns, is_open, opens_ns, closes_ns


def market_of(clock: tuple[int, bool, int, int], day: Day | None) -> Market:
    """The session: the clock decides whether it is regular, the day's sessions whether it is pre or post."""
    now_ns, is_open, opens_ns, closes_ns = clock
    if is_open:
        return Market(Session.REGULAR, now_ns, Session.POST, closes_ns, "venue")
    if day is None:
        return Market(Session.UNKNOWN, now_ns, Session.REGULAR, opens_ns, "venue")
    if day.pre_ns <= now_ns < day.open_ns:
        return Market(Session.PRE, now_ns, Session.REGULAR, day.open_ns, "venue")
    if day.close_ns <= now_ns < day.post_ns:
        return Market(Session.POST, now_ns, Session.CLOSED, day.post_ns, "venue")
    if day.open_ns <= now_ns < day.close_ns:
        return Market(Session.UNKNOWN, now_ns, source="venue")
    following = Session.PRE if now_ns < day.pre_ns else Session.UNKNOWN
    changes_ns = day.pre_ns if now_ns < day.pre_ns else None
    return Market(Session.CLOSED, now_ns, following, changes_ns, "venue")


def trading_date(at_ns: int) -> date:
    """The New York date of an instant."""
    return new_york(at_ns).date()


def _at(day: date, value: Json) -> int:
    digits = value.replace(":", "") if isinstance(value, str) else ""
    if len(digits) != 4 or not digits.isdecimal() or not digits.isascii():
        return 0
    hour, minute = int(digits[:2]), int(digits[2:])
    if hour > 23 or minute > 59:
        return 0
    return int(datetime.combine(day, time(hour, minute), NEW_YORK).timestamp()) * SECOND
