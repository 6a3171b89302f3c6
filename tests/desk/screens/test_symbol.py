"""The symbol view while the engine takes its time: nothing of another symbol is shown, no question is put twice."""

from __future__ import annotations

import asyncio

import pytest

from desk.screens.ledger import LedgerView
from desk.screens.symbol import SymbolView
from engine.model import SymbolDetail
from tests.desk.conftest import Opener
from tests.widgets.harness import painted, until


async def test_another_symbol_begins_without_the_samples_of_the_one_before(
    open_desk: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(size=(160, 50)) as (pilot, app, _engine):
        await pilot.press("3")
        view = app.screen
        assert isinstance(view, SymbolView)
        await until(pilot, lambda: view.chart.shown.at_ns)
        asked: list[str] = []

        async def slow(name: str) -> SymbolDetail:
            asked.append(name)
            await asyncio.Event().wait()
            raise AssertionError

        monkeypatch.setattr(app.link, "symbol", slow)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: any("Asking the engine" in line for line in painted(view.chart)))
        assert not view.chart.shown.at_ns
        await until(pilot, lambda: asked == [view.subject])
        for _ in range(5):
            view._ask_again()
            await pilot.pause()
        assert asked == [view.subject]
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: len(asked) == 2 and asked[-1] == view.subject)


async def test_a_journal_that_is_long_to_read_is_not_read_anew_meanwhile(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _engine):
        await pilot.press("8")
        view = app.screen
        assert isinstance(view, LedgerView)
        reads = 0

        async def slow(_question: object) -> None:
            nonlocal reads
            reads += 1
            await asyncio.Event().wait()

        view.ask_journal = slow  # type: ignore[assignment, method-assign]
        view._missing, view._tries = "t-1", 10
        view._reading = None
        view.beat()
        await until(pilot, lambda: reads == 1)
        for _ in range(5):
            view.beat()
            await pilot.pause()
        assert (reads, view._tries) == (1, 9)
