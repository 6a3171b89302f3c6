"""The same recording gives the byte-identical journal: as fast as possible, paced, watched, and with a desk attached.

Every engine here is a process of its own; clients come over its real control socket.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from desk.app import DeskApp
from desk.client import Client
from desk.screens.main import Main
from engine.config import ScreenConfig
from engine.errors import DeskError
from engine.model.frames import Frame, Goodbye, Push, Snapshot
from tests.end_to_end.replays import LIMIT_S, assert_same_chain, replay
from tests.engine.kernel import made_up
from tests.engine.kernel.process import EngineProcess, until
from tests.program import REPLAYING, command, environment
from tests.widgets.harness import painted

SPEED = "3600"
"""Recorded seconds per second: slow enough that the clock has to run on between events."""
WATCHED_ONCE = "the demo day is long: it is played once more, paced, with a client and a desk attached together"


class Recording:
    """A recording and the journal that `desk replay` makes of it as fast as possible."""

    def __init__(self, folder: Path, path: str, start: str = "") -> None:
        self.folder = folder
        self.path = path
        self.start = start
        """From when on a paced run is paced."""
        self.journal = folder / "reference.journal"
        self.report = replay(folder, path, self.journal)
        assert self.report["fills"], "the recording trades nothing: it shows nothing"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("made up", marks=pytest.mark.xdist_group("replay a made-up morning")),
        pytest.param("demo", marks=pytest.mark.xdist_group("replay the demo day")),
    ],
)
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = tmp_path_factory.mktemp("recording")
    if request.param == "demo":
        return Recording(folder, "", "2026-03-11T18:30:00Z")
    return Recording(folder, str(made_up.write(folder / "morning.jsonl")))


async def watched(home: Path, recording: Recording) -> Path:
    """The recording on autopilot at SPEED, with a client and a desk attached from the first moment; the journal."""
    paths = EngineProcess(home, env=REPLAYING)
    settings = {
        **REPLAYING,
        "DESK_REPLAY__PATH": recording.path,
        "DESK_REPLAY__SPEED": SPEED,
        "DESK_REPLAY__START": recording.start,
        "DESK_ENGINE__LOG_LEVEL": "warning",
    }
    with (home / "autopilot.log").open("wb") as log:
        engine = subprocess.Popen(
            command("autopilot", "--profile", "simulated", "--stop-at-end"),
            env=environment(home, settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            await asyncio.to_thread(until, paths.socket.exists, "the engine's socket", 30.0)
            await asyncio.gather(read_everything(paths.socket, engine.pid), look_around(paths.socket, engine.pid))
            code = await asyncio.to_thread(engine.wait, LIMIT_S)
        finally:
            engine.kill()
            engine.wait()
    assert code == 0, (home / "autopilot.log").read_text()
    return paths.journal


async def read_everything(socket: Path, pid: int) -> None:
    """A client that follows the stream to its end and asks for whole snapshots all the while."""
    seen: Counter[type] = Counter()
    asked = 0

    async def follow(client: Client) -> None:
        async for message in client.stream():
            seen[type(message)] += 1

    async with Client(socket) as client, Client(socket) as other:
        following = asyncio.create_task(follow(client))
        while not following.done():
            try:
                assert (await other.snapshot()).pid == pid
                asked += 1
            except DeskError:
                break
            await asyncio.sleep(0.05)
        await following
    assert seen[Snapshot] >= 1
    assert seen[Goodbye] == 1
    assert seen[Frame] >= 1  # at most 15 a second, and on a busy machine a second or two are all there is
    assert seen[Push] > 3
    assert asked > 3


async def look_around(socket: Path, pid: int) -> None:
    """A desk on whose screens a person moves, reads, searches and changes the speed while the recording plays."""
    app = DeskApp(lambda: Client(socket), ScreenConfig(fps="60"))
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(3000):
            if app.link.attached:
                break
            await pilot.pause(0.01)
        keys = itertools.cycle(
            ["j", "k", "tab", "d", "escape", "G", "g", "question_mark", "escape", "m", "escape", "minus", "plus"]
        )
        pressed = 0
        while app.link.attached:
            app.simulate_key(next(keys))
            await asyncio.sleep(0.04)
            pressed += 1
        await pilot.pause()
        assert pressed > 3
        mirror = app.link.mirror
        assert mirror.pid == pid
        assert mirror.closed, "the desk saw no decision"
        assert isinstance(app.main, Main)
        assert "SIMULATED" in painted(app.main.bar)[0]


@pytest.mark.timeout(240)
def test_as_fast_as_possible_twice(recording: Recording, home: Path) -> None:
    if not recording.path:
        pytest.skip(WATCHED_ONCE)
    again = home / "again.journal"
    report = replay(home, recording.path, again)
    assert_same_chain(again, recording.journal)
    assert {**report, "journal": ""} == {**recording.report, "journal": ""}


@pytest.mark.timeout(240)
def test_paced(recording: Recording, home: Path) -> None:
    if not recording.path:
        pytest.skip(WATCHED_ONCE)
    journal = home / "paced.journal"
    replay(home, recording.path, journal, "--speed", SPEED, "--start", recording.start)
    assert_same_chain(journal, recording.journal)


@pytest.mark.timeout(240)
async def test_watched(recording: Recording, home: Path) -> None:
    """A client that asks all the while and a desk on which a person moves, both from the first moment."""
    assert_same_chain(await watched(home, recording), recording.journal)
