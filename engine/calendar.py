"""The New York exchange calendar: which session it is, when it changes, when the trading day began.

Rules: NYSE Rule 7.2 and https://www.nyse.com/markets/hours-calendars; Juneteenth since 2022; closings by presidential
mourning are listed. Hours are those of Alpaca's extended sessions: pre 04:00, regular 09:30, post 16:00 to 20:00 New
York; on an early close regular ends at 13:00 and post at 17:00. Valid from 2013 through 2029: outside of that the
answer is `Session.UNKNOWN`, which trades nothing.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from engine.clock import NEW_YORK, SECOND, new_york
from engine.model import Market, Session, Value

KNOWN_FROM: Final = date(2013, 1, 1)
KNOWN_UNTIL: Final = date(2029, 12, 31)

PRE: Final = time(4, 0)
OPEN: Final = time(9, 30)
CLOSE: Final = time(16, 0)
POST_END: Final = time(20, 0)
EARLY_CLOSE: Final = time(13, 0)
EARLY_POST_END: Final = time(17, 0)

MOURNING: Final = frozenset({date(2018, 12, 5), date(2025, 1, 9)})
"""Closed for the funerals of presidents G. H. W. Bush and Carter."""

_DAY = timedelta(days=1)
_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6


class Hours(Value, frozen=True, gc=False):
    """A trading day's boundaries, in UTC nanoseconds: pre begins, regular begins, post begins, post ends."""

    pre_ns: int
    open_ns: int
    close_ns: int
    end_ns: int


class _Span(Value, frozen=True, gc=False):
    """A stretch in which the answer stays the same."""

    start_ns: int
    end_ns: int
    session: Session
    next_session: Session
    changes_ns: int | None
    day_start_ns: int


class Calendar:
    """Answers for any instant; remembers the last stretch and the years asked for, nothing else."""

    known_until = KNOWN_UNTIL
    """Last New York date it knows."""

    def __init__(self) -> None:
        self._span = _Span(0, 0, Session.UNKNOWN, Session.UNKNOWN, None, 0)
        self._years: dict[int, frozenset[date]] = {}

    def market(self, at_ns: int) -> Market:
        """The session at `at_ns`, what comes next and when; source `calendar`."""
        span = self._at(at_ns)
        return Market(span.session, at_ns, span.next_session, span.changes_ns, "calendar")

    def session_start_ns(self, at_ns: int) -> int:
        """04:00 New York of the trading day that `at_ns` belongs to, or of the newest one before it.

        Outside the known years every date counts as a trading day.
        """
        return self._at(at_ns).day_start_ns

    def is_trading_day(self, day: date) -> bool:
        """Whether the exchange opens on that New York date. False for dates it does not know."""
        if not KNOWN_FROM <= day <= KNOWN_UNTIL or day.weekday() >= _SATURDAY or day in MOURNING:
            return False
        holidays = self._years.get(day.year)
        if holidays is None:
            holidays = self._years[day.year] = _holidays(day.year)
        return day not in holidays

    def closes_early(self, day: date) -> bool:
        """Whether regular trading ends at 13:00: July 3, the day after Thanksgiving, Christmas Eve."""
        if not self.is_trading_day(day):
            return False
        if (day.month, day.day) in ((7, 3), (12, 24)):
            return day.weekday() <= _THURSDAY
        return day == _nth(day.year, 11, _THURSDAY, 4) + _DAY

    def hours(self, day: date) -> Hours | None:
        """The day's boundaries, or None when it is no trading day (or not known)."""
        if not self.is_trading_day(day):
            return None
        early = self.closes_early(day)
        return Hours(
            _instant(day, PRE),
            _instant(day, OPEN),
            _instant(day, EARLY_CLOSE if early else CLOSE),
            _instant(day, EARLY_POST_END if early else POST_END),
        )

    def _at(self, at_ns: int) -> _Span:
        span = self._span
        if not span.start_ns <= at_ns < span.end_ns:
            span = self._span = self._find(at_ns)
        return span

    def _find(self, at_ns: int) -> _Span:
        day = new_york(at_ns).date()
        since, tomorrow = _instant(day, time(0)), _instant(day + _DAY, time(0))
        if not KNOWN_FROM <= day <= KNOWN_UNTIL:
            pre = _instant(day, PRE)
            if at_ns < pre:
                return _Span(since, pre, Session.UNKNOWN, Session.UNKNOWN, None, _instant(day - _DAY, PRE))
            return _Span(pre, tomorrow, Session.UNKNOWN, Session.UNKNOWN, None, pre)
        hours = self.hours(day)
        if hours is not None:
            pre, start, close, end = hours.pre_ns, hours.open_ns, hours.close_ns, hours.end_ns
            if pre <= at_ns < start:
                return _Span(pre, start, Session.PRE, Session.REGULAR, start, pre)
            if start <= at_ns < close:
                return _Span(start, close, Session.REGULAR, Session.POST, close, pre)
            if close <= at_ns < end:
                return _Span(close, end, Session.POST, Session.CLOSED, end, pre)
            if at_ns < pre:
                return _Span(since, pre, Session.CLOSED, Session.PRE, pre, self._day_start(day - _DAY))
            since = end
        following = day + _DAY
        while following <= KNOWN_UNTIL and not self.is_trading_day(following):
            following += _DAY
        day_start = self._day_start(day)
        if following > KNOWN_UNTIL:
            return _Span(since, tomorrow, Session.CLOSED, Session.UNKNOWN, None, day_start)
        opens = _instant(following, PRE)
        return _Span(since, opens, Session.CLOSED, Session.PRE, opens, day_start)

    def _day_start(self, day: date) -> int:
        while day >= KNOWN_FROM and not self.is_trading_day(day):
            day -= _DAY
        return _instant(day, PRE)


def good_friday(year: int) -> date:
    """The Friday before Easter (Gregorian; the anonymous algorithm of Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1) - 2 * _DAY


def _holidays(year: int) -> frozenset[date]:
    """Weekday closings of one year. New Year's Day on a Saturday is not made up for (Rule 7.2: the year's last day)."""
    fixed = [date(year, 7, 4), date(year, 12, 25)]
    if year >= 2022:
        fixed.append(date(year, 6, 19))
    new_year = date(year, 1, 1)
    return frozenset(
        [
            new_year + _DAY if new_year.weekday() == _SUNDAY else new_year,
            _nth(year, 1, _MONDAY, 3),
            _nth(year, 2, _MONDAY, 3),
            good_friday(year),
            _nth(year, 6, _MONDAY, 1) - 7 * _DAY,
            _nth(year, 9, _MONDAY, 1),
            _nth(year, 11, _THURSDAY, 4),
            *(_observed(day) for day in fixed),
        ]
    )


def _observed(day: date) -> date:
    """Saturday's holiday is kept on Friday, Sunday's on Monday."""
    if day.weekday() == _SATURDAY:
        return day - _DAY
    return day + _DAY if day.weekday() == _SUNDAY else day


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th given weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _instant(day: date, at: time) -> int:
    """A New York wall time as UTC nanoseconds."""
    return int(datetime.combine(day, at, NEW_YORK).timestamp()) * SECOND
