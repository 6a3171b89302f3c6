"""One late scorer's way: batches, shared questions, a bounded queue, failures that end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from engine.clock import SECOND
from engine.errors import ConfigError, DeskError
from engine.model import Asked, Light, Score
from engine.scoring import lane as lanes
from tests.engine.scoring.made_late import GOOD, Made, Watched, good

pytestmark = pytest.mark.usefixtures("no_pauses")


async def test_posts_are_asked_about_in_batches_and_each_is_answered_once() -> None:
    watched = Watched(Made(good))
    for number in range(6):
        watched.ask(str(number), f"text {number}")
    async with watched.running():
        assert await watched.settled(6) == [(str(number), 0.5) for number in range(6)]
    assert [len(batch) for batch in watched.scorer.batches] == [4, 2]
    assert watched.lane.waiting == 0 and watched.lane.counts.answered == 6
    assert watched.scorer.closed
    watched.lane.came_late()
    assert (watched.lane.counts.answered, watched.lane.counts.late) == (5, 1), "a post is counted once"


async def test_the_same_text_is_asked_about_once_while_it_waits_and_afterwards() -> None:
    watched = Watched(Made(good))
    watched.ask("1", "buy now")
    watched.ask("2", "buy now")
    watched.ask("3", "buy now", "NVDA")
    async with watched.running():
        await watched.settled(3)
        watched.ask("4", "buy now")
        assert (await watched.settled(4))[-1] == ("4", 0.5)
    assert watched.scorer.batches == [["buy now", "buy now"]]


async def test_a_full_queue_drops_the_oldest_and_says_so() -> None:
    watched = Watched(Made(good), queue=3)
    for number in range(5):
        watched.ask(str(number), f"text {number}")
    assert [each.post_id for each in watched.answers] == ["0", "1"]
    assert watched.lane.counts.dropped == 2 and watched.lane.waiting == 3


async def test_a_text_asked_about_that_everybody_repeats_does_not_pile_up() -> None:
    started, go = threading.Event(), threading.Event()

    async def slow(asked: Sequence[Asked]) -> list[Score | None]:
        started.set()
        await asyncio.to_thread(go.wait, 10)
        return [GOOD] * len(asked)

    watched = Watched(Made(slow), queue=3)
    async with watched.running():
        watched.ask("0", "again")
        await asyncio.to_thread(started.wait, 10)
        for number in range(1, 6):
            watched.ask(str(number), "again")
        assert watched.lane.waiting == 3 and watched.lane.counts.dropped == 3
        go.set()
        await watched.settled(6)


async def test_what_waited_too_long_is_not_asked_about() -> None:
    watched = Watched(Made(good), limit_s=5.0)
    watched.ask("old", "old text")
    watched.clock.advance(watched.clock.now_ns() + 6 * SECOND)
    watched.ask("new", "new text")
    async with watched.running():
        assert await watched.settled(2) == [("old", None), ("new", 0.5)]
    assert watched.scorer.batches == [["new text"]] and watched.lane.counts.late == 1


async def test_what_everybody_repeats_is_asked_about_while_the_newest_still_waits() -> None:
    """A post that says what an old one in the queue said has not waited as long as that one."""
    watched = Watched(Made(good), limit_s=5.0)
    watched.ask("old", "a headline")
    watched.clock.advance(watched.clock.now_ns() + 4 * SECOND)
    watched.ask("new", "a headline")
    watched.clock.advance(watched.clock.now_ns() + 2 * SECOND)
    async with watched.running():
        assert await watched.settled(2) == [("old", 0.5), ("new", 0.5)]
    assert watched.scorer.batches == [["a headline"]] and watched.lane.counts.late == 0


@pytest.mark.parametrize(
    ("error", "light"),
    [
        (DeskError("expected an answer, found none"), Light.DOWN),
        (ConfigError("expected a key, found none"), Light.REFUSED),
        (KeyError("somebody's package"), Light.DOWN),
    ],
)
async def test_a_failure_costs_its_batch_and_is_shown_until_an_answer_comes(error: Exception, light: Light) -> None:
    failing = [error]

    async def answer(asked: Sequence[Asked]) -> list[Score | None]:
        if failing:
            raise failing.pop()
        return [GOOD] * len(asked)

    watched = Watched(Made(answer, batch=1))
    watched.ask("1", "one")
    watched.ask("2", "two")
    async with watched.running():
        assert await watched.settled(2) == [("1", None), ("2", 0.5)]
    lights = [shown for shown, _ in watched.lights]
    assert lights == [Light.CONNECTING, Light.UP, light, Light.UP]
    assert watched.lane.counts.failed == 1


async def test_in_a_replay_nothing_is_too_late_and_each_text_is_asked_about_by_itself() -> None:
    scorer = Made(good)
    scorer.wait_s = 3600.0
    watched = Watched(scorer, replaying=True, queue=2, limit_s=5.0)
    for number in range(5):
        watched.ask(str(number), f"text {number}")
    watched.clock.advance(watched.clock.now_ns() + 3600 * SECOND)
    async with watched.running():
        assert await watched.settled(5) == [(str(number), 0.5) for number in range(5)]
    assert scorer.batches == [[f"text {number}"] for number in range(5)]


async def test_a_batch_that_is_not_full_waits_for_company_and_a_full_one_does_not() -> None:
    scorer = Made(good)
    scorer.wait_s = 3600.0
    watched = Watched(scorer)
    async with watched.running():
        watched.ask("1", "alone")
        await asyncio.sleep(0.05)
        assert scorer.batches == []
    watched = Watched(scorer)
    for number in range(4):
        watched.ask(str(number), f"text {number}")
    async with watched.running():
        await watched.settled(4)
    assert [len(batch) for batch in scorer.batches] == [4]


async def test_after_a_success_pauses_are_short_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.001, 3600.0))
    failing = True

    async def answer(asked: Sequence[Asked]) -> list[Score | None]:
        if failing:
            raise DeskError("no answer", where="made")
        return [GOOD] * len(asked)

    scorer = Made(answer)
    scorer.refusals = [DeskError("not yet", where="made")]
    watched = Watched(scorer)
    async with watched.running():
        for number in range(4):
            failing = number % 2 == 0
            watched.ask(str(number), f"text {number}")
            await watched.settled(number + 1)
    assert [None if each.score is None else each.score.score for each in watched.answers] == [None, 0.5, None, 0.5]


async def test_pauses_grow_with_failures_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.0, 3600.0))
    scorer = Made(good)
    scorer.refusals = [DeskError("not yet", where="made") for _ in range(3)]
    watched = Watched(scorer)
    async with watched.running():
        async with asyncio.timeout(10):
            while len(scorer.refusals) > 1:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert len(scorer.refusals) == 1, "the third attempt waits"


async def test_scores_that_are_remembered_are_few_and_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "REMEMBERED", 3)
    watched = Watched(Made(good, batch=1))
    async with watched.running():
        for number, text in enumerate(["a", "b", "c", "d", "d", "b", "a"]):
            watched.ask(str(number), text)
            await watched.settled(number + 1)
    assert watched.scorer.batches == [["a"], ["b"], ["c"], ["d"], ["a"]]
