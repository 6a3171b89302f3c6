"""Any record as JSON or CSV: nothing is lost, and nothing in it drives a terminal or a spreadsheet."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import iso
from engine.journal.chain import Record
from engine.journal.export import COLUMNS, LAST_NS, ascii_json, at_text, defused, json_line, write_records

texts = st.text(max_size=40) | st.sampled_from(["=1+1", "+cmd", "-1", "@SUM(A1)", "\x1b[2J", 'a,b\n"c"', "注\u202e"])
bodies = st.builds(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), texts) | st.binary(
    max_size=40
)
records = st.builds(
    Record,
    seq=st.integers(1, 2**40),
    at_ns=st.integers(-(2**62), 2**62),
    kind=texts,
    key=texts,
    body=bodies,
    hash=st.binary(min_size=32, max_size=32),
)


def is_json(body: bytes) -> bool:
    try:
        json.loads(body.decode())
    except ValueError:
        return False
    return True


@settings(max_examples=40)
@given(records)
def test_a_json_line_is_one_line_of_ascii_that_holds_the_record(record: Record) -> None:
    line = json_line(record)
    assert line.isascii() and line.isprintable()
    told = json.loads(line)
    assert (told["seq"], told["at_ns"], told["kind"], told["key"]) == (
        record.seq,
        record.at_ns,
        record.kind,
        record.key,
    )
    assert bytes.fromhex(told["hash"]) == record.hash
    if is_json(record.body):
        assert told["body"] == json.loads(record.body.decode())
    else:
        assert isinstance(told["body"], str), "a damaged body is told as text"


@settings(max_examples=40)
@given(st.lists(records, max_size=5))
def test_csv_reads_back_and_no_cell_of_foreign_text_begins_a_formula(written: list[Record]) -> None:
    stream = io.StringIO()
    assert write_records(written, stream, "csv") == len(written)
    assert stream.getvalue().replace("\n", "").isascii()
    head, *rows = csv.reader(io.StringIO(stream.getvalue()))
    assert tuple(head) == COLUMNS
    assert [int(row[0]) for row in rows] == [record.seq for record in written]
    for row, record in zip(rows, written, strict=True):
        for cell, text in ((row[2], record.kind), (row[3], record.key)):
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "|", "%"))
            if text.isascii() and text.isprintable():
                assert cell in (text, f"'{text}"), "as it stands, or with the apostrophe that says it is text"
        json.loads(row[4])


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1", "|x", "%0A"])
def test_no_id_is_a_formula_to_a_spreadsheet(text: str) -> None:
    """The ids of posts are whatever a recording or another package's feed calls them."""
    record = Record(seq=1, at_ns=1, kind="post", key=text, body=b"{}", hash=bytes(32))
    table = io.StringIO()
    write_records([record], table, "csv")
    _, row = csv.reader(io.StringIO(table.getvalue()))
    assert row[3] == defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["\t=1", "＝1"])
def test_formulas_are_defused(text: str) -> None:
    assert defused(text) == f"'{text}"


@settings(max_examples=40)
@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",))))
def test_escapes_stand_for_the_same_text(text: str) -> None:
    escaped = ascii_json(json.dumps(text, ensure_ascii=False))
    assert escaped.isascii() and escaped.isprintable()
    assert json.loads(escaped) == text


@pytest.mark.parametrize("at_ns", [-1, -(2**62), LAST_NS])
def test_what_is_no_time_of_this_calendar_is_told_as_a_number(at_ns: int) -> None:
    assert at_text(at_ns) == str(at_ns)


@settings(max_examples=40)
@given(st.integers(0, LAST_NS - 1))
def test_every_other_time_is_iso(at_ns: int) -> None:
    assert at_text(at_ns) == iso(at_ns) and at_text(at_ns).endswith("Z")


def test_a_body_that_is_nested_without_end_is_told_as_text() -> None:
    record = Record(seq=1, at_ns=1, kind="post", key="1", body=b'{"a":' * 100_000, hash=bytes(32))
    assert json.loads(json_line(record))["body"] == record.body.decode()
    table = io.StringIO()
    assert write_records([record], table, "csv") == 1


def test_another_format_is_refused_before_anything_is_written() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="expected a format out of jsonl, csv, found 'xml'"):
        write_records([], stream, "xml")
    assert not stream.getvalue()
