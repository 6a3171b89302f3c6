"""Late readings through the kernel: what counts when, in a replay to the byte, and over a restart."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.clock import SECOND, VirtualClock
from engine.config import Config, load
from engine.journal import format_story
from engine.journal.reader import Reader
from engine.kernel.kernel import Kernel
from engine.model import Author, DisplayText, FeedState, Light, Post, Reading, Score, SymbolScore
from engine.model.records import Started
from engine.paths import Paths
from engine.scoring.finbert import pull
from engine.scoring.finbert.scorer import FinbertScorer
from engine.scoring.lane import LateAnswer
from tests.engine.kernel import bare, made_up
from tests.engine.scoring.finbert import tiny
from tests.program import REPLAYING

NOW = 1_773_235_800 * SECOND
BULLISH = DisplayText("$TSLA great quarter, upgraded")


def quiet(said: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with a tiny model, and a morning to replay."""
    home = tmp_path_factory.mktemp("late")
    source = pull.Directory(tiny.write(home / "model"))
    pull.pull(source, "own/tiny", home, labels={}, torch=False, progress=quiet)
    made_up.write(home / "morning.jsonl", made_up.rows(hours=0.4))
    return home


def config(home: Path, **others: str) -> Config:
    env = {
        "DESK_ENGINE__STATE_DIR": str(home),
        "DESK_ENGINE__RUNTIME_DIR": str(home / "run"),
        "DESK_SCORING__SCORERS": "vader,finbert",
        "DESK_SCORING__FINBERT__MODEL": "own/tiny",
        "DESK_SCORING__FINBERT__THREADS": "1",
        "DESK_BROKER__NAME": "simulated",
        "DESK_GUARDS__ENABLED": "false",
        **others,
    }
    return load(profile="simulated", env=env).config


def replaying(home: Path) -> Config:
    return config(home, **REPLAYING, DESK_REPLAY__PATH=str(home / "morning.jsonl"), DESK_REPLAY__SPEED="0")


numbers = count()


async def replayed(settings: Config, home: Path, meanwhile: Callable[[Kernel], None] | None = None) -> Path:
    """Run a recording to its end; the journal."""
    number = next(numbers)
    journal = home / f"{number}.journal"
    paths = replace(Paths.of(settings, f"replay-{number}"), journal_file=journal)
    paths.create()
    kernel = Kernel(settings, paths, read_secret=str, stop_at_end=True)
    await kernel.start()
    if meanwhile is not None:
        meanwhile(kernel)
    try:
        assert await kernel.run() == "the recording has ended"
    finally:
        await kernel.stop()
    return journal


def chain(journal: Path) -> tuple[int, str]:
    with Reader(journal) as reader:
        found = reader.verify()
    assert found.ok, found.what
    return found.records, found.last_hash


def kill_the_worker(kernel: Kernel) -> None:
    scorer = kernel.stages.late.lanes[0].scorer
    assert isinstance(scorer, FinbertScorer) and scorer.worker.pid is not None
    os.kill(scorer.worker.pid, signal.SIGKILL)


async def test_a_replay_waits_for_late_readings_and_is_the_same_each_time(home: Path) -> None:
    first = await replayed(replaying(home), home)
    posts: dict[str, int] = {}
    scores: dict[str, list[Reading]] = {}
    with Reader(first) as reader:
        started = next(reader.records(kinds=("started",))).value()
        assert isinstance(started, Started)
        assert [name.split()[0] for name in started.scorers] == ["vader", "finbert"]
        for record in reader.records(kinds=("post", "reading")):
            value = record.value()
            if isinstance(value, Reading):
                scores.setdefault(value.post_id, []).extend(value.apart())
                assert value.scored_ns == record.at_ns
            else:
                posts[record.key] = record.at_ns
    assert len(posts) > 100 and set(scores) == set(posts)
    for post_id, readings in scores.items():
        light, before, late, after = readings
        assert [each.scorer for each in readings] == ["vader", "ensemble", "finbert", "ensemble"]
        assert late.scored_ns == after.scored_ns == posts[post_id] + SECOND
        assert before.scored_ns == light.scored_ns == posts[post_id]
        assert before.confidence < 0.8 * light.confidence, "half of the weights have not answered"
    again = await replayed(replaying(home), home, kill_the_worker)
    assert chain(again) == chain(first), "also when the worker is killed in between"


async def test_what_is_not_repeatable_is_left_out_of_a_replay(home: Path) -> None:
    settings = replaying(home)
    settings = replace(settings, scoring=replace(settings.scoring, scorers=("vader", "llm")))
    seen: list[FeedState] = []

    def look(kernel: Kernel) -> None:
        assert kernel.stages.late.lanes == ()
        seen.extend(item for item in kernel.stages.inbox._urgent if isinstance(item, FeedState))

    await replayed(settings, home, look)
    (state,) = [state for state in seen if state.name == "llm"]
    assert state.light is Light.OFF and "left out of a replay" in state.detail


class Desk:
    """The stages of a live engine without its loop: posts and answers are handed over one by one."""

    def __init__(self, home: Path, name: str, **others: str) -> None:
        self.config = config(home, **others)
        self.clock = VirtualClock(NOW)
        paths = replace(Paths.of(self.config, name), journal_file=home / f"{name}.journal")
        self.stages = bare.stages(self.config, self.clock, paths)
        self.stages.journal.open()
        self.stages.sentiment.covered_since(NOW - 10_000 * SECOND)

    def post(self, post_id: str, text: DisplayText = BULLISH, edits: tuple[str, ...] = ()) -> None:
        now_ns = self.clock.now_ns()
        author = Author(post_id, DisplayText(f"made_up_{post_id}"))
        post = Post(post_id, "x", now_ns, now_ns, author, text, text, lang="en", edits=edits)
        self.stages.pipeline.on_post(post, now_ns)

    def answer(self, post_id: str, score: Score | None) -> bool:
        """Whether it changed anything."""
        rescored = self.stages.late.take(LateAnswer("finbert", post_id, score))
        if rescored is not None:
            self.stages.pipeline.on_late(rescored)
        return rescored is not None

    def value(self) -> float | None:
        return self.stages.sentiment.mood("TSLA", self.clock.now_ns()).value

    def confidence(self) -> float:
        return self.stages.sentiment.mood("TSLA", self.clock.now_ns()).confidence

    def close(self) -> None:
        self.stages.journal.close()


def test_an_answer_moves_the_mood_and_a_restart_finds_it_moved(home: Path) -> None:
    desk = Desk(home, "restart")
    desk.post("1")
    desk.post("2")
    light = desk.value()
    desk.clock.advance(NOW + 5 * SECOND)
    own = (SymbolScore("TSLA", 0.3, 0.9),)
    assert desk.answer("1", Score(0.6, 0.9, own, DisplayText("the quarter was bought")))
    desk.post("3")
    moved = desk.stages.sentiment.mood("TSLA", desk.clock.now_ns())
    assert light is not None and moved.value is not None and moved.value < light
    (first, *_) = [each for each in desk.stages.sentiment.evidence("TSLA") if each.post_id == "1"]
    assert first.reason == "the quarter was bought"
    desk.close()
    with Reader(home / "restart.journal") as reader:
        story = format_story(reader.why("1"))
    assert "because  the quarter was bought" in story

    again = Desk(home, "restart")
    again.clock.advance(desk.clock.now_ns())
    again.stages.restore(NOW - 3600 * SECOND)
    assert again.stages.sentiment.mood("TSLA", again.clock.now_ns()) == moved
    assert again.stages.sentiment.evidence("TSLA") == desk.stages.sentiment.evidence("TSLA")
    again.close()


def test_confidence_falls_while_an_answer_is_missing_and_stays_down_without_one(home: Path) -> None:
    desk = Desk(home, "missing")
    desk.post("1")
    half = desk.confidence()
    assert not desk.answer("1", None)
    assert desk.confidence() == half
    other = Desk(home, "there")
    other.post("1")
    assert other.answer("1", Score(0.9, 0.95))
    assert other.confidence() > 1.2 * half
    desk.close()
    other.close()


def test_an_answer_that_is_too_late_or_for_nobody_is_dropped(home: Path) -> None:
    desk = Desk(home, "too-late", DESK_SCORING__LATE__LIMIT_S="10")
    desk.post("1")
    before = desk.value()
    desk.clock.advance(NOW + 11 * SECOND)
    assert not desk.answer("1", Score(-1.0, 1.0))
    assert not desk.answer("nobody", Score(-1.0, 1.0))
    assert desk.value() == before and desk.stages.late.lanes[0].counts.late == 1
    desk.close()


def test_a_post_that_was_edited_meanwhile_keeps_out(home: Path) -> None:
    desk = Desk(home, "edited")
    desk.post("1")
    desk.post("2", DisplayText("$TSLA terrible, downgraded"), edits=("1",))
    before = desk.value()
    assert not desk.answer("1", Score(1.0, 1.0))
    assert desk.value() == before
    assert desk.answer("2", Score(-1.0, 1.0))
    desk.close()


def test_only_posts_that_the_light_scorers_see_something_in_are_asked_about(home: Path) -> None:
    desk = Desk(home, "gate", DESK_SCORING__FINBERT__GATE="0.3")
    desk.post("1", DisplayText("$TSLA opened today"))
    assert desk.stages.late.lanes[0].waiting == 0
    desk.post("2")
    assert desk.stages.late.lanes[0].waiting == 1
    desk.close()
    with Reader(home / "gate.journal") as reader:
        values = [record.value() for record in reader.records(kinds=("reading",))]
    readings = [each for value in values if isinstance(value, Reading) for each in value.apart()]
    assert [each.scorer for each in readings] == ["vader", "vader", "ensemble"]
