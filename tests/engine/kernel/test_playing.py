"""An engine that plays a recording: what it refuses, whose journal it may begin anew, what ends it. Real processes."""

from __future__ import annotations

import asyncio
import errno
import gzip
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from desk.client import Client
from engine.config import JournalConfig, load
from engine.errors import EXIT_JOURNAL, EXIT_USAGE, JournalError
from engine.journal import Journal
from engine.journal.reader import Reader
from engine.kernel import process
from engine.model.frames import Frame, Snapshot
from engine.model.records import Started
from engine.paths import Paths
from tests.engine.kernel import made_up
from tests.engine.kernel.process import ROOT, EngineProcess, ending, once, replaying, until
from tests.program import REPLAYING, desk


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


@pytest.mark.parametrize("suffix", ["", "-wal", ".anchor"])
def test_a_replay_takes_away_no_pipe_and_no_device(tmp_path: Path, recording: Path, suffix: str) -> None:
    """A link to one of the system's own was followed, and the device removed."""
    home, place = tmp_path / "home", tmp_path / f"theirs{suffix}"
    home.mkdir()
    os.mkfifo(place)
    (home / "replay.journal").symlink_to(tmp_path / "theirs")
    done = desk(home, "replay", str(recording))
    assert done.returncode == EXIT_JOURNAL
    assert f"desk: {place}: expected a file, found a pipe" in done.stderr and "→ move it away" in done.stderr
    assert place.is_fifo()


def test_a_replay_on_a_disk_that_takes_no_change_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(profile="simulated", env={**REPLAYING, "DESK_ENGINE__STATE_DIR": str(tmp_path)}).config

    def read_only(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(JournalError, match="could not begin it anew: it cannot be written: Read-only file") as caught:
        process._remove_journal(config, Paths.of(config))
    assert "make the file and its directory writable" in caught.value.remedy


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
