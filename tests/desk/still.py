"""A desk on which every clock stands still, to take pictures of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from desk.app import DeskApp
from desk.client import Client
from engine.config import ScreenConfig
from engine.errors import EXIT_NO_ENGINE, DeskError
from engine.model import SymbolDetail
from engine.model.feeds import FeedsDetail
from engine.model.frames import Message, Snapshot
from tests.desk import made_up, made_up_answers
from tests.desk.drawn import shows_engine
from tests.widgets.harness import until


class StillClient(Client):
    """One snapshot, and then either nothing more or the end of the connection."""

    def __init__(self, snapshot: Snapshot, *, lost: bool = False) -> None:
        super().__init__(Path("still"))
        self._still = snapshot
        self._lost = lost
        self._told = False

    async def symbol(self, name: str) -> SymbolDetail:
        return made_up_answers.symbol_detail(name)

    async def feeds(self) -> FeedsDetail:
        return made_up_answers.feeds_detail()

    async def stream(self) -> AsyncGenerator[Message, None]:
        if not self._told:
            self._told = True
            yield self._still
        if self._lost:
            raise DeskError("the engine went away", exit_code=EXIT_NO_ENGINE)
        await asyncio.Event().wait()


def desk(snapshot: Snapshot | None = None, *, theme: str = "", lost: bool = False) -> DeskApp:
    client = StillClient(snapshot or made_up.snapshot(), lost=lost)
    return DeskApp(lambda: client, ScreenConfig(fps="60", theme=theme), seconds=lambda: 0.0)


def then(*keys: str, lost: bool = False) -> Callable[[Pilot[bool]], Awaitable[None]]:
    async def run(pilot: Pilot[bool]) -> None:
        app = pilot.app
        assert isinstance(app, DeskApp)
        await until(pilot, lambda: shows_engine(app) and app.link.attached is not lost)
        assert app.main is not None
        app.main.GUARD_S = 0.0  # type: ignore[misc]
        await still(pilot)
        for key in keys:
            await pilot.press(key)
            await still(pilot)

    return run


async def still(pilot: Pilot[bool]) -> None:
    """Wait until no repaint is under way on any screen, several looks in a row."""
    quiet = 0
    while quiet < 5:
        await pilot.pause(0.03)
        waiting = [
            widget
            for screen in pilot.app.screen_stack
            for widget in screen.walk_children()
            if getattr(widget, "repaint_pending", False)
        ]
        quiet = 0 if waiting else quiet + 1
