"""The promoter's hour of the demo day through the real engine: the ring moves the raw mood and not the cleaned one."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from desk.command_line import main_group
from engine.clock import VirtualClock, parse_iso
from engine.config import Config
from engine.config.load import load
from engine.errors import EXIT_FAILED, EXIT_JOURNAL
from engine.feeds.replay import DEMO
from engine.journal import Journal, Reader
from engine.journal.weighing import weigh
from engine.kernel.kernel import Kernel
from engine.model import DisplayText, Match, Mood, Post
from engine.model.records import Edit, GuardRecord, PostRecord
from engine.paths import Paths
from tests.engine.guards.made_up import NEWS, post
from tests.engine.kernel import bare
from tests.program import REPLAYING

BEGIN, END = parse_iso("2026-03-11T12:40:00-04:00"), parse_iso("2026-03-11T13:04:00-04:00")
RING_FROM = parse_iso("2026-03-11T12:57:10-04:00")
PROGRAM = "BulkPilot"
"""What every account of the promoter posts with."""


@dataclass
class Run:
    """A finished replay."""

    config: Config
    journal: Path
    chain: str
    mood: Mood

    def posts(self) -> list[Post]:
        with Reader(self.journal) as reader:
            found = [record.value() for record in reader.records(("post",))]
        return [record.whole for record in found if isinstance(record, PostRecord)]


def promoted_hour(path: Path) -> Path:
    """The demo day's rows of that time."""
    rows: list[tuple[int, str]] = []
    for name in ("posts", "prices"):
        with gzip.open(DEMO / f"{name}.jsonl.gz", "rt", encoding="utf-8") as source:
            for line in source:
                row = json.loads(line)
                at_ns = parse_iso(row.get("received_at") or row.get("created_at") or row["at"])
                if BEGIN <= at_ns < END:
                    rows.append((at_ns, line))
    path.write_text("".join(line for _, line in sorted(rows, key=lambda row: row[0])), encoding="utf-8")
    return path


def replayed(recording: Path, home: Path, **changes: str) -> Run:
    env = {
        "DESK_ENGINE__STATE_DIR": str(home),
        "DESK_ENGINE__RUNTIME_DIR": str(home / "run"),
        "DESK_REPLAY__PATH": str(recording),
        "DESK_REPLAY__SPEED": "0",
        **REPLAYING,
        **changes,
    }
    config = load(profile="simulated", env=env).config
    paths = Paths.of(config)
    paths.create()

    async def run() -> tuple[str, Mood]:
        kernel = Kernel(config, paths, read_secret=lambda name: "", stop_at_end=True)
        await kernel.start()
        await kernel.run()
        kernel.journal.flush()
        chain = kernel.journal.durable.hash.hex()
        mood = next(row.mood for row in kernel.snapshot(0).symbols if row.symbol == "GOOG")
        await kernel.stop()
        assert not kernel.broken
        return chain, mood

    chain, mood = asyncio.run(run())
    return Run(config, paths.journal, chain, mood)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return promoted_hour(tmp_path_factory.mktemp("hour") / "hour.jsonl")


@pytest.fixture(scope="module")
def guarded(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    return replayed(recording, tmp_path_factory.mktemp("guarded"))


def test_the_ring_moves_the_raw_mood_alone(guarded: Run) -> None:
    mood = guarded.mood
    assert mood.raw is not None and mood.value is not None
    assert mood.raw > 0.8
    assert abs(mood.value) < 0.3
    assert mood.kept < 0.1
    assert mood.raw_volume - mood.volume >= 38


def test_without_guards_the_ring_has_the_mood(recording: Path, tmp_path: Path) -> None:
    bare = replayed(recording, tmp_path, DESK_GUARDS__ENABLED="false")
    assert bare.mood.value == bare.mood.raw
    assert bare.mood.value is not None and bare.mood.value > 0.8
    assert bare.mood.volume == bare.mood.raw_volume


def test_the_journal_has_every_mark_and_the_verdict(guarded: Run) -> None:
    ring = [post for post in guarded.posts() if post.client == PROGRAM and post.published_ns >= RING_FROM]
    assert len(ring) == 38
    with Reader(guarded.journal) as reader:
        (verdict,) = [record.value() for record in reader.records(("guard",))]
        weights = [weigh(reader, post.id).post.weight for post in ring]
    assert isinstance(verdict, GuardRecord)
    assert verdict.ring
    assert set(verdict.posts) <= {post.id for post in ring}
    assert weights == [0.0] * 38


def test_the_chain_is_the_same_at_every_speed(recording: Path, guarded: Run, tmp_path: Path) -> None:
    assert replayed(recording, tmp_path, DESK_REPLAY__SPEED="1200").chain == guarded.chain


def test_a_restart_weighs_as_before(guarded: Run, tmp_path: Path) -> None:
    stages = bare.stages(guarded.config, VirtualClock(guarded.mood.at_ns))
    stages.restore(BEGIN)
    mood = stages.sentiment.mood("GOOG", guarded.mood.at_ns)
    assert (mood.value, mood.raw, mood.volume, mood.raw_volume, mood.authors, mood.kept) == (
        guarded.mood.value,
        guarded.mood.raw,
        guarded.mood.volume,
        guarded.mood.raw_volume,
        guarded.mood.authors,
        guarded.mood.kept,
    )
    late = next(post for post in reversed(guarded.posts()) if post.client == PROGRAM)
    another = msgspec.structs.replace(
        late, id="another", author=msgspec.structs.replace(late.author, id="39", name=DisplayText("made_up_39"))
    )
    known = stages.pipeline.guards.check(another, (Match("GOOG", "$GOOG", "cashtag"),))
    assert (known.mark.weight, known.verdict) == (0.0, None)


def test_guard_why_tells_the_ring_on_one_screen(guarded: Run) -> None:
    ring = [post for post in guarded.posts() if post.client == PROGRAM]
    asked = ring[20]
    told = CliRunner().invoke(main_group, ["guard", "why", asked.id, "--journal", str(guarded.journal)])
    assert told.exit_code == 0, told.output
    lines = told.output.splitlines()
    assert len(lines) <= 24
    assert lines[0].startswith(f"POST {asked.id} ")
    assert "WEIGHT 0 of 1" in lines
    assert any(line.startswith("  ring: ") for line in lines)
    assert any(line.startswith("CLUSTER ") and "38 posts of 38 authors" in line for line in lines)
    assert any(line.startswith("→ ") for line in lines)
    assert lines[-1] == "  … and 28 more"


def test_guard_why_as_json(guarded: Run) -> None:
    first = next(post for post in guarded.posts() if post.client == PROGRAM)
    told = CliRunner().invoke(main_group, ["guard", "why", first.id, "--json", "--journal", str(guarded.journal)])
    found = json.loads(told.output)
    assert (found["post_id"], found["cluster"], found["post"]["weight"]) == (first.id, first.id, 0.0)
    assert len(found["similar"]) == 38
    assert found["verdicts"][0]["ring"] is True


def test_guard_why_of_an_ordinary_post_and_of_none(guarded: Run) -> None:
    with Reader(guarded.journal) as reader:
        plain = next(
            record.post.id
            for found in reader.records(("post",))
            if isinstance(record := found.value(), PostRecord)
            and record.mark is None
            and not weigh(reader, record.post.id).similar
        )
    told = CliRunner().invoke(main_group, ["guard", "why", plain, "--journal", str(guarded.journal)])
    assert "  nothing is held against it" in told.output
    assert "CLUSTER none: no other post says nearly the same" in told.output
    missing = CliRunner().invoke(main_group, ["guard", "why", "nothing", "--journal", str(guarded.journal)])
    assert getattr(missing.exception, "exit_code", None) == EXIT_FAILED


def edited(path: Path) -> Path:
    """A journal with a post, its edit, and one that concerns nothing, as an engine before this one left it."""
    first, second = post(1, NEWS, author="ann"), post(2, NEWS + " at last", author="ann", after_s=60, edits=("p1",))
    matches = (Match("GOOG", "$GOOG", "cashtag"),)
    journal = Journal(path, Config().journal, profile="simulated")
    journal.open()
    journal.append("post", first.id, PostRecord.of(first, matches), first.received_ns)
    journal.append("post", second.id, PostRecord.of(second, matches), second.received_ns)
    journal.append("edit", second.id, Edit(second.id, first.id, second.received_ns, ("GOOG",)), second.received_ns)
    other = post(3, after_s=70)
    journal.append("post", other.id, PostRecord.of(other), other.received_ns)
    journal.close()
    return path


def test_guard_why_of_an_edit_and_of_what_it_replaced(tmp_path: Path) -> None:
    journal = str(edited(tmp_path / "journal"))
    for asked, said in (
        ("p1", "  replaced by its edit p2: it does not count any more"),
        ("p2", "  an edit: it took the place of p1"),
        ("p3", "  matched  no symbol: it is not weighed"),
    ):
        told = CliRunner().invoke(main_group, ["guard", "why", asked, "--journal", journal])
        assert told.exit_code == 0, told.output
        assert said in told.output.splitlines()


def test_guard_why_without_a_journal(tmp_path: Path) -> None:
    told = CliRunner().invoke(main_group, ["guard", "why", "p1", "--journal", str(tmp_path / "none")])
    assert getattr(told.exception, "exit_code", None) == EXIT_JOURNAL
