"""One late scorer's way: batches, shared questions, a bounded queue, failures that end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from engine.clock import SECOND, VirtualClock
from engine.config import LateConfig
from engine.errors import ConfigError, DeskError
from engine.model import Asked, DisplayText, Light, Score, SymbolScore
from engine.scoring import lane as lanes
from engine.scoring import own_loop
from engine.scoring.lane import Lane, LateAnswer

GOOD = Score(0.5, 0.9)


def about(text: str, *symbols: str) -> Asked:
    return Asked(DisplayText(text), symbols or ("TSLA",))


class Made:
    """A late scorer that answers what it is told to."""

    name = "made"
    version = "1"
    repeatable = True
    concurrency = 1
    gate = 0.0
    wait_s = 0.0
    spent_usd = 0.0
    cap_usd: float | None = None
    detail = ""

    def __init__(self, answer: Callable[[Sequence[Asked]], Awaitable[Any]], batch: int = 4) -> None:
        self.answer = answer
        self.batch = batch
        self.batches: list[list[str]] = []
        self.refusals: list[DeskError] = []
        """What `start` raises, one after the other."""
        self.block = ""
        self.closed = False

    def blocked(self, now_ns: int) -> str:
        return self.block

    async def start(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)

    async def score(self, asked: Sequence[Asked]) -> Any:
        self.batches.append([each.text for each in asked])
        return await self.answer(asked)

    async def close(self) -> None:
        self.closed = True


async def good(asked: Sequence[Asked]) -> list[Score | None]:
    return [GOOD] * len(asked)


class Watched:
    """A lane that runs, and what it said."""

    def __init__(self, scorer: Made, *, replaying: bool = False, **settings: Any) -> None:
        self.clock = VirtualClock(1_000 * SECOND)
        self.answers: list[LateAnswer] = []
        self.lights: list[tuple[Light, str]] = []
        self.scorer = scorer
        self.lane = Lane(
            scorer,
            self.clock,
            LateConfig(**settings),
            replaying=replaying,
            deliver=self.answers.append,
            report=lambda light, detail, remedy: self.lights.append((light, detail)),
        )

    def ask(self, post_id: str, text: str, *symbols: str) -> None:
        self.lane.ask(post_id, about(text, *symbols), self.clock.now_ns())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Watched]:
        task = asyncio.create_task(self.lane.run())
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def settled(self, count: int) -> list[tuple[str, float | None]]:
        async with asyncio.timeout(10):
            while len(self.answers) < count:
                await asyncio.sleep(0.001)
        return [(each.post_id, None if each.score is None else each.score.score) for each in self.answers]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.001,))
    monkeypatch.setattr(lanes, "_BLOCKED_S", 0.001)
    monkeypatch.setattr(own_loop, "GRACE_S", 0.2)


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


async def test_one_that_cannot_be_opened_says_so() -> None:
    scorer = Made(good)
    scorer.refusals = [DeskError("no model", where="made")]
    lane = Watched(scorer).lane
    with pytest.raises(DeskError, match="no model"):
        await lane.open()
    await lane.open()
    assert not scorer.refusals


async def test_a_scorer_that_cannot_start_is_tried_again() -> None:
    scorer = Made(good)
    scorer.refusals = [DeskError("expected memory, found none"), DeskError("expected memory, found none")]
    watched = Watched(scorer)
    watched.ask("1", "one")
    async with watched.running():
        assert await watched.settled(1) == [("1", 0.5)]
    assert [shown for shown, _ in watched.lights][:4] == [Light.CONNECTING, Light.DOWN, Light.DOWN, Light.UP]


async def test_a_scorer_that_hangs_is_given_up() -> None:
    async def never(asked: Sequence[Asked]) -> list[Score | None]:
        await asyncio.Event().wait()
        return []

    watched = Watched(Made(never), limit_s=0.05)
    watched.ask("1", "one")
    async with watched.running():
        assert await watched.settled(1) == [("1", None)]
        async with asyncio.timeout(10):
            while watched.lights[-1][0] is not Light.DOWN:
                await asyncio.sleep(0.001)
    assert "within 0.05 s" in watched.lights[-1][1]


async def test_a_scorer_that_blocks_its_loop_holds_up_nothing_else() -> None:
    """Nor the next scorer, nor the engine's end; once it lets go it is asked again."""
    free, blocking = threading.Event(), threading.Event()

    async def block(asked: Sequence[Asked]) -> list[Score | None]:
        blocking.set()
        assert free.wait(30)
        return [GOOD] * len(asked)

    watched, other = Watched(Made(block), limit_s=0.05), Watched(Made(good))
    async with watched.running(), other.running():
        watched.ask("1", "one")
        assert await asyncio.to_thread(blocking.wait, 10)
        other.ask("1", "one")
        assert await other.settled(1) == [("1", 0.5)]
        assert await watched.settled(1) == [("1", None)]
        assert watched.lights[-1] == (
            Light.DOWN,
            "made: expected an answer within 0.05 s, found its event loop blocked",
        )
        free.set()
        watched.ask("2", "two")
        assert (await watched.settled(2))[-1] == ("2", 0.5)


async def test_a_scorer_that_blocks_for_good_does_not_keep_the_engine_from_ending() -> None:
    free, blocking = threading.Event(), threading.Event()

    async def block(asked: Sequence[Asked]) -> list[Score | None]:
        blocking.set()
        free.wait(30)
        return []

    watched = Watched(Made(block), limit_s=0.05)
    async with watched.running():
        watched.ask("1", "one")
        assert await asyncio.to_thread(blocking.wait, 10)
    assert watched.lights[-1] == (
        Light.DOWN,
        "it did not close: expected an answer within 0.2 s, found its event loop blocked",
    )
    free.set()


async def test_what_cannot_close_is_told_and_ends_nothing_else() -> None:
    scorer = Made(good)

    async def close() -> None:
        raise OSError("no such process")

    scorer.close = close  # type: ignore[method-assign]
    watched = Watched(scorer)
    async with watched.running():
        watched.ask("1", "one")
        await watched.settled(1)
    assert watched.lights[-1] == (Light.DOWN, "it did not close: expected an answer, found OSError: no such process")


async def test_a_scorer_that_cannot_tell_whether_it_may_be_asked_is_not_asked() -> None:
    """The file that says what was spent cannot be read: its posts keep their light reading, and the reason is shown."""
    scorer = Made(good)
    unreadable = [DeskError("expected what scorers cost today, found a file that cannot be read")]

    def blocked(now_ns: int) -> str:
        if unreadable:
            raise unreadable.pop()
        return ""

    scorer.blocked = blocked  # type: ignore[method-assign]
    watched = Watched(scorer)
    watched.ask("1", "one")
    async with watched.running():
        assert await watched.settled(1) == [("1", None)]
        assert watched.lights[-1][0] is Light.DOWN and "cannot be read" in watched.lights[-1][1]
        watched.ask("2", "two")
        assert (await watched.settled(2))[-1] == ("2", 0.5)


@pytest.mark.parametrize("answer", [None, [0.5], ["up"], 7, [Score(0.5, 0.5, reason=7)], [Score("up", 0.5)]])  # type: ignore[arg-type]
async def test_an_answer_that_is_no_score_costs_its_batch_alone(answer: Any) -> None:
    answers = [answer]

    async def wrong(asked: Sequence[Asked]) -> Any:
        return answers.pop() if answers else [GOOD] * len(asked)

    watched = Watched(Made(wrong, batch=1))
    watched.ask("1", "one")
    watched.ask("2", "two")
    async with watched.running():
        assert await watched.settled(2) == [("1", None), ("2", 0.5)]
    shown = {light for light, _ in watched.lights}
    assert watched.lane.counts.failed == 1 and shown & {Light.DOWN, Light.DEGRADED}


@pytest.mark.parametrize(
    "bad",
    [
        Score(float("nan"), 0.5),
        Score(0.5, 1.5),
        Score(0.5, 0.5, (SymbolScore("TSLA", -2.0, 0.5),)),
    ],
)
async def test_a_nonsense_score_counts_as_none_and_is_shown(bad: Score) -> None:
    async def answer(asked: Sequence[Asked]) -> list[Score | None]:
        return [bad if each.text == "bad" else GOOD for each in asked]

    watched = Watched(Made(answer))
    watched.ask("1", "bad")
    watched.ask("2", "good")
    watched.ask("3", "fine")
    async with watched.running():
        assert await watched.settled(3) == [("1", None), ("2", 0.5), ("3", 0.5)]
    assert watched.lights[-1][0] is Light.DEGRADED and watched.lane.counts.failed == 1


async def test_the_wrong_number_of_scores_is_a_failure() -> None:
    async def short(asked: Sequence[Asked]) -> list[Score | None]:
        return []

    watched = Watched(Made(short))
    watched.ask("1", "one")
    async with watched.running():
        assert await watched.settled(1) == [("1", None)]
    assert watched.lights[-1] == (Light.DOWN, "made: expected 1 scores, found 0")


async def test_a_scorer_that_may_not_be_asked_is_capped_and_nothing_waits_for_it() -> None:
    scorer = Made(good)
    scorer.block = "$2.00 of $2.00 spent today"
    watched = Watched(scorer)
    watched.ask("1", "one")
    async with watched.running():
        assert await watched.settled(1) == [("1", None)]
        assert watched.lights[-1] == (Light.CAPPED, "$2.00 of $2.00 spent today")
        scorer.block = ""
        watched.ask("2", "two")
        assert (await watched.settled(2))[-1] == ("2", 0.5)
    assert scorer.batches == [["two"]]
