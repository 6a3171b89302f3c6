"""Labelled sets: texts and what a reader made of them, as `.jsonl` or `.jsonl.gz`.

One JSON object per line: `id`, `text` and `label` (`bearish`, `neutral` or `bullish`), perhaps `symbol`; other fields
are skipped. Texts are as their source gave them; they are cleaned here the way a feed cleans them.
"""

from __future__ import annotations

import hashlib
import json
import re
from enum import Enum
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import RecordingError
from engine.line_file import bad_line, lines_of
from engine.model import DisplayText, Value
from engine.text import display_text, text_key, unescape

SET_LIMIT: Final = 1 << 30
"""Largest set accepted, in bytes of its lines and ROW_BYTES for each: about what it takes in memory."""
ROW_BYTES: Final = 512
"""What a row takes beside its text, about."""
FORMAT: Final = 'one JSON object per line: {"id": …, "text": …, "label": "bearish" | "neutral" | "bullish"}'
UNREADABLE: Final = "correct the path"
"""What to do about a set that the system does not let us read."""
_SUFFIXES: Final = (".jsonl", ".jsonl.gz")
_DIGIT = re.compile(r"\d")


class Label(Enum):
    """What a text says of its symbol."""

    BEARISH = "bearish"
    NEUTRAL = "neutral"
    BULLISH = "bullish"

    @property
    def sign(self) -> int:
        """−1, 0 or +1."""
        return _SIGNS[self]


_SIGNS: Final = {Label.BEARISH: -1, Label.NEUTRAL: 0, Label.BULLISH: 1}


class Part(Enum):
    """A share of a set that is the same for everybody, by the checksum of what a text says.

    What is chosen (words, weights, thresholds) is chosen on `chosen`; `kept` is measured when the choice stands.
    """

    CHOSEN = "chosen"
    """About two thirds."""
    KEPT = "kept"
    """About a third, kept back."""


def part_of(text: str) -> Part:
    """A text's part: kept back when the last byte of SHA-256 of its `text_key`, digits as 0, is divisible by three.

    Texts that differ only in case, punctuation, numbers, names, links and cashtags fall in the same part.
    """
    said = _DIGIT.sub("0", text_key(text))
    return Part.CHOSEN if hashlib.sha256(said.encode()).digest()[-1] % 3 else Part.KEPT


class Labelled(Value, frozen=True, gc=False):
    """A text and its label."""

    id: str
    text: DisplayText
    label: Label
    symbol: str = ""


class LabelledSet(Value, frozen=True, gc=False):
    """A set, named after its file."""

    name: str
    rows: tuple[Labelled, ...]
    """At least one."""

    @property
    def two_class(self) -> bool:
        """Whether no text is neutral: then a score's sign is its call."""
        return all(row.label is not Label.NEUTRAL for row in self.rows)

    def only(self, part: Part) -> LabelledSet:
        """The rows of one part, in their order. Raises RecordingError when there is none."""
        rows = tuple(row for row in self.rows if part_of(row.text) is part)
        if not rows:
            raise RecordingError(
                f"expected texts of the part {part.value!r}, found none among {len(self.rows)}",
                where=self.name,
                remedy="measure the whole set",
            )
        return LabelledSet(self.name, rows)


class _Row(msgspec.Struct, gc=False):
    id: str | int
    text: str
    label: Label
    symbol: str | None = None


_decoder = msgspec.json.Decoder(_Row)


def set_files(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files named, and those directly inside the directories named, by name. Raises RecordingError."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(file for file in path.iterdir() if file.name.endswith(_SUFFIXES)) if path.is_dir() else [path]
        if not inside:
            raise RecordingError("expected .jsonl or .jsonl.gz files, found none", where=str(path), remedy=FORMAT)
        found += inside
    return tuple(dict.fromkeys(found))


def read_set(file: Path) -> LabelledSet:
    """The set in a file. Raises RecordingError naming file and line for a row that is not as described above."""
    rows = []
    lines: dict[str, int] = {}
    size = 0
    for number, line in lines_of(file, format=FORMAT, remedy=UNREADABLE):
        size += len(line) + ROW_BYTES
        if size > SET_LIMIT:
            raise RecordingError(
                f"expected a set that fits in memory, found more than {number - 1:,} texts of {SET_LIMIT >> 20:,} MiB",
                where=str(file),
                remedy="measure a part of it, or several smaller files",
            )
        row = _row(line, file, number)
        first = lines.setdefault(row.id, number)
        if first != number:
            raise _refusal(f"expected each id once, found {row.id!r} also on line {first}", file, number)
        rows.append(row)
    if not rows:
        raise RecordingError("expected at least one row, found none", where=str(file), remedy=FORMAT)
    return LabelledSet(file.name.removesuffix(".gz").removesuffix(".jsonl"), tuple(rows))


def _row(line: bytes, file: Path, number: int) -> Labelled:
    try:
        row = _decoder.decode(line)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), file, number) from error
    except (ValueError, RecursionError) as strict:
        # A lone surrogate ("\ud83d" cut from an emoji) is the one thing that only the standard library reads.
        try:
            row = msgspec.convert(json.loads(line.decode()), _Row)
        except (ValueError, RecursionError) as error:
            raise _refusal(f"expected a line of JSON ({strict})", file, number) from error
    name = str(row.id)
    if not name:
        raise _refusal("expected an id, found an empty one", file, number)
    return Labelled(name, display_text(unescape(row.text)), row.label, (row.symbol or "").lstrip("$"))


def _refusal(problem: str, file: Path, number: int) -> RecordingError:
    return bad_line(problem, file, number, format=FORMAT)
