"""The kernel as a whole: what breaks in it ends trading, and says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.config import load
from engine.journal.reader import Reader
from engine.kernel.inbox import Watched
from engine.kernel.kernel import Kernel
from engine.kernel.watchdog import Watchdog
from engine.model import Light, TradingState
from engine.model.frames import Command, Reply
from engine.paths import Paths
from tests.program import REPLAYING


async def test_what_breaks_in_the_engine_halts_it_for_good(tmp_path: Path, recording: Path) -> None:
    """A task that trading leans on ends with an error: HALTED, journaled, said, and not left without a person."""
    env = {
        "DESK_ENGINE__STATE_DIR": str(tmp_path),
        **REPLAYING,
        "DESK_REPLAY__PATH": str(recording),
    }
    config = load(profile="simulated", env=env).config
    paths = Paths.of(config)
    paths.create()
    kernel = Kernel(config, paths, read_secret=str, stop_at_end=True)
    await kernel.start()
    try:
        kernel.dealing.fail("a task broke")
        assert kernel.dealing.risk.state is TradingState.HALTED
        assert kernel.snapshot(0).status.state is TradingState.HALTED
        assert "a task broke" in kernel.snapshot(0).status.state_reason
        assert [alert.id for alert in kernel.snapshot(0).alerts if alert.until_acknowledged] == ["engine:failed"]
        assert not (await _resume(kernel)).ok
    finally:
        await kernel.stop()
    with Reader(paths.journal) as reader:
        assert [record.value().state for record in reader.records(kinds=("state",))] == [TradingState.HALTED]  # type: ignore[attr-defined]


@asynccontextmanager
async def running(home: Path, recording: Path) -> AsyncIterator[Kernel]:
    """A kernel whose recording has begun, and whose next post is far away."""
    settings = {"DESK_ENGINE__STATE_DIR": str(home), "DESK_REPLAY__PATH": str(recording)}
    config = load(profile="simulated", env={**REPLAYING, **settings, "DESK_REPLAY__SPEED": "0.001"}).config
    paths = Paths.of(config)
    paths.create()
    kernel = Kernel(config, paths, read_secret=str)
    await kernel.start()
    going = asyncio.create_task(kernel.run())
    try:
        async with asyncio.timeout(20):
            while not kernel.view.feeds.get("replay"):
                await asyncio.sleep(0.01)
        yield kernel
    finally:
        kernel.stop_soon("the test is over")
        await asyncio.wait_for(going, 20)
        await kernel.stop()


async def test_a_journal_that_fails_in_a_quiet_hour_is_taken_up_at_once(tmp_path: Path, recording: Path) -> None:
    """Entries that work at the venue are called off then, not when the next record is to be written."""
    async with running(tmp_path, recording) as kernel:
        await kernel.journal.commit()
        kernel.journal.path.rename(tmp_path / "away")
        kernel.dealing.record_account()
        async with asyncio.timeout(20):
            while not kernel.dealing.failed:
                await asyncio.sleep(0.01)
            while not kernel.broken:
                await asyncio.sleep(0.01)
        (alert,) = (each for each in kernel.snapshot(0).alerts if each.id == "engine:failed")
        assert alert.text == f"nothing is sent any more: {kernel.dealing.failed}"
        assert "\n" not in alert.text, "the remedy stands beside it"
        assert alert.remedy.startswith("put the file back")


async def test_a_defect_in_the_loop_halts_trading_and_the_desk_stays_up(
    tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended the engine, and entries went on at the venue with nobody to call them off."""
    whole, called_off = Watchdog.take, []

    def breaking(*given: object) -> None:
        raise ZeroDivisionError("a defect of ours")

    async with running(tmp_path, recording) as kernel:
        cancels = kernel.dealing.orders.cancel_entries
        monkeypatch.setattr(
            kernel.dealing.orders, "cancel_entries", lambda *given, **more: called_off.append(given) or cancels(*given)
        )
        monkeypatch.setattr(Watchdog, "take", breaking)
        kernel.stages.inbox.urgent(Watched(()))
        async with asyncio.timeout(20):
            while not kernel.dealing.failed:
                await asyncio.sleep(0.01)
            reply = await kernel.command(Command("resume", reason="try again"))
        assert not reply.ok and "the engine's loop broke: ZeroDivisionError: a defect of ours" in reply.text
        assert called_off and kernel.dealing.risk.state is TradingState.HALTED
        assert kernel.view.feeds["replay"].light is Light.UP, "one defect ends no feed"
        kernel.stages.inbox.urgent(Watched(()))
        async with asyncio.timeout(20):
            while kernel.view.feeds["replay"].light is not Light.DOWN:
                await asyncio.sleep(0.01)
            reply = await kernel.command(Command("pause", reason="still there"))
        assert not reply.ok and kernel.snapshot(0).status.state is TradingState.HALTED
        monkeypatch.setattr(Watchdog, "take", whole)


async def _resume(kernel: Kernel) -> Reply:
    return kernel.stages.commands.carry_out(Command("resume", reason="try again"))
