"""Several desks on one engine: in step, read-only on both sides, over a restart, and with another version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from desk.app import DeskApp
from desk.client import Client
from desk.screens.view import ViewScreen
from desk.views import VIEWS
from engine.clock import HOUR, SECOND
from engine.config import ScreenConfig
from engine.control import ControlServer
from engine.errors import EXIT_FAILED
from engine.kernel.meters import StageLatencies
from engine.model import Mode, TradingState
from engine.model.feeds import FeedsDetail
from engine.model.frames import Command, Push
from engine.paths import Paths, view_socket
from tests.desk import made_up
from tests.desk.asked import asked
from tests.desk.commands.test_verbs import PATIENT, two_moods
from tests.desk.conftest import Opener
from tests.desk.drawn import shows_engine
from tests.desk.fake_engine import fake_engine
from tests.desk.journaled import write_day
from tests.engine.control.source import Engine
from tests.engine.kernel import made_up as morning
from tests.engine.kernel.process import EngineProcess, ending
from tests.program import REPLAYING, call
from tests.widgets.harness import painted, until
from widgets.feed import Feed


def a_desk(socket: Path, *, read_only: bool = False, paths: Paths | None = None) -> DeskApp:
    config = ScreenConfig(fps="60")
    return DeskApp(lambda: Client(socket), config, seconds=lambda: 0.0, read_only=read_only, paths=paths)


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


@pytest.mark.timeout(120)
async def test_what_both_do_both_show(home: Path) -> None:
    """Two desks act by turns on a real engine, faster than it answers: after it both show the same rows and bar."""
    recording = morning.write(home / "morning.jsonl", two_moods())
    settings = {**PATIENT, "DESK_REPLAY__PATH": str(recording), "DESK_GUARDS__ENABLED": "false"}
    engine = EngineProcess(home, env=settings)
    one, two = a_desk(engine.socket), a_desk(engine.socket)
    with ending(engine):
        await asyncio.to_thread(engine.start)
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(one.run_test(size=(200, 60)))
            second = await stack.enter_async_context(two.run_test(size=(200, 60)))

            async def both(condition: Callable[[DeskApp], object]) -> None:
                async with asyncio.timeout(20):
                    while not all(condition(desk) for desk in (one, two)):
                        await asyncio.sleep(0.02)

            await both(lambda desk: shows_engine(desk) and len(desk.link.mirror.tickets) == 2)
            for desk in (one, two):
                assert desk.main is not None
                desk.main.GUARD_S = 0.0  # type: ignore[misc]
            await asyncio.sleep(0.4)
            bought, rejected = (ticket.signal.symbol for ticket in one.link.mirror.tickets.values())
            await first.press("t", "g", "y")
            await second.press("t", "G", "n")
            await both(lambda desk: desk.link.mirror.positions)  # a pause would cancel an entry that still works
            await first.press("p")
            await asyncio.sleep(0.4)
            await second.press("2", "m")
            await asked(second)
            await second.press("O")
            await both(lambda desk: len(desk.link.mirror.closed) == 2)
            await both(lambda desk: {kept.mode for kept in desk.link.mirror.symbols.values()} == {Mode.OFF})
            await second.press("p")
            await asked(second)
            await second.press(*"seen", "enter")
            await first.press("m")
            await asked(first)
            await first.press("C")
            await first.press("p")
            await both(
                lambda desk: (
                    (status := desk.link.mirror.status)
                    and (status.state, status.mode) == (TradingState.REDUCING, Mode.CONFIRM)
                )
            )
            for _ in range(1_000):
                shown, other = shown_by(one), shown_by(two)
                if shown == other:
                    break
                await asyncio.sleep(0.02)
            assert shown == other
            assert "REDUCING" in shown[0]
            decided = [line for line in shown if "rejected" in line or "confirmed" in line]
            assert rejected in decided[0]
            assert bought in decided[1]
            assert one.link.mirror.positions == two.link.mirror.positions


def shown_by(desk: DeskApp) -> list[str]:
    """The status bar and every row of the book as the terminal gets them. The cursor is each desk's own."""
    main = desk.main
    assert main is not None
    panes = (main.bar, main.tickets, main.positions, main.orders, main.decisions)
    return [line.translate({ord("▌"): " ", ord("▏"): " "}) for pane in panes for line in painted(pane)]


async def test_a_read_only_desk_says_so_and_sends_nothing(socket: Path) -> None:
    desk = a_desk(socket, read_only=True)
    async with fake_engine(socket) as engine, desk.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: desk.link.attached and shows_engine(desk))
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


@pytest.mark.parametrize("protocol", [0, 99], ids=["an older engine", "a newer engine"])
async def test_another_protocol_is_named_on_the_screen(socket: Path, protocol: int) -> None:
    other = msgspec.structs.replace(made_up.snapshot(), protocol=protocol, version="9.9")
    desk = a_desk(socket)
    async with fake_engine(socket, other), desk.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: f"protocol {protocol} (engine version 9.9)" in desk.link.lost_why)
        await pilot.pause(0.3)
        assert desk.main is not None
        assert f"found protocol {protocol}" in desk.main.bar.render_line(0).text
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
        await until(pilot, lambda: desk.link.attached and shows_engine(desk))
        assert desk.main is not None
        await until(pilot, lambda: desk.main and said in desk.main.bar.render_line(0).text)
        await engine.stop()
        engine.state = made_up.snapshot()
        await engine.start()
        await until(pilot, lambda: desk.link.attached)
        await until(pilot, lambda: desk.main and said not in desk.main.bar.render_line(0).text)


async def test_what_one_desk_edits_the_other_cannot_send_as_it_was(socket: Path) -> None:
    """An edit is what both see at once; a confirmation of the order before it is refused by its fingerprint."""
    one, two = a_desk(socket), a_desk(socket)
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(fake_engine(socket))
        pilot = await stack.enter_async_context(one.run_test(size=(120, 40)))
        await stack.enter_async_context(two.run_test(size=(120, 40)))
        await until(pilot, lambda: all(desk.link.attached and desk.link.mirror.tickets for desk in (one, two)))
        seen = next(iter(two.link.mirror.tickets.values()))
        edit = Command(verb="edit", ticket=seen.id, fingerprint=seen.fingerprint, quantity="12")
        assert (await one.link.command(edit)).ok
        await until(pilot, lambda: all(desk.link.mirror.tickets[seen.id].revision == 2 for desk in (one, two)))
        assert two.link.mirror.tickets == one.link.mirror.tickets
        late = await two.link.command(Command(verb="confirm", ticket=seen.id, fingerprint=seen.fingerprint))
        again = await two.link.command(edit)
        assert not late.ok and not again.ok, "what it saw is gone"
        now = two.link.mirror.tickets[seen.id]
        assert (await two.link.command(Command(verb="confirm", ticket=now.id, fingerprint=now.fingerprint))).ok
        await until(pilot, lambda: all(seen.id in desk.link.mirror.closed for desk in (one, two)))
        assert not (await one.link.command(Command(verb="reject", ticket=now.id, reason="late"))).ok
        assert [command.verb for command in engine.commands] == ["edit", "confirm", "edit", "confirm", "reject"]


@pytest.mark.parametrize("view", [view.id for view in VIEWS if view.id != "desk"])
async def test_a_view_that_is_open_over_a_restart_goes_on(socket: Path, tmp_path: Path, view: str) -> None:
    """Another engine has other tickets, another past and another pid: the view shows what there is now."""
    desk = a_desk(socket, paths=write_day(tmp_path))
    async with fake_engine(socket) as engine, desk.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: desk.link.attached and shows_engine(desk))
        desk.open_view(view, next(iter(desk.link.mirror.tickets)) if view == "ticket" else "TSLA")
        await pilot.pause(0.2)
        await engine.stop()
        await until(pilot, lambda: not desk.link.attached)
        await pilot.pause(0.2)
        assert isinstance(desk.screen, ViewScreen)
        assert view == desk.screen.VIEW
        engine.state = msgspec.structs.replace(engine.state, pid=4343, tickets=(), orders=(), posts=(), rev=0)
        engine.rev = 0
        await engine.start()
        await until(pilot, lambda: desk.link.attached and desk.link.mirror.pid == 4343)
        await engine.send(Push(rev=0, ticket=made_up.ticket(9, "NVDA")))
        await until(pilot, lambda: "tkt-0009" in desk.link.mirror.tickets)
        await pilot.pause(0.3)
        assert view == desk.screen.VIEW
        assert "ENGINE LOST" not in desk.screen.bar.render_line(0).text
        await pilot.press("escape")
        await until(pilot, lambda: desk.screen is desk.main)


@pytest.mark.parametrize("pid", [4242, 4343], ids=["same engine", "started again"])
@pytest.mark.parametrize("key", ["1", "3", "4"])
async def test_a_reader_keeps_the_place_over_a_restart(open_desk: Opener, key: str, pid: int) -> None:
    """What was read stays under the eye; posts that came meanwhile are appended and counted, none twice."""
    async with open_desk(made_up.snapshot(posts=200)) as (pilot, app, engine):
        await pilot.press(key)
        await until(pilot, lambda: VIEWS[int(key) - 1].id == app.screen.VIEW)  # type: ignore[attr-defined]
        feed = app.screen.query_one(Feed)
        before = len(feed.kept)
        feed.search("recall")
        feed.move(-12)
        await pilot.pause(0.2)
        chosen, seen, new = feed.selected, painted(feed)[1:], feed.new
        assert chosen is not None and not feed.following
        await engine.stop()
        await until(pilot, lambda: not app.link.attached)
        goes_on = made_up.snapshot(posts=203)
        later = msgspec.structs.replace(goes_on.status, clock_ns=made_up.NOW + SECOND)
        engine.state = msgspec.structs.replace(goes_on, pid=pid, posts=goes_on.posts[-100:], status=later)
        engine.posts = 3 if pid == 4343 else 1243 + 3
        await engine.start()
        await until(pilot, lambda: app.link.attached and app.link.time.now_ns() == later.clock_ns)
        await pilot.pause(0.3)
        assert feed.selected == chosen
        assert painted(feed)[1:] == seen
        ids = [post.id for post in feed.kept]
        assert len(ids) == len(set(ids))
        if key != "3":
            assert len(ids) == before + 3
            assert feed.new == new + 3
            assert "1,246" in painted(feed)[0], "the count goes on too"
            assert "not shown" not in painted(feed)[0]


async def test_a_recording_begun_anew_begins_the_feeds_anew(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        main.feed.move(-12)
        await pilot.press("4")
        await until(pilot, lambda: app.screen.VIEW == "posts")  # type: ignore[attr-defined]
        await engine.stop()
        await until(pilot, lambda: not app.link.attached)
        anew = made_up.snapshot(posts=5)
        earlier = msgspec.structs.replace(anew.status, clock_ns=made_up.NOW - HOUR, posts=5)
        engine.state, engine.posts = msgspec.structs.replace(anew, pid=4343, status=earlier), 5
        await engine.start()
        await until(pilot, lambda: app.link.attached and app.link.mirror.pid == 4343)
        await pilot.pause(0.3)
        for feed in (main.feed, app.screen.query_one(Feed)):
            assert len(feed.kept) == 5
            assert feed.following
            assert app.link.mirror.posts == 5


async def test_twenty_desks_at_once_and_one_that_does_not_read(socket: Path) -> None:
    """Each has every push, in order; the one that stands still holds nobody up and has the newest picture later."""
    source = Engine()
    server = ControlServer(socket, source, frame_hz=30)
    await server.start()
    count, seen = 20, dict.fromkeys(range(20), 0)
    begun: set[int] = set()
    """Who has its first picture: what is pushed before that is part of it."""
    reader, writer = await asyncio.open_unix_connection(str(socket))
    writer.write(
        b"GET /v1/stream HTTP/1.1\r\nHost: engine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")

    async def follow(number: int) -> None:
        async with Client(socket) as client:
            last = None
            async for message in client.stream():
                assert last is None or message.rev == last + 1
                last = message.rev
                begun.add(number)
                if isinstance(message, Push) and message.alert is not None:
                    seen[number] = int(message.alert.id)
                    if seen[number] == 2_000:
                        return

    tasks = [asyncio.create_task(follow(number)) for number in range(count)]
    try:
        async with asyncio.timeout(100):
            while server.clients < count + 1 or len(begun) < count:
                await asyncio.sleep(0.01)
            for number in range(1, 2_001):
                alert = msgspec.structs.replace(made_up.alert(), id=str(number), text="x" * 500)
                server.push(Push(rev=0, alert=alert))
                if number % 50 == 0:
                    while min(seen.values()) < number:
                        await asyncio.sleep(0.001)
            await asyncio.gather(*tasks)
        assert server.clients >= 1, "who does not read is still attached"
    finally:
        for task in tasks:
            task.cancel()
        writer.close()
        await server.stop("test")
