"""Reading: filters, order, beside a writer, exports that no terminal or spreadsheet obeys."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import JournalError
from engine.journal import KINDS, Reader, Record
from engine.journal.kinds import BULK
from engine.model import Alert, Halt, Level, Reading, StateChange, TradingState, Value
from tests.engine.journal.conftest import Opened, Tamper, Written
from tests.engine.journal.made_up import made_up

ROOT = Path(__file__).resolve().parents[3]


def mixed(number: int) -> tuple[str, str, Value, int]:
    """Bulk and rare kinds in turn; the clock steps back once."""
    at_ns = number * 10 if number < 60 else number * 10 - 200
    if number % 5 == 0:
        return "halt", "TSLA", Halt("TSLA", at_ns, at_ns, True, "T1", "news"), at_ns
    if number % 7 == 0:
        return "state", "state", StateChange(TradingState.HALTED, TradingState.ACTIVE, "test", "person", at_ns), at_ns
    kind, key, value, _ = made_up(number)
    return kind, key, value, at_ns


@pytest.fixture
def records(path: Path, opened: Opened) -> list[Record]:
    """What a journal of 100 records holds."""
    journal = opened()
    for number in range(100):
        journal.append(*mixed(number))
    journal.close()
    with Reader(path) as reader:
        return list(reader.records())


def test_records_come_in_order_with_their_values(records: list[Record]) -> None:
    assert [record.seq for record in records] == list(range(1, 101))
    for number, record in enumerate(records):
        assert (record.kind, record.key, record.value(), record.at_ns) == mixed(number)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.none() | st.lists(st.sampled_from(["post", "reading", "halt", "state", "fill"]), max_size=3),
    since=st.none() | st.integers(-10, 1010),
    until=st.none() | st.integers(-10, 1010),
    key=st.none() | st.sampled_from(["TSLA", "state", made_up(3)[1], "nobody"]),
    limit=st.none() | st.integers(0, 20),
    reverse=st.booleans(),
    containing=st.none() | st.sampled_from(['"TSLA"', "moon", "nothing"]),
    after=st.integers(0, 101),
)
def test_filters_are_what_they_say(
    records: list[Record],
    path: Path,
    kinds: list[str] | None,
    since: int | None,
    until: int | None,
    key: str | None,
    limit: int | None,
    reverse: bool,
    containing: str | None,
    after: int,
) -> None:
    expected = [
        record
        for record in records
        if (kinds is None or record.kind in kinds)
        and (since is None or record.at_ns >= since)
        and (until is None or record.at_ns < until)
        and (key is None or record.key == key)
        and (containing is None or containing.encode() in record.body)
        and record.seq > after
    ]
    if reverse:
        expected.reverse()
    with Reader(path) as reader:
        found = reader.records(kinds, since, until, key, limit, reverse, containing=containing, after_seq=after)
        assert list(found) == expected[:limit]


def test_pages_join_without_a_seam(path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.journal.query.PAGE", 7)
    monkeypatch.setattr("engine.journal.walk.PAGE", 7)
    journal = opened()
    for number in range(100):
        journal.append(*mixed(number))
    journal.close()
    with Reader(path) as reader:
        assert [record.seq for record in reader.records()] == list(range(1, 101))
        assert [record.seq for record in reader.records(reverse=True, limit=50)] == list(range(100, 50, -1))
        rare = [record.seq for record in reader.records(("halt", "state"))]
        assert rare == [number + 1 for number in range(100) if number % 5 == 0 or number % 7 == 0]
        assert reader.verify().ok


def test_rare_kinds_are_found_without_reading_the_others(records: list[Record], path: Path) -> None:
    with Reader(path) as reader:
        plans: list[str] = []
        reader._connection.set_trace_callback(plans.append)
        list(reader.records(("halt", "state")))
        reader._connection.set_trace_callback(None)
        (query,) = (plan for plan in plans if "UNION ALL" in plan)
        steps = [row[3].decode() for row in reader._connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert sum("INDEX records_kind" in step for step in steps) == 2
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in steps)
    assert set(BULK) < set(KINDS)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(["post", "reading", "halt", "state", "fill"])), since=st.integers(-10, 1010))
def test_values_are_those_of_the_records(records: list[Record], path: Path, kinds: list[str], since: int) -> None:
    with Reader(path) as reader:
        found = [(each.seq, each.at_ns, each.value()) for each in reader.records(kinds, since_ns=since)]
        assert list(reader.values(kinds, since)) == found


@pytest.mark.parametrize("change", ["at_ns = 'soon'", "at_ns = 0.5", "body = x'7b7d'", "body = '{}'", "body = 7"])
def test_a_damaged_row_has_no_value(records: list[Record], path: Path, tamper: Tamper, change: str) -> None:
    tamper(f"UPDATE records SET {change} WHERE seq = 6")
    with Reader(path) as reader, pytest.raises(JournalError, match="record 6"):
        list(reader.values(list(KINDS)))


def test_unknown_kinds_are_refused(records: list[Record], path: Path) -> None:
    with Reader(path) as reader, pytest.raises(JournalError, match="found 'rumour'"):
        list(reader.records(("rumour",)))


async def test_reading_beside_a_writer(opened: Opened, path: Path) -> None:
    journal = opened()
    for number in range(100):
        journal.append(*made_up(number))
    await journal.commit()
    with Reader(path) as reader:
        iterator = reader.records()
        assert next(iterator).seq == 1
        for number in range(100, 200):
            journal.append(*made_up(number))
        await journal.commit()
        assert len(list(iterator)) == 99
        assert reader.seq == 200
        assert [record.seq for record in reader.records(after_seq=199)] == [200]
        assert reader.verify().ok
        assert reader.profile == "paper"


def test_counts(records: list[Record], path: Path) -> None:
    with Reader(path) as reader:
        counts = {count.kind: count for count in reader.counts()}
    assert sum(count.records for count in counts.values()) == 100
    halts = [record.at_ns for record in records if record.kind == "halt"]
    halt = counts["halt"]
    assert (halt.records, halt.first_ns, halt.last_ns) == (len(halts), min(halts), max(halts))


def test_counts_of_many_pages_are_those_of_one(
    records: list[Record], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal is counted a page at a time: the engine's log is not kept meanwhile, and Ctrl+C is heard."""
    told: list[tuple[int, int]] = []
    with Reader(path) as reader:
        whole = reader.counts()
        monkeypatch.setattr("engine.journal.reader.COUNTED", 7)
        assert reader.counts(lambda done, total: told.append((done, total))) == whole
    assert told == [*((done, 100) for done in range(7, 100, 7)), (100, 100)]


def test_no_such_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="found no such file") as caught:
        Reader(tmp_path / "none.journal")
    assert caught.value.remedy
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 50])
def test_what_is_no_journal_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.journal"
    file.write_bytes(content)
    with pytest.raises(JournalError, match=r"expected a journal of the current schema|it is no journal"):
        Reader(file)
    assert file.read_bytes() == content


def test_a_closed_journal_on_a_read_only_medium(written: Written, public_path: Path) -> None:
    path = written(5, public_path)
    program = (
        "import os, sys; from pathlib import Path; from engine.journal import Reader; os.getuid() or os.setuid(65534); "
        "print(Reader(Path(sys.argv[1])).verify().records)"
    )
    path.chmod(0o444)
    (path.parent / "paper.journal.anchor").chmod(0o444)
    path.parent.chmod(0o555)
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
        )
    finally:
        path.parent.chmod(0o755)
    assert (done.stdout, done.stderr) == ("5\n", "")
    assert sorted(file.name for file in path.parent.iterdir()) == ["paper.journal", "paper.journal.anchor"]


HOSTILE = "\x1b]0;owned\x07\x9b2J\u202e=cmd|'/C calc'!A0\x7f é😀"


@pytest.fixture
def hostile(path: Path, opened: Opened) -> Path:
    journal = opened()
    journal.append("alert", "=HYPERLINK()", Alert("a", Level.INFO, "c", "s", HOSTILE, "", 1), 1)
    journal.append("reading", "\x1b[31m", Reading("1", "vader", "1", 0.5, 0.5, 7), 2)
    journal.close()
    return path


def test_jsonl_is_ascii_and_loses_nothing(hostile: Path) -> None:
    stream = io.StringIO()
    with Reader(hostile) as reader:
        assert reader.export(stream, "jsonl") == 2
        records = list(reader.records())
    text = stream.getvalue()
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0]["body"]["text"] == HOSTILE
    assert lines[0]["at"] == "1970-01-01T00:00:00.000Z"
    assert [line["hash"] for line in lines] == [record.hash.hex() for record in records]
    assert [line["key"] for line in lines] == ["=HYPERLINK()", "\x1b[31m"]


def test_csv_is_ascii_and_holds_no_formula(hostile: Path) -> None:
    stream = io.StringIO()
    with Reader(hostile) as reader:
        assert reader.export(stream, "csv", ("alert",)) == 1
    assert stream.getvalue().replace("\n", "").isprintable()
    (row,) = csv.DictReader(io.StringIO(stream.getvalue()))
    assert row["key"] == "'=HYPERLINK()"
    assert json.loads(row["body"])["text"] == HOSTILE
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_another_format_is_refused(hostile: Path) -> None:
    with Reader(hostile) as reader, pytest.raises(ValueError, match="expected a format out of jsonl, csv"):
        reader.export(io.StringIO(), "xlsx")


def test_damaged_rows_can_still_be_shown(records: list[Record], path: Path, tamper: Tamper) -> None:
    tamper(
        "UPDATE records SET body = 'no json', at_ns = 9e30 WHERE seq = 1",
        "UPDATE records SET kind = x'ff', key = x'fe', body = x'fd', hash = 5 WHERE seq = 2",
    )
    stream = io.StringIO()
    with Reader(path) as reader:
        found = list(reader.records(limit=2))
        reader.export(stream)
    assert found[0].body == b"no json"
    assert (found[1].kind, found[1].key) == ("\ufffd", "\ufffd")
    assert json.loads(stream.getvalue().splitlines()[1])["body"] == "\ufffd"


def test_a_copy_reads_like_the_original(records: list[Record], path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.journal"
    shutil.copy(path, copy)
    with Reader(copy) as reader:
        assert list(reader.records()) == records


def test_a_journal_behind_a_link_has_its_own_anchor(written: Written, tmp_path: Path) -> None:
    """Without it nobody would notice records that were cut off at the end."""
    path = written(20)
    link = tmp_path / "by another name.journal"
    link.symlink_to(path)
    with Reader(link) as reader:
        found = reader.verify()
        assert found.ok and found.anchored_seq == found.records == 20 and not found.what
        assert reader.path == path


def test_a_journal_of_another_chain_is_refused_not_called_altered(written: Written, tamper: Tamper) -> None:
    path = written(3)
    tamper("UPDATE meta SET value = '2' WHERE name = 'chain_layout'")
    with pytest.raises(JournalError, match="expected hash chain layout 1, found '2'") as caught:
        Reader(path)
    assert caught.value.where == str(path) and "version of the desk that wrote it" in caught.value.remedy
