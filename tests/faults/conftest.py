"""The fault matrix keeps a ledger: what was injected, how often, how long recovery took. A row is a test that ran.

`make faults` runs everything (DESK_FAULTS=all) and writes a ledger per worker into the folder DESK_FAULTS_LEDGERS;
without it the tests marked `slow` are left out and nothing is written.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.faults.ledger import Ledger, Row
from tests.faults.street import Street

_KEPT = pytest.StashKey[Ledger]()
_PASSED = pytest.StashKey[bool]()
WHOLE = os.environ.get("DESK_FAULTS") == "all"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KEPT] = Ledger()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if not WHOLE and item.path.is_relative_to(here) and item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="part of the whole fault matrix: make faults"))


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Row]:
    """The row this test stands for: it fills it in, and it counts as held when the test passes."""
    written = Row()
    yield written
    written.held = request.node.stash.get(_PASSED, False)
    written.test = request.node.nodeid.partition("@")[0]
    if written.fault or not written.held:
        request.config.stash[_KEPT].add(written)
        keep(request.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    return report


def keep(config: pytest.Config) -> None:
    """Write the ledger as it stands: a run that is broken off has its rows too."""
    folder = os.environ.get("DESK_FAULTS_LEDGERS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        name = f"{os.environ.get('PYTEST_XDIST_WORKER', 'all')}.json"
        (Path(folder) / name).write_text(json.dumps(config.stash[_KEPT].plain(), indent=1) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    """Both venues, for all tests of a module."""
    with Street() as made:
        yield made


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A directory for an engine's files, short enough for a Unix socket, for all tests of a module."""
    with tempfile.TemporaryDirectory(prefix="desk-") as made:
        yield Path(made)
