"""Times as text: to the nanosecond, whatever zone they are told in, and nothing else."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine.clock
from engine.clock import HOUR, SECOND, SystemClock, VirtualClock, exchange_time, iso, new_york, parse_iso

SECONDS = st.integers(0, 4_000_000_000)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(SECONDS, st.text("0123456789", min_size=1, max_size=12), ZONES)
def test_any_zone_and_any_fraction_is_read_exactly(second: int, digits: str, zone: timezone) -> None:
    head = datetime.fromtimestamp(second, zone).isoformat()
    told = f"{head[:19]}.{digits}{head[19:]}"
    assert parse_iso(told) == second * SECOND + int(f"{digits:0<9}"[:9])
    assert parse_iso(f" {head} ") == second * SECOND


@given(SECONDS)
def test_utc_may_be_told_by_its_letter(second: int) -> None:
    head = datetime.fromtimestamp(second, UTC).isoformat()[:19]
    assert parse_iso(f"{head}Z") == parse_iso(f"{head}z") == parse_iso(f"{head}+00:00") == second * SECOND


@given(st.integers(0, 4_000_000_000_000))
def test_what_is_written_is_read_back(millisecond: int) -> None:
    at_ns = millisecond * 1_000_000
    assert parse_iso(iso(at_ns)) == at_ns


@pytest.mark.parametrize(
    "text",
    [
        *("", "Z", "now", "2026-03-11", "2026-03-11T12:40:00", "2026-03-11T25:40:00Z", "2026-13-11T12:40:00.123Z"),
        *("2026-03-11T12:40:00.Z", "2026-03-11T12:40:00.x5Z", "2026-03-11T12:40:00.²Z", "2026-03-11T12:40:00.5"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_iso(text)


@given(st.text(max_size=40))
def test_foreign_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        found = parse_iso(text)
    except ValueError:
        return
    assert isinstance(found, int)


def test_the_exchange_has_its_own_summer_time() -> None:
    assert new_york(parse_iso("2026-03-06T14:30:00Z")).hour == 9
    assert new_york(parse_iso("2026-03-09T13:30:00Z")).hour == 9


def test_a_person_reads_the_exchanges_time_and_its_name() -> None:
    assert exchange_time(parse_iso("2026-03-06T14:30:00.250Z")) == "2026-03-06 09:30:00.250 NY"
    assert exchange_time(parse_iso("2026-03-10T01:30:00Z")) == "2026-03-09 21:30:00.000 NY"


def test_a_virtual_clock_moves_only_when_it_is_moved() -> None:
    clock = VirtualClock(5)
    assert (clock.now_ns(), clock.now_ns()) == (5, 5)


def test_a_machine_that_wakes_up_knows_at_once_how_long_it_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The monotonic clock stands while a machine sleeps; a second of old prices that look fresh do for an order."""
    clock = SystemClock()
    assert clock.slept_ns() == 0
    before_ns = clock.now_ns()
    awake = SimpleNamespace(time_ns=lambda: time.time_ns() + 8 * HOUR, monotonic_ns=time.monotonic_ns)
    running_ns = getattr(engine.clock, "_running_ns", time.monotonic_ns)
    monkeypatch.setattr(engine.clock, "time", awake)
    monkeypatch.setattr(engine.clock, "_running_ns", lambda: running_ns() + 8 * HOUR, raising=False)
    assert clock.now_ns() - before_ns >= 8 * HOUR
    assert abs(clock.skew_ns()) < SECOND
    assert abs(clock.slept_ns() - 8 * HOUR) < SECOND, "what was lost meanwhile is to be fetched"
    assert clock.slept_ns() == 0, "told once"
