"""Warm start and gaps: what recent search brings, what it costs, and what is told about it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from engine.clock import DAY, HOUR, MINUTE, SECOND
from engine.config import Config
from engine.model import Light
from tests.engine.feeds.x_harness import NOON, Rig, config, rig
from tests.venues.x import SEARCH, STREAM, End, XPost, XUser, faults
from tests.venues.x.wire import Fields

WINDOWS_NS = 90 * MINUTE
"""30 minutes of window and an hour of look-back, the defaults."""


def history(desk: Rig, count: int, every_s: int = 30) -> list[XPost]:
    """Posts already there, newest `every_s` before now, oldest first."""
    posts = [desk.x.make(f"Tesla {n}", at_ns=desk.clock.now_ns() - n * every_s * SECOND) for n in range(count, 0, -1)]
    for post in posts:
        desk.x.publish(post)
    return posts


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


async def test_a_warm_start_buys_no_more_than_it_may_and_says_how_far_back_it_got(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, warm_start_posts=50) as desk:
        past = history(desk, 170)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert 30 <= len(desk.sink.posts) <= 50
        assert desk.sink.ids() == [post.id for post in past[-len(desk.sink.posts) :]]
        assert desk.sink.coverage[1].covered_since_ns == desk.sink.posts[0].published_ns
        assert desk.sink.coverage[1].spent_usd == pytest.approx(len(desk.sink.posts) * 0.005)


async def test_a_warm_start_begins_where_the_journal_ends(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, known_until_ns=NOON - 5 * MINUTE) as desk:
        past = history(desk, 60)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [post.id for post in past if post.created_ns >= NOON - 5 * MINUTE - 10 * SECOND]
        opened, filled = desk.sink.coverage
        from_ns = NOON - 5 * MINUTE - 10 * SECOND
        assert (opened.covered_since_ns, opened.gap_from_ns, opened.gap_to_ns) == (NOON, from_ns, NOON)
        assert (filled.covered_since_ns, filled.filled_from_ns, filled.filled_to_ns) == (from_ns, from_ns, NOON)


async def test_a_warm_start_buys_the_whole_windows_where_the_journal_lacks_some_of_them(tmp_path: Path) -> None:
    """A new symbol, or a warm start that was cut off: what is known stays so, and only what came since is a gap."""
    async with rig(tmp_path, warm_start=True, known_until_ns=NOON - 5 * MINUTE, known_whole=False) as desk:
        past = history(desk, 60)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [post.id for post in past]
        opened, filled = desk.sink.coverage
        assert (opened.gap_from_ns, opened.gap_to_ns) == (NOON - 5 * MINUTE - 10 * SECOND, NOON)
        assert filled.covered_since_ns == filled.filled_from_ns == NOON - WINDOWS_NS


async def test_a_journal_of_a_clock_that_was_set_back_since_does_not_say_where_to_begin(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, known_until_ns=NOON + HOUR) as desk:
        past = history(desk, 20)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [post.id for post in past]
        opened, told = desk.sink.coverage
        assert (opened.gap_from_ns, opened.gap_to_ns) == (NOON - WINDOWS_NS, NOON)
        assert told.covered_since_ns == told.filled_from_ns == NOON - WINDOWS_NS


async def test_every_query_reaches_back_evenly(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, rule_length=80, warm_start_posts=100) as desk:
        for n in range(400, 0, -1):
            word = "Tesla" if n % 2 else "iPhone"
            desk.x.archive.append(desk.x.make(f"{word} {n}", at_ns=NOON - n * 10 * SECOND))
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        since = desk.sink.coverage[1].covered_since_ns
        assert since is not None
        complete = [post.id for post in desk.x.archive if post.created_ns >= since]
        assert set(complete) <= set(desk.sink.ids()) and len(complete) > 20


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
        await desk.sink.until(lambda: desk.sink.coverage and desk.sink.coverage[-1].filled_to_ns)
        assert desk.sink.ids() == [before.id, *(post.id for post in sorted(missed, key=lambda each: each.created_ns))]
        assert [post.recovered for post in desk.sink.posts] == [False, True, True, True]
        start, opened, filled = desk.sink.coverage
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
        await desk.sink.until(lambda: desk.sink.coverage and desk.sink.coverage[-1].filled_to_ns)
        assert desk.sink.ids() == [lost.id]


async def test_a_gap_is_filled_although_search_was_down_for_ten_minutes_more(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        lost = desk.x.make("Tesla in the gap", at_ns=desk.clock.now_ns() - 3 * SECOND)
        desk.x.archive.append(lost)
        desk.x.refuse(SEARCH, *[faults.unavailable()] * 7)
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        await desk.sink.until(lambda: desk.sink.coverage and desk.sink.coverage[-1].filled_to_ns)
        assert desk.sink.ids() == [lost.id]
        assert desk.clock.now_ns() - NOON > 10 * MINUTE
        await desk.up()


async def test_a_gap_of_a_moment_is_asked_for_once_when_search_can_have_it(tmp_path: Path) -> None:
    """X refuses a search that starts less than 10 s back, or after the 30 s before now at which it ends by itself."""
    async with rig(tmp_path) as desk:
        await desk.live()
        lost = desk.x.make("Tesla in the gap", at_ns=desk.clock.now_ns() - 3 * SECOND)
        desk.x.archive.append(lost)
        desk.x.end_stream(End.CLEAN)
        await desk.sink.until(lambda: desk.sink.coverage and desk.sink.coverage[-1].filled_to_ns)
        assert desk.sink.ids() == [lost.id]
        [asked] = desk.x.requests(SEARCH)
        assert asked.status == 200 and "end_time" in asked.query
        opened, filled = desk.sink.coverage[-2:]
        assert filled.filled_from_ns == opened.gap_from_ns


async def test_what_the_second_pass_found_counts_though_the_first_was_refused(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        desk.x.refuse(SEARCH, faults.not_enrolled())
        past = history(desk, 60)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        told = desk.sink.coverage[1]
        assert told.filled_from_ns == told.covered_since_ns == NOON - 40 * SECOND
        assert desk.sink.ids() == [past[-1].id]


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


async def test_windows_of_more_than_a_week_are_filled_as_far_as_search_reaches(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, look_back_s=30 * DAY / SECOND) as desk:
        old = desk.x.make("Tesla six days ago", at_ns=NOON - 6 * DAY)
        desk.x.archive.append(old)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [old.id]
        assert desk.sink.coverage[1].covered_since_ns == NOON - 7 * DAY + MINUTE


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
        await desk.sink.until(lambda: desk.sink.coverage and desk.sink.coverage[-1].filled_to_ns)
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
        await desk.sink.until(lambda: desk.sink.coverage and desk.sink.coverage[-1].filled_to_ns)
        opened = desk.sink.coverage[1]
        assert opened.gap_from_ns is not None and opened.gap_to_ns is not None
        assert opened.gap_to_ns - opened.gap_from_ns == WINDOWS_NS


@pytest.mark.parametrize("ignored", [False, True])
async def test_search_is_asked_in_the_words_that_x_takes(tmp_path: Path, ignored: bool) -> None:
    """X's description has `post.fields` for search: a server of that kind refuses the others, or ignores them."""
    simulator = {"names": "post", "search_fields": "post.fields"}
    async with rig(tmp_path, warm_start=True, simulator=simulator) as desk:
        quoted = desk.x.make("what it quotes", at_ns=NOON - HOUR)
        user = XUser(id="77", username="made_up_77", followers=123)
        past = desk.x.post("Tesla quoted", at_ns=NOON - MINUTE, user=user, quote_of=quoted, edits=("12",))
        if ignored:
            bare = {"data": [{"id": past.id, "text": past.text}], "meta": {"result_count": 1}}
            desk.x.refuse(SEARCH, faults.Refusal(200, json.dumps(bare).encode()))
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        [found] = desk.sink.posts
        assert (found.id, found.published_ns) == (past.id, NOON - MINUTE)
        assert (found.author.name, found.author.followers) == ("made_up_77", 123)
        assert (found.quote_of, found.edits) == (quoted.id, ("12",))
        asked = ["post.fields" in seen.query for seen in desk.x.requests(SEARCH)]
        assert asked == [False, *[True] * (len(asked) - 1)], "what was learnt is kept"
        assert desk.sink.states[-1].spent_usd == 0.005


async def test_a_search_that_neither_words_make_good_is_told_as_x_says_it(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        past = history(desk, 20)
        wrong = faults.problem(400, "Invalid Request", "something else is wrong")
        desk.x.refuse(SEARCH, wrong, wrong)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [past[-1].id]
        bare = {"data": [{"id": past[0].id, "text": "Tesla"}], "meta": {"result_count": 1}}
        desk.x.refuse(SEARCH, faults.Refusal(200, json.dumps(bare).encode()))
        desk.advance(HOUR / SECOND)
        desk.x.end_stream(End.CLEAN)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 4)
        assert "tweet.fields" in desk.x.requests(SEARCH)[-1].query


async def test_a_search_that_is_refused_leaves_the_gap_open_with_the_reason(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        desk.x.refuse(SEARCH, *[faults.not_enrolled()] * 2)
        await desk.live()
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        await desk.sink.until(lambda: "are missing" in desk.sink.states[-1].detail)
        assert "client-not-enrolled" in desk.sink.states[-1].detail
        assert all(state.filled_to_ns is None for state in desk.sink.coverage)
        desk.x.post("Tesla goes on")
        await desk.sink.until(lambda: desk.sink.posts)


async def test_what_is_missing_is_told_until_the_windows_have_passed_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.x.refuse(SEARCH, *[faults.not_enrolled()] * 2)
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        await desk.sink.until(lambda: "are missing" in desk.sink.states[-1].detail)
        desk.advance(5 * MINUTE / SECOND)
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(3)
        await desk.sink.until(lambda: desk.sink.coverage[-1].filled_to_ns)
        await desk.up()
        assert "are missing" in desk.sink.states[-1].detail, "another gap that was filled fills not this one"
        desk.advance(WINDOWS_NS / SECOND)
        desk.x.send(b"\r\n")
        await desk.sink.until(lambda: desk.sink.states[-1].last_ns == desk.clock.now_ns())
        assert "are missing" not in desk.sink.states[-1].detail


async def test_a_search_is_patient_with_rate_limits_and_server_errors(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        past = history(desk, 5, every_s=120)
        desk.x.refuse(SEARCH, faults.rate_limited(reset_in_s=90), faults.bad_gateway(), faults.unavailable())
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [post.id for post in past]
        assert [seconds for seconds in desk.waits.seconds if seconds > 2][:3] == [90.0, 10.0, 20.0]


async def test_a_gap_never_spends_more_than_half_of_what_the_day_leaves(tmp_path: Path) -> None:
    async with rig(tmp_path, daily_cap_usd=0.5) as desk:
        await desk.live()
        desk.advance(3600)
        desk.x.archive.extend(
            desk.x.make(f"Tesla {n}", at_ns=desk.clock.now_ns() - n * 10 * SECOND) for n in range(1, 200)
        )
        desk.x.end_stream(End.CLEAN)
        await desk.sink.until(lambda: desk.sink.coverage and desk.sink.coverage[-1].filled_to_ns)
        assert len(desk.sink.posts) <= 50
        await desk.sink.until(lambda: "are missing: the post limit is reached" in desk.sink.states[-1].detail)


# --- the cap ----------------------------------------------------------------------------------------------------------


async def test_the_cap_stops_the_stream_until_the_next_utc_day(tmp_path: Path) -> None:
    async with rig(tmp_path, daily_cap_usd=0.05) as desk:
        await desk.live()
        desk.waits.hold = asyncio.Event()
        for n in range(12):
            desk.x.post(f"Tesla {n}")
        capped = await desk.sink.shows(Light.CAPPED)
        assert 10 <= len(desk.sink.posts) <= 12
        assert "of $0.05 today" in capped.detail and "resets 2026-11-21T00:00Z" in capped.detail
        assert "x.daily_cap_usd" in capped.remedy
        desk.waits.hold.set()
        await desk.x.streaming(2)
        again = desk.x.requests(STREAM)[-1]
        assert 0 <= again.at_ns - (NOON + 12 * HOUR) < MINUTE
        state = await desk.sink.shows(Light.RECOVERING)
        assert state.spent_usd == 0.0


async def test_what_came_with_the_post_that_reached_the_cap_is_paid_for_and_counts(tmp_path: Path) -> None:
    async with rig(tmp_path, daily_cap_usd=0.05) as desk:
        await desk.live()
        desk.waits.hold = asyncio.Event()
        fields = Fields.of(desk.x.requests(STREAM)[-1].query)
        burst = [desk.x.make(f"Tesla {n}") for n in range(40)]
        desk.x.send(b"".join(desk.x.line(post, fields) + b"\r\n" for post in burst))
        capped = await desk.sink.shows(Light.CAPPED)
        assert desk.sink.ids() == [post.id for post in burst]
        assert capped.spent_usd == 0.2


async def test_a_cap_may_be_lowered_and_raised_while_the_feed_runs(tmp_path: Path) -> None:
    def capped_at(usd: float) -> Config:
        return config(tmp_path, daily_cap_usd=usd)

    async with rig(tmp_path, daily_cap_usd=1.0) as desk:
        await desk.live()
        for n in range(5):
            desk.x.post(f"Tesla {n}")
        await desk.sink.until(lambda: len(desk.sink.posts) == 5)
        desk.waits.hold = asyncio.Event()
        desk.feed.reconfigure(capped_at(0.02))
        desk.x.send(b"\r\n")
        capped = await desk.sink.shows(Light.CAPPED)
        assert (capped.cap_usd, capped.spent_usd) == (0.02, 0.025)
        await desk.x.until(lambda: not desk.x.streams)
        desk.feed.reconfigure(capped_at(1.0))
        desk.waits.hold.set()
        await desk.x.streaming(2)
        assert desk.x.requests(STREAM)[-1].at_ns - NOON <= MINUTE


async def test_a_restart_does_not_forget_what_was_spent(tmp_path: Path) -> None:
    async with rig(tmp_path, daily_cap_usd=0.05) as desk:
        await desk.live()
        for n in range(9):
            desk.x.post(f"Tesla {n}")
        await desk.sink.until(lambda: len(desk.sink.posts) == 9)
    async with rig(tmp_path, daily_cap_usd=0.05, start_ns=NOON + MINUTE) as desk:
        await desk.live()
        assert desk.sink.states[-1].spent_usd == 0.045
        desk.waits.hold = asyncio.Event()
        desk.x.post("Tesla, the last of today")
        await desk.sink.shows(Light.CAPPED)
        assert len(desk.sink.posts) == 1


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
