"""After a start the venue comes first: feeds begin once it has been asked, or after a while without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.config import load
from engine.kernel import kernel as kernels
from engine.kernel.kernel import Kernel
from engine.paths import Paths


@pytest.fixture
async def kernel(tmp_path: Path) -> AsyncIterator[Kernel]:
    """A paper engine whose venue takes every question and answers none."""
    asked: list[asyncio.StreamWriter] = []
    venue = await asyncio.start_server(lambda _, writer: asked.append(writer), "127.0.0.1", 0)
    host, port = venue.sockets[0].getsockname()
    env = {
        "DESK_ENGINE__STATE_DIR": str(tmp_path),
        "DESK_ENGINE__RUNTIME_DIR": str(tmp_path / "run"),
        "DESK_ALPACA__TRADING_URL": f"http://{host}:{port}",
        "DESK_ALPACA__DATA_STREAM_URL": f"ws://{host}:{port}",
        "DESK_X__ENABLED": "false",
    }
    config = load(profile="paper", env=env).config
    paths = Paths.of(config)
    paths.create()
    made = Kernel(config, paths, read_secret=lambda name: f"made-up {name}")
    try:
        yield made
    finally:
        await made.stop()
        for writer in asked:
            writer.close()
        venue.close()


def begun() -> bool:
    return any(task.get_name() == "feed-prices" for task in asyncio.all_tasks())


async def come() -> None:
    """Return when the feeds have begun."""
    async with asyncio.timeout(20.0):
        while not begun():
            await asyncio.sleep(0.01)


async def test_feeds_begin_once_the_venue_has_been_asked(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "VENUE_FIRST_S", 3600.0)
    await kernel.start()
    await asyncio.sleep(0.1)
    assert not begun()
    kernel.stages.link.asked.set()
    await come()


async def test_a_venue_that_hangs_does_not_hold_them_up(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "VENUE_FIRST_S", 0.1)
    await kernel.start()
    await come()
    assert not kernel.stages.link.asked.is_set()
