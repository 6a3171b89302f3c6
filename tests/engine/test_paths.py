"""Where files lie: private, apart for each profile, and a socket path that the system has room for."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import paths
from engine.config import PROFILES, Config, EngineConfig
from engine.errors import EXIT_USAGE, DeskError
from engine.paths import SOCKET_PATH_LIMIT, SOCKET_PATH_MOST, Paths, check_socket_path, private_dir, view_socket


def of(profile: str = "paper", name: str = "", *, state: str = "/s", runtime: str = "/r") -> Paths:
    return Paths.of(Config(engine=EngineConfig(profile=profile, state_dir=state, runtime_dir=runtime)), name)


def test_profiles_share_nothing_but_the_bill_and_the_kill_switch() -> None:
    found = [of(profile) for profile in PROFILES]
    for own in ("journal", "log", "socket", "view_socket", "lock"):
        assert len({getattr(each, own) for each in found}) == len(PROFILES), own
    for shared in ("spend", "kill_file"):
        assert len({getattr(each, shared) for each in found}) == 1, shared
    assert of("live").journal == Path("/s/live.journal")
    assert of("live").view_socket == view_socket(of("live").socket) == Path("/r/live.view.sock")


@given(st.text("ab09-_. /\n", max_size=42))
def test_a_name_is_a_plain_word(name: str) -> None:
    plain = name.replace("-", "").replace("_", "").isalnum() and name[0].isalnum() and len(name) <= 40
    if plain or not name:
        assert of(name=name).name == (name or "paper")
    else:
        with pytest.raises(DeskError, match="expected a word") as caught:
            of(name=name)
        assert caught.value.exit_code == EXIT_USAGE


@pytest.mark.parametrize("profile", PROFILES)
def test_no_engine_takes_another_profiles_name(profile: str) -> None:
    assert of(profile, profile).name == profile
    for other in set(PROFILES) - {profile}:
        with pytest.raises(DeskError, match="names no other profile"):
            of(profile, other)


def test_directories_are_made_and_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o777)
    (tmp_path / "run").chmod(0o777)
    made = of(state=str(tmp_path / "a" / "state"), runtime=str(tmp_path / "run"))
    made.create()
    made.create()
    assert [stat.S_IMODE(each.stat().st_mode) for each in (made.state_dir, made.runtime_dir)] == [0o700, 0o700]


def test_what_is_no_directory_of_ours_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(DeskError, match="expected a directory the desk can use") as caught:
        private_dir(file)
    assert (caught.value.where, caught.value.exit_code) == (str(file), EXIT_USAGE)
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(DeskError, match=f"found owner {owner}"):
        private_dir(tmp_path)


def test_a_directory_that_cannot_be_closed_to_others_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that is mounted read-only."""

    def read_only(path: Path, mode: int) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", read_only)
    with pytest.raises(DeskError, match="found Read-only file system") as caught:
        private_dir(tmp_path)
    assert (caught.value.where, caught.value.exit_code) == (str(tmp_path), EXIT_USAGE)


def test_a_socket_beyond_the_systems_room_is_refused() -> None:
    """The view's socket is the longer of the two; the limit is one of bytes."""
    spare = SOCKET_PATH_MOST - len("/.view.sock")
    check_socket_path(Path(f"/{'x' * spare}.sock"))
    for name in ("x" * (spare + 1), "é" * (spare // 2 + 1)):
        with pytest.raises(DeskError, match="at most 107 bytes") as caught:
            check_socket_path(Path(f"/{name}.sock"))
        assert "engine.runtime_dir" in caught.value.remedy


def test_the_runtime_directory_is_the_systems_else_near_else_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(paths, "_user_state_dir", lambda: tmp_path / "state")
    assert of(state="", runtime="").runtime_dir == tmp_path / "desk"
    assert of(state="/s", runtime="").runtime_dir == Path("/s/run"), "who moves the state moves both"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    assert of(state="", runtime="").runtime_dir == tmp_path / "state" / "run"
    long = f"/{'d' * SOCKET_PATH_LIMIT}"
    short = of(state=long, runtime="").runtime_dir
    assert short == of(state=long, runtime="").runtime_dir != of(state=long + "e", runtime="").runtime_dir
    assert len(os.fsencode(short / "simulated.sock")) <= SOCKET_PATH_LIMIT
    assert str(os.getuid()) in short.name


def test_new_directories_are_on_the_disk_before_anything_in_them_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut that takes a new directory away takes the journal in it: each is synced where its name stands."""
    synced: list[Path] = []

    monkeypatch.setattr(paths, "sync_path", lambda directory: synced.append(directory.resolve()))
    private_dir(tmp_path / "a" / "b" / "c")
    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
    private_dir(tmp_path / "a" / "b" / "c")
    assert len(synced) == 3
