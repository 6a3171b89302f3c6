"""A timer whose delay has passed before its task first looks at the clock."""

from __future__ import annotations

import asyncio
import itertools
from time import monotonic

import pytest
from textual.app import App

from tests.widgets.harness import painted, stage, until
from tests.widgets.test_row_panel import Words, rows
from widgets.sure_timer import SureTimer


class Waiting(SureTimer, App[object]):
    rung = 0

    def ring(self) -> None:
        self.rung += 1


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between any two looks that a one-shot timer has at the clock a second passes."""
    seconds = itertools.count(1)

    def get_time() -> float:
        task = asyncio.current_task()
        late = task is not None and task.get_name().startswith("set_timer#")
        return monotonic() + (next(seconds) if late else 0)

    monkeypatch.setattr("textual.timer._time.get_time", get_time)


async def test_what_is_overdue_is_called_once(busy: None) -> None:
    app = Waiting()
    async with app.run_test() as pilot:
        app.set_timer(0.001, app.ring)
        await until(pilot, lambda: app.rung > 0)
        await pilot.pause(0.05)
        assert app.rung == 1


async def test_what_is_stopped_is_not_called(busy: None) -> None:
    app = Waiting()
    async with app.run_test() as pilot:
        app.set_timer(0.001, app.ring).stop()
        await pilot.pause(0.05)
        assert app.rung == 0


async def test_a_panel_goes_on_painting_on_a_busy_machine(busy: None) -> None:
    panel = Words()
    async with stage(panel, (30, 5)) as pilot:
        panel.show(rows("ab"))
        await until(pilot, lambda: "word b" in "".join(painted(panel)))
        panel.show(rows("bcd"))
        await until(pilot, lambda: not panel.repaint_pending)
