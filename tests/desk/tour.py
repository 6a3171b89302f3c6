"""A walk through every view of one desk on a made-up day, with every clock standing still.

What looks at all views goes along: the pictures that are compared, those of the guide, the contrast of every theme.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec
from rich.segment import Segment
from textual.pilot import Pilot

from desk.app import DeskApp
from desk.screens import reading
from engine.clock import MINUTE, SECOND
from engine.config import ScreenConfig
from engine.model import Fill, Level, OrderStatus, Role, Side
from engine.model.frames import Snapshot
from tests.desk import made_up
from tests.desk.drawn import shows_engine
from tests.desk.journaled import write_day
from tests.desk.still import StillClient, still
from tests.widgets.harness import until

SIZES = ((80, 24), (120, 40), (200, 60))


@dataclass(frozen=True, slots=True)
class Stop:
    """Something to look at: the keys that open it from the desk."""

    name: str
    keys: tuple[str, ...] = ()


VIEWS = (
    Stop("desk"),
    Stop("ticket", ("2",)),
    Stop("symbol", ("3",)),
    Stop("posts", ("4", "up", "enter")),
    Stop("orders", ("5",)),
    Stop("risk", ("6",)),
    Stop("feeds", ("7",)),
    Stop("ledger", ("8",)),
    Stop("journal", ("9",)),
    Stop("story", ("8", "enter")),
    Stop("help", ("question_mark",)),
)
"""Every view, and what stands over views with the whole screen to itself."""
DIALOGS = (
    Stop("reject", ("n",)),
    Stop("edit", ("e",)),
    Stop("kill", ("K",)),
    Stop("mode", ("m",)),
    Stop("filter", ("f",)),
    Stop("search", ("slash",)),
    Stop("mute", ("4", "up", "M")),
    Stop("export", ("8", "E")),
    Stop("palette", ("colon", "t")),
    Stop("theme", ("T",)),
    Stop("jump", ("semicolon",)),
    Stop("quit", ("q",)),
)
"""What asks something of a person over a view."""
LIVE = Stop("live", ("t", "y"))
"""What real money asks besides; of the live profile."""


def day(profile: str = "simulated") -> Snapshot:
    """A desk in the middle of a lively day: something in every pane."""
    base = made_up.snapshot(profile)
    filled = [order for order in base.orders if order.filled]
    fills = tuple(
        Fill(f"x-{n}", order.client_order_id, order.symbol, Side.BUY, Decimal(size), Decimal(price), Decimal("0.13"),
             made_up.NOW - 39 * MINUTE + n * SECOND, order.signal_id, Role.ENTRY)
        for order in filled
        for n, (size, price) in enumerate((("16", "482.01"), ("10", "482.04")))
    )  # fmt: skip
    refused = made_up.order(
        made_up.ticket(93, "META", Side.SELL), OrderStatus.REJECTED, made_up.NOW - 3 * MINUTE, "not shortable today"
    )
    return msgspec.structs.replace(
        base,
        orders=(*base.orders, refused),
        fills=fills,
        protections=(made_up.protection(),),
        alerts=(made_up.alert(1, Level.WARNING),),
    )


@asynccontextmanager
async def on_tour(
    folder: Path,
    size: tuple[int, int],
    theme: str = "",
    *,
    config: ScreenConfig | None = None,
    profile: str = "simulated",
) -> AsyncIterator[tuple[Pilot[bool], DeskApp]]:
    """A desk with a journal, before its first view."""
    config = config or ScreenConfig(fps="60", theme=theme)
    client, beat = StillClient(day(profile)), reading.BEAT_S
    app = DeskApp(lambda: client, config, seconds=lambda: 0.0, paths=write_day(folder))
    reading.BEAT_S = 3600.0
    try:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: shows_engine(app) and app.link.attached)
            assert app.main is not None
            app.main.GUARD_S = 0.0  # type: ignore[misc]
            await settled(pilot, app)
            yield pilot, app
    finally:
        reading.BEAT_S = beat


async def settled(pilot: Pilot[bool], app: DeskApp) -> None:
    """Wait until nothing is asked of journal or engine any more, and nothing waits to be painted."""
    await pilot.pause()
    await until(pilot, lambda: all(work.is_finished or work.name in _STANDING for work in app.workers))
    await still(pilot)


_ASKING = ("reject", "kill", "mode", "filter", "search", "mute", "quit", "edit", "export")
_STANDING = {"link", "_confirm_live", *(f"action_{name}" for name in _ASKING)}
"""Workers that last: the line to the engine, and questions that a person has not answered."""


async def visit(pilot: Pilot[bool], app: DeskApp, stop: Stop) -> None:
    """Open one view or dialog, and wait until it shows all it will."""
    for key in stop.keys:
        await pilot.press(key)
        await settled(pilot, app)


async def leave(pilot: Pilot[bool], app: DeskApp) -> None:
    """Back to the desk, whatever stands over it."""
    while app.screen is not app.main:
        over = app.screen
        await pilot.press("escape")
        await until(pilot, lambda over=over: app.screen is not over)  # type: ignore[misc]


def picture(app: DeskApp) -> list[list[Segment]]:
    """The lines of the whole screen, as the terminal gets them."""
    return [[part for part in strip if not part.control] for strip in app.screen._compositor.render_strips()]
