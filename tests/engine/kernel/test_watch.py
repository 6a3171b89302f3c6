"""Around the loop: the kill file and the wall clock, as a person or the machine may treat them."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from engine.clock import HOUR, SECOND, SystemClock
from engine.config import Config, EngineConfig, Loaded, WatchRow, version
from engine.kernel import reloading, watch
from engine.kernel.inbox import Inbox, Reread
from engine.kernel.watch import (
    KILL_FILE_LIMIT,
    read_kill_file,
    tell_where_it_hangs,
    watch_clock,
    watch_kill_file,
    where_threads_are,
)
from tests.engine.kernel import bare

pytestmark = pytest.mark.timeout(30)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def during(work: Coroutine[object, object, None], steps: Coroutine[object, object, None]) -> None:
    """Run `steps` while `work` goes on."""
    task = asyncio.create_task(work)
    try:
        await steps
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def test_a_kill_file_kills_at_once_and_flattens_when_the_word_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "KILL_FILE_POLL_S", 0.01)
    path = tmp_path / "KILL"
    thrown: list[tuple[str, bool]] = []

    async def steps() -> None:
        with path.open("w", encoding="utf-8") as file:
            await until(lambda: thrown)
            assert thrown == [("kill file", False)]
            file.write("rumours\nflatten\n")
        await until(lambda: len(thrown) > 1)
        assert thrown[1:] == [("rumours", True)]
        await asyncio.sleep(0.1)
        assert len(thrown) == 2, "thrown again though nothing was written"
        path.unlink()
        path.write_text("rumours\nflatten\n", encoding="utf-8")
        await until(lambda: len(thrown) > 2)

    await during(watch_kill_file(path, lambda by, reason, flatten: thrown.append((reason, flatten))), steps())


def test_what_else_may_stand_where_the_kill_file_does(tmp_path: Path) -> None:
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    assert read_kill_file(pipe) == ("kill file", False)
    assert read_kill_file(folder)[0].startswith("kill file (")
    assert len(read_kill_file(Path("/dev/zero"))[0]) <= KILL_FILE_LIMIT


async def test_every_step_back_of_the_wall_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "CLOCK_POLL_S", 0.01)
    clock, off_ns, looks = SystemClock(), 0, 0

    def skew_ns() -> int:
        nonlocal looks
        looks += 1
        return off_ns

    monkeypatch.setattr(clock, "skew_ns", skew_ns)
    told: list[int] = []

    async def steps() -> None:
        nonlocal off_ns
        for number in (1, 2):
            off_ns = -HOUR
            await until(lambda number=number: len(told) == number)
            seen = looks
            await until(lambda seen=seen: looks > seen + 3)
            assert len(told) == number, "one step is told once"
            off_ns, seen = SECOND // 2, looks
            await until(lambda seen=seen: looks > seen + 3)

    await during(watch_clock(clock, told.append), steps())
    assert told == [-HOUR, -HOUR]


async def test_a_sleep_of_the_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "CLOCK_POLL_S", 0.01)
    clock = SystemClock()
    slept = iter((0, SECOND // 2, 8 * HOUR))
    monkeypatch.setattr(clock, "slept_ns", lambda: next(slept, 0), raising=False)
    told: list[int] = []

    async def steps() -> None:
        await until(lambda: told)

    await during(watch_clock(clock, told.append), steps())
    assert told == [8 * HOUR]


def hold_up(told: Callable[[], object]) -> None:
    """Block the loop, as a call that takes too long does, until the log says so and a while longer."""
    ends = time.monotonic() + 20
    while not told():
        assert time.monotonic() < ends
        time.sleep(0.005)
    time.sleep(0.3)


async def test_a_loop_that_hangs_says_where_and_once_each_time(caplog: pytest.LogCaptureFixture) -> None:
    def held_up() -> list[str]:
        """What was told of the blocking; a busy machine may keep the loop from its work elsewhere too."""
        told = [record.getMessage() for record in caplog.records if "has not come back" in record.getMessage()]
        return [line for line in told if ": MainThread: " in line and " hold_up < " in line]

    async def steps() -> None:
        for number in range(2):
            await asyncio.sleep(0.2)  # it is back now and then: nothing to tell
            assert len(held_up()) == number
            hold_up(lambda number=number: len(held_up()) > number)
        assert len(held_up()) == 2

    await during(tell_where_it_hangs(0.1), steps())
    await until(lambda: not [thread for thread in threading.enumerate() if thread.name == "hanging"])


def test_threads_that_run_on_are_looked_at_without_harm() -> None:
    """`faulthandler.dump_traceback_later` ends a process so within seconds."""
    ended = threading.Event()

    def down(steps: int) -> int:
        return steps and down(steps - 1)

    def run() -> None:
        while not ended.is_set():
            down(20)

    threads = [threading.Thread(target=run, name=f"runs-{number}") for number in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        looks = [where_threads_are() for _ in range(500)]
    finally:
        ended.set()
        sys.setswitchinterval(interval)
        for thread in threads:
            thread.join()
    assert all(sum(line.startswith("runs-") for line in lines) == 3 for lines in looks)
    assert any(" down < " in line for lines in looks for line in lines)


async def test_a_configuration_changed_while_the_engine_starts_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "POLL_S", 0.01)
    config = Config(
        engine=EngineConfig(state_dir=str(tmp_path / "state"), runtime_dir=str(tmp_path / "run")),
        watchlist=(WatchRow(symbol="TSLA"),),
    )
    stages = bare.stages(config, SystemClock())
    path = tmp_path / "config.toml"
    path.write_text("# as it was read", encoding="utf-8")
    seen = version(path)
    path.write_text("# changed during a long restore", encoding="utf-8")
    inbox, times = Inbox(10), 0

    def again() -> Loaded:
        nonlocal times
        times += 1
        return Loaded(config, path, "")

    async def steps() -> None:
        await inbox.wait(5.0)
        assert inbox.take_urgent() == Reread(config)
        await asyncio.sleep(0.1)
        assert times == 1, "read again though nothing changed"

    await during(stages.reloading.watch(path, seen, again, inbox), steps())
