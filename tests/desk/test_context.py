"""Which engine a verb means: by profile and name, at a path a socket can have, and nobody else's."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from engine.errors import EXIT_FAILED, EXIT_NO_ENGINE, EXIT_USAGE
from tests.program import call, clean


@pytest.mark.parametrize("name", ["../../elsewhere", "a/b", "", "x" * 200, "paper.view", "live", "a\x1b[31m"])
def test_a_name_stays_among_its_own_profiles_files(home: Path, name: str) -> None:
    found = call(home, "--profile", "paper", "status", "--name", name)
    assert found.returncode == (EXIT_USAGE if name else EXIT_NO_ENGINE)
    assert name in ("", "a\x1b[31m") or repr(name) in found.stderr
    assert clean(found.stderr)


def test_an_empty_profile_is_none(home: Path) -> None:
    """`--profile "$PROFILE"` with nothing in it must not reach the engine of another."""
    for arguments, settings in ((("--profile", ""), {}), ((), {"DESK_ENGINE__PROFILE": ""})):
        found = call(home, *arguments, "status", settings=settings)
        assert found.returncode == EXIT_USAGE
        assert "expected a profile among simulated, paper, live, found ''" in found.stderr


def test_a_path_too_long_for_a_socket(home: Path) -> None:
    settings = {"DESK_ENGINE__RUNTIME_DIR": str(home / ("r" * 100))}
    for arguments in (("status",), ("replay",)):
        found = call(home, *arguments, settings=settings)
        assert found.returncode == EXIT_USAGE
        assert "at most 107 bytes for a Unix socket" in found.stderr
        assert "engine.runtime_dir" in found.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("given", ["run", "run/paper.sock"])
def test_somebody_elses_socket_is_not_asked(home: Path, given: str) -> None:
    path = home / "run" / "paper.sock"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(path))
        theirs.listen()
        os.chown(home / given, 12345, -1)
        found = call(home, "kill")
    assert found.returncode == EXIT_FAILED
    assert "found user 12345's" in found.stderr
