"""Recordings: rows, order, damage, directories, journals; and the real ones where they are at hand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from engine.clock import parse_iso
from engine.errors import RecordingError
from engine.feeds.recording import REORDER, Recording
from engine.model import Post, Quote
from tests.engine.feeds.recorded import events, tweet, write
from tests.program import SHARED

RECORDINGS = SHARED / "data"


def test_rows_a_little_late_are_put_in_order(tmp_path: Path) -> None:
    rows = [tweet(second) for second in range(REORDER + 50)]
    rows.insert(REORDER, rows.pop(0))
    got = [post.received_ns for post in events(write(tmp_path / "posts.jsonl", rows))]
    assert got == sorted(got)
    assert len(got) == REORDER + 50


def test_rows_far_too_late_are_refused(tmp_path: Path) -> None:
    rows = [tweet(second) for second in range(REORDER + 50)]
    rows.insert(REORDER + 20, rows.pop(0))
    path = write(tmp_path / "posts.jsonl", rows)
    with pytest.raises(RecordingError, match="expected rows by time") as caught:
        events(path)
    assert caught.value.where == f"{path}:{REORDER + 21}"


def test_the_same_instant_keeps_the_order_of_lines(tmp_path: Path) -> None:
    rows = [tweet(0, id=str(number)) for number in range(700)]
    assert [post.id for post in events(write(tmp_path / "posts.jsonl", rows))] == [str(number) for number in range(700)]


def test_received_time_orders_not_published_time(tmp_path: Path) -> None:
    late = tweet(0, id="late", received_at="2026-03-11T14:10:00Z", recovered=True)
    first, second = events(write(tmp_path / "p.jsonl", [tweet(5), late]))
    assert (first.id, second.id, second.recovered) == ("1005", "late", True)
    assert second.published_ns < first.published_ns <= first.received_ns < second.received_ns


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    whole = gzip.compress("".join(json.dumps(tweet(second)) + "\n" for second in range(3000)).encode())
    cut = tmp_path / "posts.jsonl.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordingError, match="expected a whole gzip file") as caught:
        events(cut)
    assert str(caught.value).startswith(f"{cut}:")
    with pytest.raises(RecordingError, match="expected a recording file or directory"):
        Recording(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingError, match="found an empty directory"):
        Recording(tmp_path / "empty")
    blank = write(tmp_path / "posts.jsonl", ["", " "])
    with pytest.raises(RecordingError, match="expected at least one row"):
        Recording(blank).bounds()
    long = write(tmp_path / "long.jsonl", [tweet(0, text="x" * (1 << 20))])
    with pytest.raises(RecordingError, match="expected a line under"):
        events(long)


def test_a_directory_merges_its_files_prices_first(tmp_path: Path) -> None:
    write(tmp_path / "posts.jsonl.gz", [tweet(0), tweet(2)])
    quote = {"kind": "quote", "symbol": "TSLA", "bid": 250, "ask": 250.1}
    write(tmp_path / "prices.jsonl", [quote | {"at": "2026-03-11T14:00:00Z"}, quote | {"at": "2026-03-11T14:00:01Z"}])
    (tmp_path / "notes.txt").write_text("not read")
    recording = Recording(tmp_path)
    assert [type(item) for item in recording.events()] == [Quote, Post, Quote, Post]
    contents = recording.contents
    assert (contents.posts, contents.quotes, contents.halts, contents.states) == (2, 2, 0, 0)
    assert recording.bounds() == (parse_iso("2026-03-11T14:00:00Z"), parse_iso("2026-03-11T14:00:02Z"))


@pytest.mark.parametrize(
    ("name", "posts"),
    [
        ("replay-live-feb2015", 3_709),
        ("replay-musk-tsla", 4_003),
        ("replay-otc-pump-2021", 10_012),
        ("replay-stocknet", 51_723),
        ("replay-tsla-2022", 30_340),
    ],
)
def test_real_recordings(name: str, posts: int) -> None:
    path = RECORDINGS / name
    if not path.is_dir():
        pytest.skip(f"{name} is not at hand")
    recording = Recording(path, symbols=())
    assert recording.contents.posts == posts
    seen = 0
    newest = 0
    for item in recording.events():
        assert item.received_ns >= newest
        newest = item.received_ns
        seen += 1
        if seen == 5_000:
            break
    print(f"{name}: {posts:,} posts, {seen:,} read")
    assert seen == min(posts, 5_000)


def test_the_feeds_that_it_tells_are_bounded(tmp_path: Path) -> None:
    """Each has a light on the desk: twenty thousand of them held an engine up for minutes."""
    file = tmp_path / "many.jsonl"
    rows = [f'{{"kind": "feed", "at": "2026-03-11T14:29:00Z", "feed": "f{n}", "state": "down"}}' for n in range(101)]
    file.write_text("\n".join(rows[:100] * 2))
    assert Recording(file).contents.states == 200
    file.write_text("\n".join(rows))
    with pytest.raises(RecordingError, match="at most 100 feeds") as caught:
        _ = Recording(file).contents
    assert caught.value.where == f"{file}:101"
