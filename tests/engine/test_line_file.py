"""Files of lines: every line with its number, plain or gzipped, and a refusal that says where and what to do."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EXIT_USAGE, RecordingError
from engine.line_file import BLANK_LIMIT, LINE_LIMIT, lines_of

FORMAT, REMEDY = "one thing per line", "correct the path"


def read(file: Path) -> list[tuple[int, bytes]]:
    return list(lines_of(file, format=FORMAT, remedy=REMEDY))


def refusal(file: Path) -> RecordingError:
    with pytest.raises(RecordingError) as caught:
        read(file)
    assert caught.value.exit_code == EXIT_USAGE
    return caught.value


@settings(max_examples=40)
@given(
    lines=st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=8),
    zipped=st.booleans(),
    marked=st.booleans(),
    ended=st.booleans(),
)
def test_every_line_that_says_something_is_there_with_its_number(
    lines: list[bytes], zipped: bool, marked: bool, ended: bool
) -> None:
    """Whatever the file's ending, its mark of byte order and its last line's end."""
    content = (b"\xef\xbb\xbf" if marked else b"") + b"\n".join(lines) + (b"\n" if ended else b"")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / ("a.jsonl.gz" if zipped else "a.jsonl")
        file.write_bytes(gzip.compress(content) if zipped else content)
        first = [line.removeprefix(b"\xef\xbb\xbf") for line in lines[:1]] if not marked else lines[:1]
        expected = [(number, line.strip()) for number, line in enumerate([*first, *lines[1:]], 1) if line.strip()]
        assert read(file) == expected


def test_a_line_without_an_end_is_refused_where_it_begins_and_the_longest_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"{}\n" + b"x" * (LINE_LIMIT - 1) + b"\n" + b"y" * LINE_LIMIT + b"\n")
    read_lines = lines_of(file, format=FORMAT, remedy=REMEDY)
    assert next(read_lines) == (1, b"{}")
    assert len(next(read_lines)[1]) == LINE_LIMIT - 1
    error = refusal(file)
    assert error.message == "expected a line under 1,048,576 bytes, found a longer one"
    assert (error.where, error.remedy) == (f"{file}:3", f"correct or remove that line; {FORMAT}")


def test_a_damaged_gzip_file_is_told_from_a_bad_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    whole = gzip.compress(b"{}\n" * 1000)
    for damaged in (whole[:-9], b"no gzip at all", whole[:20] + b"\xff" * 9 + whole[29:]):
        file.write_bytes(damaged)
        error = refusal(file)
        assert error.message.startswith("expected a whole gzip file, found it damaged (")
        assert error.where.startswith(f"{file}:") and error.remedy == "copy or unpack the file again"


def test_a_file_that_is_not_there_has_the_callers_remedy(tmp_path: Path) -> None:
    error = refusal(tmp_path / "none.jsonl")
    assert error.message == "expected a readable file, found: No such file or directory"
    assert (error.where, error.remedy) == (str(tmp_path / "none.jsonl"), REMEDY)


def test_a_small_file_that_unpacks_to_blank_lines_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bomb.jsonl.gz"
    few = b"1\n" + b"\n" * BLANK_LIMIT + b"2\n"
    file.write_bytes(gzip.compress(few * 2))
    assert [line for _, line in lines_of(file, format="", remedy="")] == [b"1", b"2"] * 2
    file.write_bytes(gzip.compress(b"1\n" + b"\n" * 10_000_000))
    with pytest.raises(RecordingError, match="at most 10,000 blank lines") as caught:
        list(lines_of(file, format="", remedy=""))
    assert caught.value.where == f"{file}:{BLANK_LIMIT + 2}"
