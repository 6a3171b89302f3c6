"""A copy that is taken while an engine writes: whole, verified, with an anchor that names its end; or none at all."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from engine.errors import JournalError
from engine.journal import Reader, copying
from engine.journal.anchor import anchor_path, read_anchor
from tests.engine.journal.conftest import Append, Opened, Tamper, Written, verified
from tests.engine.journal.made_up import made_up


@pytest.fixture
def to(tmp_path: Path) -> Path:
    (tmp_path / "backup").mkdir()
    return tmp_path / "backup" / "paper.journal"


def test_a_copy_is_a_journal_by_itself(written: Written, opened: Opened, to: Path) -> None:
    with Reader(written(300)) as reader:
        found = reader.back_up(to)
    assert (found.ok, found.records) == (True, 300)
    assert sorted(to.parent.iterdir()) == [to, anchor_path(to)]
    assert [stat.S_IMODE(file.stat().st_mode) for file in to.parent.iterdir()] == [0o600] * 2
    told = verified(to)
    assert (told.ok, told.what, told.anchored_seq, told.last_hash) == (True, "", 300, found.last_hash)
    assert sorted(to.parent.iterdir()) == [to, anchor_path(to)], "who reads it leaves nothing beside it"
    journal = opened(to)
    assert journal.append(*made_up(300)) == 301
    journal.flush()


def test_it_comes_to_an_end_while_records_are_written_all_the_time(
    opened: Opened, path: Path, append_made_up: Append, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite begins anew after each commit of another connection, unless all is read in one transaction."""
    monkeypatch.setattr(copying, "STEP", 5)
    append_made_up(journal := opened(), 2_000)
    journal.flush()
    begun = journal.seq
    steps: list[int] = []

    def copied(done: int, of: int) -> None:
        steps.append(done)
        append_made_up(journal, 3)
        journal.flush()

    with Reader(path) as reader:
        found = reader.back_up(to, copied)
    assert steps == sorted(steps)
    assert len(steps) > 20
    assert found.records == begun
    anchor = read_anchor(to)
    assert anchor is not None and (anchor.seq, anchor.hash.hex()) == (begun, found.last_hash)
    assert verified(path).ok


def test_nothing_is_left_of_one_that_was_broken_off(written: Written, to: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    for copied, checked in ((stop, None), (None, stop)):
        with Reader(written(50, at=to.with_name("from.journal"))) as reader, pytest.raises(KeyboardInterrupt):
            reader.back_up(to, copied, checked)
        assert [file.name for file in to.parent.iterdir() if "paper" in file.name] == []


def test_a_damaged_journal_is_not_passed_on(written: Written, tamper: Tamper, to: Path) -> None:
    path = written(50)
    tamper("UPDATE records SET at_ns = 5 WHERE seq = 20")
    with Reader(path) as reader, pytest.raises(JournalError, match="found: record 20 was altered"):
        reader.back_up(to)
    assert list(to.parent.iterdir()) == []


def test_records_that_are_gone_are_missed(written: Written, tamper: Tamper, to: Path) -> None:
    path = written(50)
    tamper("DELETE FROM records WHERE seq > 40")
    with Reader(path) as reader, pytest.raises(JournalError, match="records 41 to 50 were cut off"):
        reader.back_up(to)
    assert list(to.parent.iterdir()) == []


def test_a_journal_without_an_anchor_gives_a_copy_without(written: Written, anchor: Path, to: Path) -> None:
    path = written(50)
    anchor.unlink()
    with Reader(path) as reader:
        assert "no anchor" in reader.back_up(to).what
    assert list(to.parent.iterdir()) == [to]


@pytest.mark.parametrize("suffix", ["", ".anchor"])
def test_nothing_is_written_over(written: Written, to: Path, suffix: str) -> None:
    taken = to.with_name(to.name + suffix)
    taken.write_text("an older one")
    with Reader(written(5)) as reader, pytest.raises(JournalError, match="expected a new file"):
        reader.back_up(to)
    assert taken.read_text() == "an older one"
    assert list(to.parent.iterdir()) == [taken]


def test_a_link_that_leads_nowhere_is_not_written_over(written: Written, to: Path) -> None:
    to.symlink_to("nowhere")
    with Reader(written(5)) as reader, pytest.raises(JournalError, match="expected a new file"):
        reader.back_up(to)
    assert to.is_symlink() and list(to.parent.iterdir()) == [to]


def test_a_directory_that_is_not_there_is_told(written: Written, to: Path) -> None:
    shutil.rmtree(to.parent)
    with Reader(written(5)) as reader, pytest.raises(JournalError, match="could not write the copy") as caught:
        reader.back_up(to)
    assert str(to) in str(caught.value)


def test_a_full_disk_is_told_and_leaves_nothing(written: Written, to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sqlite3.connect

    def small(*given: object, **named: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = whole(*given, **named)  # type: ignore[call-overload]
        connection.execute("PRAGMA max_page_count = 5")
        return connection

    with Reader(written(500)) as reader:
        monkeypatch.setattr(copying.sqlite3, "connect", small)
        with pytest.raises(JournalError, match="could not write the copy: the disk is full"):
            reader.back_up(to)
    assert list(to.parent.iterdir()) == []
