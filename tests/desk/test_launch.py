"""Engines that `desk` starts in the background: what comes of one that cannot run, and of two at the same instant."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from unittest import mock

import pytest

from desk.launch import LOG_LIMIT, Starting, engine_arguments, start_engine
from engine.config import load
from engine.errors import EXIT_ALREADY_RUNNING, EXIT_CREDENTIALS, DeskError
from engine.kernel.lock import holder
from engine.paths import Paths
from tests.program import REPLAYING, environment

pytestmark = pytest.mark.timeout(120)


def paths_in(home: Path) -> Paths:
    return Paths.of(load(profile="simulated", env={"DESK_ENGINE__STATE_DIR": str(home)}).config)


def begun(paths: Paths, home: Path, settings: dict[str, str]) -> Starting:
    with mock.patch.dict(os.environ, environment(home, settings), clear=True):
        return start_engine(paths, engine_arguments(profile="simulated", config=None))


def test_of_two_desks_at_the_same_instant_both_get_the_one_engine(home: Path) -> None:
    paths = paths_in(home)
    starting = [begun(paths, home, {**REPLAYING, "DESK_REPLAY__SPEED": "1"}) for _ in range(3)]
    try:
        for each in starting:
            each.wait()
        pid = holder(paths.lock)
        assert pid in [each.pid for each in starting]
    finally:
        for each in starting:
            if each.pid == holder(paths.lock):
                os.kill(each.pid, signal.SIGTERM)
            each._process.wait(30)
    assert holder(paths.lock) is None


def test_why_an_engine_does_not_start_is_told_in_its_own_words(home: Path) -> None:
    with pytest.raises(DeskError, match="DESK_X_BEARER_TOKEN") as caught:
        begun(paths_in(home), home, {}).wait()
    assert caught.value.exit_code == EXIT_CREDENTIALS
    assert caught.value.remedy


def test_a_socket_in_the_way_is_no_engine_to_attach_to(home: Path) -> None:
    paths = paths_in(home)
    paths.create()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(paths.socket))
        other.listen()
        with pytest.raises(DeskError, match="found one that answers") as caught:
            begun(paths, home, REPLAYING).wait()
    assert caught.value.exit_code == EXIT_ALREADY_RUNNING


def test_a_log_that_has_grown_large_is_put_aside(home: Path) -> None:
    paths = paths_in(home)
    paths.create()
    paths.log.write_bytes(b"earlier\n")
    os.truncate(paths.log, LOG_LIMIT + 1)
    with pytest.raises(DeskError):
        begun(paths, home, {"DESK_FEEDS__POSTS": "none-such"}).wait()
    aside = paths.log.with_name(f"{paths.log.name}.1")
    assert aside.stat().st_size == LOG_LIMIT + 1
    assert paths.log.stat().st_size < LOG_LIMIT
