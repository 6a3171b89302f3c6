"""Which journal a command reads in a shell that knows nothing of what an engine was started with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from desk.screens.reading import journal_of
from engine.config import JournalConfig
from engine.errors import EXIT_JOURNAL
from engine.journal import Journal
from engine.model.records import Started
from engine.paths import Paths
from tests.engine.kernel import made_up
from tests.engine.kernel.process import EngineProcess, ending, until
from tests.program import REPLAYING, call, command, desk, environment

SHOW = ("journal", "show", "--profile", "simulated", "--kind", "started")


def begun(path: Path, version: str, written_s: int, profile: str = "simulated") -> Path:
    """A journal with one start in it, written then."""
    journal = Journal(path, JournalConfig(), profile=profile)
    journal.open()
    fields = (profile, version, "simulated", ("replay",), (), (), ("TSLA",))
    journal.append("started", profile, Started(*fields, config_hash="", limits_hash="", at_ns=1), 1)
    journal.close()
    os.utime(path, (written_s, written_s))
    return path


def test_that_of_the_engine_that_runs_is_read(tmp_path: Path) -> None:
    """A recording named in the engine's environment: the next shell showed what had been traded days before."""
    recording = made_up.write(tmp_path / "morning.jsonl")
    settings = {**REPLAYING, "DESK_REPLAY__PATH": str(recording), "DESK_REPLAY__SPEED": "1"}
    with ending(EngineProcess(tmp_path / "home", env=settings)) as engine:
        engine.home.mkdir()
        traded = begun(engine.home / "simulated.journal", "long ago", 1)
        engine.start()
        found = desk(engine.home, *SHOW)
        assert found.returncode == 0 and '"feeds":["replay"]' in found.stdout and "long ago" not in found.stdout
        assert f"note: this is {engine.journal}, which the engine that runs writes" in found.stderr
        paths = Paths("simulated", engine.home, engine.home / "run")
        assert journal_of(paths) == engine.journal, "what a desk reads that is attached from there"
        assert "long ago" in desk(engine.home, *SHOW, "--journal", str(traded)).stdout
        assert engine.stop() == 0
        after = desk(engine.home, *SHOW)
        assert "long ago" in after.stdout
        assert f"note: this is {traded}; {engine.journal} was written later: --name simulated-replay" in after.stderr
        assert "long ago" not in desk(engine.home, *SHOW, "--name", "simulated-replay").stdout


def test_that_of_a_replay_into_a_file_of_its_own_is_read_while_it_lasts(tmp_path: Path) -> None:
    recording, own = made_up.write(tmp_path / "morning.jsonl"), tmp_path / "own.journal"
    replaying = subprocess.Popen(
        command("replay", str(recording), "--speed", "1", "--journal", str(own)),
        env=environment(tmp_path), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until((tmp_path / "run" / "replay.sock").exists, "the replay's socket")
        found = desk(tmp_path, "journal", "verify", "--name", "replay")
        assert found.returncode == 0 and f"note: this is {own}" in found.stderr
    finally:
        replaying.kill()
        replaying.wait()


@pytest.mark.parametrize("replaying", [False, True])
def test_the_profiles_other_journal_is_named_when_it_is_the_newer(tmp_path: Path, replaying: bool) -> None:
    settings = REPLAYING if replaying else {}
    traded = begun(tmp_path / "simulated.journal", "traded", 200 if replaying else 100)
    replayed = begun(tmp_path / "simulated-replay.journal", "replayed", 100 if replaying else 200)
    shown = call(tmp_path, *SHOW, "--json", settings=settings)
    read, other = (replayed, traded) if replaying else (traded, replayed)
    way = f"--journal {traded}" if replaying else "--name simulated-replay"
    assert shown.stdout.count("\n") == 1 and ("replayed" in shown.stdout) is replaying
    assert shown.stderr == f"note: this is {read}; {other} was written later: {way}\n"
    os.utime(other, (50, 50))
    assert call(tmp_path, *SHOW, settings=settings).stderr == ""


def test_where_there_is_none_those_are_named_that_there_are(tmp_path: Path) -> None:
    alone = call(tmp_path, *SHOW)
    assert alone.returncode == EXIT_JOURNAL
    assert "expected a journal, found no such file" in alone.stderr
    assert "→ check the profile, or name the file with --journal" in alone.stderr
    for number, name in enumerate(("paper", "demo", "simulated-replay", "odd name")):
        begun(tmp_path / f"{name}.journal", name, 100 + number, "paper" if name == "paper" else "simulated")
    (tmp_path / "folder.journal").mkdir()
    (tmp_path / "gone.journal").symlink_to("nowhere")
    for arguments in (SHOW, ("ledger", "--profile", "simulated"), ("guard", "why", "1", "--profile", "simulated")):
        told = call(tmp_path, *arguments)
        assert told.returncode == EXIT_JOURNAL
        assert told.stderr.splitlines() == [
            f"desk: {tmp_path}/simulated.journal: expected a journal, found no such file",
            f"→ in {tmp_path} there are others: add --journal '{tmp_path}/odd name.journal', or --name simulated-"
            "replay, or --name demo, or --profile paper",
        ]
