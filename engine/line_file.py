"""Files of lines, plain or gzipped (.jsonl, .csv, .gz): each line with its number, each refusal with file and line."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.errors import RecordingError

LINE_LIMIT: Final = 1 << 20
"""Longest line, in bytes."""
BLANK_LIMIT: Final = 10_000
"""Most blank lines in a row: a gzip file of a few kilobytes may unpack to billions of them."""
_BOM: Final = b"\xef\xbb\xbf"


def lines_of(file: Path, *, format: str, remedy: str) -> Iterator[tuple[int, bytes]]:
    """Line numbers, from 1, and lines without white space around them; blank ones are left out.

    `format` says what a line should be, `remedy` what to do about a file that cannot be read. Raises RecordingError for
    a damaged or unreadable file, a line over `LINE_LIMIT`, and more than `BLANK_LIMIT` blank ones, naming `file:line`.
    """
    number = blank = 0
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            while line := stream.readline(LINE_LIMIT):
                number += 1
                if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
                    problem = f"expected a line under {LINE_LIMIT:,} bytes, found a longer one"
                    raise bad_line(problem, file, number, format=format)
                line = (line.removeprefix(_BOM) if number == 1 else line).strip()
                if line:
                    blank = 0
                    yield number, line
                elif (blank := blank + 1) > BLANK_LIMIT:
                    problem = f"expected at most {BLANK_LIMIT:,} blank lines in a row, found more"
                    raise bad_line(problem, file, number, format=format)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RecordingError(
            f"expected a whole gzip file, found it damaged ({error})",
            where=f"{file}:{number + 1}",
            remedy="copy or unpack the file again",
        ) from error
    except OSError as error:
        raise unreadable(error, file, remedy=remedy) from error


def bad_line(problem: str, file: Path, number: int, *, format: str) -> RecordingError:
    """The refusal of one line: `problem` names what was expected and found, `format` what a line should be."""
    return RecordingError(problem, where=f"{file}:{number}", remedy=f"correct or remove that line; {format}")


def unreadable(error: OSError, file: Path, *, remedy: str) -> RecordingError:
    """The refusal of a file that the system does not let us read."""
    return RecordingError(f"expected a readable file, found: {error.strerror or error}", where=str(file), remedy=remedy)
