"""`make setup` takes a Python that the desk can run on, and leaves no environment in the way of the next try."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = """\
#!/bin/sh
case "$*" in
    --version) echo Python {version} ;;
    *pip*version_info*) exit {lacks} ;;
    *version_info*) exit {old} ;;
    "-m venv"*) for place; do :; done; rm -rf "$place"; mkdir -p "$place/bin"; cp "$0" "$place/bin/python" ;;
esac
"""
"""A Python of any version that makes environments of itself, and in which everything can be installed."""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make")


def python(path: Path, version: str, *, old: bool, pip: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PYTHON.format(version=version, old=int(old), lacks=int(old or not pip)))
    path.chmod(0o755)
    return path


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What `make setup` looks at."""
    for name in ("Makefile", "pyproject.toml", "requirements/base.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def set_up(clone: Path, with_python: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "setup", f"PYTHON={with_python}"],
        cwd=clone, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def in_environment(clone: Path) -> str:
    told = subprocess.run([clone / ".venv/bin/python", "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip()


@pytest.mark.parametrize(("given", "found"), [("old", "Python 3.10.13"), ("nowhere", "none"), (None, "none")])
def test_a_python_that_is_too_old_or_not_there_is_named_and_nothing_is_made(
    clone: Path, given: str | None, found: str
) -> None:
    python(clone / "old", "3.10.13", old=True)
    done = set_up(clone, "" if given is None else clone / given)
    assert (
        done.returncode and f"expected Python 3.11 or newer, found {found}; install it, or: make PYTHON=" in done.stderr
    )
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize(("version", "old"), [("3.10.13", True), ("3.11.7", False)])
def test_an_environment_of_an_older_python_or_without_pip_is_made_anew(clone: Path, version: str, old: bool) -> None:
    """So it is left by a package manager that moved on, and where making one was broken off."""
    python(clone / ".venv/bin/python", version, old=old, pip=False)
    done = set_up(clone, python(clone / "new", "3.12.1", old=False))
    assert done.returncode == 0, done.stderr
    assert in_environment(clone) == "Python 3.12.1"


def test_an_environment_that_is_whole_stays(clone: Path) -> None:
    python(clone / ".venv/bin/python", "3.11.7", old=False)
    assert set_up(clone, python(clone / "new", "3.12.1", old=False)).returncode == 0
    assert in_environment(clone) == "Python 3.11.7"
