"""The venue's clock and calendar as sessions: what is not known is UNKNOWN, never open."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.brokers.alpaca_market import Day, market_of, parse_clock, parse_day
from engine.clock import parse_iso
from engine.errors import VenueUnavailable
from engine.model import Session
from tests.engine.brokers.alpaca_desk import started
from tests.venues.alpaca import AlpacaSimulator

FRIDAY = date(2026, 11, 20)
ROW = {"date": "2026-11-20", "open": "09:30", "close": "16:00", "session_open": "0400", "session_close": "2000"}
HALF_DAY = {**ROW, "date": "2026-11-27", "close": "13:00", "session_close": "1700"}


def at(clock: str, day: date = FRIDAY) -> int:
    return parse_iso(f"{day.isoformat()}T{clock}:00-05:00")


@pytest.mark.parametrize(
    ("clock", "session"),
    [
        ("03:59", Session.CLOSED),
        ("04:00", Session.PRE),
        ("09:29", Session.PRE),
        ("16:00", Session.POST),
        ("19:59", Session.POST),
        ("20:00", Session.CLOSED),
        ("12:00", Session.UNKNOWN),
    ],
)
def test_sessions_while_the_clock_says_closed(clock: str, session: Session) -> None:
    day = parse_day([ROW], FRIDAY)
    now_ns = at(clock)
    market = market_of((now_ns, False, now_ns + 1, now_ns + 2), day)
    assert (market.session, market.at_ns, market.source) == (session, now_ns, "venue")


def test_a_half_day_ends_early() -> None:
    day = parse_day([HALF_DAY], date(2026, 11, 27))
    for clock, session in (("13:30", Session.POST), ("17:00", Session.CLOSED)):
        now_ns = at(clock, date(2026, 11, 27))
        assert market_of((now_ns, False, now_ns, now_ns), day).session is session


def test_a_day_without_trading_is_closed_and_an_unread_one_unknown() -> None:
    now_ns = at("12:00")
    assert market_of((now_ns, False, now_ns, now_ns), parse_day([], FRIDAY)).session is Session.CLOSED
    assert market_of((now_ns, False, now_ns, now_ns), None).session is Session.UNKNOWN
    assert market_of((now_ns, True, now_ns, now_ns + 5), None).session is Session.REGULAR


@given(st.dictionaries(st.sampled_from([*ROW]), st.none() | st.text(max_size=6) | st.integers()))
def test_any_calendar_row_is_a_day_or_none(row: dict[str, object]) -> None:
    day = parse_day([{**ROW, **row}], FRIDAY)
    assert day is None or day == Day() or 0 < day.pre_ns <= day.open_ns <= day.close_ns <= day.post_ns


unclear = st.dictionaries(
    st.sampled_from(["timestamp", "is_open", "next_open"]), st.text(max_size=25) | st.booleans(), max_size=3
)


@given(st.none() | st.lists(st.integers(), max_size=3) | unclear)
def test_any_other_clock_is_none(value: object) -> None:
    assert parse_clock(value) is None


async def test_a_clock_that_is_not_read_is_no_answer(venue: AlpacaSimulator) -> None:
    async with started(venue) as broker:
        assert (await broker.market()).session is Session.REGULAR
        for kind in ("500", "html_200", "reset"):
            venue.faults.add("GET /v2/clock", kind)
            with pytest.raises(VenueUnavailable, match="expected the venue's clock"):
                await broker.market()
        assert (await broker.market()).session is Session.REGULAR


async def test_a_clock_that_says_closed_beside_an_unread_calendar_is_unknown(venue: AlpacaSimulator) -> None:
    async with started(venue) as broker:
        venue.session("closed")
        venue.faults.add("GET /v2/calendar", "504")
        assert (await broker.market()).session is Session.UNKNOWN
        assert (await broker.market()).session is not Session.REGULAR
