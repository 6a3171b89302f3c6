"""Keys stay in the engine: not in logs, tracebacks, the journal, a crash dump, `ps`, or the environment of children."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.kernel.process import ROOT, EngineProcess, ending, until
from tests.faults.street import Street

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's"),
]

KEY_ID, SECRET_KEY = "PKMARKED0123456789AB", "marked-secret-key-0123456789abcdefghijkl"


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    """A paper engine that was refused by the venue: what is said then is what might hold a key."""
    with tempfile.TemporaryDirectory(prefix="desk-") as folder, Street() as street:
        settings = street.settings(ENGINE__LOG_LEVEL="debug")
        settings |= {"DESK_ALPACA_KEY_ID": KEY_ID, "DESK_ALPACA_SECRET_KEY": SECRET_KEY}
        engine = EngineProcess(Path(folder) / "home", profile="paper", env=settings)
        engine.token = street.x.token  # type: ignore[attr-defined]
        with ending(engine):
            engine.start()
            refused = lambda: [feed for feed in engine.snapshot().feeds if feed.light.value == "refused"]  # noqa: E731
            until(refused, f"a refusal\n{engine.log}")
            until(lambda: engine.snapshot().posts, f"posts\n{engine.log}")
            yield engine


def marked(data: bytes) -> list[str]:
    """The keys that stand in it."""
    return [key for key in (KEY_ID, SECRET_KEY) if key.encode() in data]


def pid(engine: EngineProcess) -> int:
    assert engine.process is not None
    return engine.process.pid


def test_not_in_its_environment_nor_on_its_command_line(engine: EngineProcess) -> None:
    shown = Path(f"/proc/{pid(engine)}/environ").read_bytes()
    assert b"DESK_ENGINE__STATE_DIR=" in shown, "the rest is there"
    token = engine.token.encode()  # type: ignore[attr-defined]
    assert not marked(shown)
    assert token not in shown
    command_line = Path(f"/proc/{pid(engine)}/cmdline").read_bytes()
    assert not marked(command_line)
    assert token not in command_line


def test_not_in_the_environment_of_its_children() -> None:
    """A child started after the keys were taken inherits none."""
    code = (
        "import os, subprocess, sys\n"
        "from engine.kernel.process import read_secrets\n"
        "read = read_secrets('paper')\n"
        "child = subprocess.run([sys.executable, '-c', 'import os; print(dict(os.environ))'],"
        " capture_output=True, text=True, check=True)\n"
        "own = open('/proc/self/environ').read()\n"
        f"assert {SECRET_KEY!r} not in child.stdout + own, 'leaked'\n"
        f"assert read('alpaca_secret_key') == {SECRET_KEY!r}\n"
        "assert 'DESK_ALPACA_SECRET_KEY' not in os.environ\n"
        "assert os.environ['HOME'], 'what is no secret stays'\n"
    )
    env = {**os.environ, "DESK_ALPACA_SECRET_KEY": SECRET_KEY, "DESK_ALPACA_KEY_ID": KEY_ID, "HOME": "/root"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_not_on_the_socket(engine: EngineProcess) -> None:
    import msgspec

    assert not marked(msgspec.json.encode(engine.snapshot()))


def test_files_are_private(engine: EngineProcess) -> None:
    """State and runtime directory 0700, every file in them for this user only."""
    for folder in (engine.home, engine.home / "run"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in engine.home.rglob("*"):
        if file.name != "test.log" and not file.is_dir():
            assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file


def test_not_in_a_crash_dump_nor_in_anything_it_wrote(engine: EngineProcess) -> None:
    """Runs last: SIGABRT is what a service manager sends an engine that hangs."""
    engine.signal(signal.SIGABRT)
    assert engine.process is not None
    assert engine.process.wait(20) == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in engine.log
    assert "File " in engine.log
    written = [file for file in engine.home.rglob("*") if file.is_file()]
    assert {"paper.journal", "test.log"} <= {file.name for file in written}
    for file in written:
        assert not marked(file.read_bytes()), file
        assert engine.token.encode() not in file.read_bytes(), file  # type: ignore[attr-defined]


def test_a_credential_of_the_service_manager(tmp_path: Path) -> None:
    from engine import secrets

    (tmp_path / "alpaca_key_id").write_text(f"{KEY_ID}\n", encoding="utf-8")
    env = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert secrets.read(secrets.ALPACA_KEY_ID, "paper", env) == KEY_ID
    listed = {each.name: each for each in secrets.listing("paper", env)}
    assert listed[secrets.ALPACA_KEY_ID].source == "credential"
    assert not marked(repr(listed).encode())
    assert secrets.read(secrets.ALPACA_KEY_ID, "paper", {**env, "DESK_ALPACA_KEY_ID": "OTHER"}) == "OTHER"
