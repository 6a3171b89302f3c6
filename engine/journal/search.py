"""Words to records: a full-text index beside a journal, built by readers and never by the engine.

The index is a file of its own (`<journal>.search`): the writer does not know it, the chain does not cover it, and
whoever deletes it loses nothing but the time to build it again. It holds words and record numbers, no texts: a hit is
read from the journal. Scores and quotes are not indexed; a post is found by its text, author, symbols and id.

https://sqlite.org/fts5.html (a contentless table, so that texts are not stored twice).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import JournalError
from engine.journal.chain import Record
from engine.journal.kinds import KINDS
from engine.model import Alert, Decision, Fill, Intent, Order, Signal, Ticket, Value
from engine.model.records import AnswerRecord, CommandRecord, PostRecord
from engine.text import display_text

if TYPE_CHECKING:
    from engine.journal.reader import Reader

INDEXED: Final = tuple(kind for kind in KINDS if kind not in ("reading", "quote", "account", "guard"))
"""Kinds of records that can be found by their words."""
LAYOUT: Final = "3"
"""Version of the index; another one is built anew."""
BATCH: Final = 2_000
"""Records indexed in one transaction."""
FOUND: Final = 500
"""Most hits of one search."""
_TEXT: Final = 4_096
"""Characters of a text that are indexed."""
_TERM: Final = re.compile(r'(?:([A-Za-z]+):|([@$]))?(?:"([^"]*)"?|(\S+))')
"""A column or a sigil, then words in quotes or one word."""
_COLUMNS: Final = ("kind", "id", "symbol", "author", "words")


class Index:
    """A journal's words. A context manager; use it from one thread. Not for the engine's loop: building takes time."""

    def __init__(self, reader: Reader, path: Path | None = None, *, writes: bool = True) -> None:
        """Open the index beside the reader's journal, or at `path`; begins a new one where it does not belong to it.

        With `writes` off it is taken as it is, and no file is touched. Raises JournalError when there is none then, or
        another journal's; else when its directory cannot be written.
        """
        self._reader = reader
        self._writes = writes
        self.path = path or reader.path.with_name(reader.path.name + ".search")
        if not writes:
            self._connection = self._look()
            return
        try:
            self._connection = self._open()
            if not self._belongs():
                self._connection.close()
                self.path.unlink(missing_ok=True)
                self._connection = self._open()
        except (sqlite3.Error, OSError) as error:
            raise self._error(error) from error

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def seq(self) -> int:
        """Number of the last record that has been indexed."""
        return int(self._meta("seq") or 0)

    def update(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Index what the journal has since; how many records came in. `progress(done, of)` after each batch.

        Nothing comes in with `writes` off. Raises JournalError for a journal that cannot be read and an index that
        cannot be written.
        """
        if not self._writes:
            return 0
        reached, count = self._reader.seq, 0
        rows: list[tuple[int, str, str, str, str, str]] = []
        try:
            for record in self._reader.records(INDEXED, after_seq=self.seq):
                rows.append((record.seq, record.kind, *self._words(record)))
                if len(rows) >= BATCH:
                    count += self._write(rows, rows[-1][0])
                    rows = []
                    if progress is not None:
                        progress(self.seq, reached)
            return count + self._write(rows, max(reached, self.seq))
        except sqlite3.Error as error:
            raise self._error(error) from error

    def find(self, query: str, *, limit: int = FOUND) -> Iterator[Record]:
        """Records that hold every word, newest first, at most `limit`.

        A word stands for the beginning of one. `kind:ticket`, `symbol:TSLA` or `$TSLA`, `author:ann` or `@ann` and
        `id:…` look in that column alone; a symbol is meant whole (`$F` is not Fox), unless `$F*` asks for what begins
        with it. `"two words"` stand next to each other. An empty query finds nothing.
        """
        expression = match(query)
        if not expression:
            return
        sql = "SELECT rowid FROM terms WHERE terms MATCH ? ORDER BY rowid DESC LIMIT ?"
        try:
            found = self._connection.execute(sql, (expression, limit)).fetchall()
        except sqlite3.Error as error:
            raise self._error(error) from error
        for (seq,) in found:
            yield from self._reader.records(after_seq=seq - 1, limit=1)

    def _words(self, record: Record) -> tuple[str, str, str, str]:
        """What a record is found by: ids, symbols, author, words. A body that cannot be read is found by its key."""
        try:
            value = record.value()
            ids, symbols, author, text = _of(value)
            symbols = symbols if any(symbols) else (self._symbol(value),)
        except JournalError:
            return record.key, "", "", ""
        parted = [symbol for symbol in symbols if _one_word(symbol) != symbol]
        foreign = display_text(" ".join((*text, *parted)), limit=_TEXT)
        whole = " ".join(map(_one_word, symbols))
        return " ".join(dict.fromkeys((record.key, *filter(None, ids)))), whole, author, foreign

    def _symbol(self, value: Value) -> str:
        """The symbol of what a record speaks of, where it does not name it: of a decision its ticket's, of an answer
        its order's; empty where there is none."""
        if isinstance(value, Decision):
            asked = [("ticket", value.ticket_id), ("signal", value.signal_id)]
        elif isinstance(value, AnswerRecord):
            asked = [("intent", value.client_order_id)]
        elif isinstance(value, CommandRecord):
            asked = [(kind, value.arguments.get(name, "")) for name, kind in _SPOKEN_OF.items()]
        else:
            return ""
        for kind, key in asked:
            for record in self._reader.records((kind,), key=key, limit=1) if key else ():
                symbols = _of(record.value())[1]
                return symbols[0] if symbols else ""
        return ""

    def _open(self) -> sqlite3.Connection:
        new = not self.path.exists()
        if new:
            self.path.touch(mode=0o600)
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=2.0)
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5({', '.join(_COLUMNS)}, content='', "
            "tokenize=\"unicode61 remove_diacritics 2 tokenchars '_'\", prefix='2 3')"
        )
        return connection

    def _look(self) -> sqlite3.Connection:
        """The index that is there, opened so that SQLite makes no file beside it either
        (https://sqlite.org/wal.html#read_only_databases)."""
        beside = self.path.with_name(self.path.name + "-shm")
        found = "none"
        if self.path.is_file():
            uri = f"{self.path.absolute().as_uri()}?{'mode=ro' if beside.exists() else 'immutable=1'}"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=2.0)
            try:
                meta = dict(connection.execute("SELECT name, value FROM meta"))
            except sqlite3.Error as error:
                connection.close()
                raise self._error(error) from error
            if (meta.get("layout"), meta.get("first")) == (LAYOUT, self._first()):
                return connection
            connection.close()
            found = "another journal's"
        raise JournalError(
            f"expected a search index of this journal, found {found}; nothing is written here",
            where=str(self.path),
            remedy="search once at a desk in a terminal, which builds it",
        )

    def _belongs(self) -> bool:
        """Whether it was built from this very journal: same layout, same first record, and no more than it has."""
        first = self._first()
        if self._meta("layout") is None:
            with closing(self._connection.cursor()) as cursor:
                cursor.executemany(
                    "INSERT INTO meta VALUES (?, ?)", [("layout", LAYOUT), ("first", first), ("seq", "0")]
                )
            return True
        known = self._meta("first")
        if known == "" and self.seq == 0:
            self._connection.execute("UPDATE meta SET value = ? WHERE name = 'first'", (first,))
            known = first
        return self._meta("layout") == LAYOUT and known == first and self.seq <= self._reader.seq

    def _first(self) -> str:
        """Hash of the journal's first record: no other journal has it."""
        return next((record.hash.hex() for record in self._reader.records(limit=1)), "")

    def _meta(self, name: str) -> str | None:
        found = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def _write(self, rows: list[tuple[int, str, str, str, str, str]], reached: int) -> int:
        """Put rows in and note how far they reach, in one transaction: further than `reached` where more had come."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if rows and rows[0][0] <= self.seq:
                rows = [row for row in rows if row[0] > self.seq]
            self._connection.executemany(
                f"INSERT INTO terms(rowid, {', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?)", rows
            )
            seq = max(reached, self.seq, rows[-1][0] if rows else 0)
            self._connection.execute("UPDATE meta SET value = ? WHERE name = 'seq'", (str(seq),))
        except sqlite3.Error:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return len(rows)

    def _error(self, error: Exception) -> JournalError:
        return JournalError(
            f"expected a search index that can be read and written, found: {error}",
            where=str(self.path),
            remedy="delete that file, it is built again from the journal; the directory must be writable",
        )


def match(query: str) -> str:
    """A query as an FTS5 expression in which nothing a person typed has a meaning but words and columns."""
    terms = []
    for column, sigil, quoted, plain in _TERM.findall(query):
        name = column.lower() if column.lower() in _COLUMNS[:-1] else {"@": "author", "$": "symbol"}.get(sigil, "")
        text = quoted or plain.replace('"', " ")
        if column and not name:
            text = f"{column} {text}"
        text = text.replace("\0", " ").strip()
        if name == "symbol":
            text = _one_word(text.rstrip("*")) + ("*" if text.endswith("*") else "")
        if any(character.isalnum() for character in text):
            whole = quoted or (name == "symbol" and not text.endswith("*"))
            terms.append((f"{name} : " if name else "") + f'"{text}"' + ("" if whole else " *"))
    return " AND ".join(terms)


def _one_word(symbol: str) -> str:
    """A symbol as one word of the index, for `$BRK` is another one than `$BRK.B`."""
    return re.sub(r"\W+", "_", symbol)


def _of(value: Value) -> tuple[tuple[str, ...], tuple[str, ...], str, tuple[str, ...]]:
    """Ids, symbols, author and words of a body."""
    if isinstance(value, PostRecord):
        post = value.whole
        symbols = tuple(match.symbol for match in value.matches)
        return (
            (post.repost_of, post.reply_to, post.quote_of),
            symbols,
            f"{post.author.name} {post.author.id}",
            (post.text,),
        )
    if isinstance(value, Ticket):
        signal = value.signal
        return (
            (signal.id, value.id),
            (signal.symbol,),
            "",
            (signal.side.value, signal.strategy, signal.reason, value.note),
        )
    if isinstance(value, Signal):
        return (value.id,), (value.symbol,), "", (value.side.value, value.strategy, value.reason)
    if isinstance(value, Intent):
        return (value.signal_id, value.ticket_id, value.parent), (value.draft.symbol,), "", (value.role.value,)
    if isinstance(value, Order):
        words = (value.side.value, value.role.value, value.status.value, value.reason)
        return (value.venue_id, value.signal_id), (value.symbol,), "", words
    if isinstance(value, Fill):
        return (value.execution_id, value.signal_id), (value.symbol,), "", (value.side.value, value.role.value)
    if isinstance(value, AnswerRecord):
        return (), (), "", (value.request, value.answer.outcome.value, value.answer.reason)
    if isinstance(value, CommandRecord):
        about = value.arguments.get("symbol", "")
        return tuple(value.arguments.values()), () if about == "*" else (about,), value.by, (value.verb, value.text)
    if isinstance(value, Alert):
        return (value.code,), (value.subject,), "", (value.level.value, value.text, value.remedy)
    named = {name: found for name in _FIELDS if isinstance(found := getattr(value, name, None), str)}
    ids = tuple(named.get(name, "") for name in ("ticket_id", "signal_id", "protection_id", "id"))
    return ids, (named.get("symbol", ""),), named.get("by", ""), tuple(named.get(name, "") for name in _SAID)


_SPOKEN_OF: Final = {"ticket": "ticket", "order": "intent"}
"""Arguments of a command that name a record, and its kind."""
_SAID: Final = ("reason", "text", "detail", "remedy", "name", "cause", "profile", "code")
_FIELDS: Final = (*_SAID, "ticket_id", "signal_id", "protection_id", "id", "symbol", "by")
