"""Fixtures of the kernel tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from tests.engine.kernel import bare, made_up
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import Desk
from tests.engine.kernel.process import EngineProcess, ending, replaying


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = VirtualClock(NOW)
    with bare.opened(bare.config(tmp_path), clock) as stages:
        yield Desk(stages, clock)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.write(tmp_path_factory.mktemp("recording") / "morning.jsonl")


@pytest.fixture
def engine(tmp_path: Path, recording: Path) -> Iterator[EngineProcess]:
    with ending(replaying(tmp_path / "home", recording, 30.0)) as process:
        yield process
