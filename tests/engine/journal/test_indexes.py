"""Searches go by the indexes: whatever was done to them, verifying and a start notice, and name the record."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import JournalError
from engine.journal import Reader
from engine.journal.earlier import check_earlier
from engine.journal.indexes import misled
from engine.journal.kinds import BULK, KINDS, RECENT
from engine.journal.schema import NOT_BULK, TABLES, connect_readonly
from engine.kernel.restore import BOOK_KINDS
from engine.model import Account, Alert, Level, StateChange, TradingState
from engine.model.records import Started
from tests.engine.journal.conftest import Opened, Tamper, verified
from tests.engine.journal.made_up import T0, made_up

STATE, COUNT = 21, 40
"""Number of the one record that trading must find again, and of the last one."""


@pytest.fixture
def halted(opened: Opened, path: Path) -> Path:
    """A journal in which trading was halted."""
    journal = opened()
    for number in range(COUNT):
        if number == STATE - 1:
            state = StateChange(TradingState.HALTED, TradingState.ACTIVE, "by hand", "person", T0, sticky=True)
            journal.append("state", "state", state, T0)
        else:
            journal.append(*made_up(number))
    journal.close()
    return path


def swap_index(path: Path, name: str, sql: str) -> None:
    """Put the pages of another index in an index's place, as somebody with a hex editor would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql)
        connection.execute("PRAGMA writable_schema = ON")
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'other'").fetchone()[0]
        connection.execute("UPDATE sqlite_schema SET rootpage = ? WHERE name = ?", (page, name))
        connection.execute("DELETE FROM sqlite_schema WHERE name = 'other'")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["records_key", "records_at", "records_kind"]), seq=st.integers(1, COUNT))
def test_a_record_that_an_index_has_lost_is_named(tmp_path: Path, halted: Path, name: str, seq: int) -> None:
    path = halted.with_name("copy.journal")
    for file in (halted, halted.with_name(halted.name + ".anchor")):
        file.with_name(file.name.replace(halted.name, path.name)).write_bytes(file.read_bytes())
    seq = STATE if name == "records_kind" else seq
    column = TABLES[name].partition("records (")[2].partition(")")[0]
    where = f"{NOT_BULK} AND seq <> {seq}" if name == "records_kind" else f"seq <> {seq}"
    swap_index(path, name, f"CREATE INDEX other ON records({column}) WHERE {where}")
    found = verified(path)
    assert (found.ok, found.chain_ok, found.first_bad_seq) == (False, False, seq)
    assert f"record {seq} is missing in the index of" in found.what


def test_a_halt_that_a_start_would_not_find_keeps_the_journal_closed(halted: Path, opened: Opened) -> None:
    swap_index(halted, "records_kind", f"CREATE INDEX other ON records(kind) WHERE {NOT_BULK} AND kind <> 'state'")
    with Reader(halted) as reader:
        assert list(reader.records(("state",))) == []
    with pytest.raises(JournalError, match=f"record {STATE} is missing in the index of kinds"):
        opened()


def test_the_check_while_the_engine_runs_finds_it_too(halted: Path) -> None:
    swap_index(halted, "records_at", "CREATE INDEX other ON records(at_ns) WHERE seq <> 7")
    flaw = asyncio.run(check_earlier(halted, COUNT))
    assert flaw is not None
    assert (flaw.seq, "missing in the index of keys or of times" in flaw.what) == (7, True)


@pytest.mark.parametrize("column", ["kind", "key"])
def test_a_field_kept_as_another_type_is_named(halted: Path, opened: Opened, tamper: Tamper, column: str) -> None:
    """The chain is the same over bytes and over text, a search is not."""
    tamper(f"UPDATE records SET {column} = CAST({column} AS BLOB) WHERE seq = {STATE}")
    with Reader(halted) as reader:
        assert list(reader.records(("state",), key="state")) == []
    found = verified(halted)
    assert (found.ok, found.first_bad_seq) == (False, STATE)
    assert ("not of its type" if column == "key" else "missing in the index of kinds") in found.what
    with pytest.raises(JournalError, match=f"record {STATE} (was altered|is missing)"):
        opened()


def test_a_record_that_is_found_twice_is_named(halted: Path, opened: Opened) -> None:
    """Another table's index shares the pages of the journal's: what goes in there is found as a record."""
    with closing(sqlite3.connect(halted, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE twin(kind TEXT)")
        connection.execute("CREATE INDEX other ON twin(kind)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'records_kind') "
            "WHERE name = 'other'"
        )
    with closing(sqlite3.connect(halted, isolation_level=None)) as connection:
        connection.execute("INSERT INTO twin(rowid, kind) VALUES (?, 'fill')", (STATE,))
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_schema WHERE name IN ('other', 'twin')")
    with Reader(halted) as reader:
        assert [record.seq for record in reader.records(("state", "fill"))] == [STATE, STATE]
    found = verified(halted)
    assert (found.ok, found.first_bad_seq, found.what) == (
        False, STATE, f"record {STATE} stands twice in the index of kinds"
    )  # fmt: skip
    with pytest.raises(JournalError, match=f"record {STATE} stands twice"):
        opened()


def test_a_journal_said_to_be_another_profiles_is_named(opened: Opened, path: Path, tamper: Tamper) -> None:
    journal = opened()
    journal.append(*made_up(0))
    journal.append("started", "paper", Started("paper", "1", "simulated", (), (), (), (), "", "", T0), T0)
    journal.close()
    assert verified(path).ok
    tamper("UPDATE meta SET value = 'live' WHERE name = 'profile'")
    found = verified(path)
    assert (found.ok, found.first_bad_seq) == (False, 2)
    assert found.what == "record 2 was written for the profile 'paper', the file says 'live'"
    with pytest.raises(JournalError, match="written for the profile 'paper'"):
        opened(path, "live")
    tamper("DELETE FROM meta WHERE name = 'profile'")
    assert not verified(path).ok


def swap_entries(path: Path, name: str, first: int, second: int, *, places: bool) -> None:
    """Alter an index page of a closed journal byte by byte: the entries of two records change places, or records.

    With `places` the page lists the same entries in another order (a search by halves misses them); without, each
    leads to the other's record. The page is the leaf that holds both
    (https://sqlite.org/fileformat2.html#b_tree_pages).
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0]
    whole = bytearray(path.read_bytes())
    page = memoryview(whole)[(root - 1) * size : root * size]
    assert page[0] == 0x0A  # a leaf of an index
    pointers = {}
    for place in range(8, 8 + 2 * int.from_bytes(page[3:5], "big"), 2):
        cell = int.from_bytes(page[place : place + 2], "big")
        end = cell + page[cell]  # the number of a record is an entry's last byte
        pointers[page[end]] = (place, end)
    (here, one), (there, other) = pointers[first], pointers[second]
    if places:
        page[here : here + 2], page[there : there + 2] = bytes(page[there : there + 2]), bytes(page[here : here + 2])
    else:
        page[one], page[other] = page[other], page[one]
    path.write_bytes(whole)


@pytest.mark.parametrize("places", [True, False])
@pytest.mark.parametrize("name", ["records_key", "records_at"])
def test_entries_that_were_swapped_in_an_index_page_are_seen(
    halted: Path, opened: Opened, name: str, places: bool
) -> None:
    swap_entries(halted, name, 9, 30, places=places)
    found = verified(halted)
    assert (found.ok, found.chain_ok) == (False, False)
    assert "missing in the index of keys or of times" in found.what
    with pytest.raises(JournalError, match="missing in the index of keys or of times"):
        opened()
    assert asyncio.run(check_earlier(halted, COUNT)) is not None


def test_a_halt_from_long_ago_behind_another_kind_keeps_the_journal_closed(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older than what a start follows: the index still says of each entry what kind its record is."""
    journal = opened()
    state = StateChange(TradingState.HALTED, TradingState.ACTIVE, "by hand", "person", T0, sticky=True)
    alert = Alert("a", Level.INFO, "made_up", "a", "made up", "", T0)
    for number in range(COUNT):
        if number == 8:
            journal.append("alert", "a", alert, T0)
        elif number == STATE - 1:
            journal.append("state", "state", state, T0)
        else:
            journal.append(*made_up(number))
    journal.close()
    swap_entries(path, "records_kind", STATE, 9, places=False)
    with Reader(path) as reader:
        assert [record.seq for record in reader.records(("state",))] == [9]
    monkeypatch.setattr("engine.journal.opening.TAIL", 5)
    with pytest.raises(JournalError, match="stands in the index of kinds as another kind"):
        opened()
    assert not verified(path).ok


def test_a_start_does_not_look_up_every_account_there_ever_was(path: Path, opened: Opened) -> None:
    """One a minute, all over the file: from a cold disk each is a read of its own, and a start took longer each day."""
    journal = opened()
    cash = Account(Decimal(1), Decimal(1), Decimal(1), Decimal(1), Decimal(1))
    for number in range(3_000):
        journal.append("account", "account", cash, T0 + number)
    journal.append("state", "state", StateChange(TradingState.HALTED, TradingState.ACTIVE, "by hand", "person", T0), T0)
    journal.close()
    steps: list[int] = []
    with closing(connect_readonly(path)) as connection:
        connection.set_progress_handler(lambda: steps.append(1), 1)
        assert misled(connection) is None
    assert len(steps) < 1_000


def test_a_start_reads_all_records_of_the_kinds_it_checks_and_of_no_others() -> None:
    """What the kernel restores whole is what `misled` looks up."""
    lasting = set(KINDS) - {*BULK, *RECENT}
    assert set(BOOK_KINDS) <= lasting
    assert lasting - set(BOOK_KINDS) == {"started", "feed", "flatten", "config", "stopped"}
