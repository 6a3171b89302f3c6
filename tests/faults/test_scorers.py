"""A scorer crashes, hangs or talks nonsense: posts keep the reading of the others, and the desk says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.journal.reader import Reader
from engine.model import FeedState, Light, Reading
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import Street

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("faults-scorers"), pytest.mark.slow]

NAME = "broken"


@pytest.fixture(scope="module")
def fault(folder: Path) -> Path:
    """What the scorer reads."""
    return folder / "fault"


@pytest.fixture(scope="module")
def machine(folder: Path, fault: Path, street: Street) -> Iterator[Machine]:
    package = folder / "package" / "broken_scorer-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-scorer\nVersion: 1\n", encoding="utf-8")
    entry = f"[desk.late_scorers]\n{NAME} = tests.faults.broken_scorer:BrokenScorer\n"
    (package / "entry_points.txt").write_text(entry, encoding="utf-8")
    with ending(Machine(folder, street, SCORING__SCORERS=f"vader, {NAME}", SCORING__LATE__LIMIT_S="1")) as made:
        assert isinstance(made, Machine)
        made.env |= {"PYTHONPATH": str(package.parent), "BROKEN_SCORER": str(fault)}
        made.begin()
        made.warm()
        yield made


def state(machine: Machine) -> FeedState | None:
    seen = machine.seen()
    return None if seen is None else next((each for each in seen.feeds if NAME in each.name), None)


def light(machine: Machine) -> Light | None:
    found = state(machine)
    return None if found is None else found.light


def readings(machine: Machine, since_ns: int) -> list[Reading]:
    """The scorer's own readings in the journal."""
    with Reader(machine.journal) as reader:
        values = [record.value() for record in reader.records(kinds=("reading",), since_ns=since_ns)]
    readings = [each for value in values if isinstance(value, Reading) for each in value.apart()]
    return [each for each in readings if each.scorer == NAME]


FAULTS = [
    pytest.param("crash", "crashes", id="crash"),
    pytest.param("hang", "hangs", id="hang"),
    pytest.param("block", "blocks its event loop", id="block"),
    pytest.param("memory", "runs out of memory", id="memory"),
    pytest.param("nonsense", "answers NaN, infinity and scores out of range", id="nonsense"),
    pytest.param("few", "answers fewer scores than it was asked for", id="few"),
    pytest.param("down", "its endpoint is down", id="down"),
]


@pytest.mark.parametrize(("kind", "words"), FAULTS)
def test_a_scorer_that_goes_wrong(machine: Machine, fault: Path, row: Row, kind: str, words: str) -> None:
    row.where, row.fault = "scorer", words
    row.must = "shown with the reason; not one of its scores counts; trading goes on with the others; comes back"
    street = machine.street
    machine.wait(lambda: light(machine) is Light.UP, "the scorer", 90.0)
    fault.write_text(kind, encoding="utf-8")
    machine.wait(lambda: light(machine) in (Light.DOWN, Light.DEGRADED), "a scorer that is shown as broken", 30.0)
    found = state(machine)
    assert found is not None
    assert found.detail
    time.sleep(1.0)
    since_ns = SystemClock().now_ns()
    posts = street.ask(lambda venue: len(venue.posts()))
    street.turning = True
    machine.wait(lambda: street.ask(lambda venue: len(venue.posts())) > posts + 1, "orders without it", 60.0)
    street.freeze()
    assert not readings(machine, since_ns)
    began = time.monotonic()
    fault.unlink()
    machine.wait(lambda: readings(machine, since_ns), "its readings again", 90.0)
    row.tried(time.monotonic() - began)
    machine.equal()
    assert "Traceback" not in machine.log
