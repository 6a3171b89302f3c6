"""Fixtures of the kernel tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = VirtualClock(NOW)
    with bare.opened(bare.config(tmp_path), clock) as stages:
        yield Desk(stages, clock)
