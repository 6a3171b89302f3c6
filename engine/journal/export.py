"""Records as JSON lines or CSV, in pure ASCII: what a post's author wrote cannot drive a terminal or a spreadsheet."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from typing import IO, Final

import msgspec

from engine.clock import SECOND, iso
from engine.journal.chain import Record

FORMATS: Final = ("jsonl", "csv")
COLUMNS: Final = ("seq", "at", "kind", "key", "body", "hash")
LAST_NS: Final = 253_402_300_800 * SECOND
"""The end of the year 9999."""

_NOT_PRINTABLE = re.compile("[^\x20-\x7e]+")
_FORMULA: Final = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
"""What makes a spreadsheet calculate a cell, in the wide forms too."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One record as it is exported. `at` is ISO 8601 UTC; `body` an object, or text when it is damaged."""

    seq: int
    at: str
    at_ns: int
    kind: str
    key: str
    body: msgspec.Raw
    hash: str


def json_line(record: Record) -> str:
    """A record as one line of ASCII JSON, without the line's end. Nothing is lost: JSON escapes stand for the rest."""
    body = msgspec.Raw(_body(record))
    line = Line(record.seq, at_text(record.at_ns), record.at_ns, record.kind, record.key, body, record.hash.hex())
    return ascii_json(msgspec.json.encode(line).decode())


def ascii_json(text: str) -> str:
    """JSON text with every character that is not printable ASCII written as an escape; the same JSON value."""
    return text if text.isascii() and text.isprintable() else _NOT_PRINTABLE.sub(_escaped, text)


def write_records(records: Iterable[Record], stream: IO[str], format: str) -> int:
    """Write records in a format out of FORMATS; returns how many. Raises ValueError for another one."""
    count = 0
    if format == "jsonl":
        for record in records:
            stream.write(json_line(record) + "\n")
            count += 1
    elif format == "csv":
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        for record in records:
            body = ascii_json(_body(record).decode())
            table.writerow(
                (record.seq, at_text(record.at_ns), _cell(record.kind), _cell(record.key), body, record.hash.hex())
            )
            count += 1
    else:
        raise ValueError(f"expected a format out of {', '.join(FORMATS)}, found {format!r}")
    return count


def defused(text: str) -> str:
    """The text as a spreadsheet's cell that is never calculated: a leading apostrophe says that it is text
    (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def at_text(at_ns: int) -> str:
    """ISO 8601 UTC; the bare number where it is no time of this calendar (a damaged record)."""
    return iso(at_ns) if 0 <= at_ns < LAST_NS else str(at_ns)


def _body(record: Record) -> bytes:
    """The body as valid JSON: as it stands, or as a JSON text when it was damaged."""
    try:
        msgspec.json.decode(record.body)
        record.body.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.encode(record.body.decode(errors="replace"))
    return record.body


def _cell(text: str) -> str:
    """Text for a spreadsheet's cell: printable ASCII, and never a formula."""
    return defused(_NOT_PRINTABLE.sub(_escaped, text))


def _escaped(run: re.Match[str]) -> str:
    return json.dumps(run[0])[1:-1].replace("\x7f", "\\u007f")
