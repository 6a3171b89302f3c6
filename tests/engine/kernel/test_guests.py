"""What a feed of another package puts in the engine's queue, and the calls it gets beside its run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from engine.clock import VirtualClock
from engine.config import Config
from engine.errors import DeskError
from engine.kernel import guests
from engine.kernel.guests import REMEDY, GuestFeed, guest_feed
from engine.model import FeedEvent, FeedState, Light, Post, Sink
from engine.model.feeds import FeedRule, Standing
from engine.model.ports import Halting, Ruled, Sleeper, Versioned
from tests.engine.kernel.test_guest_values import NOW, post, state


class Kept:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.events: list[FeedEvent] = []
        self.states: list[FeedState] = []

    async def put(self, events: Sequence[FeedEvent]) -> None:
        self.events += events

    def report(self, state: FeedState) -> None:
        self.states.append(state)


class Feed:
    """Runs what it is given."""

    name = "theirs"

    def __init__(self, does: Callable[[Sink], Any]) -> None:
        self._does = does

    async def run(self, sink: Sink) -> None:
        await self._does(sink)


async def ran(does: Callable[[Sink], Any]) -> tuple[Kept, DeskError | None]:
    sink = Kept()
    try:
        await guest_feed(Feed(does), "talk", VirtualClock(NOW)).run(sink)
    except DeskError as error:
        return sink, error
    return sink, None


async def test_what_is_right_before_what_is_wrong_comes_in() -> None:
    async def does(sink: Sink) -> None:
        await sink.put([post(id="1"), post(id="2"), post(id=3), post(id="4")])

    sink, error = await ran(does)
    assert error is not None and error.where == "talk" and error.remedy == REMEDY
    assert "expected a Post as it is typed, found Expected `str`, got `int` - at `$.id`" in error.message
    assert [event.id for event in sink.events if isinstance(event, Post)] == ["1", "2"]
    assert [(told.name, told.light, told.detail) for told in sink.states] == [("talk", Light.DOWN, error.message)]


async def test_one_that_swallows_the_refusal_is_shown_down_once_for_the_same_fault() -> None:
    async def does(sink: Sink) -> None:
        for _ in range(1000):
            try:
                await sink.put([post(text=None)])
            except Exception:  # noqa: BLE001, S110
                pass

    sink, error = await ran(does)
    assert error is None and len(sink.states) == 1 and sink.states[0].light is Light.DOWN


async def test_what_is_no_sequence_is_named() -> None:
    async def does(sink: Sink) -> None:
        await sink.put(7)  # type: ignore[arg-type]

    _, error = await ran(does)
    assert error is not None and error.message == "expected a sequence of events, found int"


async def test_states_are_checked_and_bounded() -> None:
    async def nonsense(sink: Sink) -> None:
        sink.report(post())  # type: ignore[arg-type]

    _, error = await ran(nonsense)
    assert error is not None and error.message == "expected a FeedState, found Post"

    async def many(sink: Sink) -> None:
        while True:
            sink.report(state())

    sink, error = await ran(many)
    assert error is not None and "states reported within a second" in error.message
    assert len(sink.states) <= 2 * guests.MOST_REPORTS + 2


async def test_a_state_stands_under_the_name_in_the_configuration() -> None:
    async def does(sink: Sink) -> None:
        sink.report(state(name="prices"))

    sink, _ = await ran(does)
    assert [told.name for told in sink.states] == ["talk"]


async def test_a_step_that_blocks_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "STEP_LIMIT_S", 0.1)

    async def does(sink: Sink) -> None:
        await asyncio.sleep(0)
        time.sleep(60)

    began = time.monotonic()
    _, error = await ran(does)
    assert error is not None and "found it blocking the engine" in error.message
    assert time.monotonic() - began < 30


async def test_a_feed_that_waits_its_turn_is_not_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on a step, not on a wait."""
    monkeypatch.setattr(guests, "STEP_LIMIT_S", 1.0)

    async def does(sink: Sink) -> None:
        await asyncio.sleep(1.2)
        await sink.put([post()])

    sink, error = await ran(does)
    assert error is None and len(sink.events) == 1


async def test_calling_off_is_passed_on() -> None:
    over = asyncio.Event()

    async def does(sink: Sink) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            over.set()

    running = asyncio.create_task(guest_feed(Feed(does), "talk", VirtualClock(NOW)).run(Kept()))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert over.is_set()


class Able:
    """Has every call beside `run`, and each is broken."""

    name = "able"
    rules: Any = (FeedRule("able", "t\x1b", "a", Standing.ACTIVE, 1, 2),)  # type: ignore[arg-type]

    async def run(self, sink: Sink) -> None:
        await asyncio.Event().wait()

    def woken(self, slept_ns: int) -> None:
        raise ZeroDivisionError("not awake")

    def restore(self, post: Post) -> None:
        raise SystemExit

    def restore_halt(self, halt: object) -> None:
        raise KeyError("halt")

    def follow(self, symbols: tuple[str, ...]) -> None:
        raise IndexError("follow")

    def reconfigure(self, config: Config) -> None:
        raise ValueError("settings")


def test_it_has_the_calls_that_the_feed_has() -> None:
    made = guest_feed(Able(), "able", VirtualClock(NOW))
    assert isinstance(made, Sleeper) and isinstance(made, Versioned) and isinstance(made, Halting)
    assert isinstance(made, Ruled) and [rule.tag for rule in made.rules] == ["t"]
    plain = guest_feed(Feed(lambda sink: None), "plain", VirtualClock(NOW))
    assert not isinstance(plain, Sleeper | Versioned | Halting | Ruled) and not hasattr(plain, "reconfigure")


async def test_a_call_that_breaks_shows_in_the_light(caplog: pytest.LogCaptureFixture) -> None:
    made: Any = guest_feed(Able(), "able", VirtualClock(NOW))
    made.restore(post())
    sink = Kept()
    running = asyncio.create_task(made.run(sink))
    await asyncio.sleep(0)
    assert [told.detail for told in sink.states] == ["`restore`: SystemExit: "]
    made.follow(("TSLA",))
    assert sink.states.pop().detail == "`follow`: IndexError: follow"
    made.woken(5)
    made.woken(6)
    assert [(told.light, told.detail) for told in sink.states[1:]] == [
        (Light.DOWN, "`woken`: ZeroDivisionError: not awake")
    ]
    running.cancel()
    await asyncio.wait((running,))


def test_rules_that_cannot_be_had_are_none(caplog: pytest.LogCaptureFixture) -> None:
    made = guest_feed(Able(), "able", VirtualClock(NOW))
    assert isinstance(made, Ruled)
    for wrong in (7, [7], None):
        Able.rules, kept = wrong, Able.rules
        assert made.rules == ()
        Able.rules = kept
    assert "does not tell its rules: expected a tuple of FeedRule, found int" in caplog.text


def test_a_guest_is_a_guest() -> None:
    assert isinstance(guest_feed(Able(), "able", VirtualClock(NOW)), GuestFeed)
