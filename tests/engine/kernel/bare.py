"""The stages of an engine without its loop, sockets and clients: a test hands over what happens, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.clock import SECOND, Clock
from engine.config import Config, EngineConfig, WatchRow
from engine.kernel.stages import Stages
from engine.paths import Paths

NOW = 1_773_236_000 * SECOND
"""Any instant."""


def config(home: Path, profile: str = "paper", *symbols: str) -> Config:
    """The defaults for one profile with all its files under `home`, and TSLA (or `symbols`) on the watchlist."""
    return Config(
        engine=EngineConfig(profile=profile, state_dir=str(home / "state"), runtime_dir=str(home / "run")),
        watchlist=tuple(WatchRow(symbol=symbol) for symbol in symbols or ("TSLA",)),
    )


def stages(config: Config, clock: Clock, paths: Paths | None = None) -> Stages:
    """Wired as the kernel wires them, with made-up secrets; the journal is not open yet."""
    paths = paths or Paths.of(config)
    paths.create()
    return Stages(
        config,
        clock,
        paths,
        read_secret=lambda name: f"made-up {name}",
        push=lambda push: None,
        on_journal_failure=lambda failure: None,
    )


@contextmanager
def opened(config: Config, clock: Clock) -> Iterator[Stages]:
    """Stages with their journal open."""
    made = stages(config, clock)
    made.journal.open()
    try:
        yield made
    finally:
        made.journal.close()
