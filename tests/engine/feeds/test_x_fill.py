"""Warm start and gaps: what recent search brings, and what is told about it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.clock import HOUR, MINUTE, SECOND
from engine.feeds.x_absence import FOR_GOOD_NS
from engine.model import Light
from tests.engine.feeds.x_harness import NOON, WINDOWS_NS, history, rig
from tests.venues.x import SEARCH, STREAM, End, faults


async def test_a_warm_start_fills_the_windows_and_says_since_when(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        past = history(desk, 120)
        older = desk.x.post("Tesla long ago", at_ns=NOON - WINDOWS_NS - MINUTE)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        ids = desk.sink.ids()
        assert ids == [post.id for post in past]
        assert older.id not in ids
        assert all(post.recovered for post in desk.sink.posts)
        start, told = desk.sink.coverage
        assert (start.covered_since_ns, start.gap_from_ns) == (NOON, None)
        assert told.covered_since_ns == NOON - WINDOWS_NS
        await desk.up()
        assert Light.RECOVERING in desk.sink.lights


async def test_what_is_published_in_search_s_last_30_seconds_comes_with_the_second_pass(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        fresh = [desk.x.make(f"iPhone {n}", at_ns=NOON - n * SECOND) for n in (29, 12, 1)]
        desk.x.archive.extend(fresh)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [post.id for post in fresh]
        assert desk.clock.now_ns() >= NOON + 35 * SECOND


async def test_a_warm_start_begins_where_the_journal_ends(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, known_until_ns=NOON - 5 * MINUTE) as desk:
        past = history(desk, 60)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 3)
        assert desk.sink.ids() == [post.id for post in past if post.created_ns >= NOON - 5 * MINUTE - 10 * SECOND]
        away, opened, filled = desk.sink.coverage
        from_ns = NOON - 5 * MINUTE - 10 * SECOND
        assert (away.light, away.gap_from_ns, away.gap_to_ns) == (Light.CONNECTING, from_ns, NOON + FOR_GOOD_NS)
        assert (opened.covered_since_ns, opened.gap_from_ns, opened.gap_to_ns) == (NOON, from_ns, NOON)
        assert (filled.covered_since_ns, filled.filled_from_ns, filled.filled_to_ns) == (from_ns, from_ns, NOON)


async def test_a_warm_start_buys_the_whole_windows_where_the_journal_lacks_some_of_them(tmp_path: Path) -> None:
    """A new symbol, or a warm start that was cut off: what is known stays so, and only what came since is a gap."""
    async with rig(tmp_path, warm_start=True, known_until_ns=NOON - 5 * MINUTE, known_whole=False) as desk:
        past = history(desk, 60)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 3)
        assert desk.sink.ids() == [post.id for post in past]
        _, opened, filled = desk.sink.coverage
        assert (opened.gap_from_ns, opened.gap_to_ns) == (NOON - 5 * MINUTE - 10 * SECOND, NOON)
        assert filled.covered_since_ns == filled.filled_from_ns == NOON - WINDOWS_NS


async def test_a_journal_of_a_clock_that_was_set_back_since_does_not_say_where_to_begin(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, known_until_ns=NOON + HOUR) as desk:
        past = history(desk, 20)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 3)
        assert desk.sink.ids() == [post.id for post in past]
        _, opened, told = desk.sink.coverage
        assert (opened.gap_from_ns, opened.gap_to_ns) == (NOON - WINDOWS_NS, NOON)
        assert told.covered_since_ns == told.filled_from_ns == NOON - WINDOWS_NS


async def test_a_gap_is_told_filled_in_order_and_nothing_comes_twice(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        before = desk.x.post("Tesla before")
        await desk.sink.until(lambda: desk.sink.posts)
        desk.advance(120)
        desk.x.send(b"\r\n")
        await desk.sink.until(lambda: desk.sink.states[-1].last_ns == desk.clock.now_ns())
        down_ns = desk.clock.now_ns()
        desk.x.refuse(STREAM, *[faults.unavailable()] * 6)
        desk.x.end_stream(End.CLEAN)
        await desk.x.until(lambda: not desk.x.streams)
        missed = [desk.x.make(f"Tesla missed {n}", at_ns=down_ns + n * SECOND) for n in (90, 20, 55)]
        desk.x.archive.extend(missed)
        await desk.x.streaming(2)
        back_ns = desk.x.requests(STREAM)[-1].at_ns
        await desk.sink.until(lambda: desk.sink.filled)
        assert desk.sink.ids() == [before.id, *(post.id for post in sorted(missed, key=lambda each: each.created_ns))]
        assert [post.recovered for post in desk.sink.posts] == [False, True, True, True]
        start, *away, opened, filled = desk.sink.coverage
        assert all(state.gap_from_ns == opened.gap_from_ns for state in away)
        assert start.covered_since_ns == NOON
        assert (opened.gap_from_ns, opened.gap_to_ns) == (down_ns - 10 * SECOND, back_ns)
        assert (filled.filled_from_ns, filled.filled_to_ns) == (opened.gap_from_ns, opened.gap_to_ns)
        lights = desk.sink.lights
        assert lights[lights.index(Light.DOWN) :][-2:] == [Light.RECOVERING, Light.UP] or Light.RECOVERING in lights


async def test_the_last_part_of_a_second_before_the_stream_came_back_is_searched_too(tmp_path: Path) -> None:
    async with rig(tmp_path, start_ns=NOON + SECOND // 2) as desk:
        await desk.live()
        down_ns = desk.clock.now_ns()
        desk.x.refuse(STREAM, faults.unavailable())
        lost = desk.x.make("Tesla in the same second", at_ns=down_ns + 5_150 * SECOND // 1000)
        desk.x.archive.append(lost)
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        assert desk.x.requests(STREAM)[-1].at_ns == down_ns + 5_250 * SECOND // 1000
        await desk.sink.until(lambda: desk.sink.filled)
        assert desk.sink.ids() == [lost.id]


async def test_a_stream_that_ran_behind_may_have_lost_more_than_it_was_silent_for(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        late = desk.x.post("Tesla late", at_ns=desk.clock.now_ns() - 40 * SECOND)
        await desk.sink.until(lambda: desk.sink.posts)
        down_ns = desk.clock.now_ns()
        lost = desk.x.make("Tesla was on its way", at_ns=down_ns - 30 * SECOND)
        desk.x.archive.append(lost)
        desk.x.end_stream(End.ABORT)
        await desk.sink.until(lambda: len(desk.sink.posts) == 2)
        assert desk.sink.ids() == [late.id, lost.id]


async def test_what_came_while_the_machine_slept_is_fetched_though_the_connection_looks_whole(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.feed.woken(3 * SECOND)
        asleep_ns = desk.clock.now_ns()
        lost = desk.x.make("Tesla while it slept", at_ns=asleep_ns + 20 * SECOND)
        desk.x.archive.append(lost)
        desk.advance(600)
        desk.x.send(b"\r\n")
        await desk.sink.until(lambda: desk.sink.states[-1].last_ns == desk.clock.now_ns())
        desk.feed.woken(600 * SECOND)
        desk.feed.woken(2 * SECOND)
        await desk.sink.until(lambda: desk.sink.filled)
        assert desk.sink.ids() == [lost.id]
        opened = desk.sink.coverage[1]
        assert opened.gap_from_ns is not None and opened.gap_from_ns <= asleep_ns
        assert "slept for 600 s" in next(state for state in desk.sink.states if state.light is Light.DOWN).detail
        assert len(desk.x.requests(STREAM)) == 2


async def test_a_gap_with_recovery_off_stays_open_and_is_told(tmp_path: Path) -> None:
    async with rig(tmp_path, recover=False) as desk:
        await desk.live()
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.coverage[1].gap_to_ns is not None
        assert desk.x.requests(SEARCH) == []


async def test_a_gap_longer_than_the_windows_is_filled_as_far_as_they_reach(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.advance(5 * HOUR / SECOND)
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        await desk.sink.until(lambda: desk.sink.filled)
        _, _, opened, filled = desk.sink.coverage
        assert opened.gap_from_ns is not None and opened.gap_to_ns is not None
        assert opened.gap_to_ns - opened.gap_from_ns == WINDOWS_NS
        assert (filled.filled_from_ns, filled.filled_to_ns) == (opened.gap_from_ns, opened.gap_to_ns)


async def test_what_is_missing_is_told_until_the_windows_have_passed_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.x.refuse(SEARCH, *[faults.not_enrolled()] * 2)
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        await desk.sink.until(lambda: "are missing" in desk.sink.states[-1].detail)
        assert " NY are missing" in desk.sink.states[-1].detail, "people read the exchange's time"
        desk.advance(5 * MINUTE / SECOND)
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(3)
        await desk.sink.until(lambda: desk.sink.filled)
        await desk.up()
        assert "are missing" in desk.sink.states[-1].detail, "another gap that was filled fills not this one"
        desk.advance(WINDOWS_NS / SECOND)
        desk.x.send(b"\r\n")
        await desk.sink.until(lambda: desk.sink.states[-1].last_ns == desk.clock.now_ns())
        assert "are missing" not in desk.sink.states[-1].detail


async def test_a_feed_that_broke_and_runs_again_fills_what_it_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.x.post("Tesla before")
        await desk.sink.until(lambda: desk.sink.posts)

        async def broken(events: object) -> None:
            raise ZeroDivisionError("a defect of ours")

        with monkeypatch.context() as patched:
            patched.setattr(desk.sink, "put", broken)
            over = desk.x.post("Tesla over which it breaks")
            with pytest.raises(ExceptionGroup):
                await desk.task
        desk.advance(20)
        meanwhile = desk.x.post("Tesla meanwhile")
        desk.advance(20)
        desk.task = asyncio.create_task(desk.feed.run(desk.sink))
        await desk.sink.until(lambda: {over.id, meanwhile.id} <= set(desk.sink.ids()))
        gaps = [state for state in desk.sink.coverage if state.gap_from_ns is not None]
        assert len(gaps) == 1 and (gaps[0].gap_from_ns or 0) <= NOON < (gaps[0].gap_to_ns or 0)
