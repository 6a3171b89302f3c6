"""A kill switch that could not be recorded holds in the next engine."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from engine.errors import EXIT_JOURNAL
from engine.journal.reader import Reader
from engine.kernel import kept_kill
from engine.model import TradingState
from engine.model.frames import Command
from engine.paths import Paths
from tests.engine.kernel import bare
from tests.engine.kernel.process import EngineProcess, ending, until

NOWHERE = {
    "DESK_X_BEARER_TOKEN": "made-up-token",
    "DESK_ALPACA_KEY_ID": "made-up-key",
    "DESK_ALPACA_SECRET_KEY": "made-up-secret",
    "DESK_X__BASE_URL": "http://127.0.0.1:9",
    "DESK_ALPACA__TRADING_URL": "http://127.0.0.1:9",
    "DESK_ALPACA__DATA_URL": "http://127.0.0.1:9",
    "DESK_ALPACA__TRADING_STREAM_URL": "ws://127.0.0.1:9",
    "DESK_ALPACA__DATA_STREAM_URL": "ws://127.0.0.1:9",
}
"""A paper engine whose venues nobody is."""


def test_the_next_start_is_halted_and_records_it(tmp_path: Path) -> None:
    with ending(EngineProcess(tmp_path / "home", profile="paper", env=NOWHERE)) as engine:
        engine.start()
        assert engine.process is not None
        until(lambda: engine.journal.stat().st_size, "a journal")
        log = engine.journal.with_name(f"{engine.journal.name}-wal")
        most = max(engine.journal.stat().st_size, log.stat().st_size if log.exists() else 0)
        resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (most, most))  # no file grows any more
        until(lambda: not engine.command(Command("pause", reason="x" * 400)).ok, "a journal that fails")
        until(lambda: engine.snapshot().alerts and engine.journal.exists(), "what failed")
        killed = engine.command(Command("kill", reason="enough"))
        assert killed.ok and "the next start is HALTED" in killed.text
        assert engine.stop() == EXIT_JOURNAL
        kept = engine.home / "paper.halted"
        assert kept.exists()
        engine.start()
        status = engine.snapshot().status
        assert (status.state, status.state_reason) == (TradingState.HALTED, kept_kill.REASON)
        assert not kept.exists(), "the journal has it"
        assert engine.command(Command("resume", reason="the disk is mended")).ok
        assert engine.stop() == 0
        engine.start()
        assert engine.snapshot().status.state is TradingState.ACTIVE
        assert engine.stop() == 0
    with Reader(engine.journal) as reader:
        assert reader.verify().ok


@pytest.mark.parametrize(("taken", "kept"), [("", True), ("state", True), ("state run", False)])
def test_it_is_kept_where_a_disk_takes_it(tmp_path: Path, taken: str, kept: bool) -> None:
    paths = Paths.of(bare.config(tmp_path))
    paths.create()
    for name in taken.split():
        (tmp_path / name).rmdir()
        (tmp_path / name).touch()
    assert kept_kill.keep(paths) is kept
