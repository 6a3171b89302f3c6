"""The engine's lock: an engine holds it alone, and whoever only looks is in nobody's way."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.errors import EXIT_ALREADY_RUNNING, EXIT_FAILED, EXIT_USAGE, DeskError
from engine.kernel.lock import EngineLock, holder, journal_of
from engine.paths import Paths


@contextmanager
def looking(path: Path) -> Iterator[None]:
    """Somebody is in the middle of `holder`."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def test_an_engine_holds_it_alone_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "paper.lock"
    assert holder(path) is None
    lock = EngineLock(path)
    lock.acquire()
    assert holder(path) == os.getpid()
    with pytest.raises(DeskError, match=f"pid {os.getpid()}") as caught:
        EngineLock(path).acquire()
    assert caught.value.exit_code == EXIT_ALREADY_RUNNING
    lock.release()
    assert holder(path) is None


def test_two_who_look_do_not_take_each_other_for_an_engine(tmp_path: Path) -> None:
    path = tmp_path / "paper.lock"
    path.write_text("4711\n", encoding="ascii")  # left by an engine that was killed
    with looking(path):
        assert holder(path) is None


def test_an_engine_starts_while_somebody_looks(tmp_path: Path) -> None:
    path = tmp_path / "paper.lock"
    lock = EngineLock(path)
    with looking(path):
        starting = threading.Thread(target=lock.acquire)
        starting.start()
        starting.join(0.05)
    starting.join(10)
    assert holder(path) == os.getpid()
    lock.release()


def test_what_is_no_file_is_no_lock(tmp_path: Path) -> None:
    for ask in (lambda: EngineLock(tmp_path).acquire(), lambda: holder(tmp_path)):
        with pytest.raises(DeskError, match="expected a lock file that can be written") as caught:
            ask()
        assert caught.value.exit_code == EXIT_USAGE
        assert caught.value.where == str(tmp_path) and "engine.runtime_dir" in caught.value.remedy


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "directory"])
def test_what_is_no_file_is_left_alone(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "paper.lock", tmp_path / "other"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to(other)
    if kind == "link":
        other.write_text("precious")
    with pytest.raises(DeskError, match="expected a lock file") as caught:
        EngineLock(path).acquire()
    assert caught.value.exit_code == EXIT_USAGE
    assert caught.value.where == str(path)
    if kind == "link":
        assert other.read_text() == "precious"
    assert kind != "dangling link" or not other.exists()


def test_a_lock_whose_file_was_taken_away_is_taken_again(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    path = folder / "paper.lock"
    lock = EngineLock(path)
    lock.renew()
    lock.acquire()
    lock.renew()
    path.unlink()
    assert holder(path) is None
    folder.rmdir()
    with pytest.raises(DeskError):
        lock.renew()
    folder.mkdir()
    lock.renew()
    assert holder(path) == os.getpid()
    path.unlink()
    other = EngineLock(path)
    other.acquire()
    with pytest.raises(DeskError, match="found one running"):
        lock.renew()
    other.release()
    lock.renew()
    assert holder(path) == os.getpid()
    lock.release()
    assert holder(path) is None


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "paper.lock"

    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(DeskError, match="No space left on device") as caught:
        EngineLock(path).acquire()
    assert caught.value.exit_code == EXIT_FAILED, "nothing is wrong with what was asked"
    assert f"free some space (`df {tmp_path}`)" in caught.value.remedy
    monkeypatch.undo()
    assert holder(path) is None, "it is still held"


@pytest.mark.parametrize("name", ["a.journal", "with a\nline and \u2028.journal", "\udcff.journal"])
def test_whoever_holds_it_tells_which_journal_it_writes(tmp_path: Path, name: str) -> None:
    """A recording that was named to an engine has a journal of its own, of which the next shell knows nothing."""
    paths = Paths("simulated", tmp_path, tmp_path)
    assert journal_of(paths) == tmp_path / "simulated.journal"
    lock = EngineLock(paths.lock, tmp_path / name)
    lock.acquire()
    assert journal_of(paths) == tmp_path / name
    assert holder(paths.lock) == os.getpid()
    paths.lock.unlink()
    lock.renew()
    assert journal_of(paths) == tmp_path / name
    lock.release()
    assert journal_of(paths) == tmp_path / "simulated.journal"


@pytest.mark.parametrize(
    "told", [b"", b"4711", b"4711\n", b"4711\nsome words\n", b"4711\n/cut off", b"\n\n", b"\xff\n"]
)
def test_one_that_does_not_tell_its_journal_has_the_one_of_its_name(tmp_path: Path, told: bytes) -> None:
    """That of an older version, or one that was not written whole yet."""
    paths = Paths("simulated", tmp_path, tmp_path)
    lock = EngineLock(paths.lock, tmp_path / "other.journal")
    lock.acquire()
    paths.lock.write_bytes(told)
    assert journal_of(paths) == tmp_path / "simulated.journal"
    assert holder(paths.lock) == (4711 if told.startswith(b"4711") else 0)
    lock.release()


def test_who_only_looks_needs_no_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "paper.lock"
    lock = EngineLock(path)
    lock.acquire()
    whole = os.open

    def readable(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return whole(path, flags, mode)

    monkeypatch.setattr(os, "open", readable)
    assert holder(path) == os.getpid()
    lock.release()


def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "paper.lock"
    path.touch()
    open_before = len(list(Path("/proc/self/fd").iterdir()))

    def none(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    for ask in (lambda: EngineLock(path).acquire(), lambda: holder(path)):
        with pytest.raises(DeskError, match="no lock on this file system") as caught:
            ask()
        assert "engine.runtime_dir" in caught.value.remedy
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_a_lock_on_a_disk_that_takes_no_change_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to move away."""

    def read_only(*given: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(DeskError, match="expected a disk that takes a lock file, found: Read-only file") as caught:
        EngineLock(tmp_path / "paper.lock").acquire()
    assert (caught.value.exit_code, "`mount`" in caught.value.remedy) == (EXIT_USAGE, True)
