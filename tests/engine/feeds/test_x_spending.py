"""What the X feed may spend: the day's cap, over midnight and restarts, and the part of it that a gap may take."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.clock import HOUR, MINUTE, SECOND
from engine.config import Config
from engine.model import Light
from tests.engine.feeds.x_harness import NOON, config, history, rig
from tests.venues.x import STREAM, End
from tests.venues.x.wire import Fields


async def test_the_cap_stops_the_stream_until_the_next_utc_day(tmp_path: Path) -> None:
    async with rig(tmp_path, daily_cap_usd=0.05) as desk:
        await desk.live()
        desk.waits.hold = asyncio.Event()
        for n in range(12):
            desk.x.post(f"Tesla {n}")
        capped = await desk.sink.shows(Light.CAPPED)
        assert 10 <= len(desk.sink.posts) <= 12
        assert "of $0.05 today" in capped.detail and "resets 2026-11-20 19:00 NY" in capped.detail
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


async def test_a_gap_never_spends_more_than_half_of_what_the_day_leaves(tmp_path: Path) -> None:
    async with rig(tmp_path, daily_cap_usd=0.5) as desk:
        await desk.live()
        desk.advance(3600)
        desk.x.archive.extend(
            desk.x.make(f"Tesla {n}", at_ns=desk.clock.now_ns() - n * 10 * SECOND) for n in range(1, 200)
        )
        desk.x.end_stream(End.CLEAN)
        await desk.sink.until(lambda: desk.sink.filled)
        assert len(desk.sink.posts) <= 50
        await desk.sink.until(lambda: "are missing: the post limit is reached" in desk.sink.states[-1].detail)


async def test_a_warm_start_buys_no_more_than_it_may_and_says_how_far_back_it_got(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, warm_start_posts=50) as desk:
        past = history(desk, 170)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert 30 <= len(desk.sink.posts) <= 50
        assert desk.sink.ids() == [post.id for post in past[-len(desk.sink.posts) :]]
        assert desk.sink.coverage[1].covered_since_ns == desk.sink.posts[0].published_ns
        assert desk.sink.coverage[1].spent_usd == pytest.approx(len(desk.sink.posts) * 0.005)
