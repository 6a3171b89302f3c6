"""Lines out of pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.feeds.x_lines import LineSplitter

LINES = st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b"")), max_size=20)


@given(LINES, st.lists(st.integers(1, 30)), st.sampled_from([b"\n", b"\r\n"]))
def test_any_chunking_gives_the_same_lines(lines: list[bytes], cuts: list[int], end: bytes) -> None:
    stream = b"".join(line + end for line in lines)
    splitter = LineSplitter()
    found = []
    at = 0
    for cut in cuts:
        found += splitter.feed(stream[at : at + cut])
        at += cut
    found += splitter.feed(stream[at:])
    assert found == lines
    assert splitter.pending == 0


@given(LINES, st.integers(1, 20), st.integers(1, 7))
def test_a_long_line_is_dropped_whole_and_counted(lines: list[bytes], limit: int, size: int) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    splitter = LineSplitter(limit)
    found = []
    for at in range(0, len(stream), size):
        found += splitter.feed(stream[at : at + size])
        assert splitter.pending <= limit
    assert found == [line for line in lines if len(line) <= limit]
    assert splitter.oversized == sum(len(line) > limit for line in lines)


def test_only_a_line_feed_ends_a_line() -> None:
    assert LineSplitter().feed("a\u2028b\u0085c\x0bd\n".encode()) == ["a\u2028b\u0085c\x0bd".encode()]


def test_the_end_gives_what_is_unfinished_once() -> None:
    splitter = LineSplitter(limit=10)
    assert splitter.feed(b"one\ntwo\r") == [b"one"]
    assert splitter.end() == [b"two"]
    assert splitter.end() == [] and splitter.pending == 0
    assert splitter.feed(b"longer than ten") == [] and splitter.end() == [] and splitter.oversized == 1
    assert splitter.feed(b"three\n") == [b"three"]
