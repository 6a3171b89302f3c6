"""Takes docs/desk.svg: the desk on its demo day, with a position held and a ticket to decide. `python -m tools.picture`

A real engine plays the demo day from half past two; the first ticket is confirmed, the second one is in the picture.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from desk.app import DeskApp
from desk.client import Client
from desk.launch import engine_arguments, start_engine
from engine.config import ScreenConfig, environment, load
from engine.errors import DeskError
from engine.model.frames import Command
from engine.paths import Paths
from tools.docs import ROOT

SIZE = (140, 38)
LIMIT_S = 300.0
"""The second ticket comes within two minutes, or the demo day is another one."""
FIRST, SECOND = "AAPL", "GOOG"
SETTINGS = (
    "feeds.posts=replay",
    "feeds.prices=replay",
    "broker.name=simulated",
    "replay.speed=60",
    "replay.start=14:31",
    "tickets.ttl_s=3600",
    "strategy.shift.expires_s=3600",
    "tickets.drift_bps=100",
)


async def take(socket: Path, limit_s: float = LIMIT_S) -> str:
    """The SVG of the desk once the second ticket has come. Raises DeskError when it has not within `limit_s`."""
    try:
        async with asyncio.timeout(limit_s):
            return await _with_a_ticket(socket)
    except TimeoutError:
        raise DeskError(
            f"expected tickets of {FIRST} and {SECOND} within {limit_s:g} s, found none of {SECOND}",
            where=str(socket),
            remedy="look at the demo day: `desk replay` tells its tickets",
        ) from None


async def _with_a_ticket(socket: Path) -> str:
    app = DeskApp(lambda: Client(socket), ScreenConfig(fps="15"))
    async with app.run_test(size=SIZE) as pilot:
        confirmed = False
        while True:
            await pilot.pause(0.2)
            for ticket in list(app.link.mirror.tickets.values()):
                if ticket.signal.symbol == FIRST and not confirmed:
                    reply = await app.link.command(Command("confirm", ticket=ticket.id, fingerprint=ticket.fingerprint))
                    confirmed = reply.ok
                if ticket.signal.symbol == SECOND:
                    await pilot.pause(0.5)
                    return app.export_screenshot(title="desk demo")


async def stop(socket: Path) -> None:
    """End the engine."""
    async with Client(socket) as client:
        await client.command(Command("stop", reason="the picture is taken"))


def main() -> None:
    """Start an engine of its own, take the picture, end the engine."""
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        overrides = (*SETTINGS, f"engine.state_dir={folder}", f"engine.runtime_dir={folder}/run")
        paths = Paths.of(load(None, profile="simulated", env=environment(overrides)).config, "picture")
        arguments = engine_arguments(profile="simulated", config=None, name="picture", overrides=overrides)
        start_engine(paths, [*arguments, "--fresh"]).wait()
        try:
            svg = asyncio.run(take(paths.socket))
        finally:
            asyncio.run(stop(paths.socket))
    (ROOT / "docs" / "desk.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
