"""Every parser of foreign bytes, as a function that either returns what it made of them or raises its documented error.

Anything else that it raises is a finding. What it returns is measured by the test: it must not grow out of proportion.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from engine.alpaca.read import decode, fields, rows
from engine.alpaca.rest import Reply
from engine.alpaca.stream import StreamError, messages_of
from engine.brokers.alpaca_answer import canceled, duplicate, looked_up, submitted
from engine.brokers.alpaca_market import market_of, parse_clock, parse_day
from engine.brokers.alpaca_parse import parse_update
from engine.brokers.alpaca_snapshot import SnapshotReader
from engine.brokers.alpaca_updates import TradingDialect
from engine.clock import SECOND, VirtualClock
from engine.config import load
from engine.control import check_command
from engine.control.verbs import read_command
from engine.errors import ConfigError, CredentialsError, DeskError, JournalError, RecordingError, VenueUnavailable
from engine.feeds.news_dialect import NewsDialect
from engine.feeds.news_parse import Articles, pairs_of, parse_article
from engine.feeds.prices_book import PriceBook
from engine.feeds.prices_dialect import DataDialect
from engine.feeds.recording import Recording
from engine.feeds.x_client import Answer, XClient
from engine.feeds.x_errors import limits, refusal
from engine.feeds.x_lines import LINE_LIMIT, LineSplitter
from engine.feeds.x_parse import parse_line, parse_page
from engine.journal.anchor import Anchor, anchor_path, read_anchor
from engine.journal.chain import Record
from engine.journal.kinds import KINDS
from engine.journal.reader import Reader
from engine.kernel.watch import read_kill_file
from tests.fuzz.mutate import Mutator

NOW_NS = 1_774_000_000 * SECOND
SYMBOLS = ("TSLA", "NVDA", "BTC/USD")
TOKEN = "fuzz-token-that-nobody-may-see"


class Target(NamedTuple):
    """One parser."""

    name: str
    """Folder of its seeds in `corpus`."""
    read: Callable[[bytes, Mutator], object]
    raises: tuple[type[Exception], ...] = ()
    """Its documented errors."""
    share: float = 1.0
    """How many inputs it gets, against the others: fewer where each one costs a file."""


def x_line(data: bytes, mutator: Mutator) -> object:
    """The filtered stream: pieces to lines to posts."""
    splitter = LineSplitter()
    found = [parse_line(line, NOW_NS) for piece in mutator.pieces(data + b"\r\n") for line in splitter.feed(piece)]
    assert splitter.pending <= LINE_LIMIT
    return found


def x_page(data: bytes, mutator: Mutator) -> object:
    """A page of recent search."""
    return parse_page(data, NOW_NS)


def x_rest(data: bytes, mutator: Mutator) -> object:
    """Answers of X's REST calls: rules, what became of added ones, usage."""

    class Answered(XClient):
        async def send(self, *_: object, **__: object) -> Answer:
            return Answer(200, {}, data)

    async def ask() -> list[object]:
        client = Answered(TOKEN, base_url="http://127.0.0.1", timeout_s=1.0, clock=VirtualClock(NOW_NS))
        found: list[object] = []
        for question in (client.rules, client.usage_today, lambda: client.create_rules([])):
            try:
                found.append(await question())
            except DeskError as error:
                found.append(str(error))
        return found

    return asyncio.run(ask())


def x_refusal(data: bytes, mutator: Mutator) -> object:
    """A refusal: its body, and headers with the same bytes in them."""
    word = data[:200].decode("latin-1")
    headers = {"x-rate-limit-remaining": word, "x-rate-limit-reset": word, "Date": word, "retry-after": word}
    found: list[object] = [limits(headers, NOW_NS)]
    for status in (400, 401, 402, 403, 409, 429, 500, 503):
        error = refusal(status, headers, data, where="GET /", now_ns=NOW_NS, token=TOKEN)
        assert TOKEN not in str(error)
        found.append(str(error))
    return found


def alpaca_rest(data: bytes, mutator: Mutator) -> object:
    """Bodies of the trading API as answers to orders, cancels, look-ups, clock and calendar."""
    body = decode(data)
    found: list[object] = []
    for status in (200, 403, 404, 422, 429, 500):
        reply = Reply(status, body)
        found += [submitted(reply, "desk-x"), canceled(reply), looked_up(reply, "desk-x"), duplicate(reply)]
    clock, day = parse_clock(body), parse_day(body, date(2026, 3, 11))
    if clock is not None:
        found.append(market_of(clock, day))
    return found


def alpaca_snapshot(data: bytes, mutator: Mutator) -> object:
    """A whole snapshot made of one body: account, positions and orders are its fields."""
    parts = decode(data)

    async def get(path: str, query: Mapping[str, object]) -> Reply:
        return Reply(200, parts.get(path.strip("/")) if isinstance(parts, dict) else parts)

    return asyncio.run(SnapshotReader(get, "http://127.0.0.1").read(NOW_NS - SECOND, NOW_NS))


def trading_stream(data: bytes, mutator: Mutator) -> object:
    """Frames of the trading websocket: JSON text, JSON in a binary frame, msgpack."""
    dialect = TradingDialect("ws://127.0.0.1", "key", "secret")
    found: list[object] = []
    for frame in (data, data.decode("utf-8", "replace")):
        messages, broken = messages_of(frame)
        found.append(broken)
        for message in messages:
            found.append(parse_update(message))
            dialect.check(message)
    return found


def data_stream(data: bytes, mutator: Mutator) -> object:
    """Frames of the data websocket, and the first snapshot of prices."""
    book = PriceBook(SYMBOLS)
    dialect = DataDialect("ws://127.0.0.1", "key", "secret", SYMBOLS, lambda: None)
    found: list[object] = []
    for frame in (data, data.decode("utf-8", "replace")):
        messages, broken = messages_of(frame)
        found.append(broken)
        for message in messages:
            book.message(message, NOW_NS)
            book.snapshot(message, NOW_NS)
            dialect.check(message)
        book.connected()
        found.append(book.take())
    return found


def news(data: bytes, mutator: Mutator) -> object:
    """Frames of the news websocket, and pages of news by REST."""
    articles, pairs = Articles(), pairs_of(SYMBOLS)
    dialect = NewsDialect("ws://127.0.0.1", "key", "secret", SYMBOLS)
    found: list[object] = []
    for message in messages_of(data)[0]:
        dialect.check(message)
        for row in (message, *(fields(row) for row in rows(message.get("news")))):
            article = parse_article(row, NOW_NS, pairs)
            found.append(article and articles.post(article, NOW_NS, recovered=False))
    return found


def command(data: bytes, mutator: Mutator) -> object:
    """The control socket's commands."""
    read = read_command(data)
    return read, check_command(read)


def recording(data: bytes, mutator: Mutator) -> object:
    """A recording of posts, prices, halts and feed states."""
    with _file(data, "morning.jsonl") as path:
        return list(Recording(path).events())


def config(data: bytes, mutator: Mutator) -> object:
    """config.toml."""
    with _file(data, "config.toml") as path:
        return load(path, env={})


def variables(data: bytes, mutator: Mutator) -> object:
    """`NAME=value` lines as environment variables."""
    pairs = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines())
    return load(profile="paper", env={name: value.replace("\0", "") for name, _, value in pairs if name})


def journal_row(data: bytes, mutator: Mutator) -> object:
    """A row's body as each kind that a journal holds."""
    found: list[object] = []
    for kind in KINDS:
        try:
            found.append(Record(1, NOW_NS, kind, "key", data, b"").value())
        except JournalError:
            continue
    return found


def journal_file(data: bytes, mutator: Mutator) -> object:
    """A whole journal file: opened, read, verified."""
    with _file(data, "paper.journal") as path, Reader(path) as reader:
        found: list[object] = [reader.verify()]
        found += [record.value() for record in reader.records(limit=50)]
        return found


def anchor(data: bytes, mutator: Mutator) -> object:
    """The anchor's file, and an anchor as a person gives it."""
    with _file(b"", "paper.journal") as path:
        anchor_path(path).write_bytes(data)
        found: list[object] = [read_anchor(path)]
    found.append(Anchor.parse(data.decode("utf-8", "replace")))
    return found


def kill_file(data: bytes, mutator: Mutator) -> object:
    """The KILL file: whatever is in it, it kills."""
    with _file(data, "KILL") as path:
        return read_kill_file(path)


class _file:
    """A file with these bytes, in a directory of its own, while the context lasts."""

    def __init__(self, data: bytes, name: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="desk-fuzz-")
        self._path = Path(self._folder.name) / name
        self._path.write_bytes(data)

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


TARGETS = (
    Target("x_line", x_line),
    Target("x_page", x_page, (ValueError,)),
    Target("x_rest", x_rest, share=0.3),
    Target("x_refusal", x_refusal),
    Target("alpaca_rest", alpaca_rest, (ValueError,)),
    Target("alpaca_snapshot", alpaca_snapshot, (ValueError, VenueUnavailable), share=0.4),
    Target("trading_stream", trading_stream, (StreamError,)),
    Target("data_stream", data_stream, (StreamError,)),
    Target("news", news, (StreamError,)),
    Target("command", command, (ValueError,)),
    Target("recording", recording, (RecordingError,), share=0.4),
    Target("config", config, (ConfigError,), share=0.15),
    Target("variables", variables, (ConfigError, CredentialsError), share=0.15),
    Target("journal_row", journal_row),
    Target("journal_file", journal_file, (JournalError,), share=0.2),
    Target("anchor", anchor, (ValueError,), share=0.4),
    Target("kill_file", kill_file, share=0.2),
)


def seeds(target: Target) -> Iterator[tuple[str, bytes]]:
    """The made-up corpus of a target: name and bytes of each file."""
    for file in sorted((Path(__file__).parent / "corpus" / target.name).iterdir()):
        yield file.name, file.read_bytes()


def size_of(found: Any) -> int:
    """How much a parser made of its input: characters of what it returned, in words."""
    return len(repr(found))
