"""A control socket of an engine that only counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.control import ControlServer
from tests.engine.control.source import Engine


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
async def server(tmp_path: Path, engine: Engine) -> AsyncIterator[ControlServer]:
    control = ControlServer(tmp_path / "desk.sock", engine, frame_hz=50.0)
    await control.start()
    yield control
    await control.stop("test over")
