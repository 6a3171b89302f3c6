"""What tests of every room share."""

from __future__ import annotations

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


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory for an engine's files whose path is short enough for a Unix socket, whatever the test's name."""
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        yield Path(folder)
