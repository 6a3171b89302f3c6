"""Recordings: what was posted and quoted, read back in the order in which it was received.

A recording is a file of rows (`.jsonl`, `.jsonl.gz`), a directory of such files with, perhaps, daily prices, or a
journal of the desk. Nothing is loaded whole: rows are read as they are asked for.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from engine.calendar import Calendar
from engine.clock import HOUR, iso, new_york
from engine.errors import RecordingError
from engine.feeds.modelled import DailyPrices, modelled_quotes
from engine.feeds.recording_journal import UNREADABLE, is_journal, journal_events
from engine.feeds.recording_rows import FORMAT, Event, Row, RowError, at_line, check, decode, event, time_ns
from engine.line_file import lines_of, unreadable
from engine.model import FeedState, Halt, Post, Quote, Value

REORDER: Final = 256
"""How many rows later a row may come than its time says."""
PATTERNS: Final = (
    "posts*.jsonl",
    "posts*.jsonl.gz",
    "tweets*.jsonl",
    "tweets*.jsonl.gz",
    "prices*.jsonl",
    "prices*.jsonl.gz",
)
"""What is read in a directory, besides `prices_daily.csv` or `prices_daily.csv.gz`."""
GIVE_WAY: Final = 1000
"""Rows that are looked at before others have their turn."""
MOST_FEEDS: Final = 100
"""Feeds whose states a recording may tell."""
DAILY: Final = ("prices_daily.csv", "prices_daily.csv.gz")
EVERY_S: Final = 10.0
"""Modelled prices: a quote per symbol this often."""


class Contents(Value, frozen=True, gc=False):
    """What a recording holds, its modelled prices apart."""

    first_ns: int
    """Received time of the first row."""
    last_ns: int
    posts: int
    quotes: int
    halts: int
    states: int
    quoted: frozenset[tuple[str, date]]
    """Symbols with recorded prices, by New York day."""


class Recording:
    """A recording on disk. `symbols` are those wanted from the daily prices (all when None)."""

    def __init__(
        self,
        path: Path,
        symbols: Sequence[str] | None = None,
        every_s: float = EVERY_S,
        known: Contents | None = None,
    ) -> None:
        """`known`: what it holds, where that need not be counted."""
        self.path = path
        self._known = known
        self._symbols = symbols
        self._every_s = every_s
        self._files, self._daily = _find(path)
        self._until: dict[Path, int] = {}
        """By file the last line, or record, that was there when it was looked through: what somebody still writes to is
        played as far as it was checked."""
        self._prices: DailyPrices | None = None

    def events(self) -> Iterator[Event]:
        """Every event in order of received time; at the same instant prices first, then in order of file name.

        Raises RecordingError for a malformed line, or one that lies too far from its place in time.
        """
        streams: list[Iterable[Event]] = [_events(file, self._until.get(file)) for file in self._files]
        if self._daily is not None:
            streams.insert(0, self._modelled(self._daily))
        if len(streams) == 1:
            return iter(streams[0])
        return heapq.merge(*streams, key=_received_ns)

    @property
    def contents(self) -> Contents:
        """What it holds: reads and checks every row once. Raises RecordingError, also when it holds nothing."""
        for _ in self.look_through():
            pass
        assert self._known is not None
        return self._known

    def look_through(self) -> Iterator[None]:
        """Find out what it holds, where that is not known: gives way after every so many rows, for that takes long.

        Raises RecordingError.
        """
        if self._known is not None:
            return
        if self._daily is not None:
            self._daily_prices(self._daily)
        first_ns, last_ns, rows = 0, 0, 0
        counts: dict[type[Event], int] = {Post: 0, Quote: 0, Halt: 0, FeedState: 0}
        hours: set[tuple[str, int]] = set()
        feeds: set[str] = set()
        for file in self._files:
            self._until[file] = 0
            for number, kind, at_ns, symbol in _outline(file, feeds):
                self._until[file] = max(number, self._until[file])
                first_ns = min(first_ns or at_ns, at_ns)
                last_ns = max(last_ns, at_ns)
                counts[kind] += 1
                if kind is Quote:
                    hours.add((symbol, at_ns // HOUR))
                rows += 1
                if not rows % GIVE_WAY:
                    yield
        if not rows:
            raise RecordingError("expected at least one row, found none", where=str(self.path), remedy=FORMAT)
        # New York's day changes with the hour, so one look per hour is enough.
        quoted = frozenset((symbol, new_york(hour * HOUR).date()) for symbol, hour in hours)
        posts, quotes, halts, states = (counts[kind] for kind in (Post, Quote, Halt, FeedState))
        self._known = Contents(first_ns, last_ns, posts, quotes, halts, states, quoted)

    def bounds(self) -> tuple[int, int]:
        """Received time of the first and the last event."""
        return self.contents.first_ns, self.contents.last_ns

    def _daily_prices(self, file: Path) -> DailyPrices:
        if self._prices is None:
            self._prices = DailyPrices.read(file, lines(file), self._symbols)
        return self._prices

    def _modelled(self, file: Path) -> Iterator[Event]:
        """Quotes made from daily prices, within the recording's bounds, where none were recorded."""
        contents = self.contents
        daily = self._daily_prices(file)
        first, last = (new_york(at_ns).date() for at_ns in self.bounds())
        days = [row for row in daily.between(first, last) if (row.symbol, row.day) not in contents.quoted]
        for quote in modelled_quotes(days, Calendar(), self._every_s):
            if contents.first_ns <= quote.received_ns <= contents.last_ns:
                yield quote


def lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Line numbers and lines, blank ones left out. Raises RecordingError for a damaged or unreadable file."""
    return lines_of(file, format=FORMAT, remedy=UNREADABLE)


def _events(file: Path, until: int | None) -> Iterator[Event]:
    """A file's events in order."""
    if is_journal(file):
        for _, item in journal_events(file, until):
            yield item
        return
    for at_ns, number, row in _in_order(file, until):
        try:
            yield event(row, at_ns)
        except RowError as error:
            raise at_line(error, file, number) from error


def _outline(file: Path, feeds: set[str]) -> Iterator[tuple[int, type[Event], int, str]]:
    """Line or record, kind, received time and symbol (of quotes) of each row, all rows checked but posts not built.

    `feeds` gathers the names of those whose states are told.
    """
    if is_journal(file):
        for seq, item in journal_events(file):
            yield seq, type(item), item.received_ns, item.symbol if isinstance(item, Quote) else ""
        return
    for at_ns, number, row in _in_order(file):
        try:
            kind = check(row)
            if kind is FeedState:
                _name(feeds, row)
        except RowError as error:
            raise at_line(error, file, number) from error
        yield number, kind, at_ns, row.symbol or ""


def _name(feeds: set[str], row: Row) -> None:
    """Keep the name of a row's feed. Raises RowError for one too many: each has a light on the desk."""
    feeds.add(row.feed or "")
    if len(feeds) > MOST_FEEDS:
        raise RowError(f"expected states of at most {MOST_FEEDS} feeds, found more")


def _in_order(file: Path, until: int | None = None) -> Iterator[tuple[int, int, Row]]:
    """Received time, line number and row, by received time: rows that come a little late are put in their place."""
    waiting: deque[tuple[int, int, Row]] = deque()
    released_ns = 0
    for number, line in lines(file):
        if until is not None and number > until:
            break
        try:
            row = decode(line)
            at_ns = time_ns(row)
            if at_ns < released_ns:
                raise RowError(
                    f"expected rows by time, at most {REORDER} rows late; found {iso(at_ns)} after {iso(released_ns)}"
                )
        except RowError as error:
            raise at_line(error, file, number) from error
        if waiting and at_ns < waiting[-1][0]:
            insort(waiting, (at_ns, number, row), key=_place)
        else:
            waiting.append((at_ns, number, row))
        if len(waiting) > REORDER:
            released = waiting.popleft()
            released_ns = released[0]
            yield released
    yield from waiting


def _place(item: tuple[int, int, Row]) -> tuple[int, int]:
    return item[0], item[1]


def _find(path: Path) -> tuple[tuple[Path, ...], Path | None]:
    """The files of a recording, and its daily prices. Raises RecordingError."""
    try:
        return _looked_up(path)
    except OSError as error:
        raise unreadable(error, path, remedy=UNREADABLE) from error


def _looked_up(path: Path) -> tuple[tuple[Path, ...], Path | None]:
    if path.is_file():
        return (path,), None
    if not path.is_dir():
        raise RecordingError(
            "expected a recording file or directory, found nothing",
            where=str(path),
            remedy=f"name one that is there (`desk replay RECORDING`, replay.path), or none for the demo day; {FORMAT}",
        )
    found_files = {file for pattern in PATTERNS for file in path.glob(pattern)}
    files = sorted(found_files, key=lambda file: (not file.name.startswith("prices"), file.name))
    if not files:
        found = ", ".join(sorted(file.name for file in path.iterdir())[:10]) or "an empty directory"
        raise RecordingError(
            f"expected posts*.jsonl or tweets*.jsonl (perhaps .gz), found {found}", where=str(path), remedy=FORMAT
        )
    return tuple(files), next((path / name for name in DAILY if (path / name).is_file()), None)


def _received_ns(item: Event) -> int:
    return item.received_ns
