"""What an engine ends with: by the code of a replay, whoever runs one knows whether it went as it should."""

from __future__ import annotations

import gzip
import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_JOURNAL
from engine.journal.reader import Reader
from tests.engine.kernel import made_up
from tests.engine.kernel.process import until
from tests.program import REPLAYING, command, desk, environment

BREAKING = """
import sys
from desk.__main__ import main
from engine.kernel import kernel

async def tell_time(changed):
    raise RuntimeError("broken on purpose")

kernel.tell_time = tell_time
sys.argv = ["desk", *sys.argv[1:]]
main()
"""
"""The command `desk`, in whose engine a task breaks that trading leans on."""
FULL = """
import os, sys
from engine.kernel.process import main

whole = os.statvfs

def statvfs(path):
    values = list(whole(path))
    values[4] = 96 * 1024 // whole(path).f_frsize  # f_bavail
    return os.statvfs_result(values)

os.statvfs = statvfs
sys.exit(main(sys.argv[1:]))
"""
"""The engine on a disk on which 96 KiB are free."""
UNSYNCED = """
import sys
from engine.kernel.process import main
from engine.journal.writer import Journal

async def commit(self):
    from engine.errors import JournalError
    raise JournalError("could not write record 1: made up", where="here")

Journal.commit = commit
sys.exit(main(sys.argv[1:]))
"""
"""The engine, whose first record does not come to the disk."""
SMALL = 400_000
"""Bytes past which the system lets no file grow: less than the morning's journal has."""


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.write(tmp_path_factory.mktemp("recording") / "morning.jsonl")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))


def verbs(recording: Path) -> tuple[tuple[str, ...], ...]:
    return (("replay", str(recording)), ("autopilot", "--profile", "simulated", "--stop-at-end"))


def once(recording: Path) -> dict[str, str]:
    return {**REPLAYING, "DESK_REPLAY__PATH": str(recording), "DESK_REPLAY__SPEED": "0"}


def test_a_replay_in_which_the_engine_failed_says_so(home: Path, morning: Path) -> None:
    for arguments in verbs(morning):
        done = subprocess.run(
            [sys.executable, "-c", BREAKING, *arguments],
            env=environment(home, once(morning)), cwd=home, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == EXIT_FAILED, arguments
        if arguments[0] == "replay":
            assert done.stdout.startswith("trading failed: task time broke: RuntimeError: broken on purpose\n")


def test_a_replay_whose_journal_fails_ends_with_its_code(home: Path, morning: Path) -> None:
    """Nobody is there who could stop it: it waited for ever."""
    for arguments in verbs(morning):
        done = subprocess.run(
            command(*arguments), preexec_fn=limited,
            env=environment(home, once(morning)), cwd=home, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == EXIT_JOURNAL, (arguments, done.stderr)
        assert "could not write" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, EXIT_INTERRUPTED), (signal.SIGTERM, EXIT_FAILED)])
def test_a_replay_that_is_called_off_is_no_whole_one(home: Path, morning: Path, number: int, code: int) -> None:
    replaying = subprocess.Popen(
        command("replay", str(morning), "--speed", "1", "--json"),
        env=environment(home), cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        until((home / "run" / "replay.sock").exists, "the replay's socket")
        replaying.send_signal(number)
        out, err = replaying.communicate(timeout=30)
    finally:
        replaying.kill()
    assert replaying.returncode == code, err
    name = signal.Signals(number).name
    assert json.loads(out)["failed"] == f"the recording was not played to its end: {name}"
    with Reader(home / "replay.journal") as reader:
        assert reader.verify().ok


def test_one_that_is_called_off_while_it_still_reads_its_recording_is_none_either(home: Path) -> None:
    long = home / "long.jsonl.gz"
    row = b'{"id": "1", "created_at": "2026-03-11T14:30:00Z", "text": "$TSLA is great"}\n' * 10_000
    with gzip.open(long, "wb", 1) as file:
        for _ in range(300):
            file.write(row)
    replaying = subprocess.Popen(command("replay", str(long)), env=environment(home), cwd=home)
    try:
        until((home / "replay.journal").exists, "the journal, which is opened before")
        replaying.send_signal(signal.SIGINT)
        assert replaying.wait(30) == EXIT_INTERRUPTED
    finally:
        replaying.kill()


@pytest.mark.parametrize(
    ("program", "said"),
    [(FULL, "expected at least 1,024 KiB free"), (UNSYNCED, "could not write record 1")],
    ids=["full", "unsynced"],
)
def test_an_engine_that_cannot_record_never_says_that_it_is_up(home: Path, program: str, said: str) -> None:
    """It said READY on a disk with 100 kB free, and halted moments later."""
    done = subprocess.run(
        [sys.executable, "-c", program, "--profile", "simulated", "--ready-fd", "1"],
        env=environment(home, REPLAYING), cwd=home, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == EXIT_JOURNAL
    assert said in done.stdout and "ready" not in done.stdout.splitlines()


def test_a_whole_replay_has_nothing_to_tell_of_a_failure(home: Path, morning: Path) -> None:
    done = desk(home, "replay", str(morning), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["failed"] == ""
