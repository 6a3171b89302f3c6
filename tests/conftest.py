"""What tests of every room share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory for an engine's files whose path is short enough for a Unix socket, whatever the test's name."""
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        yield Path(folder)
