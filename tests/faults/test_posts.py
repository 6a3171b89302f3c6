"""The stream of posts goes wrong in an engine that runs: it comes back, nothing is missing, nothing counts twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.journal.reader import Reader
from engine.model import FeedState, Light
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import Street
from tests.faults.trouble import GARBAGE, STREAM
from tests.venues.x import XSimulator, faults
from tests.venues.x.faults import End, Refusal

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("faults-posts"), pytest.mark.slow]

WHERE = "X stream"
COMPLETE = "every post that was published is in the journal once; the desk shows the state"
BACK_LIMIT_S = 40.0


@pytest.fixture(scope="module")
def machine(folder: Path, street: Street) -> Iterator[Machine]:
    windows = {"SENTIMENT__WINDOW_S": "90", "SENTIMENT__LOOK_BACK_S": "30"}  # how far back a gap is filled
    with ending(Machine(folder, street, X__SILENCE_S="2", **windows)) as made:
        assert isinstance(made, Machine)
        yield made


@pytest.fixture
def since_ns(machine: Machine) -> int:
    """An engine that streams; posts published from then on must all come."""
    machine.street.calm()
    if not machine.running:
        machine.begin()
    machine.wait(lambda: light(machine) is Light.UP, "a stream", BACK_LIMIT_S)
    return machine.street.x.clock.now_ns()


def feed(machine: Machine) -> FeedState | None:
    seen = machine.seen()
    return None if seen is None else next((each for each in seen.feeds if each.name == "x"), None)


def light(machine: Machine) -> Light | None:
    state = feed(machine)
    return None if state is None else state.light


def journaled(machine: Machine, since_ns: int) -> list[str]:
    """Ids of posts in the journal."""
    with Reader(machine.journal) as reader:
        return [record.key for record in reader.records(kinds=("post",), since_ns=since_ns)]


def complete(machine: Machine, since_ns: int) -> float:
    """Wait until everything published from then until now is in the journal, once; the seconds that took."""
    street = machine.street
    published = street.ask(lambda _: {post.id for post in street.x.archive if post.created_ns >= since_ns})
    took = machine.wait(lambda: published <= set(journaled(machine, since_ns)), "all posts", BACK_LIMIT_S)
    found = journaled(machine, since_ns)
    assert len(found) == len(set(found)), "a post counts twice"
    return took


def on_x(machine: Machine, do: Callable[[XSimulator], object]) -> None:
    machine.street.ask(lambda _: do(machine.street.x))


def mid_line(x: XSimulator) -> None:
    x.send(b'{"data": {"id": "19932800000')
    x.end_stream(End.ABORT)


ENDS = [
    pytest.param("clean end of file", lambda x: x.end_stream(End.CLEAN), id="eof"),
    pytest.param("connection cut in the middle of a line", mid_line, id="mid-line"),
    pytest.param("silence", lambda x: x.end_stream(End.SILENCE), id="silence"),
    pytest.param("operational disconnect", lambda x: x.disconnect(), id="operational"),
]


@pytest.mark.parametrize(("words", "break_it"), ENDS)
def test_a_stream_that_ends(
    machine: Machine, since_ns: int, row: Row, words: str, break_it: Callable[[XSimulator], object]
) -> None:
    row.where, row.fault, row.must = WHERE, words, COMPLETE
    state = feed(machine)
    assert state is not None
    before = state.reconnects
    for time_ in range(1, 3):
        on_x(machine, break_it)

        def back(times: int = time_) -> bool:
            now = feed(machine)
            return now is not None and now.reconnects >= before + times and now.light is Light.UP

        took = machine.wait(back, "a stream again", BACK_LIMIT_S)
        row.tried(took + complete(machine, since_ns))


REFUSALS = [
    pytest.param("503", faults.unavailable(), id="503"),
    pytest.param("502 as HTML", faults.bad_gateway(), id="502"),
    pytest.param("429 with a reset", faults.rate_limited(2.0), id="429"),
    pytest.param("409: no rules", faults.no_rules(), id="409"),
]


@pytest.mark.parametrize(("words", "refusal"), REFUSALS)
def test_a_stream_that_is_refused_for_a_while(
    machine: Machine, since_ns: int, row: Row, words: str, refusal: Refusal
) -> None:
    row.where, row.fault, row.must = WHERE, f"connect answered by {words}", COMPLETE
    street = machine.street
    asked = street.ask(lambda _: len(street.x.requests(STREAM)))
    on_x(machine, lambda x: (x.refuse(STREAM, refusal), x.end_stream(End.ABORT)))
    machine.wait(
        lambda: street.ask(lambda _: len(street.x.requests(STREAM))) >= asked + 2, "a second try", BACK_LIMIT_S
    )
    took = machine.wait(lambda: light(machine) is Light.UP, "a stream again", BACK_LIMIT_S)
    row.tried(took + complete(machine, since_ns))
    assert street.ask(lambda _: len(street.x.requests(STREAM))) <= asked + 4, "a storm of connects"


FINAL = [
    pytest.param("401", faults.unauthorized(), id="401"),
    pytest.param("403", faults.not_enrolled(), id="403"),
]


@pytest.mark.parametrize(("words", "refusal"), FINAL)
def test_a_stream_that_is_refused_for_good(
    machine: Machine, since_ns: int, row: Row, words: str, refusal: Refusal
) -> None:
    row.where, row.fault = WHERE, f"connect answered by {words}"
    row.must = "refused is shown with a remedy, no more connects; exits stay, the engine runs on"
    street = machine.street
    on_x(machine, lambda x: (x.refuse(STREAM, refusal), x.end_stream(End.ABORT)))
    row.tried(machine.wait(lambda: light(machine) is Light.REFUSED, "refused", BACK_LIMIT_S))
    state = feed(machine)
    assert state is not None
    assert state.remedy
    asked = street.ask(lambda _: len(street.x.requests(STREAM)))
    time.sleep(2.0)
    assert street.ask(lambda _: len(street.x.requests(STREAM))) == asked
    assert machine.snapshot().status.reconciled
    machine.kill()


def garbage(x: XSimulator) -> None:
    for line in GARBAGE:
        x.send(line)


def twice(x: XSimulator) -> None:
    for post in list(x.archive)[-6:]:
        x.deliver(post, list(x.rules.values()))


def reordered(x: XSimulator) -> None:
    made = [x.make(f"$TSLA number {number} of a few") for number in range(6)]
    for post in reversed(made):
        x.publish(post)


def long(x: XSimulator) -> None:
    for number in range(3):
        x.post(f"$TSLA {number} " + "so much to say " * 1_700)


def keep_alives(x: XSimulator) -> None:
    for _ in range(50):
        x.send(b"\r\n")


ODD = [
    pytest.param("lines that are garbage", garbage, 4, id="garbage"),
    pytest.param("the same posts again", twice, 6, id="twice"),
    pytest.param("posts in reverse order", reordered, 6, id="reordered"),
    pytest.param("posts of 25 kB", long, 3, id="long"),
    pytest.param("a burst of keep-alives", keep_alives, 50, id="keep-alives"),
]


@pytest.mark.parametrize(("words", "send", "times"), ODD)
def test_a_stream_that_brings_odd_things(
    machine: Machine, since_ns: int, row: Row, words: str, send: Callable[[XSimulator], object], times: int
) -> None:
    row.where, row.fault, row.must = WHERE, words, f"{COMPLETE}; the stream stays up"
    state = feed(machine)
    assert state is not None
    on_x(machine, send)
    row.worst_s = complete(machine, since_ns)
    row.times = times
    after = feed(machine)
    assert after is not None
    assert after.light is Light.UP
    assert after.reconnects == state.reconnects
    assert machine.running


def test_an_edit(machine: Machine, since_ns: int, row: Row) -> None:
    row.where, row.fault, row.must = WHERE, "a post is edited", "the edit takes the place of what it replaces"
    street = machine.street
    first = street.ask(lambda _: street.x.post("$TSLA one thing"))
    complete(machine, since_ns)
    street.ask(lambda _: street.x.publish(street.x.make("$TSLA another thing", edits=(first.id,))))

    def replaced() -> bool:
        with Reader(machine.journal) as reader:
            return any(getattr(each.value(), "replaces", "") == first.id for each in reader.records(kinds=("edit",)))

    row.tried(machine.wait(replaced, "the edit"))
    complete(machine, since_ns)


def test_nothing_but_keep_alives(machine: Machine, since_ns: int, row: Row) -> None:
    row.where, row.fault = WHERE, "nothing but keep-alives for six seconds"
    row.must = "the stream counts as up; no new connection"
    street = machine.street
    street.talking = False
    state = feed(machine)
    assert state is not None
    for _ in range(12):
        on_x(machine, lambda x: x.send(b"\r\n"))
        time.sleep(0.5)
    street.talking = True
    row.tried(complete(machine, since_ns))
    after = feed(machine)
    assert after is not None
    assert (after.light, after.reconnects) == (Light.UP, state.reconnects)
