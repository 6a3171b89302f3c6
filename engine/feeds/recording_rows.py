"""One row of a recording: a line of JSON as a post, quote, halt or feed state. The format is in docs/recordings.md."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec

from engine.clock import MILLISECOND, SECOND
from engine.errors import RecordingError
from engine.feeds import json_text
from engine.feeds.json_text import UNREADABLE
from engine.line_file import bad_line
from engine.model import Author, FeedState, Halt, Light, Post, Quote
from engine.text import display_text, one_line, screen_name, unescape

SOURCE = "replay"
LATEST_NS = 7_258_118_400 * SECOND
"""No row is of the year 2200 or later."""
LARGEST_PRICE = 10**12
SMALLEST_PLACE = -30
"""Power of ten of the first digit that a price has at least; a smaller one is none, and arithmetic would lose it."""
CASHTAGS = 50
"""Most cashtags, rules and earlier versions kept of one post."""
FEED_SYMBOLS = 1000
"""Most symbols that a feed's state names: more than any watchlist."""
LANG_LIMIT = 16
FORMAT = "docs/recordings.md describes the format"

Event = Post | Quote | Halt | FeedState
"""What a recording holds."""

_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ID = re.compile(r"[!-~]{1,64}")
_SYMBOL = re.compile(r"[A-Z0-9./-]{1,15}")
_DIGITS = re.compile(r"[0-9]{1,16}")


class RowError(Exception):
    """A row that is not as it should be: what was expected and what was found. Its reader adds where."""


class AuthorRow(msgspec.Struct, gc=False):
    """Who wrote it, as known then. Every field may be missing."""

    screen_name: str | None = None
    created_at: _Time | None = None
    followers: int | None = None
    following: int | None = None
    tweets: int | None = None
    verified: bool | None = None


class Row(msgspec.Struct, gc=False):
    """A line. Which fields a kind needs is checked by `event`; fields it does not know are skipped."""

    kind: str = "post"
    id: str | int | None = None
    created_at: _Time | None = None
    timestamp_ms: str | int | None = None
    received_at: _Time | None = None
    at: _Time | None = None
    author_id: str | int | None = None
    author: AuthorRow | None = None
    text: str | None = None
    symbols: list[str] | None = None
    matched: list[str] | None = None
    lang: str | None = None
    client: str | None = None
    retweet_of: str | int | None = None
    reply_to: str | int | None = None
    quote_of: str | int | None = None
    edits: list[str] | None = None
    recovered: bool | None = None
    symbol: str | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    halted: bool | None = None
    code: str | None = None
    reason: str | None = None
    feed: str | None = None
    state: str | None = None
    detail: str | None = None
    covered_since: _Time | None = None
    gap_from: _Time | None = None
    gap_to: _Time | None = None
    filled_from: _Time | None = None
    filled_to: _Time | None = None


_decoder = msgspec.json.Decoder(Row)


def decode(line: bytes) -> Row:
    """A line as a row. Raises RowError."""
    try:
        return json_text.decode(_decoder, line)
    except msgspec.ValidationError as error:
        raise RowError(_misfit(line, str(error))) from error
    except UNREADABLE as error:
        shown = display_text(line[:60].decode("utf-8", "replace"))
        raise RowError(f"expected a line of JSON, found {shown!r} ({error})") from error


def _misfit(line: bytes, words: str) -> str:
    """What msgspec says of a line that is JSON but no row (`… - at `$.author.followers``), with what it found there."""
    what, _, at = words.partition(" - at `$.")
    key = at.rstrip("`")
    if not key:
        return words
    try:
        found = json.loads(line)[key.partition(".")[0].partition("[")[0]]
    except (ValueError, RecursionError):  # it is broken further on, which msgspec had not read yet
        return f"{key}: {what}"
    return f"{key}: {what}, found {display_text(json.dumps(found), limit=60)}"


def event(row: Row, received_ns: int) -> Event:
    """What a row tells; `received_ns` is its `time_ns`. Raises RowError."""
    match row.kind:
        case "post":
            return _post(row, received_ns)
        case "quote":
            return _quote(row, received_ns)
        case "halt":
            return _halt(row, received_ns)
        case "feed":
            return _feed_state(row, received_ns)
    raise RowError(f"expected kind post, quote, halt or feed, found {row.kind!r}")


def time_ns(row: Row) -> int:
    """When a row was received: what orders a recording."""
    return _within(_ns(row.received_at)) if row.received_at is not None else _own_ns(row)


def at_line(error: RowError, file: Path, number: int) -> RecordingError:
    """The error a person sees: `file:line`, what was expected and what was found."""
    return bad_line(str(error), file, number, format=FORMAT)


def _own_ns(row: Row) -> int:
    """The source's time: milliseconds where given, else `created_at` or `at`."""
    if row.timestamp_ms is not None:
        digits = str(row.timestamp_ms)
        if not _DIGITS.fullmatch(digits):
            raise RowError(f"expected timestamp_ms as milliseconds since 1970, found {digits!r}")
        return _within(int(digits) * MILLISECOND)
    moment = row.created_at if row.created_at is not None else row.at
    if moment is None:
        name = "created_at" if row.kind == "post" else "at"
        raise RowError(f"expected {name} with a time and zone (2026-03-11T14:30:00Z), found none")
    return _within(_ns(moment))


def check(row: Row) -> type[Event]:
    """Which event a row gives; makes sure that `event` will give it. Raises RowError."""
    if row.kind != "post":
        return type(event(row, 0))
    if not _ID.fullmatch(str(row.id)) or row.id is None:
        raise RowError(f"expected id with 1 to 64 printable characters, found {row.id!r}")
    if row.text is None:
        raise RowError("expected text, found none")
    if row.received_at is not None:
        _own_ns(row)
    return Post


def _post(row: Row, received_ns: int) -> Post:
    check(row)
    raw = row.text or ""
    return Post(
        str(row.id),
        SOURCE,
        received_ns if row.received_at is None else _own_ns(row),
        received_ns,
        _author(row),
        raw,
        display_text(unescape(raw)),
        _label(row.lang[:LANG_LIMIT]) if row.lang else "",
        _label(row.client) if row.client else "",
        tuple([_cashtag(tag) for tag in row.symbols[:CASHTAGS]]) if row.symbols else (),
        tuple([_label(rule) for rule in row.matched[:CASHTAGS]]) if row.matched else (),
        tuple([each for each in row.edits[:CASHTAGS] if _ID.fullmatch(each)]) if row.edits else (),
        _reference(row.retweet_of),
        _reference(row.reply_to),
        _reference(row.quote_of),
        bool(row.recovered),
    )


def _author(row: Row) -> Author:
    """The author; without an id nobody in particular: all such posts count as one author."""
    author_id = one_line(_id(row.author_id) or "")
    known = row.author
    if known is None:
        return Author(author_id, screen_name(author_id or "unknown"))
    return Author(
        author_id or screen_name(known.screen_name or ""),
        screen_name(known.screen_name or author_id or "unknown"),
        known.followers,
        known.following,
        known.tweets,
        bool(known.verified),
        _since_ns(known.created_at),
    )


def _since_ns(moment: datetime | None) -> int | None:
    """Since when there is an account; None where that is not known, or no time that an account was made at."""
    at_ns = 0 if moment is None else _ns(moment)
    return at_ns if 0 < at_ns < LATEST_NS else None


def _quote(row: Row, received_ns: int) -> Quote:
    if row.bid is None and row.ask is None and row.last is None:
        raise RowError("expected bid, ask or last, found none of them")
    _check_prices(row.bid, row.ask, row.last)
    at_ns = received_ns if row.received_at is None else _own_ns(row)
    return Quote(_symbol(row), at_ns, received_ns, row.bid, row.ask, row.last)


def _check_prices(bid: Decimal | None, ask: Decimal | None, last: Decimal | None) -> None:
    """Raises RowError for a price that is no number, or one that arithmetic cannot hold."""
    for name, price in (("bid", bid), ("ask", ask), ("last", last)):
        if price is None:
            continue
        if not (price.is_finite() and -LARGEST_PRICE < price < LARGEST_PRICE):
            raise RowError(f"expected {name} as a number under {LARGEST_PRICE:,}, found {price}")
        if price and price.adjusted() < SMALLEST_PLACE:
            raise RowError(f"expected {name} as a number of at least 1E{SMALLEST_PLACE}, found {price}")


def check_event(item: Event) -> Event:
    """The event, when a row could have told it. Raises RowError for times and prices that none could."""
    _within(item.received_ns)
    if isinstance(item, Post):
        _within(item.published_ns)
    elif isinstance(item, Quote):
        _within(item.at_ns)
        _check_prices(item.bid, item.ask, item.last)
    elif isinstance(item, Halt):
        _within(item.at_ns)
    else:
        spans = (item.gap_from_ns, item.gap_to_ns, item.filled_from_ns, item.filled_to_ns)
        for at_ns in (item.covered_since_ns, *spans):
            _within(at_ns or 0)
        _check_symbols(item.symbols)
    return item


def _halt(row: Row, received_ns: int) -> Halt:
    if row.halted is None:
        raise RowError("expected halted true or false, found none")
    at_ns = received_ns if row.received_at is None else _own_ns(row)
    return Halt(_symbol(row), at_ns, received_ns, row.halted, one_line(row.code or ""), one_line(row.reason or "", 300))


def _feed_state(row: Row, received_ns: int) -> FeedState:
    lights = {light.value: light for light in Light}
    if row.state not in lights:
        raise RowError(f"expected state among {', '.join(lights)}, found {row.state!r}")
    if not row.feed:
        raise RowError("expected feed with the feed's name, found none")
    return FeedState(
        one_line(row.feed),
        lights[row.state],
        received_ns,
        received_ns,
        one_line(row.detail or "", 300),
        covered_since_ns=_maybe_ns(row.covered_since),
        gap_from_ns=_maybe_ns(row.gap_from),
        gap_to_ns=_maybe_ns(row.gap_to),
        filled_from_ns=_maybe_ns(row.filled_from),
        filled_to_ns=_maybe_ns(row.filled_to),
        symbols=_check_symbols(tuple(row.symbols or ())),
    )


def _check_symbols(symbols: tuple[str, ...]) -> tuple[str, ...]:
    """The symbols of a feed's state. Raises RowError: fewer would say of the others that nothing is missing."""
    if len(symbols) > FEED_SYMBOLS:
        raise RowError(f"expected at most {FEED_SYMBOLS} symbols, found {len(symbols)}")
    for symbol in symbols:
        if not _SYMBOL.fullmatch(symbol):
            raise RowError(f"expected symbols in capitals (TSLA, BRK.B, BTC/USD), found {symbol[:60]!r}")
    return symbols


def _symbol(row: Row) -> str:
    if row.symbol is None or not _SYMBOL.fullmatch(row.symbol):
        raise RowError(f"expected symbol in capitals (TSLA, BRK.B, BTC/USD), found {row.symbol!r}")
    return row.symbol


@lru_cache(maxsize=1024)
def _label(text: str) -> str:
    """A word of a small vocabulary: language, client, rule."""
    return one_line(text)


@lru_cache(maxsize=4096)
def _cashtag(tag: str) -> str:
    return one_line(tag.upper().removeprefix("$"))


def _reference(value: str | int | None) -> str:
    """The id of another post; empty for what is none."""
    found = "" if value is None else str(value)
    return found if _ID.fullmatch(found) else ""


def _id(value: str | int | None) -> str | None:
    return str(value) if value is not None else None


def _within(at_ns: int) -> int:
    """The same time. Raises RowError for one that no post was published at, and that would move the clock there."""
    if not 0 <= at_ns < LATEST_NS:
        raise RowError(f"expected a time from 1970 to 2199, found {at_ns} ns since 1970")
    return at_ns


def _ns(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1000


def _maybe_ns(moment: datetime | None) -> int | None:
    return None if moment is None else _within(_ns(moment))
