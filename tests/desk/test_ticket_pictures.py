"""Panes of the ticket and symbol views, and what stands over views, as pictures; every clock standing still.

`pytest tests/desk/test_ticket_pictures.py --snapshot-update` accepts; look at a changed one first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from desk.app import DeskApp
from desk.screens.verbs import VerbScreen
from tests.desk.drawn import shows_engine
from tests.desk.still import desk, still
from tests.widgets.harness import until


def asked(*keys: str) -> Callable[[Pilot[bool]], Awaitable[None]]:
    """Press keys, and wait for what the engine is asked for."""

    async def run(pilot: Pilot[bool]) -> None:
        app = pilot.app
        assert isinstance(app, DeskApp)
        await until(pilot, lambda: shows_engine(app))
        await still(pilot)
        for key in keys:
            if isinstance(app.screen, VerbScreen):
                app.screen.GUARD_S = 0.0  # type: ignore[misc]
            await pilot.press(key)
            await still(pilot)
        for screen in app.screen_stack:
            chart = getattr(screen, "chart", None)
            if chart is not None:
                await until(pilot, lambda chart=chart: chart.shown.at_ns)  # type: ignore[misc]
        await still(pilot)

    return run


@pytest.mark.parametrize(
    "keys",
    [
        ("2", "tab"),
        ("2", "tab", "tab"),
        ("3", "tab"),
        ("3", "tab", "tab"),
        ("2", "e"),
        ("semicolon",),
        ("colon", "t", "h"),
        ("T",),
        ("z",),
        ("v",),
    ],
    ids=["evidence", "ticket-chart", "chart", "posts", "edit", "jump", "palette", "theme", "zoom", "compact"],
)
def test_small_screen(snap_compare: Any, keys: tuple[str, ...]) -> None:
    assert snap_compare(desk(), terminal_size=(80, 24), run_before=asked(*keys))
