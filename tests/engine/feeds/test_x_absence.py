"""What is told while the stream is away: other feeds go on, and a mood without X's posts is not whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.clock import DAY, HOUR, MINUTE, SECOND
from engine.errors import CredentialsError
from engine.feeds.x_absence import Absence
from engine.model import FeedState, Light
from engine.sentiment.coverage import Coverage
from tests.engine.feeds.x_harness import NOON, Rig, rig
from tests.venues.x import STREAM, End, faults

MISSING = "are missing"


def missing(desk: Rig, *, restored_ns: int | None = None) -> str:
    """What the windows lack now by what the feed told; `restored_ns`: since when an earlier run knew all."""
    coverage = Coverage(30 * MINUTE, HOUR)
    if restored_ns is not None:
        coverage.since(restored_ns)
    for state in desk.sink.coverage:
        tell(coverage, state)
    return coverage.missing(desk.clock.now_ns())


def tell(coverage: Coverage, state: FeedState) -> None:
    if state.covered_since_ns is not None:
        coverage.since(state.covered_since_ns)
    if state.gap_from_ns is not None and state.gap_to_ns is not None:
        coverage.gap(state.gap_from_ns, state.gap_to_ns)
    if state.filled_from_ns is not None and state.filled_to_ns is not None:
        coverage.filled(state.filled_from_ns, state.filled_to_ns)


async def test_a_stream_that_is_away_for_a_minute_leaves_the_windows_unknown_until_it_is_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.advance(2 * HOUR / SECOND)
        desk.x.send(b"\r\n")
        await desk.sink.until(lambda: desk.sink.states[-1].last_ns == desk.clock.now_ns())
        assert missing(desk) == ""
        down_ns = desk.clock.now_ns()
        desk.x.refuse(STREAM, *[faults.unavailable()] * 4)
        desk.x.end_stream(End.CLEAN)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        told = desk.sink.coverage[-1]
        assert told.light is Light.DOWN and told.received_ns == down_ns + MINUTE
        assert told.gap_from_ns == down_ns - 10 * SECOND
        assert MISSING in missing(desk)
        await desk.sink.until(lambda: desk.sink.filled)
        assert missing(desk) == ""


async def test_a_short_break_is_told_once_it_is_over(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.x.refuse(STREAM, *[faults.unavailable()] * 2)
        desk.x.end_stream(End.CLEAN)
        await desk.sink.until(lambda: desk.sink.filled)
        assert [state.light for state in desk.sink.coverage[:2]] == [Light.UP, Light.UP]


@pytest.mark.parametrize("window_ns", [30 * MINUTE, 5 * MINUTE, MINUTE])
async def test_no_window_passes_over_a_long_absence_however_short_it_is(tmp_path: Path, window_ns: int) -> None:
    async with rig(tmp_path, daily_cap_usd=0.005, window_s=window_ns / SECOND) as desk:
        await desk.live()
        coverage = Coverage(window_ns, HOUR)
        coverage.since(NOON - DAY)
        desk.x.post("Tesla, the last of today")
        await desk.sink.shows(Light.CAPPED)
        await desk.x.streaming(2)
        told = desk.sink.coverage
        for at_ns in range(NOON + MINUTE, NOON + 12 * HOUR, MINUTE):
            while told and told[0].received_ns <= at_ns:
                tell(coverage, told.pop(0))
            assert coverage.missing(at_ns), f"{(at_ns - NOON) / MINUTE:.0f} min into the absence"


async def test_what_was_missed_before_a_start_is_missing_before_x_can_be_asked(tmp_path: Path) -> None:
    """The journal ends ten minutes ago, and X is out: nothing else says that those ten minutes lack."""
    async with rig(tmp_path, known_until_ns=NOON - 10 * MINUTE) as desk:
        desk.x.refuse(STREAM, *[faults.unavailable()] * 3)
        await desk.sink.shows(Light.DOWN)
        assert MISSING in missing(desk, restored_ns=NOON - DAY)
        await desk.x.streaming()


async def test_a_refused_stream_leaves_the_windows_unknown_for_good(tmp_path: Path) -> None:
    async with rig(tmp_path, known_until_ns=NOON - 20 * SECOND) as desk:
        desk.x.refuse(STREAM, faults.unauthorized())
        result = (await asyncio.gather(desk.task, return_exceptions=True))[0]
        assert isinstance(result, CredentialsError)
        desk.advance(DAY / SECOND)
        assert MISSING in missing(desk, restored_ns=NOON - DAY)


async def test_a_start_that_reaches_x_takes_back_what_a_refused_run_took_for_lost(tmp_path: Path) -> None:
    async with rig(tmp_path, known_until_ns=NOON - 2 * MINUTE, warm_start=True) as desk:
        coverage = Coverage(30 * MINUTE, HOUR)
        coverage.since(NOON - DAY)
        coverage.gap(NOON - 2 * MINUTE, NOON + 365 * DAY)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 3)
        for state in desk.sink.coverage:
            tell(coverage, state)
        assert coverage.missing(NOON + MINUTE) == "" and not coverage.gaps


def test_a_stream_that_ran_behind_lacks_what_was_on_its_way() -> None:
    absence = Absence(90 * MINUTE, 0)
    assert absence.from_ns(NOON) is None and absence.due_ns(NOON) is None
    absence.over()
    absence.behind_ns = 40 * SECOND
    absence.began(NOON)
    absence.began(NOON + MINUTE)
    assert absence.down
    assert absence.from_ns(NOON + MINUTE) == NOON - 80 * SECOND
    assert absence.from_ns(NOON + 5 * HOUR) == NOON + 210 * MINUTE
    assert absence.due_ns(NOON + 30 * SECOND) == NOON + MINUTE
    assert absence.due_ns(NOON - HOUR) == NOON - HOUR, "the clock was set back: at once"
    absence.told()
    assert absence.due_ns(NOON + 2 * MINUTE) is None
    absence.over()
    assert not absence.down and absence.from_ns(NOON) is None
