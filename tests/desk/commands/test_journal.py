"""`desk journal`: what is printed, the exit codes, and what is never imported."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result

import desk.commands.journal as journal_command
from desk.commands.journal import journal
from engine.config import JournalConfig
from engine.errors import EXIT_FAILED, EXIT_JOURNAL, EXIT_USAGE, DeskError
from engine.journal import Journal, Reader
from engine.journal.anchor import anchor_path
from engine.journal.chain import Record, chain
from engine.model import Alert, Level, Reading

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = "\x1b]0;owned\x07\x9b2J\u202e up"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "paper.journal"
    written = Journal(path, JournalConfig(), profile="paper")
    written.open()
    for number in range(60):
        written.append("reading", str(number), Reading(str(number), "vader", "1", 0.5, 0.5, number), number * 10**9)
    written.append("alert", "a", Alert("a", Level.INFO, "c", "s", HOSTILE, "", 1), 60 * 10**9)
    written.close()
    return path


def desk(*args: str | Path, file: Path) -> Result:
    return CliRunner().invoke(journal, [*map(str, args), "--journal", str(file)])


def process(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "desk", "journal", *map(str, args)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_show_prints_the_newest_oldest_first(file: Path) -> None:
    lines = desk("show", file=file).output.splitlines()
    assert len(lines) == 50
    assert lines[0].split()[:4] == ["12", "1970-01-01T00:00:11.000Z", "reading", "11"]
    assert lines[-1].split()[0] == "61"
    assert all(line.isprintable() for line in lines)


def test_show_filters(file: Path) -> None:
    assert len(desk("show", "--kind", "alert", file=file).output.splitlines()) == 1
    assert len(desk("show", "--key", "7", file=file).output.splitlines()) == 1
    assert len(desk("show", "--since", "1970-01-01T00:00:50Z", file=file).output.splitlines()) == 11
    assert desk("show", "--since", "1d", file=file).output == ""
    assert len(desk("show", "--limit", "3", file=file).output.splitlines()) == 3


def test_show_as_json(file: Path) -> None:
    output = desk("show", "--json", "--limit", "1", file=file).output
    assert output.isascii()
    assert json.loads(output)["body"]["text"] == HOSTILE


def test_follow_prints_each_record_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that are written between two looks, or while one is printed."""
    again = Journal(file, JournalConfig(), profile="paper")
    again.open()
    number = iter(range(60, 70))

    def write() -> None:
        at = next(number)
        again.append("reading", str(at), Reading(str(at), "vader", "1", 0.5, 0.5, at), at * 10**9)
        again.flush()

    def wait(seconds: float) -> None:
        try:
            write()
        except StopIteration:
            raise KeyboardInterrupt from None

    printed = journal_command._print_records

    def while_printing(records: Iterable[Record], as_json: bool) -> int:
        if again.seq == 65:
            write()
        return printed(records, as_json)

    monkeypatch.setattr("desk.commands.journal.time.sleep", wait)
    monkeypatch.setattr("desk.commands.journal._print_records", while_printing)
    lines = desk("show", "--follow", "--limit", "3", file=file).output.splitlines()
    again.close()
    assert [int(line.split()[0]) for line in lines] == list(range(59, 72))


@pytest.mark.parametrize("put", [True, False])
def test_follow_ends_where_the_journal_is_begun_anew(file: Path, monkeypatch: pytest.MonkeyPatch, put: bool) -> None:
    """It looked at the file that was removed for ever, without a word."""

    def wait(seconds: float) -> None:
        assert waited.pop(), "it goes on"
        file.rename(file.with_name("old"))
        if put:
            file.write_bytes(file.with_name("old").read_bytes())

    waited = [True]
    monkeypatch.setattr("desk.commands.journal.time.sleep", wait)
    result = desk("show", "--follow", "--limit", "3", file=file)
    assert len(result.output.splitlines()) == 3
    assert isinstance(result.exception, DeskError)
    assert result.exception.exit_code == EXIT_FAILED
    assert "found it removed or another in its place" in result.exception.message


def test_counts_are_not_followed(file: Path) -> None:
    assert desk("show", "--counts", "--follow", file=file).exit_code == EXIT_USAGE


def test_counts(file: Path) -> None:
    assert [line.split()[:2] for line in desk("show", "--counts", file=file).output.splitlines()] == [
        ["60", "reading"],
        ["1", "alert"],
    ]
    assert json.loads(desk("show", "--counts", "--json", file=file).output)[1]["records"] == 1


def test_a_wrong_since_is_explained(file: Path) -> None:
    error = desk("show", "--since", "yesterday", file=file).exception
    assert isinstance(error, DeskError)
    assert error.exit_code == EXIT_USAGE
    assert "found 'yesterday'" in str(error)


@pytest.mark.parametrize(
    ("since", "records"),
    [("999999999d", 50), ("0001-01-01T00:00:00Z", 50), ("9999-12-31T23:59:59Z", 0)],
)
def test_since_before_and_after_all_records(file: Path, since: str, records: int) -> None:
    result = desk("show", "--since", since, file=file)
    assert result.exit_code == 0, result.output
    assert len(result.output.splitlines()) == records


@pytest.mark.parametrize("verb", [("show",), ("export", "--format", "csv")])
def test_an_unknown_kind_is_a_wrong_command_line(file: Path, verb: tuple[str, ...]) -> None:
    result = desk(*verb, "--kind", "post", "--kind", "pots", file=file)
    assert result.exit_code == EXIT_USAGE
    assert "expected kinds out of" in result.output and "found 'pots'" in result.output


def test_verify(file: Path) -> None:
    result = desk("verify", file=file)
    assert result.exit_code == 0
    assert result.output.startswith("61 records, unbroken")
    noted = result.output.split()[-1]
    assert desk("verify", "--expect", noted, file=file).exit_code == 0
    assert json.loads(desk("verify", "--json", file=file).output)["ok"] is True
    assert desk("verify", "--expect", "12", file=file).exit_code == EXIT_USAGE
    wrong = desk("verify", "--expect", noted[:-1] + ("0" if noted[-1] != "0" else "1"), file=file).exception
    assert isinstance(wrong, DeskError)


def change(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(sql)


def test_verify_names_the_record(file: Path) -> None:
    change(file, "UPDATE records SET key = 'other' WHERE seq = 40")
    done = process("verify", "--journal", file)
    assert done.returncode == EXIT_JOURNAL
    assert "record 40 was altered" in done.stderr
    assert "Traceback" not in done.stderr
    result = desk("verify", "--json", file=file)
    assert result.exit_code == EXIT_JOURNAL
    assert json.loads(result.output)["first_bad_seq"] == 40
    assert desk("verify", "--json", "--renew-anchor", file=file).exit_code == EXIT_JOURNAL


def test_a_lost_tail_can_be_accepted(file: Path) -> None:
    change(file, "DELETE FROM records WHERE seq > 50")
    error = desk("verify", file=file).exception
    assert isinstance(error, DeskError)
    assert "--renew-anchor" in error.remedy
    assert desk("verify", "--renew-anchor", file=file).exit_code == 0
    assert desk("verify", file=file).exit_code == 0
    anchor_path(file).unlink()
    assert "no anchor" in desk("verify", file=file).output
    desk("verify", "--renew-anchor", file=file)
    again = Journal(file, JournalConfig(), profile="paper")
    again.open()
    assert again.seq == 50
    assert isinstance(desk("verify", "--renew-anchor", file=file).exception, DeskError)
    again.close()


def test_a_rewritten_end_cannot_be_accepted(file: Path) -> None:
    """Every hash is right, but they are not those that were written: nothing was lost here."""
    with Reader(file) as reader:
        *before, last = reader.records()
    body = last.body.replace(b"{", b"{ ", 1)
    digest = chain(before[-1].hash, last.seq, last.at_ns, last.kind.encode(), last.key.encode(), body)
    change(file, f"UPDATE records SET body = '{body.decode()}', hash = x'{digest.hex()}' WHERE seq = {last.seq}")
    error = desk("verify", "--renew-anchor", file=file).exception
    assert isinstance(error, DeskError)
    assert "it was rewritten" in str(error)
    assert "--renew-anchor" not in error.remedy
    assert desk("verify", file=file).exit_code != 0


def test_export_to_the_terminal_and_to_a_new_file(file: Path, tmp_path: Path) -> None:
    output = desk("export", "--format", "jsonl", file=file).output
    assert output.isascii()
    assert len(output.splitlines()) == 61
    target = tmp_path / "out.csv"
    assert desk("export", "--format", "csv", "--kind", "alert", "--output", target, file=file).exit_code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert len(target.read_text().splitlines()) == 2
    error = desk("export", "--format", "csv", "--output", target, file=file).exception
    assert isinstance(error, DeskError)
    assert "File exists" in str(error)


def test_an_export_has_its_name_once_it_is_whole(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was killed half-way looked like all there is."""
    target = tmp_path / "out.jsonl"
    whole = Reader.export

    def export(self: Reader, *given: object) -> int:
        count = whole(self, *given)  # type: ignore[arg-type]
        assert not target.exists()
        return count

    monkeypatch.setattr(Reader, "export", export)
    assert desk("export", "--format", "jsonl", "--output", target, file=file).exit_code == 0
    assert len(target.read_text().splitlines()) == 61
    target.unlink()
    target.symlink_to("nowhere")
    assert "File exists" in str(desk("export", "--format", "jsonl", "--output", target, file=file).exception)
    assert not list(tmp_path.glob(".*"))


def test_why(file: Path) -> None:
    assert "no signal has this post as evidence" in desk("why", "7", file=file).output
    assert json.loads(desk("why", "7", "--json", file=file).output)["what"] == "post"
    for nobody in ("nobody", "", " "):
        assert isinstance(desk("why", nobody, file=file).exception, DeskError)


def test_no_journal(tmp_path: Path) -> None:
    done = process("show", "--journal", tmp_path / "none.journal")
    assert done.returncode == EXIT_JOURNAL
    assert "found no such file" in done.stderr


def test_what_is_no_file_is_no_journal(tmp_path: Path) -> None:
    for path, says in ((tmp_path, "found something that is no file"), (tmp_path / ("n" * 300), "could not read")):
        error = desk("show", file=path).exception
        assert isinstance(error, DeskError)
        assert error.exit_code == EXIT_JOURNAL
        assert error.where == str(path) and says in error.message


def test_the_profiles_journal_is_the_default(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[engine]\nstate_dir = "{tmp_path / "state"}"\n')
    done = process("show", "--profile", "simulated", "--config", config)
    assert done.returncode == EXIT_JOURNAL
    assert str(tmp_path / "state" / "simulated.journal") in done.stderr


def test_reading_imports_nothing_heavy(file: Path) -> None:
    program = (
        "import sys; from desk.commands.journal import journal\n"
        f"journal.main(['show', '--journal', {str(file)!r}], standalone_mode=False)\n"
        f"journal.main(['show', '--counts', '--journal', {str(file)!r}], standalone_mode=False)\n"
        "heavy = {'pandas', 'numpy', 'textual', 'rich', 'aiohttp'}\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize("ended_by", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_export_that_is_broken_off_leaves_no_half(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended_by: BaseException | type[BaseException]
) -> None:
    """The next one under that name would be refused, and the half taken for all there is."""

    def broken(self: Reader, stream: IO[str], *_: object) -> int:
        stream.write("half of it")
        raise ended_by

    monkeypatch.setattr(Reader, "export", broken)
    output = tmp_path / "out.jsonl"
    assert desk("export", "--format", "jsonl", "--output", output, file=file).exit_code != 0
    assert not output.exists()


def test_what_takes_long_tells_how_far_it_is(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(journal_command, "progress", lambda: lambda done, total: told.append((done, total)))
    for args in (("verify",), ("show", "--counts"), ("export", "--format", "csv", "--output", tmp_path / "out")):
        told.clear()
        assert desk(*args, file=file).exit_code == 0, args
        assert told[-1] == (61, 61), args
        assert told.count((61, 61)) == 1, args


def test_a_backup_beside_a_running_engine_verifies(file: Path, tmp_path: Path) -> None:
    running = Journal(file, JournalConfig(), profile="paper")
    running.open()
    running.append("reading", "99", Reading("99", "vader", "1", 0.5, 0.5, 99), 99)
    running.flush()
    (tmp_path / "kept").mkdir()
    into = desk("backup", tmp_path / "kept", file=file)
    assert into.output.splitlines()[0] == "62 records, unbroken from the first to the last"
    assert f"newest {running.durable}" in into.output
    copy = tmp_path / "kept" / file.name
    assert desk("verify", "--expect", str(running.durable), file=copy).exit_code == 0
    told = desk("backup", tmp_path / "named.journal", "--json", file=file)
    assert json.loads(told.output)["ok"] is True
    again = process("backup", tmp_path / "kept", "--journal", file)
    assert again.returncode == EXIT_JOURNAL
    assert "expected a new file for the copy, found one" in again.stderr
    running.close()
