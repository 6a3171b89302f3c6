"""The engine as a process: one per profile, signals, kill switch, what bad input gets. Real processes throughout."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from engine.errors import EXIT_ALREADY_RUNNING, EXIT_CREDENTIALS, EXIT_FAILED, EXIT_JOURNAL, EXIT_USAGE
from engine.journal.reader import Reader
from engine.model import TradingState
from engine.model.frames import Command
from tests.engine.kernel.process import ROOT, EngineProcess, ending, until
from tests.engine.kernel.test_guest_processes import fed
from tests.program import desk


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


def test_a_replay_killed_while_it_made_its_journal_leaves_nothing_that_stops_the_next(engine: EngineProcess) -> None:
    engine.home.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(engine.journal)) as begun:
        begun.execute("PRAGMA journal_mode = WAL")
    assert engine.journal.stat().st_size
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


BEGINNING = """
import os, signal, subprocess, sys, threading
from engine.kernel import process

whole = process.read_secrets
WAITING = "import signal, sys; sys.exit(len(signal.pthread_sigmask(signal.SIG_BLOCK, ())))"

def read_secrets(profile):
    os.kill(os.getpid(), signal.SIGTERM)
    blocked = []
    begun = threading.Thread(target=lambda: blocked.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
    begun.start()
    begun.join()
    print("held back:", *blocked, subprocess.run([sys.executable, "-c", WAITING]).returncode, flush=True)
    return whole(profile)

process.read_secrets = read_secrets
sys.exit(process.main(sys.argv[1:]))
"""
"""The engine, which begins a process and a thread while it is built, and is told to end."""


def test_what_an_engine_begins_while_it_is_built_takes_every_signal(engine: EngineProcess) -> None:
    """A scorer of another package that ends its process with SIGTERM would wait for ever."""
    engine.program = (sys.executable, "-c", BEGINNING)
    engine.start(wait=False)
    assert engine.process is not None
    assert engine.process.wait(30) == 0
    assert "held back: set() 0" in engine.log and "SIGTERM" in engine.log and "Traceback" not in engine.log


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
    assert engine.process.wait(15) == EXIT_USAGE
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


def test_a_journal_that_was_moved_and_linked_is_written_where_it_is(tmp_path: Path, recording: Path) -> None:
    """To another disk, say. The log and the anchor stand beside the file, not beside the link."""
    away = tmp_path / "away"
    away.mkdir()
    with fed(tmp_path, "") as engine:
        engine.home.mkdir(exist_ok=True)
        engine.journal.symlink_to(away / "moved.journal")
        for _ in range(2):
            engine.start()
            assert engine.stop() == 0
        (engine.home / "replay.journal").symlink_to(away / "replayed.journal")
        for _ in range(2):
            assert desk(engine.home, "replay", str(recording)).returncode == 0
    for link, name in ((engine.journal, "moved.journal"), (engine.home / "replay.journal", "replayed.journal")):
        assert link.is_symlink() and not link.with_name(f"{link.name}.anchor").exists()
        with Reader(link) as reader:
            found = reader.verify()
            assert found.ok and found.anchored_seq == found.records
            assert reader.path == away / name


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
