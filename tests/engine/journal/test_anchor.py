"""The anchor's file: whatever a crash leaves of it, it names a record that is there, and one writer holds it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import JournalError
from engine.journal.anchor import LINE, Anchor, AnchorFile, anchor_path, read_anchor, renew_anchor

digests = st.binary(min_size=32, max_size=32)
anchors = st.builds(Anchor, st.integers(0, 10**17), digests)


def named(journal: Path) -> int:
    found = read_anchor(journal)
    assert found is not None
    return found.seq


@settings(max_examples=25)
@given(first=anchors, seqs=st.lists(st.integers(1, 50), min_size=1, max_size=8), cut=st.integers(0, LINE))
def test_a_line_that_is_half_written_leaves_the_one_before(first: Anchor, seqs: list[int], cut: int) -> None:
    """A crash in the middle of a write: what is read is the anchor of that write, or of the one before."""
    with tempfile.TemporaryDirectory() as directory:
        journal = Path(directory) / "journal"
        file = AnchorFile(journal)
        try:
            file.begin(first)
            told, place = [first], 0
            for step in seqs:
                told.append(Anchor(told[-1].seq + step, bytes(32)))
                before = anchor_path(journal).read_bytes()
                file.write(told[-1])
                after = anchor_path(journal).read_bytes()
                start = place * LINE
                torn = before[:start] + after[start : start + cut] + before[start + cut : start + LINE]
                torn += before[start + LINE :]
                anchor_path(journal).write_bytes(torn)
                assert named(journal) in (told[-1].seq, told[-2].seq)
                anchor_path(journal).write_bytes(after)
                assert read_anchor(journal) == told[-1]
                place ^= 1
        finally:
            file.close()


@settings(max_examples=50)
@given(anchors, st.integers(0, LINE - 1), st.integers(1, 255))
def test_a_line_with_one_byte_changed_is_none_or_says_the_same(anchor: Anchor, at: int, change: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        journal = Path(directory) / "journal"
        line = bytearray(anchor.line)
        line[at] ^= change
        anchor_path(journal).write_bytes(line)
        assert read_anchor(journal) in (None, anchor)


def test_no_file_and_an_empty_one_name_nothing(tmp_path: Path) -> None:
    assert read_anchor(tmp_path / "journal") is None
    anchor_path(tmp_path / "journal").touch()
    assert read_anchor(tmp_path / "journal") is None


def test_it_is_private_and_one_writer_holds_it(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    file = AnchorFile(journal)
    try:
        assert anchor_path(journal).stat().st_mode & 0o777 == 0o600
        with pytest.raises(JournalError, match="another process writes this journal"):
            renew_anchor(journal, Anchor(1, bytes(32)))
    finally:
        file.close()
    renew_anchor(journal, Anchor(7, bytes(32)))
    assert named(journal) == 7


def test_a_person_may_name_an_earlier_record_and_both_lines_then_do(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    renew_anchor(journal, Anchor(90, bytes(32)))
    renew_anchor(journal, Anchor(80, bytes(32)))
    assert named(journal) == 80
    assert anchor_path(journal).read_bytes() == 2 * Anchor(80, bytes(32)).line
