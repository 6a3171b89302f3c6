"""The replay feed: the whole recording, in order, at any speed, with its own states around it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.clock import SECOND, VirtualClock, parse_iso, stopwatch_ns
from engine.config import Config, ReplayConfig
from engine.errors import ConfigError, RecordingError
from engine.feeds import replay as replay_module
from engine.feeds.replay import BATCH, Pace, ReplayFeed, start_ns
from engine.model import Feed, FeedEvent, FeedState, Light, Post


class Collector:
    """A sink that keeps everything, with the wall time of each batch and the feed's position as it came."""

    def __init__(self, feed: ReplayFeed | None = None) -> None:
        self.feed = feed
        self.batches: list[tuple[int, tuple[FeedEvent, ...]]] = []
        self.positions: list[int] = []

    async def put(self, events: Sequence[FeedEvent]) -> None:
        self.batches.append((stopwatch_ns(), tuple(events)))
        if self.feed is not None:
            self.positions.append(self.feed.position())

    def report(self, state: FeedState) -> None:
        raise AssertionError("a replay's states come in order with its posts")

    @property
    def events(self) -> list[FeedEvent]:
        return [event for _, batch in self.batches for event in batch]


def recording(tmp_path: Path, seconds: Sequence[float], extra: Sequence[dict[str, Any]] = ()) -> Path:
    base = parse_iso("2026-03-11T13:00:00Z")
    rows: list[dict[str, Any]] = [
        {
            "id": str(number),
            "timestamp_ms": base // 1_000_000 + round(second * 1000),
            "text": "made up",
            "symbols": ["TSLA"],
        }
        for number, second in enumerate(seconds)
    ]
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *extra]))
    return path


def feed(path: Path, speed: float = 0.0, start: str = "") -> ReplayFeed:
    return ReplayFeed(Config(replay=ReplayConfig(path=str(path), speed=speed, start=start)), VirtualClock())


def stop_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes for a replay while something is looked at, however busy the machine is."""
    now_ns = stopwatch_ns()
    monkeypatch.setattr(replay_module, "stopwatch_ns", lambda: now_ns)


async def play(replay: ReplayFeed) -> Collector:
    sink = Collector(replay)
    await asyncio.wait_for(replay.run(sink), 20)
    return sink


async def test_the_whole_recording_between_up_and_ended(tmp_path: Path) -> None:
    replay = feed(recording(tmp_path, range(1000)))
    assert isinstance(replay, Feed)
    sink = await play(replay)
    first, *posts, last = sink.events
    first_ns, last_ns = replay.bounds()
    assert isinstance(first, FeedState) and isinstance(last, FeedState)
    assert (first.name, first.light, first.received_ns, first.covered_since_ns) == (
        "replay",
        Light.UP,
        first_ns,
        first_ns,
    )
    assert (last.name, last.light, last.received_ns, last.items) == ("replay", Light.ENDED, last_ns, 1000)
    assert [post.id for post in posts if isinstance(post, Post)] == [str(number) for number in range(1000)]
    assert max(len(batch) for _, batch in sink.batches) <= BATCH + 1
    assert replay.position() == last_ns
    assert replay.speed == 0
    assert first.detail == "1,000 posts from 2026-03-11 09:00 to 09:16 NY", "people read the exchange's time"


async def test_recorded_states_come_in_their_places(tmp_path: Path) -> None:
    extra = [
        {"kind": "feed", "at": "2026-03-11T13:00:03Z", "feed": "x", "state": "down", "detail": "made up"},
        {"kind": "feed", "at": "2026-03-11T13:00:04Z", "feed": "replay", "state": "ended"},
        {
            "id": "late",
            "created_at": "2026-03-11T13:00:03Z",
            "received_at": "2026-03-11T13:00:05Z",
            "text": "x",
            "recovered": True,
        },
        {"kind": "feed", "at": "2026-03-11T13:00:06Z", "feed": "x", "state": "up"},
    ]
    sink = await play(feed(recording(tmp_path, [0, 1], extra)))
    told = [event.id if isinstance(event, Post) else (event.name, event.light.value) for event in sink.events]
    assert told == [
        ("replay", "up"),
        *("0", "1", ("x", "down"), "late", ("x", "up")),
        *(("x", "ended"), ("replay", "ended")),
    ]


async def test_every_speed_gives_the_same_events(tmp_path: Path) -> None:
    path = recording(tmp_path, [0, 0.5, 0.5, 2, 30, 31, 60])
    fast, paced = await play(feed(path)), await play(feed(path, speed=300))
    assert msgspec.json.encode(fast.events) == msgspec.json.encode(paced.events)
    assert len(fast.batches) < len(paced.batches)


async def test_the_pace_is_kept(tmp_path: Path) -> None:
    replay = feed(recording(tmp_path, [0, 10, 20, 30]), speed=100)
    began = stopwatch_ns()
    sink = await play(replay)
    for at_ns, batch in sink.batches:
        for event in batch:
            due_ns = (event.received_ns - replay.bounds()[0]) // 100
            assert at_ns - began >= due_ns - 5_000_000, "an event came before its time"
    assert sink.positions == sorted(sink.positions)


async def test_another_speed_holds_at_once_for_what_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slowly the next post would come in hours. Its events are those of any other speed, and time never goes back."""
    path = recording(tmp_path, [0, 3600, 7200, 7201])
    replay, sink = feed(path, speed=1), Collector()
    playing = asyncio.create_task(replay.run(sink))
    async with asyncio.timeout(20):
        while not sink.batches:
            await asyncio.sleep(0.001)
        with monkeypatch.context() as stopped:  # a microsecond of ours is 36 ms of the recording's now
            stop_the_watch(stopped)
            before = replay.position()
            replay.play_at(36_000)
            assert replay.position() == before > replay.bounds()[0], "it goes on from where it is"
        await playing
    assert replay.ended and replay.speed == 36_000
    assert msgspec.json.encode(sink.events) == msgspec.json.encode((await play(feed(path))).events)


async def test_fast_until_the_start_then_paced(tmp_path: Path) -> None:
    path = recording(tmp_path, [*range(3000), 3600, 3600.5])
    replay = feed(path, speed=2, start="10:00")
    assert replay.start_ns() == parse_iso("2026-03-11T14:00:00Z")
    began = stopwatch_ns()
    sink = await play(replay)
    assert stopwatch_ns() - began >= SECOND // 4 - 5_000_000
    assert len([event for event in sink.events if isinstance(event, Post)]) == 3002
    before = [batch for _, batch in sink.batches if batch[0].received_ns < replay.start_ns()]
    assert sum(len(batch) for batch in before) == 3001, "what came before was handed over before the pace began"


async def test_a_start_before_the_recording_is_its_beginning(tmp_path: Path) -> None:
    """Nothing is waited for that is not in it: with a year mistyped the first post came never."""
    replay = feed(recording(tmp_path, [0, 0.2]), speed=1, start="2006-03-11T13:00:00Z")
    assert replay.start_ns() == replay.bounds()[0]
    sink = await play(replay)
    assert len([event for event in sink.events if isinstance(event, Post)]) == 2


async def test_the_position_runs_between_events_and_passes_none(tmp_path: Path) -> None:
    replay = feed(recording(tmp_path, [0, 60]), speed=100)
    first_ns, last_ns = replay.bounds()
    assert replay.position() == 0
    sink = Collector()
    run = asyncio.ensure_future(replay.run(sink))
    seen = [0]
    while not run.done():
        await asyncio.sleep(0)  # looked at all the time: a busy machine leaves it few times otherwise
        seen.append(replay.position())
        delivered = {event.received_ns for event in sink.events}
        assert seen[-1] <= last_ns or last_ns in delivered
    await run
    assert seen == sorted(seen)
    assert len({position for position in seen if first_ns < position < last_ns}) > 5


async def test_a_malformed_line_ends_it_with_the_line(tmp_path: Path) -> None:
    path = recording(tmp_path, range(10))
    path.write_text(path.read_text() + "{\n")
    with pytest.raises(RecordingError) as caught:
        await play(feed(path))
    assert caught.value.where == f"{path}:11"


async def test_cancelling_stops_a_paced_replay_at_once(tmp_path: Path) -> None:
    replay, sink = feed(recording(tmp_path, [0, 3600]), speed=1), Collector()
    run = asyncio.ensure_future(replay.run(sink))
    async with asyncio.timeout(20):
        while not sink.batches:
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run


def test_a_pace_far_behind_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_the_watch(monkeypatch)
    pace = Pace(1000.0)
    pace.begin(1_000 * SECOND)
    pace._began_ns -= 10 * SECOND
    behind = pace._at_ns
    assert pace.delay_s(behind) == 0
    assert pace.now_ns() == behind


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("09:25", "2026-03-11T13:25:00Z"),
        ("09:25:30", "2026-03-11T13:25:30Z"),
        ("2026-03-12T01:02:03Z", "2026-03-12T01:02:03Z"),
    ],
)
def test_when_the_pace_begins(text: str, instant: str) -> None:
    assert start_ns(text, parse_iso("2026-03-11T11:00:00Z")) == parse_iso(instant)


@pytest.mark.parametrize("text", ["soon", "25:00", "2026-03-12T01:02:03", "2026-03-12", "14:30Z", "09:25+01:00"])
def test_a_start_that_is_none(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        start_ns(text, 0)
    assert caught.value.where == "replay.start"
