"""Too little memory is told in words, by every program, and nothing is begun with it."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine import memory
from engine.config import JournalConfig
from engine.errors import EXIT_FAILED, DeskError, JournalError
from engine.journal import Journal
from engine.memory import check_memory, out_of_memory
from tests.program import ROOT, environment

LITTLE = 400 << 20


def limited(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """What a program says that may have 400 MiB."""
    return subprocess.run(
        [sys.executable, *command],
        env=environment(home),
        cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LITTLE, LITTLE)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [("-m", "engine", "--profile", "simulated"), ("-m", "desk", "replay"), ("-m", "desk", "autopilot")],
    ids=["engine", "replay", "autopilot"],
)
def test_an_engine_is_not_begun_with_too_little(home: Path, command: tuple[str, ...]) -> None:
    ended = limited(home, *command)
    assert ended.returncode == EXIT_FAILED
    assert "ulimit -v: expected at least 512 MiB of address space, found a limit of 400 MiB" in ended.stderr
    assert "→ `ulimit -v 524288` or more" in ended.stderr and "Traceback" not in ended.stderr
    assert not list(home.glob("*.journal"))


def test_what_is_enough_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    for allowed in (memory.NEEDED, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda which, allowed=allowed: (allowed, allowed))
        check_memory()
    monkeypatch.setattr(resource, "getrlimit", lambda which: (memory.NEEDED - 1, memory.NEEDED))
    with pytest.raises(DeskError, match="at least 512 MiB"):
        check_memory()


def test_what_runs_out_later_has_words_and_other_errors_keep_theirs() -> None:
    for error in (MemoryError(), RuntimeError("can't start new thread")):
        told = out_of_memory(error)
        assert told is not None and told.exit_code == EXIT_FAILED and "ulimit" in told.remedy
    assert out_of_memory(RuntimeError("a defect of ours")) is None


@pytest.mark.parametrize("program", ["desk", "engine"])
def test_no_traceback_where_memory_ends(home: Path, program: str) -> None:
    """The same for whatever a program was doing."""
    inject = {
        "desk": "import engine.config.load as at; name = 'load'; argv = ['desk', 'config', 'show']",
        "engine": "import engine.kernel.process as at; name = 'reader_of'; argv = ['engine', '--profile', 'paper']",
    }[program]
    lines = (
        "import sys, runpy, importlib",
        inject,
        "def none(*given, **more): raise MemoryError",
        "setattr(at, name, none)",
        "import engine.config; engine.config.load = none",
        "sys.argv = argv",
        f"runpy.run_module('{program}', run_name='__main__')",
    )
    ended = limited(home, "-c", "\n".join(lines))
    assert (ended.returncode, ended.stdout) == (EXIT_FAILED, "")
    assert "desk: expected some memory, found none left for this process\n→ raise `ulimit -v`" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_journal_without_its_thread_stays_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = threading.Thread.start

    def no_room(thread: threading.Thread) -> None:
        if thread.name == "journal":
            raise RuntimeError("can't start new thread")
        begin(thread)

    journal = Journal(tmp_path / "a.journal", JournalConfig(), profile="paper")
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", no_room)
        with pytest.raises(RuntimeError):
            journal.open()
    with pytest.raises(JournalError, match="not open"):
        journal.flush()
    journal.close()
    journal.open()
    journal.close()
