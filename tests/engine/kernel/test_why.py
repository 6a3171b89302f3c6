"""Why a symbol does not trade, asked of a real engine over its socket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from desk.client import Client
from engine.errors import DeskError
from engine.model import SymbolDetail
from tests.engine.kernel import made_up
from tests.engine.kernel.process import ROOT, EngineProcess, ending, until
from tests.program import REPLAYING


def ask(engine: EngineProcess, symbol: str) -> SymbolDetail:
    async def once() -> SymbolDetail:
        async with Client(engine.socket) as client:
            return await client.symbol(symbol)

    return asyncio.run(once())


def desk_why(engine: EngineProcess, symbol: str) -> subprocess.CompletedProcess[str]:
    """`desk why SYMBOL` in a shell."""
    words = [sys.executable, "-m", "desk", "--profile", engine.profile, "why", symbol, "--all"]
    return subprocess.run(words, env=engine.env, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_gate_is_told_and_asking_leaves_no_trace(tmp_path: Path) -> None:
    recording = made_up.write(tmp_path / "morning.jsonl")
    env = {**REPLAYING, "DESK_REPLAY__PATH": str(recording), "DESK_REPLAY__SPEED": "60"}
    engine = EngineProcess(tmp_path / "home", env=env)
    with ending(engine):
        engine.start()
        symbol = engine.snapshot().symbols[0].symbol
        until(lambda: len(ask(engine, symbol).past.at_ns) > 2, "samples")
        detail = ask(engine, symbol)
        stages = [gate.stage for gate in detail.gates]
        assert stages[0] == "engine"
        assert "shift" in stages
        controls = [gate.name.partition(" ")[0] for gate in detail.gates if gate.stage == "risk"]
        whole = [f"R{number:02}" for number in range(1, 26)]
        assert detail.draft is None or sorted(set(controls)) == whole
        assert {"R17", "R19", "R24", "R25"} <= set(controls)
        assert all(gate.text for gate in detail.gates if not gate.passed)
        assert len(detail.past.price) == len(detail.past.at_ns)
        with pytest.raises(DeskError, match="expected a symbol of the watchlist"):
            ask(engine, "NOPE")
        told = desk_why(engine, symbol)
        assert told.returncode == 0, told.stderr
        assert told.stdout.startswith(f"{symbol}: ")
        assert desk_why(engine, "NOPE").returncode == 1
        orders, tickets = engine.snapshot().orders, engine.snapshot().tickets
        assert not [order for order in orders if order.signal_id == "asked"]
        assert not [ticket for ticket in tickets if ticket.signal.id == "asked"]
        assert engine.stop() == 0
