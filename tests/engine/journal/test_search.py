"""The full-text index: finds what scanning finds, never touches the journal, belongs to one journal only."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import JournalError
from engine.journal import Journal, Reader
from engine.journal.search import Index, match
from engine.model import (
    Answer,
    Author,
    Decision,
    DecisionKind,
    DisplayText,
    Intent,
    Match,
    Outcome,
    Post,
    Reading,
    Role,
)
from engine.model.records import AnswerRecord, CommandRecord, PostRecord
from tests.desk import made_up
from tests.engine.journal.conftest import Opened, Tamper
from tests.engine.journal.made_up import T0
from tests.hostile.corpus import CORPUS

TEXTS = ("Battery plant opens early", "Recall of batteries, again", "the café says “soon”", "S_P 500 to the moon")


def post(number: int, text: str, author: str = "ann", symbol: str = "TSLA") -> tuple[str, str, PostRecord, int]:
    made = Post(f"15{number:04d}", "x", T0, T0, Author("77", DisplayText(author), 5), text, DisplayText(text))
    return "post", made.id, PostRecord.of(made, (Match(symbol, f"${symbol}", "cashtag"),)), T0 + number


@pytest.fixture
def journal(opened: Opened) -> Journal:
    journal = opened()
    for number, text in enumerate(TEXTS):
        journal.append(*post(number, text, "ann" if number % 2 else "bob", "TSLA" if number else "BTC/USD"))
    ticket = made_up.ticket(1)
    journal.append("ticket", ticket.id, ticket, T0 + 10)
    decision = Decision(
        ticket.id, ticket.signal.id, DecisionKind.REJECTED, "person", "already in the price", T0 + 11, ""
    )
    journal.append("decision", ticket.signal.id, decision, T0 + 11)
    journal.append("reading", "150000", Reading("150000", "vader", "1", 0.5, 0.5, T0), T0)
    journal.flush()
    return journal


def found(path: Path, query: str) -> list[int]:
    with Reader(path) as reader, Index(reader) as index:
        index.update()
        return [record.seq for record in index.find(query)]


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ("battery", [1]),
        ("batter", [2, 1]),
        ("BATTERY early", [1]),
        ('"plant opens"', [1]),
        ('"opens plant"', []),
        ("cafe", [3]),
        ("@ann", [4, 2]),
        ("author:bob moon", []),
        ("@bob café", [3]),
        ("$TSLA kind:post", [4, 3, 2]),
        ("$TSLA kind:decision", [6]),
        ("$TSLA", [6, 5, 4, 3, 2]),
        ("$NVDA", []),
        ("$TSL", []),
        ("symbol:TS", []),
        ("$TSL*", [6, 5, 4, 3, 2]),
        ("BTC/USD", [1]),
        ("$BTC/USD", [1]),
        ("$btc/usd", [1]),
        ("$BTC", []),
        ("$BTC*", [1]),
        ("BTC", [1]),
        ("USD", [1]),
        ("150002", [3]),
        ("tkt-0001", [6, 5]),
        ("sig-0001", [6, 5]),
        ("kind:decision person", [6]),
        ("price", [6]),
        ("vader", []),
        ("", []),
        ('" * AND (', []),
    ],
)
def test_words_ids_symbols_authors(journal: Journal, path: Path, query: str, seqs: list[int]) -> None:
    assert found(path, query) == seqs


def test_it_goes_on_where_it_stood_beside_a_writing_engine(journal: Journal, path: Path) -> None:
    with Reader(path) as reader, Index(reader) as index:
        steps: list[tuple[int, int]] = []
        assert index.update(lambda done, of: steps.append((done, of))) == 6
        assert index.update() == 0
        journal.append(*post(50, "a fresh rumour"))
        journal.flush()
        assert list(index.find("rumour")) == []
        assert index.update() == 1
        assert [record.seq for record in index.find("rumour")] == [8]
        assert reader.verify().ok
        assert stat.S_IMODE(index.path.stat().st_mode) == 0o600
    assert found(path, "rumour") == [8]


def test_an_index_of_another_journal_is_built_anew(
    journal: Journal, path: Path, opened: Opened, tmp_path: Path
) -> None:
    index = tmp_path / "shared.search"
    with Reader(path) as reader, Index(reader, index) as one:
        one.update()
    other = opened(tmp_path / "other" / "paper.journal")
    other.append(*post(1, "something else"))
    other.flush()
    with Reader(other.path) as reader, Index(reader, index) as two:
        assert two.seq == 0
        two.update()
        assert [record.seq for record in two.find("else")] == [1]
        assert list(two.find("battery")) == []


def test_a_file_that_is_no_index_is_named(journal: Journal, path: Path) -> None:
    path.with_name("paper.journal.search").write_bytes(b"not a database at all" * 100)
    with Reader(path) as reader, pytest.raises(JournalError, match="expected a search index"):
        Index(reader)


def test_where_nothing_is_written_the_index_is_read_as_it_is(journal: Journal, path: Path, opened: Opened) -> None:
    with Reader(path) as reader, pytest.raises(JournalError, match="found none; nothing is written here"):
        Index(reader, writes=False)
    assert not path.with_name("paper.journal.search").exists()
    assert found(path, "battery") == [1]
    there = sorted(file.name for file in path.parent.iterdir())
    with Reader(path) as reader, Index(reader, writes=False) as looking:
        journal.append(*post(50, "a fresh rumour"))
        journal.flush()
        assert looking.update() == 0
        assert [record.seq for record in looking.find("battery")] == [1]
        assert list(looking.find("rumour")) == []
        with Index(reader) as building, Index(reader, writes=False) as beside:
            building.update()
            assert [record.seq for record in beside.find("rumour")] == [8]
    assert sorted(file.name for file in path.parent.iterdir()) == there
    other = opened(path.parent / "other" / "paper.journal")
    other.append(*post(1, "something else"))
    other.flush()
    foreign = path.with_name("paper.journal.search")
    with Reader(other.path) as reader, pytest.raises(JournalError, match="found another journal's"):
        Index(reader, foreign, writes=False)
    foreign.write_bytes(b"not a database at all" * 100)
    with Reader(path) as reader, pytest.raises(JournalError, match="expected a search index"):
        Index(reader, writes=False)


@given(st.text(max_size=60) | st.sampled_from(sorted(CORPUS.values())))
def test_any_query_is_only_words(query: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(kind, id, symbol, author, words)")
    expression = match(query.encode("utf-8", "replace").decode())
    if expression:
        connection.execute("SELECT rowid FROM t WHERE t MATCH ?", (expression,)).fetchall()
    connection.close()


@pytest.mark.parametrize("name", CORPUS)
def test_hostile_texts_are_indexed_and_found_by_author(opened: Opened, path: Path, name: str) -> None:
    journal = opened()
    journal.append(*post(1, CORPUS[name], "eve"))
    journal.flush()
    assert found(path, "@eve") == [1]


def test_a_record_that_cannot_be_read_is_found_by_its_key(journal: Journal, path: Path, tamper: Tamper) -> None:
    journal.close()
    tamper(("UPDATE records SET body = ? WHERE seq = 5", ("{broken",)))
    assert 5 in found(path, "tkt-0001")


def test_a_record_that_comes_while_the_index_is_brought_up_is_indexed_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine writes on between the look at how far the journal reaches and the reading of it."""
    numbers = iter(range(20, 40))

    def and_more(reader: Reader) -> int:
        found = real(reader)
        journal.append(*post(next(numbers), "nobody expected this"))
        journal.flush()
        return found

    with Reader(journal.path) as reader, Index(reader) as index:
        index.update()
        real = Reader.seq.fget
        assert real is not None
        monkeypatch.setattr(Reader, "seq", property(and_more))
        counted = sum(index.update() for _ in range(3))
        monkeypatch.undo()
        assert counted + index.update() == 3
        seqs = [record.seq for record in index.find("expected")]
        assert len(seqs) == 3 and seqs == sorted(set(seqs), reverse=True)


def test_what_names_no_symbol_is_found_by_that_of_its_ticket_or_order(opened: Opened, path: Path) -> None:
    journal, ticket = opened(), made_up.ticket(1, "NVDA")
    assert ticket.draft is not None
    intent = Intent("desk-1", ticket.signal.id, ticket.id, 1, Role.ENTRY, ticket.draft, T0)
    edit = CommandRecord("edit", "person", {"ticket": ticket.id, "quantity": "3"}, True, "edited", T0)
    mode = CommandRecord("mode", "person", {"symbol": "NVDA", "mode": "auto"}, True, "auto", T0)
    every = CommandRecord("mode", "person", {"symbol": "*", "mode": "off"}, True, "off", T0)
    cancel = CommandRecord("cancel", "person", {"order": "desk-1"}, True, "cancelling", T0)
    unknown = Decision("", "nobody", DecisionKind.AUTO, "autopilot", "flatten", T0, "")
    journal.append("ticket", ticket.id, ticket, T0)
    journal.append("intent", intent.client_order_id, intent, T0)
    journal.append("answer", "desk-1", AnswerRecord("desk-1", "submit", Answer(Outcome.ACCEPTED), T0), T0)
    for command in (edit, mode, every, cancel):
        journal.append("command", command.verb, command, T0)
    journal.append("decision", "nobody", unknown, T0)
    journal.flush()
    assert found(path, "$NVDA") == [7, 5, 4, 3, 2, 1]
    assert found(path, "kind:command") == [7, 6, 5, 4]
    assert found(path, "kind:decision flatten") == [8]
