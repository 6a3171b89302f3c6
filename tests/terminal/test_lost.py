"""A terminal that goes away without a signal: the desk goes too, and its engine stays."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60.0


def test_a_desk_whose_terminal_is_gone_ends_by_itself() -> None:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        socket = Path(folder) / "engine.sock"
        command = [sys.executable, "-m", "tests.desk.fake_engine", "--socket", str(socket)]
        engine = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        controller, terminal = pty.openpty()
        desk = None
        try:
            assert engine.stdout is not None
            assert "listening" in engine.stdout.readline()
            # A session of its own without this terminal as its controlling one: the kernel sends it no SIGHUP.
            desk = subprocess.Popen(
                [*command, "--desk"], cwd=ROOT, stdin=terminal, stdout=terminal, stderr=terminal,
                start_new_session=True, env=os.environ | {"TERM": "xterm-256color"},
            )  # fmt: skip
            os.close(terminal)
            seen = b""
            while b"SIMULATED" not in seen:
                ready, _, _ = select.select([controller], [], [], LIMIT_S)
                assert ready, f"expected the desk to show itself, found {seen[-200:]!r}"
                seen = (seen + os.read(controller, 1 << 16))[-(1 << 18) :]
            os.close(controller)
            desk.wait(LIMIT_S)
            assert engine.poll() is None
        finally:
            for process in (desk, engine):
                if process is not None:
                    process.kill()
                    process.communicate()
