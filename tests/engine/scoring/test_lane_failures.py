"""Late scorers that cannot start, hang, block, answer nonsense or may not be asked: each costs its own answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from engine.errors import DeskError
from engine.model import Asked, Light, Score, SymbolScore
from tests.engine.scoring.made_late import GOOD, Made, Watched, good

pytestmark = pytest.mark.usefixtures("no_pauses")


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
