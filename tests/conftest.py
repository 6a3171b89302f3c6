"""What tests of every room share."""

from __future__ import annotations

import faulthandler
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "desk",
    settings.get_profile(settings.get_current_profile_name()),
    deadline=None,  # a busy machine is slow, not wrong
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("desk")


STUCK = 1.5
"""How many times its limit a test may take before its process ends."""
STDERR = pytest.StashKey[int]()
"""What stderr is while no test's output is captured."""


def pytest_configure(config: pytest.Config) -> None:
    """Nothing is captured yet."""
    config.stash[STDERR] = os.dup(2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """End the process of a test that its time limit did not end, with the stacks of all threads.

    The limit raises in whatever runs, also in a callback of an event loop that takes every exception for its own.
    """
    marker = item.get_closest_marker("timeout")
    limit_s = float(marker.args[0] if marker is not None and marker.args else item.config.getini("timeout"))
    faulthandler.dump_traceback_later(limit_s * STUCK, exit=True, file=item.config.stash[STDERR])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory for an engine's files whose path is short enough for a Unix socket, whatever the test's name."""
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        yield Path(folder)
