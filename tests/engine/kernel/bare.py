"""The stages of an engine without its loop, sockets and clients: a test hands over what happens, one by one."""

from __future__ import annotations

from engine.clock import Clock
from engine.config import Config
from engine.kernel.stages import Stages
from engine.paths import Paths


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
