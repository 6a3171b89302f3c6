"""Sessions, holidays, early closes, daylight saving; cross-checked against an independent calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import KNOWN_FROM, KNOWN_UNTIL, Calendar
from engine.clock import HOUR, MINUTE, NEW_YORK, SECOND
from engine.model import Session


def ns(text: str) -> int:
    """New York wall time to nanoseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("at", "session", "changes", "following"),
    [
        ("2026-03-11T03:59:59", Session.CLOSED, "2026-03-11T04:00", Session.PRE),
        ("2026-03-11T04:00:00", Session.PRE, "2026-03-11T09:30", Session.REGULAR),
        ("2026-03-11T09:29:59", Session.PRE, "2026-03-11T09:30", Session.REGULAR),
        ("2026-03-11T09:30:00", Session.REGULAR, "2026-03-11T16:00", Session.POST),
        ("2026-03-11T16:00:00", Session.POST, "2026-03-11T20:00", Session.CLOSED),
        ("2026-03-11T20:00:00", Session.CLOSED, "2026-03-12T04:00", Session.PRE),
        ("2026-03-14T12:00:00", Session.CLOSED, "2026-03-16T04:00", Session.PRE),  # a Saturday
        ("2026-04-03T12:00:00", Session.CLOSED, "2026-04-06T04:00", Session.PRE),  # Good Friday
        ("2026-07-03T12:00:00", Session.CLOSED, "2026-07-06T04:00", Session.PRE),  # July 4 on a Saturday
        ("2026-11-27T12:59:59", Session.REGULAR, "2026-11-27T13:00", Session.POST),
        ("2026-11-27T13:00:00", Session.POST, "2026-11-27T17:00", Session.CLOSED),
        ("2026-11-27T17:00:00", Session.CLOSED, "2026-11-30T04:00", Session.PRE),
        ("2018-12-05T12:00:00", Session.CLOSED, "2018-12-06T04:00", Session.PRE),  # a funeral
        ("2021-06-18T12:00:00", Session.REGULAR, "2021-06-18T16:00", Session.POST),  # before Juneteenth counted
        ("2021-12-31T12:00:00", Session.REGULAR, "2021-12-31T16:00", Session.POST),  # New Year on a Saturday
    ],
)
def test_sessions(at: str, session: Session, changes: str, following: Session) -> None:
    market = Calendar().market(ns(at))
    assert (market.session, market.changes_ns, market.next_session) == (session, ns(changes), following)
    assert (market.at_ns, market.source) == (ns(at), "calendar")


def test_the_same_wall_time_on_both_sides_of_daylight_saving() -> None:
    calendar = Calendar()
    winter, summer = ns("2026-03-06T09:30"), ns("2026-03-09T09:30")
    assert summer - winter == 71 * HOUR  # three days, less the hour that is skipped
    assert datetime.fromtimestamp(winter // SECOND, UTC).hour == 14
    assert datetime.fromtimestamp(summer // SECOND, UTC).hour == 13
    assert calendar.market(winter).session is calendar.market(summer).session is Session.REGULAR
    assert calendar.market(winter - 1).session is calendar.market(summer - 1).session is Session.PRE
    autumn = calendar.market(ns("2026-10-30T20:00"))
    assert autumn.changes_ns == ns("2026-11-02T04:00")
    assert autumn.changes_ns - autumn.at_ns == 57 * HOUR  # the weekend has an hour more


@pytest.mark.parametrize("at", ["2012-12-31T12:00", "2030-01-01T00:00", "2030-01-02T12:00", "1999-05-05T10:00"])
def test_dates_it_does_not_know(at: str) -> None:
    market = Calendar().market(ns(at))
    assert (market.session, market.next_session, market.changes_ns) == (Session.UNKNOWN, Session.UNKNOWN, None)


def test_the_last_evening_it_knows() -> None:
    market = Calendar().market(ns("2029-12-31T21:00"))
    assert (market.session, market.next_session, market.changes_ns) == (Session.CLOSED, Session.UNKNOWN, None)
    assert Calendar.known_until == date(2029, 12, 31)


@pytest.mark.parametrize(
    ("at", "start"),
    [
        ("2026-03-11T12:00", "2026-03-11T04:00"),
        ("2026-03-11T04:00", "2026-03-11T04:00"),
        ("2026-03-11T03:59", "2026-03-10T04:00"),
        ("2026-03-11T23:00", "2026-03-11T04:00"),
        ("2026-03-15T12:00", "2026-03-13T04:00"),
        ("2026-03-16T02:00", "2026-03-13T04:00"),
        ("2026-01-01T12:00", "2025-12-31T04:00"),
        ("2031-02-02T03:00", "2031-02-01T04:00"),
        ("2031-02-02T05:00", "2031-02-02T04:00"),
        ("2013-01-01T12:00", "2012-12-31T04:00"),
    ],
)
def test_the_trading_day_begins_at_four(at: str, start: str) -> None:
    assert Calendar().session_start_ns(ns(at)) == ns(start)


instants = st.integers(ns("2012-12-01T00:00") // MINUTE, ns("2030-02-01T00:00") // MINUTE).map(lambda m: m * MINUTE)


@given(st.lists(instants, min_size=1, max_size=20))
def test_memory_does_not_change_answers(moments: list[int]) -> None:
    calendar = Calendar()
    for at_ns in moments:
        assert calendar.market(at_ns) == Calendar().market(at_ns)
        assert calendar.session_start_ns(at_ns) == Calendar().session_start_ns(at_ns)


@given(instants)
def test_the_next_session_begins_when_it_says(at_ns: int) -> None:
    calendar = Calendar()
    market = calendar.market(at_ns)
    if market.changes_ns is None:
        return
    assert market.changes_ns > at_ns
    assert calendar.market(market.changes_ns - 1).session is market.session
    assert calendar.market(market.changes_ns).session is market.next_session
    assert calendar.session_start_ns(at_ns) <= at_ns


def test_agrees_with_pandas_market_calendars() -> None:
    pandas_market_calendars = pytest.importorskip("pandas_market_calendars")
    schedule = pandas_market_calendars.get_calendar("NYSE").schedule(
        KNOWN_FROM.isoformat(), KNOWN_UNTIL.isoformat(), start="pre", end="post"
    )
    theirs = {
        row.Index.date(): tuple(moment.value for moment in (row.pre, row.market_open, row.market_close, row.post))
        for row in schedule.itertuples()
    }
    calendar = Calendar()
    ours = {}
    day = KNOWN_FROM
    while day <= KNOWN_UNTIL:
        hours = calendar.hours(day)
        assert (hours is not None) == calendar.is_trading_day(day)
        if hours is not None:
            ours[day] = (hours.pre_ns, hours.open_ns, hours.close_ns, hours.end_ns)
        day += timedelta(days=1)
    assert ours == theirs
    assert len(ours) > 4_000
