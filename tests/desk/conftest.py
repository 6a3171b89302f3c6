"""A fake engine on a real socket, and the desk attached to it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from desk.app import DeskApp
from desk.client import Client
from engine.config import ScreenConfig
from engine.model.frames import Snapshot
from engine.paths import Paths
from tests.desk.drawn import shows_engine
from tests.desk.fake_engine import FakeEngine, fake_engine
from tests.widgets.harness import until

Desk = tuple[Pilot[bool], DeskApp, FakeEngine]
Opener = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def socket() -> Iterator[Path]:
    """A path short enough for a Unix socket, whatever the test's name."""
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        yield Path(folder) / "engine.sock"


@pytest.fixture
def open_desk(socket: Path) -> Opener:
    """Opens a desk on a fake engine; its clocks stand still."""

    @asynccontextmanager
    async def opener(
        snapshot: Snapshot | None = None,
        *,
        size: tuple[int, int] = (120, 40),
        theme: str = "",
        paths: Paths | None = None,
        **options: Any,
    ) -> AsyncIterator[Desk]:
        async with fake_engine(socket, snapshot) as engine:
            config = ScreenConfig(fps="60", theme=theme)
            app = DeskApp(lambda: Client(socket), config, seconds=lambda: 0.0, paths=paths, **options)
            async with app.run_test(size=size) as pilot:
                await until(pilot, lambda: app.link.attached and shows_engine(app))
                assert app.main is not None
                app.main.GUARD_S = 0.0  # type: ignore[misc]
                await pilot.pause(0.1)
                yield pilot, app, engine

    return opener
