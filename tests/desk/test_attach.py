"""Several desks on one engine: in step, read-only on both sides, over a restart, and with another version."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from desk.app import DeskApp
from desk.client import Client
from engine.config import ScreenConfig
from engine.control import ControlServer
from engine.errors import EXIT_FAILED
from engine.kernel.meters import StageLatencies
from engine.model.feeds import FeedsDetail
from engine.model.frames import Command, Push
from engine.paths import view_socket
from tests.desk import made_up
from tests.desk.fake_engine import fake_engine
from tests.engine.control.source import Engine
from tests.engine.kernel.process import EngineProcess, ending
from tests.program import REPLAYING, call
from tests.widgets.harness import until


def a_desk(socket: Path, *, read_only: bool = False) -> DeskApp:
    return DeskApp(lambda: Client(socket), ScreenConfig(fps="60"), seconds=lambda: 0.0, read_only=read_only)


async def test_two_desks_stay_in_step_over_a_restart(socket: Path) -> None:
    one, two = a_desk(socket), a_desk(socket)
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(fake_engine(socket))
        first = await stack.enter_async_context(one.run_test(size=(120, 40)))
        await stack.enter_async_context(two.run_test(size=(120, 40)))

        def in_step() -> bool:
            return all(desk.link.attached and desk.link.mirror.rev == engine.rev for desk in (one, two))

        await until(first, in_step)
        assert one.main is not None
        one.main.GUARD_S = 0.0  # type: ignore[misc]
        await engine.send(Push(rev=0, ticket=made_up.ticket(7, "NVDA")))
        await until(first, lambda: "tkt-0007" in two.link.mirror.tickets and in_step())
        await first.press("t")
        await first.pause(0.4)
        await first.press("y")
        await until(first, lambda: engine.commands)
        (command,) = engine.commands
        await until(first, lambda: all(command.ticket in desk.link.mirror.closed for desk in (one, two)))
        assert one.link.mirror.tickets == two.link.mirror.tickets
        assert one.link.mirror.positions == two.link.mirror.positions
        await engine.stop()
        await until(first, lambda: not one.link.attached and not two.link.attached)
        await engine.start()
        await until(first, in_step)
        assert one.link.mirror.orders == two.link.mirror.orders


async def test_a_read_only_desk_says_so_and_sends_nothing(socket: Path) -> None:
    desk = a_desk(socket, read_only=True)
    async with fake_engine(socket) as engine, desk.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: desk.link.attached and desk.main and desk.main.bar.shows_engine)
        assert desk.main is not None
        desk.main.GUARD_S = 0.0  # type: ignore[misc]
        await pilot.pause(0.4)
        for key in ("y", "p"):
            desk.main.line.clear()
            await pilot.press("t", key)
            await until(pilot, lambda: desk.main and "read-only: nothing was sent" in desk.main.line.text)
        assert "READ-ONLY" in str(desk.main.bar.render_line(0).text)
        assert engine.commands == []


async def test_the_engine_refuses_commands_on_the_socket_that_shows(socket: Path) -> None:
    source = Engine()
    server = ControlServer(socket, source, frame_hz=30)
    await server.start()
    try:
        assert view_socket(socket).stat().st_mode & 0o777 == 0o600
        async with Client(view_socket(socket)) as looking, Client(socket) as acting:
            assert (await looking.snapshot()).protocol
            async for message in looking.stream():
                assert message == await looking.snapshot()
                break
            for verb in ("kill", "stop", "confirm"):
                reply = await looking.command(Command(verb=verb, reason="r", ticket="t", fingerprint="f"))
                assert (reply.ok, reply.text) == (False, "refused: this way only shows")
            assert source.commands == []
            assert (await acting.command(Command(verb="stop"))).ok
            assert [command.verb for command in source.commands] == ["stop"]
    finally:
        await server.stop("test")
    assert not view_socket(socket).exists()


@pytest.mark.timeout(120)
def test_read_only_verbs_look_and_are_refused_by_a_real_engine(home: Path) -> None:
    settings = {**REPLAYING, "DESK_REPLAY__SPEED": "1"}
    with ending(EngineProcess(home, env=settings)) as engine:
        engine.start()
        looked = call(home, "--read-only", "--profile", "simulated", "status", "--json")
        assert looked.returncode == 0
        assert msgspec.json.decode(looked.stdout)["pid"] == engine.snapshot().pid
        fed = asyncio.run(_asked_how_it_is_fed(view_socket(engine.socket)))
        assert fed.rules == ()
        assert [stage.stage for stage in fed.stages] == list(StageLatencies.NAMES)
        refused = call(home, "kill", "--read-only", "--profile", "simulated")
        assert refused.returncode == EXIT_FAILED
        assert "this way only shows" in refused.stdout
        assert engine.snapshot().status.state.value == "active"


async def _asked_how_it_is_fed(socket: Path) -> FeedsDetail:
    async with Client(socket) as client:
        return await client.feeds()


async def test_another_protocol_is_named_on_the_screen(socket: Path) -> None:
    other = msgspec.structs.replace(made_up.snapshot(), protocol=99, version="9.9")
    desk = a_desk(socket)
    async with fake_engine(socket, other), desk.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "protocol 99 (engine version 9.9)" in desk.link.lost_why)
        await pilot.pause(0.3)
        assert desk.main is not None
        assert "found protocol 99" in desk.main.bar.render_line(0).text
        assert "→ stop that engine and start it again with this version" in desk.main.bar.render_line(1).text
        assert not desk.link.attached


@pytest.mark.parametrize(
    ("columns", "said"), [(120, f"engine 9.9 ≠ desk {made_up.snapshot().version}"), (80, "engine 9.9 ")]
)
async def test_an_engine_of_another_version_that_speaks_the_same_is_only_named(
    socket: Path, columns: int, said: str
) -> None:
    other = msgspec.structs.replace(made_up.snapshot(), version="9.9")
    desk = a_desk(socket)
    async with fake_engine(socket, other) as engine, desk.run_test(size=(columns, 40)) as pilot:
        await until(pilot, lambda: desk.link.attached and desk.main and desk.main.bar.shows_engine)
        assert desk.main is not None
        await until(pilot, lambda: desk.main and said in desk.main.bar.render_line(0).text)
        await engine.stop()
        engine.state = made_up.snapshot()
        await engine.start()
        await until(pilot, lambda: desk.link.attached)
        await until(pilot, lambda: desk.main and said not in desk.main.bar.render_line(0).text)
