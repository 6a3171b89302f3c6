"""What the control socket's tests share: the least engine there can be, an alert to push, and waiting."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from decimal import Decimal

from engine.model import Account, Alert, DisplayText, Level, Market, Mode, Session, TradingState
from engine.model.feeds import FeedRule, FeedsDetail, StageLatency, Standing
from engine.model.frames import PROTOCOL, Command, Frame, Reply, Snapshot, Status


def status() -> Status:
    """An engine at rest."""
    return Status(
        profile="simulated",
        broker="simulated",
        state=TradingState.ACTIVE,
        state_reason="",
        mode=Mode.CONFIRM,
        market=Market(Session.REGULAR, 0),
        clock_ns=0,
        speed=1.0,
        reconciled=True,
        posts=0,
        duplicates=0,
        dropped=0,
        posts_per_s=0.0,
        latency_p50_ms=0.0,
        latency_p99_ms=0.0,
        lag_ms=0.0,
        journal_seq=0,
        journal_lag_ms=0.0,
        limits=(),
    )


class Engine:
    """The least a Source can be: counts what it is asked."""

    def __init__(self) -> None:
        self.frames = 0
        self.commands: list[Command] = []

    def feeds(self) -> FeedsDetail:
        rule = FeedRule("x", DisplayText("desk:TSLA"), DisplayText("$TSLA"), Standing.ACTIVE, 5, 1024, ("TSLA",))
        return FeedsDetail((rule,), (StageLatency("score", 0.5, 2.0),))

    def snapshot(self, rev: int) -> Snapshot:
        account = Account(Decimal(1), Decimal(1), Decimal(1), Decimal(1), Decimal(1))
        return Snapshot(
            protocol=PROTOCOL,
            version="test",
            pid=os.getpid(),
            rev=rev,
            started_ns=0,
            status=status(),
            account=account,
            symbols=(),
            posts=(),
            tickets=(),
            closed=(),
            orders=(),
            fills=(),
            positions=(),
            feeds=(),
            protections=(),
            alerts=(),
        )

    def frame(self, rev: int) -> Frame | None:
        self.frames += 1
        return Frame(rev=rev, status=status())

    async def command(self, command: Command) -> Reply:
        self.commands.append(command)
        return Reply(ok=True, text=f"did {command.verb}")


def alert(number: int) -> Alert:
    """A long alert, told apart by its number."""
    return Alert(f"a{number}", Level.INFO, "test", str(number), "x" * 200, "", 0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)
