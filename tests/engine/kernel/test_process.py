"""The engine as a process: one per profile, signals, kill switch, what bad input gets. Real processes throughout."""

from __future__ import annotations

import asyncio
import gzip
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from desk.client import Client
from engine.config import JournalConfig
from engine.errors import EXIT_ALREADY_RUNNING, EXIT_CREDENTIALS, EXIT_FAILED, EXIT_JOURNAL, EXIT_USAGE
from engine.journal import Journal
from engine.journal.reader import Reader
from engine.model import TradingState
from engine.model.frames import Command, Frame, Reply, Snapshot
from engine.model.records import Started
from tests.engine.kernel import made_up
from tests.engine.kernel.process import ROOT, EngineProcess, ending, until
from tests.engine.kernel.test_guest_processes import fed
from tests.program import REPLAYING, desk


def replaying(home: Path, recording: Path, speed: float) -> EngineProcess:
    return EngineProcess(
        home,
        env={
            **REPLAYING,
            "DESK_REPLAY__PATH": str(recording),
            "DESK_REPLAY__SPEED": str(speed),
        },
    )


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.write(tmp_path_factory.mktemp("recording") / "morning.jsonl")


@pytest.fixture
def engine(tmp_path: Path, recording: Path) -> Iterator[EngineProcess]:
    with ending(replaying(tmp_path / "home", recording, 30.0)) as process:
        yield process


def test_stops_gracefully_and_leaves_no_socket(engine: EngineProcess) -> None:
    engine.start()
    assert stat.S_IMODE(engine.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(engine.home.stat().st_mode) == 0o700
    assert stat.S_IMODE(engine.journal.stat().st_mode) == 0o600
    engine.signal(signal.SIGHUP)
    assert engine.snapshot().pid == engine.process.pid  # type: ignore[union-attr]
    assert engine.stop() == 0
    assert not engine.socket.exists()
    with Reader(engine.journal) as reader:
        assert reader.verify().ok


def test_sigint_stops_too(engine: EngineProcess) -> None:
    engine.start()
    engine.signal(signal.SIGINT)
    assert engine.process is not None
    assert engine.process.wait(15) == 0


def test_a_second_engine_is_refused_with_the_first_ones_pid(engine: EngineProcess) -> None:
    engine.start()
    second = EngineProcess(engine.home, env=engine.env)
    second.start(wait=False)
    assert second.process is not None
    assert engine.process is not None
    assert second.process.wait(15) == EXIT_ALREADY_RUNNING
    assert f"pid {engine.process.pid}" in engine.log
    assert engine.snapshot().pid == engine.process.pid


def test_a_killed_engine_leaves_nothing_that_stops_the_next(engine: EngineProcess) -> None:
    engine.start()
    engine.kill()
    assert engine.socket.exists()
    engine.start("--fresh")
    assert engine.stop() == 0


def test_the_kill_switch_by_signal(engine: EngineProcess) -> None:
    engine.start()
    engine.signal(signal.SIGUSR1)
    until(lambda: engine.snapshot().status.state is TradingState.HALTED, "HALTED")
    assert "SIGUSR1" in engine.snapshot().status.state_reason
    assert not engine.command(Command("resume", reason=" ")).ok
    assert engine.command(Command("resume", reason="drill is over")).ok
    assert engine.snapshot().status.state is TradingState.ACTIVE


SIGNALLED_EARLY = """
import os, signal, sys
from engine.kernel import process

whole = process.load

def load(*given, **more):
    for number in (signal.SIGHUP, signal.SIGUSR1):
        os.kill(os.getpid(), number)
    return whole(*given, **more)

process.load = load
sys.exit(process.main(sys.argv[1:]))
"""
"""The engine, signalled while it reads its configuration."""


def test_a_kill_switch_thrown_while_it_starts_is_not_lost(engine: EngineProcess) -> None:
    engine.program = (sys.executable, "-c", SIGNALLED_EARLY)
    engine.start()
    until(lambda: engine.snapshot().status.state is TradingState.HALTED, "HALTED")
    assert "SIGUSR1" in engine.snapshot().status.state_reason
    assert engine.stop() == 0


ABANDONED = """
import os, sys
from engine.kernel.process import main

read, write = os.pipe()
os.close(read)
sys.exit(main([*sys.argv[1:], "--ready-fd", str(write)]))
"""
"""The engine, started by somebody who is gone before it is up."""


def test_an_engine_whose_starter_is_gone_stays(engine: EngineProcess) -> None:
    engine.program = (sys.executable, "-c", ABANDONED)
    engine.start()
    until(lambda: " up: profile simulated" in engine.log, "an engine that is up")
    assert engine.command(Command("pause", reason="still here")).ok
    assert engine.stop() == 0


def test_the_kill_switch_by_file_holds_while_the_file_is_there(engine: EngineProcess) -> None:
    engine.start()
    engine.kill_file.write_text("smoke in the server room\n")
    until(lambda: engine.snapshot().status.state is TradingState.HALTED, "HALTED")
    assert engine.snapshot().status.state_reason == "smoke in the server room"
    refused = engine.command(Command("resume", reason="never mind"))
    assert not refused.ok
    assert str(engine.kill_file) in refused.text
    engine.kill_file.unlink()
    assert engine.command(Command("resume", reason="false alarm")).ok


def test_stop_is_a_verb(engine: EngineProcess) -> None:
    engine.start()
    assert engine.command(Command("stop", reason="enough")).ok
    assert engine.process is not None
    assert engine.process.wait(15) == 0


def test_a_file_in_the_sockets_way_is_named(engine: EngineProcess) -> None:
    engine.socket.parent.mkdir(parents=True)
    engine.socket.write_text("not a socket")
    engine.start(wait=False)
    assert engine.process is not None
    assert engine.process.wait(15) == 1
    assert str(engine.socket) in engine.log
    assert "Traceback" not in engine.log


def damaged(journal: Path, name: str) -> None:
    """Zero the first page of a table or an index."""
    with closing(sqlite3.connect(journal)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with journal.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))


def test_a_corrupted_journal_refuses_to_trade(engine: EngineProcess) -> None:
    engine.start()
    engine.stop()
    damaged(engine.journal, "records")
    engine.start(wait=False)
    assert engine.process is not None
    assert engine.process.wait(60) == EXIT_JOURNAL
    assert str(engine.journal) in engine.log
    assert "Traceback" not in engine.log


def test_a_journal_with_a_corrupted_index_refuses_to_trade(tmp_path: Path) -> None:
    """The records are whole, so it starts; the first one that it cannot write ends all trading, or the start."""
    with fed(tmp_path, "") as engine:
        engine.start()
        engine.stop()
        _refuses_a_corrupted_index(engine)


def _refuses_a_corrupted_index(engine: EngineProcess) -> None:
    damaged(engine.journal, "records_at")
    engine.start(wait=False)
    assert engine.process is not None
    ended = engine.process
    until(lambda: ended.poll() is not None or "kernel: nothing is sent any more" in engine.log, "the end of trading")
    assert str(engine.journal) in engine.log
    assert (engine.stop() if ended.poll() is None else ended.returncode) in (EXIT_FAILED, EXIT_JOURNAL)
    assert "Traceback" not in engine.log


def test_a_malformed_recording_names_its_line(tmp_path: Path) -> None:
    made = made_up.rows(hours=0.1)
    path = made_up.write(tmp_path / "bad.jsonl", made)
    with path.open("a") as file:
        file.write('{"id": "1", "created_at": "yesterday", "text": "x", "symbols": []}\n')
    with ending(replaying(tmp_path / "home", path, 0.0)) as engine:
        engine.start(wait=False)
        assert engine.process is not None
        assert engine.process.wait(15) == EXIT_USAGE
        assert f"{path}:{len(made) + 1}" in engine.log
        assert "Traceback" not in engine.log


def test_missing_credentials_name_the_remedy(tmp_path: Path) -> None:
    env = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    with ending(EngineProcess(tmp_path / "home", profile="paper", env=env)) as engine:
        engine.start(wait=False)
        assert engine.process is not None
        assert engine.process.wait(15) == EXIT_CREDENTIALS
        assert "DESK_X_BEARER_TOKEN" in engine.log
        assert "Traceback" not in engine.log


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[risk]\nopen_ordrs = 3\n")
    with ending(EngineProcess(tmp_path / "home")) as engine:
        engine.start("--config", str(config), wait=False)
        assert engine.process is not None
        assert engine.process.wait(15) == EXIT_USAGE
        assert f"{config}:2" in engine.log
        assert "open_orders" in engine.log


def test_the_engine_imports_no_screen(recording: Path, tmp_path: Path) -> None:
    """A headless engine that has run a whole recording has neither Textual nor Rich in memory."""
    code = (
        "import sys\n"
        "from desk.__main__ import main\n"
        f"sys.argv = ['desk', 'replay', {str(recording)!r}, '--journal', {str(tmp_path / 'a.journal')!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "bad = loaded & {'textual', 'rich', 'torch', 'transformers', 'pandas', 'alpaca', 'tweepy'}\n"
        "assert not bad, bad\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


async def test_what_breaks_in_the_engine_halts_it_for_good(tmp_path: Path, recording: Path) -> None:
    """A task that trading leans on ends with an error: HALTED, journaled, said, and not left without a person."""
    from engine.config import load
    from engine.kernel.kernel import Kernel
    from engine.paths import Paths

    env = {
        "DESK_ENGINE__STATE_DIR": str(tmp_path),
        **REPLAYING,
        "DESK_REPLAY__PATH": str(recording),
    }
    config = load(profile="simulated", env=env).config
    paths = Paths.of(config)
    paths.create()
    kernel = Kernel(config, paths, read_secret=str, stop_at_end=True)
    await kernel.start()
    try:
        kernel.dealing.fail("a task broke")
        assert kernel.dealing.risk.state is TradingState.HALTED
        assert kernel.snapshot(0).status.state is TradingState.HALTED
        assert "a task broke" in kernel.snapshot(0).status.state_reason
        assert [alert.id for alert in kernel.snapshot(0).alerts if alert.until_acknowledged] == ["engine:failed"]
        assert not (await _resume(kernel)).ok
    finally:
        await kernel.stop()
    with Reader(paths.journal) as reader:
        assert [record.value().state for record in reader.records(kinds=("state",))] == [TradingState.HALTED]  # type: ignore[attr-defined]


async def test_a_journal_that_fails_in_a_quiet_hour_is_taken_up_at_once(tmp_path: Path, recording: Path) -> None:
    """Entries that work at the venue are called off then, not when the next record is to be written."""
    from engine.config import load
    from engine.kernel.kernel import Kernel
    from engine.paths import Paths

    settings = {"DESK_ENGINE__STATE_DIR": str(tmp_path), "DESK_REPLAY__PATH": str(recording)}
    config = load(profile="simulated", env={**REPLAYING, **settings, "DESK_REPLAY__SPEED": "0.001"}).config
    paths = Paths.of(config)
    paths.create()
    kernel = Kernel(config, paths, read_secret=str)
    await kernel.start()
    running = asyncio.create_task(kernel.run())
    try:
        async with asyncio.timeout(20):
            while not kernel.view.feeds.get("replay"):
                await asyncio.sleep(0.01)
            await kernel.journal.commit()
            paths.journal.rename(tmp_path / "away")
            kernel.dealing.record_account()
            while not kernel.dealing.failed:
                await asyncio.sleep(0.01)
            while not kernel.broken:
                await asyncio.sleep(0.01)
    finally:
        kernel.stop_soon("the test is over")
        await running
        await kernel.stop()


async def _resume(kernel: object) -> Reply:
    from engine.kernel.kernel import Kernel

    assert isinstance(kernel, Kernel)
    return kernel.stages.commands.carry_out(Command("resume", reason="try again"))


def test_a_replay_of_its_own_journal_is_refused_and_leaves_it(tmp_path: Path, recording: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert desk(home, "replay", str(recording), "--json").returncode == 0
    journal = home / "replay.journal"
    whole = journal.read_bytes()
    link = tmp_path / "by another name"
    link.symlink_to(journal)
    for named in (journal, link):
        done = desk(home, "replay", str(named))
        assert done.returncode == EXIT_USAGE
        assert "the journal that this replay writes itself" in done.stderr
        assert journal.read_bytes() == whole


def test_a_recording_that_is_played_again_begins_its_journal_anew_and_leaves_what_was_traded(
    engine: EngineProcess, recording: Path
) -> None:
    """A replay that the configuration names: run twice, the same day stood in the profile's journal twice."""
    traded = engine.home / "simulated.journal"
    engine.home.mkdir()
    heads = []
    for _ in range(2):
        done = desk(engine.home, "autopilot", "--profile", "simulated", "--stop-at-end", settings=once(recording))
        assert done.returncode == 0, done.stderr
        with Reader(engine.journal) as reader:
            assert len(list(reader.records(kinds=("started",)))) == 1
            heads.append(next(reader.records(limit=1, reverse=True)))
    assert heads[0] == heads[1] and not traded.exists()
    shown = desk(engine.home, "journal", "verify", "--profile", "simulated", settings=once(recording))
    assert shown.returncode == 0 and str(heads[0].seq) in shown.stdout.replace(",", "")


def test_a_replay_never_takes_the_place_of_what_was_traded(engine: EngineProcess, recording: Path) -> None:
    engine.home.mkdir(parents=True, exist_ok=True)
    journal = Journal(engine.journal, JournalConfig(), profile="simulated")
    journal.open()
    fields = ("simulated", "1", "simulated", ("x", "prices"), ("vader 1",), ("shift",), ("TSLA",))
    journal.append("started", "simulated", Started(*fields, config_hash="", limits_hash="", at_ns=1), 1)
    journal.close()
    whole = engine.journal.read_bytes()
    for arguments in ((), ("--fresh",)):
        refused = engine.start(*arguments, wait=False)
        assert refused.process is not None and refused.process.wait(30) == EXIT_USAGE
        assert "found what an engine on x, prices recorded" in engine.log and "Traceback" not in engine.log
        assert engine.journal.read_bytes() == whole


def once(recording: Path) -> dict[str, str]:
    """Settings that play a recording as fast as possible."""
    return {**REPLAYING, "DESK_REPLAY__PATH": str(recording), "DESK_REPLAY__SPEED": "0"}


def test_a_recording_tells_its_time_where_nothing_happens_in_it(tmp_path: Path, recording: Path) -> None:
    """A desk carries the time of a recording on for a few seconds only: it may be that nobody plays it any more."""

    async def clocks(count: int) -> list[int]:
        told: list[int] = []
        async with Client(engine.socket) as client, asyncio.timeout(20):
            async for message in client.stream():
                if isinstance(message, Snapshot | Frame):
                    told.append(message.status.clock_ns)
                if len(told) == count:
                    break
        return told

    engine = replaying(tmp_path / "home", recording, 0.001)
    with ending(engine):
        engine.start()
        told = asyncio.run(clocks(4))
        assert told == sorted(told) and told[-1] > told[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_engine_that_still_reads_its_recording(tmp_path: Path, number: int) -> None:
    """All of it is checked before the first row is played, which takes minutes for a long one."""
    row = b'{"id": "1", "created_at": "2026-03-11T14:30:00Z", "text": "$TSLA is great"}\n' * 10_000
    long = tmp_path / "long.jsonl.gz"
    with gzip.open(long, "wb", 1) as file:
        for _ in range(300):
            file.write(row)
    with ending(replaying(tmp_path / "home", long, 1.0)) as engine:
        engine.start("--ready-fd", "1", wait=False)
        assert engine.process is not None
        until(engine.journal.exists, "the journal, which is opened before")
        began = time.monotonic()
        engine.signal(number)
        assert engine.process.wait(30) == 0
        assert time.monotonic() - began < 8
        assert f"stopped while the recording was still read ({signal.Signals(number).name})" in engine.log
        assert "Traceback" not in engine.log


def test_only_a_replay_begins_anew(engine: EngineProcess, recording: Path) -> None:
    engine.start()
    engine.stop()
    whole = engine.journal.read_bytes()
    alone = {name: value for name, value in engine.env.items() if name not in REPLAYING}
    refused = subprocess.run(
        [*engine.program, "--profile", "simulated", "--fresh"],
        check=False, env=alone, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert refused.returncode == EXIT_USAGE
    assert "expected --fresh for a replay only" in refused.stderr
    assert engine.journal.read_bytes() == whole
