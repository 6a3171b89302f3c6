"""The speed of a recording while it plays: stepped and set, refused where there is none, and no part of the chain."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from engine.config import Config, ReplayConfig, load
from engine.feeds.replay import ReplayFeed
from engine.journal.reader import Reader
from engine.kernel.kernel import Kernel
from engine.kernel.loop import ENDED
from engine.kernel.pacing import STEPS, Pacing
from engine.model.frames import Command
from engine.paths import Paths
from tests.end_to_end.replays import assert_same_chain
from tests.engine.kernel.desk_at_hand import Desk
from tests.program import REPLAYING


def playing(recording: Path, speed: float, deciding: float = 0.0) -> tuple[Pacing, ReplayFeed]:
    replay = ReplayFeed(Config(replay=ReplayConfig(path=str(recording), speed=speed)), None)  # type: ignore[arg-type]
    return Pacing(replay, deciding), replay


def test_it_goes_through_its_steps_and_takes_any_number(recording: Path) -> None:
    pacing, replay = playing(recording, 45.0)
    for asked, speed in (("faster", 60), ("faster", 120), ("slower", 60), ("slower", 30), ("7.5", 7.5), ("faster", 10)):
        reply = pacing.change(asked)
        assert reply.ok and reply.text == f"the recording plays at {speed:g}×"
        assert pacing.speed == replay.speed == speed
    for asked, last in (("faster", STEPS[-1]), ("slower", STEPS[0])):
        while pacing.change(asked).ok:
            pass
        refused = pacing.change(asked)
        assert pacing.speed == last and "already" in refused.text and "`desk speed N`" in refused.remedy


@pytest.mark.parametrize(("speed", "asked"), [(0.0, "faster"), (0.0, "60"), (60.0, "0")])
def test_as_fast_as_possible_is_decided_at_the_start(recording: Path, speed: float, asked: str) -> None:
    pacing, replay = playing(recording, speed)
    refused = pacing.change(asked)
    assert not refused.ok and refused.text.startswith("as fast as possible is decided when")
    assert refused.remedy.endswith("--speed N" if not speed else "--speed 0")
    assert replay.speed == speed


def test_a_live_feed_has_none_and_the_refusal_is_recorded(desk: Desk) -> None:
    reply = desk.stages.commands.carry_out(Command("speed", speed="faster"))
    assert not reply.ok and reply.text.startswith("the feeds are live") and "`desk demo`" in reply.remedy
    journal = desk.stages.journal
    journal.close()
    with Reader(journal.path) as reader:
        assert [record.key for record in reader.records(kinds=("command",))] == ["speed"]


async def played(home: Path, recording: Path, speed: str, midway: Callable[[Kernel], Awaitable[None]] | None) -> Path:
    """The journal of a recording that was played to its end, with something done once some of it has come."""
    settings = {"DESK_ENGINE__STATE_DIR": str(home), "DESK_REPLAY__PATH": str(recording), "DESK_REPLAY__SPEED": speed}
    config = load(profile="simulated", env={**REPLAYING, **settings}).config
    paths = Paths.of(config)
    paths.create()
    kernel = Kernel(config, paths, read_secret=str, stop_at_end=True)
    await kernel.start()
    running = asyncio.create_task(kernel.run())
    try:
        async with asyncio.timeout(60):
            if midway is not None:
                while not kernel.view.count:
                    await asyncio.sleep(0.01)
                await midway(kernel)
            assert await running == ENDED
            if midway is not None:
                refused = kernel.stages.commands.carry_out(Command("speed", speed="60"))
                assert refused.text == "the recording has ended"
    finally:
        running.cancel()
        await kernel.stop()
    return paths.journal


@pytest.mark.timeout(120)
async def test_changing_it_changes_nothing_that_is_recorded(tmp_path: Path, recording: Path) -> None:
    """Slower, refused, and much faster: the chain of a recording that was played as fast as possible."""

    async def change(kernel: Kernel) -> None:
        assert kernel.snapshot(0).status.speed == 2000.0
        for asked, ok in (("slower", True), ("0", False), ("50000", True), ("faster", False)):
            assert (await kernel.command(Command("speed", speed=asked))).ok is ok, asked
        assert kernel.snapshot(0).status.speed == 50000.0

    assert_same_chain(
        await played(tmp_path / "changed", recording, "2000", change),
        await played(tmp_path / "untouched", recording, "0", None),
    )


def test_a_recording_slows_down_while_a_ticket_waits(recording: Path) -> None:
    pacing, replay = playing(recording, 20.0, deciding=5.0)
    for waiting, speed in ((False, 20), (True, 5), (True, 5), (False, 20), (False, 20), (True, 5)):
        pacing.heed(waiting=waiting)
        assert pacing.speed == replay.speed == speed


@pytest.mark.parametrize(("speed", "deciding"), [(20.0, 0.0), (2.0, 5.0), (5.0, 5.0), (0.0, 5.0)])
def test_no_slower_than_it_is_and_never_as_fast_as_possible(recording: Path, speed: float, deciding: float) -> None:
    pacing, replay = playing(recording, speed, deciding)
    for waiting in (True, False):
        pacing.heed(waiting=waiting)
        assert replay.speed == speed


def test_the_speed_that_somebody_asks_for_while_a_ticket_waits_stays(recording: Path) -> None:
    pacing, replay = playing(recording, 20.0, deciding=5.0)
    pacing.heed(waiting=True)
    assert pacing.change("60").ok
    for waiting in (True, False):
        pacing.heed(waiting=waiting)
        assert replay.speed == 60
    pacing.heed(waiting=True)
    assert replay.speed == 5
    pacing.heed(waiting=False)
    assert replay.speed == 60


@pytest.mark.timeout(120)
async def test_an_engine_slows_its_recording_for_a_ticket_and_records_the_same(
    tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds: list[float] = []
    play_at = ReplayFeed.play_at

    def told(replay: ReplayFeed, speed: float) -> None:
        speeds.append(speed)
        play_at(replay, speed)

    monkeypatch.setattr(ReplayFeed, "play_at", told)
    monkeypatch.setitem(REPLAYING, "DESK_REPLAY__DECIDING_SPEED", "1000")
    slowed = await played(tmp_path / "slowed", recording, "5000", None)
    assert speeds and speeds == [1000, 5000] * (len(speeds) // 2)
    assert_same_chain(slowed, await played(tmp_path / "untouched", recording, "0", None))
