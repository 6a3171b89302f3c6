"""Muted authors: turned on and off, kept, bounded, and never a reason not to start."""

from __future__ import annotations

from pathlib import Path

from desk.muted import MOST, Muted


def test_turned_on_and_off_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "muted.json"
    muted = Muted(path)
    assert muted.turn("Ann")
    assert muted.turn("bob")
    assert Muted(path).names == {"ann", "bob"}
    assert not muted.turn("ANN")
    assert Muted(path).names == {"bob"}
    assert [file.name for file in tmp_path.iterdir()] == ["muted.json"]


def test_a_file_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "muted.json"
    for broken in (b"{", b'{"a": 1}', b"[1, 2]", b"\xff", b'["\xff"]', b"[" * 100_000):
        path.write_bytes(broken)
        assert Muted(path).names == frozenset()
    assert Muted().turn("ann")


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    muted = Muted()
    for number in range(MOST + 5):
        muted.turn(f"author{number}")
    assert len(muted.names) == MOST
    assert "author0" not in muted.names
