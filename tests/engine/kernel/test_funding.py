"""Deposits and withdrawals at Alpaca, over real sockets: no loss, no gain, no halt; without a reason, a loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import MINUTE, SystemClock
from engine.journal.reader import Reader
from engine.kernel.inbox import Compared
from engine.kernel.stages import Stages
from engine.model import Account, TradingState
from engine.model.records import FlowRecord
from tests.engine.brokers.alpaca_desk import started
from tests.engine.kernel import bare
from tests.engine.kernel.process import ending, until
from tests.engine.kernel.test_paper import ready, street
from tests.venues.alpaca import AlpacaSimulator

D = Decimal
PATIENT_S = 30.0
"""How long an answer may take: none of these tests is about one that does not come, and a loaded machine is slow."""


class Desk:
    """Stages of a paper engine, whose venue is asked over a real socket."""

    def __init__(self, stages: Stages, venue: AlpacaSimulator, broker: object) -> None:
        self.stages, self.venue, self.broker = stages, venue, broker

    async def look(self) -> Account:
        clock = SystemClock()
        snapshot = await self.broker.snapshot(clock.now_ns() - MINUTE)  # type: ignore[attr-defined]
        assert self.stages.reckoning.take(Compared(snapshot, "", "periodic"))
        self.stages.dealing.judge_account()
        return self.stages.dealing.portfolio.account(clock.now_ns())

    @property
    def state(self) -> TradingState:
        return self.stages.dealing.risk.state

    def recorded(self) -> list[tuple[str, Decimal]]:
        self.stages.journal.flush()
        with Reader(self.stages.journal.path) as reader:
            found = [record.value() for record in reader.records(kinds=("flow",))]
        return [(each.type, each.change) for each in found if isinstance(each, FlowRecord)]


@asynccontextmanager
async def opened(home: Path, venue: AlpacaSimulator, *, restart: bool = False) -> AsyncIterator[Desk]:
    clock = SystemClock()
    stages = bare.stages(bare.config(home), clock)
    stages.journal.open()
    try:
        if restart:
            stages.restore(clock.now_ns() - 60 * MINUTE)
        stages.dealing.heard_since_ns = 0
        async with started(venue, timeout_s=PATIENT_S) as broker:
            made = Desk(stages, venue, broker)
            await made.look()
            yield made
    finally:
        stages.journal.close()


async def test_a_withdrawal_trips_no_control_and_is_recorded_once(tmp_path: Path) -> None:
    async with AlpacaSimulator() as venue:
        async with opened(tmp_path, venue) as desk:
            venue.activities.transfer("CSW", D(-60_000))
            account = await desk.look()
            assert (account.equity, account.day_pnl, account.drawdown) == (40_000, 0, 0)
            await desk.look()
            assert desk.state is TradingState.ACTIVE and desk.recorded() == [("CSW", D(-60_000))]
        async with opened(tmp_path, venue, restart=True) as desk:
            account = await desk.look()
            assert (account.equity, account.day_pnl, account.drawdown) == (40_000, 0, 0)
            assert account.day_flow == -60_000 and desk.recorded() == [("CSW", D(-60_000))]
            assert desk.state is TradingState.ACTIVE


async def test_a_deposit_hides_no_loss(tmp_path: Path) -> None:
    async with AlpacaSimulator() as venue, opened(tmp_path, venue) as desk:
        venue.activities.transfer("FEE", D(-1_900))
        venue.activities.transfer("CSD", D(100_000))
        account = await desk.look()
        assert (account.equity, account.day_pnl) == (198_100, -1_900)
        assert desk.state is TradingState.ACTIVE
        venue.activities.transfer("FEE", D(-2_200))
        account = await desk.look()
        assert account.day_pnl == -4_100 and desk.state is TradingState.REDUCING


async def test_what_leaves_while_the_list_is_refused_is_a_loss_until_it_is_read(tmp_path: Path) -> None:
    async with AlpacaSimulator() as venue:
        venue.faults.add("GET /v2/account/activities", "403_short", times=1)
        async with opened(tmp_path, venue) as desk:
            assert "activities:unread" in desk.stages.view.alerts
            venue.activities.transfer("CSW", D(-5_000))
            account = await desk.look()
            assert (account.day_pnl, account.unexplained) == (-5_000, -5_000)
            assert desk.state is TradingState.REDUCING
            shown = desk.stages.view.alerts["activities:unexplained"]
            assert "5,000 USD left the account: it counts as a loss" in shown.text
        async with opened(tmp_path, venue, restart=True) as desk:
            account = await desk.look()
            assert (account.day_pnl, account.unexplained) == (0, 0)
            assert desk.state is TradingState.REDUCING, "a person looks at it, or the next day"
            assert not {"activities:unread", "activities:unexplained"} & set(desk.stages.view.alerts)


async def test_what_comes_in_late_on_the_list_is_no_gain_before(tmp_path: Path) -> None:
    async with AlpacaSimulator() as venue, opened(tmp_path, venue) as desk:
        venue.activities.move(D(50_000))
        account = await desk.look()
        assert (account.day_pnl, account.unexplained, account.drawdown) == (0, 50_000, 0)
        assert "came in: it counts as no gain" in desk.stages.view.alerts["activities:unexplained"].text
        venue.activities.book("CSD", D(50_000))
        account = await desk.look()
        assert (account.day_pnl, account.unexplained, account.drawdown) == (0, 0, 0)
        assert "activities:unexplained" not in desk.stages.view.alerts


async def test_what_is_listed_before_it_shows_waits(tmp_path: Path) -> None:
    async with AlpacaSimulator() as venue, opened(tmp_path, venue) as desk:
        for kind, amount in (("CSD", D(30_000)), ("CSW", D(-50_000))):
            venue.activities.book(kind, amount)
            assert (await desk.look()).day_pnl == 0
            venue.activities.move(amount)
            assert (await desk.look()).day_pnl == 0
        assert desk.state is TradingState.ACTIVE


async def test_an_entry_that_is_taken_back_counts_no_longer(tmp_path: Path) -> None:
    async with AlpacaSimulator() as venue, opened(tmp_path, venue) as desk:
        entry = venue.activities.transfer("CSD", D(30_000))
        await desk.look()
        venue.activities.move(D(-30_000))
        entry["status"] = "canceled"
        account = await desk.look()
        assert (account.day_pnl, account.day_flow, account.unexplained) == (0, 0, 0)
        assert desk.recorded() == [("CSD", D(30_000)), ("CSD", D(-30_000))]


async def test_entries_with_only_a_day_count_when_they_are_new(tmp_path: Path) -> None:
    async with AlpacaSimulator() as venue:
        venue.activities.timed = False
        venue.trading.account_fields["last_equity"] = "100000"
        venue.activities.transfer("CSW", D(-10_000))
        async with opened(tmp_path, venue) as desk:
            venue.activities.transfer("CSW", D(-20_000))
            account = await desk.look()
            assert (account.equity, account.day_pnl, account.drawdown) == (70_000, 0, 0)
            venue.activities.move(D(-1_000))
            assert (await desk.look()).day_pnl == -1_000, "the one of before the start excuses nothing"


async def test_shares_that_come_and_go_are_no_result(tmp_path: Path) -> None:
    async with AlpacaSimulator() as venue, opened(tmp_path, venue) as desk:
        venue.quote("NVDA", "99.99", "100.01", "100")
        for quantity in (D(200), D(-200)):
            venue.activities.move_shares("NVDA", quantity)
            venue.activities.book("JNLS", symbol="NVDA", qty=quantity)
            snapshot = await desk.broker.snapshot(0)  # type: ignore[attr-defined]
            desk.stages.reckoning.take(Compared(snapshot, "", "periodic"))
            account = await desk.look()
            assert (account.equity, account.day_pnl) == (100_000 + max(D(0), quantity) * 100, 0)
            assert account.unexplained == 0


@pytest.mark.timeout(240)
async def test_an_engine_takes_a_withdrawal_for_what_it_is_and_so_does_the_next(tmp_path: Path) -> None:
    async with street() as made:
        with ending(made.engine(tmp_path / "home", DESK_ORDERS__RECONCILE_S="2")) as engine:
            await asyncio.to_thread(engine.start)
            await ready(engine)
            made.venue.activities.transfer("CSW", D(-60_000))
            for _ in range(2):
                await asyncio.to_thread(
                    until, lambda: engine.snapshot().account.equity == 40_000, f"the withdrawal\n{engine.log}", 60.0
                )
                seen = await asyncio.to_thread(engine.snapshot)
                assert (seen.account.day_pnl, seen.account.drawdown, seen.account.day_flow) == (0, 0, -60_000)
                assert seen.status.state is TradingState.ACTIVE
                await asyncio.to_thread(engine.kill)
                await asyncio.to_thread(engine.start)
                await ready(engine)
        with Reader(engine.journal) as reader:
            assert len(list(reader.records(kinds=("flow",)))) == 1
