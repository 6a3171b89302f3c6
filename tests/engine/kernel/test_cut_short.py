"""An engine killed between any two records of a post: the next one finishes it, and goes on as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from engine.clock import VirtualClock
from engine.config import Config, EngineConfig, GuardsConfig, ScoringConfig, WatchRow
from engine.guards import again
from engine.journal import Journal, Reader
from engine.journal.chain import Record
from engine.journal.weighing import weigh
from engine.kernel.stages import Stages
from engine.model import FeedState, Light, Post, Reading
from engine.model.records import Edit, GuardRecord
from engine.paths import Paths
from tests.engine.guards.made_up import NEWS, PITCH, T0, crowd, post, throw_away
from tests.engine.kernel import bare

DAY_NS = 86_400 * 10**9


def hour() -> list[Post]:
    """News that people pass on, a ring in the middle of it, an edit in the middle of the ring, posts of their own."""
    made = crowd(12, begin_s=0, text=NEWS)
    made += [throw_away(100 + number, 60 + 2.0 * number) for number in range(9)]
    made += [post(200 + number, f"good day {number} great", after_s=30 + 17 * number) for number in range(12)]
    made += [post(300, f"{PITCH} again", after_s=71, author="a103", followers=7, age_days=9, edits=("p103",))]
    made += [throw_away(400 + number, 2000 + 2.0 * number) for number in range(4)]
    return sorted(made, key=lambda each: each.received_ns)


def config(home: Path) -> Config:
    return Config(
        engine=EngineConfig(state_dir=str(home), runtime_dir=str(home / "run"), profile="simulated"),
        guards=GuardsConfig(),
        scoring=ScoringConfig(scorers=("vader", "linear")),
        watchlist=(WatchRow(symbol="GOOG"),),
    )


def begun(home: Path, now_ns: int) -> Stages:
    """The stages of an engine that has read its journal back."""
    stages = bare.stages(config(home), VirtualClock(now_ns))
    stages.journal.open()
    stages.restore(T0 - DAY_NS)
    return stages


def records(stages: Stages) -> list[Record]:
    stages.journal.flush()
    with Reader(stages.journal.path) as reader:
        return list(reader.records())


@pytest.fixture(scope="module", autouse=True)
def portions() -> Iterator[None]:
    """A verdict weighs three posts again at a time, so that an engine is killed in the middle of that too."""
    with patch.object(again, "PORTION", 3):
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stages, list[Record]]]:
    stages = begun(tmp_path_factory.mktemp("whole"), T0)
    for each in hour():
        stages.pipeline.on_post(each, each.received_ns)
    yield stages, records(stages)
    stages.journal.close()


def verdicts(made: list[Record]) -> set[tuple[str, int]]:
    """Which verdict on which cluster: several records may weigh its posts again."""
    found = (record.value() for record in made)
    return {(value.cluster, value.changes) for value in found if isinstance(value, GuardRecord)}


def what(record: Record) -> tuple[str, str, object]:
    """A record without the time at which it was made."""
    value = record.value()
    if isinstance(value, Reading):
        return record.kind, record.key, tuple(msgspec.structs.replace(each, scored_ns=0) for each in value.apart())
    return record.kind, record.key, msgspec.structs.replace(value, at_ns=0) if isinstance(value, Edit) else value


def cuts(whole: list[Record]) -> list[int]:
    """How many records are there when the engine dies: every place within the posts that a verdict or an edit follows,
    and within an ordinary one."""
    found: list[int] = []
    for index, record in enumerate(whole):
        if isinstance(record.value(), GuardRecord | Edit):
            found += range(index, index + 5)
    return sorted({1, 2, 3, len(whole) - 1, *found})


def test_an_engine_killed_between_records_goes_on_as_one_that_was_not(
    whole: tuple[Stages, list[Record]], tmp_path: Path
) -> None:
    once, made = whole
    end_ns = hour()[-1].received_ns
    expected = once.sentiment.mood("GOOG", end_ns)
    assert any(record.kind == "edit" for record in made)
    assert len([record for record in made if record.kind == "guard"]) > len(verdicts(made)) >= 1
    for count in cuts(made):
        home = tmp_path / str(count)
        home.mkdir()
        journal = Journal(Paths.of(config(home)).journal, config(home).journal, profile="simulated")
        journal.open()
        for record in made[:count]:
            journal.append(record.kind, record.key, record.value(), record.at_ns)
        journal.close()
        other = begun(home, made[count - 1].at_ns)
        for each in hour():
            # The stream brings all of them once more; those that are known are no news.
            other.pipeline.on_post(each, each.received_ns)
        assert [what(record) for record in records(other)] == [what(record) for record in made], count
        assert other.sentiment.mood("GOOG", end_ns) == expected
        other.journal.close()


def test_readings_that_are_records_of_their_own_are_read_back_too(
    whole: tuple[Stages, list[Record]], tmp_path: Path
) -> None:
    once, made = whole
    journal = Journal(Paths.of(config(tmp_path)).journal, config(tmp_path).journal, profile="simulated")
    journal.open()
    for record in made:
        value = record.value()
        for each in value.apart() if isinstance(value, Reading) else (value,):
            journal.append(record.kind, record.key, each, record.at_ns)
    journal.close()
    other = begun(tmp_path, made[-1].at_ns)
    assert len(records(other)) > len(made), "nothing was taken together, or the newest post was finished again"
    end_ns = hour()[-1].received_ns
    assert other.sentiment.mood("GOOG", end_ns) == once.sentiment.mood("GOOG", end_ns)
    assert other.sentiment.evidence("GOOG") == once.sentiment.evidence("GOOG")
    other.journal.close()


def test_a_verdict_told_is_whole_however_many_portions_it_took(whole: tuple[Stages, list[Record]]) -> None:
    stages, made = whole
    portions = [value for record in made if isinstance(value := record.value(), GuardRecord)]
    with Reader(stages.journal.path) as reader:
        told = weigh(reader, portions[0].cluster).verdicts
    assert [verdict.changes for verdict in told] == sorted({changes for _, changes in verdicts(made)})
    assert [name for verdict in told for name in verdict.posts] == [name for each in portions for name in each.posts]


def test_a_post_that_something_else_follows_was_finished(whole: tuple[Stages, list[Record]], tmp_path: Path) -> None:
    first = whole[1][0]
    journal = Journal(Paths.of(config(tmp_path)).journal, config(tmp_path).journal, profile="simulated")
    journal.open()
    journal.append(first.kind, first.key, first.value(), first.at_ns)
    journal.append("feed", "x", FeedState("x", Light.UP, first.at_ns, first.at_ns), first.at_ns)
    journal.close()
    other = begun(tmp_path, first.at_ns)
    assert len(records(other)) == 2
    assert other.sentiment.mood("GOOG", first.at_ns).raw_volume == 0
    other.journal.close()
