"""What the watched symbols are is asked beside everything else: nothing that is held waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from engine.clock import VirtualClock
from engine.config import AlpacaConfig, BrokerConfig
from engine.kernel import instruments, venue
from engine.kernel.inbox import Compared
from engine.kernel.instruments import SILENT
from engine.kernel.kernel import Kernel
from engine.kernel.stages import Stages
from engine.paths import Paths
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.venues.alpaca import AlpacaSimulator

ASSET = "GET /v2/assets/{symbol_or_asset_id}"


@asynccontextmanager
async def connected(home: Path, *symbols: str) -> AsyncIterator[tuple[AlpacaSimulator, Stages]]:
    """A venue, and the stages of an engine that is about to connect to it."""
    keys = {name: f"made-up alpaca_{name}" for name in ("key_id", "secret_key")}
    async with AlpacaSimulator(**keys) as street:
        urls = AlpacaConfig(trading_url=street.trading_url, trading_stream_url=street.trading_stream_url)
        config = msgspec.structs.replace(bare.config(home, "paper", *symbols), alpaca=urls)
        with bare.opened(config, VirtualClock(NOW)) as made:
            try:
                yield street, made
            finally:
                street.faults.clear()
                await made.link.finish(30.0)
                await made.broker.close()


async def compared(stages: Stages) -> Compared:
    """The first comparison that the link hands over."""
    async with asyncio.timeout(30.0):
        while True:
            await stages.inbox.wait(None)
            while (told := stages.inbox.take_urgent()) is not None:
                if isinstance(told, Compared):
                    return told


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30.0):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("fault", ["503", "hang"])
async def test_a_comparison_comes_though_no_symbol_is_told(tmp_path: Path, fault: str) -> None:
    async with connected(tmp_path) as (street, stages):
        street.faults.add(ASSET, fault, times=1_000)
        await stages.link.open()
        told = await compared(stages)
        assert told.snapshot is not None, told.problem
        assert stages.dealing.instruments == {}
        street.faults.clear()
        await until(lambda: "TSLA" in stages.dealing.instruments)


async def test_the_first_comparison_finds_a_few_symbols_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue, "LEARN_S", 30.0)
    async with connected(tmp_path, "TSLA", "NVDA", "AAPL") as (_, stages):
        await stages.link.open()
        await compared(stages)
        assert set(stages.dealing.instruments) == {"TSLA", "NVDA", "AAPL"}


async def test_a_symbol_that_is_not_told_is_an_alert_until_it_is(tmp_path: Path) -> None:
    async with connected(tmp_path) as (street, stages):
        street.faults.add(ASSET, "503", times=1_000)
        stages.dealing.reconciled = True
        await stages.link.open()
        await until(lambda: SILENT in stages.view.alerts)
        assert "what TSLA is cannot be learned" in stages.view.alerts[SILENT].text
        street.faults.clear()
        await until(lambda: "TSLA" in stages.dealing.instruments)
        assert SILENT not in stages.view.alerts


async def test_a_venue_that_answers_nothing_is_told_elsewhere(tmp_path: Path) -> None:
    async with connected(tmp_path) as (street, stages):
        street.faults.add(ASSET, "503", times=2)
        await stages.link.open()
        await until(lambda: "TSLA" in stages.dealing.instruments)
        assert len(street.faults.happened) == 2
        assert not stages.view.alerts


async def test_what_is_held_is_asked_about_first_and_the_rest_not_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instruments, "AT_ONCE", 1)
    monkeypatch.setattr(instruments, "EVERY_S", 3600.0)
    async with connected(tmp_path, "TSLA", "NVDA", "AAPL") as (_, stages):
        stages.dealing.portfolio.hold("AAPL", Decimal(3))
        await stages.link.open()
        await compared(stages)
        await until(lambda: bool(stages.dealing.instruments))
        assert set(stages.dealing.instruments) == {"AAPL"}


async def test_a_simulated_venue_has_said_it_before_the_first_post(tmp_path: Path) -> None:
    config = msgspec.structs.replace(
        bare.config(tmp_path, "simulated", "TSLA", "NVDA"), broker=BrokerConfig(name="simulated")
    )
    paths = Paths.of(config)
    paths.create()
    kernel = Kernel(config, paths, read_secret=lambda name: f"made-up {name}")
    await kernel.start()
    known = set(kernel.stages.dealing.instruments)
    await kernel.stop()
    assert known == {"TSLA", "NVDA"}


async def test_a_symbol_that_does_not_exist_stays_unknown(tmp_path: Path) -> None:
    async with connected(tmp_path, "NOPE", "TSLA") as (_, stages):
        await stages.link.open()
        await until(lambda: "TSLA" in stages.dealing.instruments)
        assert "NOPE" not in stages.dealing.instruments
        assert "NOPE does not exist at the venue" in stages.view.alerts["symbol:NOPE"].text
