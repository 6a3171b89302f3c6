"""What a package of somebody's hands over, made fit to be counted, recorded and shown: types, ranges, lengths, text.

A value is taken apart and built anew as `engine.model` types it, so that what is recorded can be read again at the next
start: a number that is none, a subclass with a will of its own or a list where a tuple belongs would come to light
there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any, Final, TypeVar

import msgspec

from engine.clock import MINUTE, SECOND
from engine.feeds.recording_rows import RowError, check_event
from engine.journal.chain import encode
from engine.model import Bar, FeedEvent, FeedState, Gate, Halt, Mood, Post, Quote, Signal, Value
from engine.model.feeds import FeedRule
from engine.text import display_text, one_line, screen_name

SIZE_LIMIT: Final = 1 << 20
"""Characters and items of one value together."""
MOST_SYMBOLS: Final = 10_000
"""Symbols that one feed may quote."""
MOST_GATES: Final = 64
MOST_RULES: Final = 1000
MOST_EVIDENCE: Final = 10
KEPT: Final = 50
"""Most cashtags, rules and earlier versions kept of one post."""
EARLIEST_NS: Final = 946_684_800 * SECOND
"""No event is of a year before 2000: its time is in seconds or milliseconds then."""
AHEAD_NS: Final = MINUTE
"""How far ahead of the engine's clock a time of receipt may be."""
LONGEST_NS: Final = 24 * 60 * MINUTE
"""Longest that a signal may hold."""
WORDS: Final = 300
"""Longest text of a state, a reason or a gate."""

_ID: Final = re.compile(r"[!-~]{1,64}")
_SYMBOL: Final = re.compile(r"[A-Z0-9./-]{1,15}")
_EVENTS: Final = (Post, Quote, Bar, Halt, FeedState)

V = TypeVar("V", bound=Value)


class Misfit(Exception):
    """What was expected of a package, and what was found."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")


def checked_event(event: object, feed: str, now_ns: int, symbols: set[str]) -> FeedEvent:
    """What a feed handed over, with clean text. `symbols` gathers what it quotes. Raises Misfit."""
    if not isinstance(event, _EVENTS):
        raise Misfit("a Post, Quote, Bar, Halt or FeedState", shown(event))
    made: FeedEvent = built_anew(event, type(event))
    name = type(made).__name__
    for field, at_ns, least_ns in _times(made):
        if not least_ns <= at_ns <= now_ns + AHEAD_NS:
            raise Misfit(f"{name}.{field} in nanoseconds since 1970, not ahead of the clock", str(at_ns))
    try:
        if not isinstance(made, Bar):
            check_event(made)
    except RowError as error:
        raise Misfit(f"a {name} that can be", str(error)) from error
    if isinstance(made, Post):
        return _post(made)
    if isinstance(made, FeedState):
        return _state(made, feed)
    if not _SYMBOL.fullmatch(made.symbol):
        raise Misfit(f"{name}.symbol in capitals (TSLA, BRK.B, BTC/USD)", shown(made.symbol))
    symbols.add(made.symbol)
    if len(symbols) > MOST_SYMBOLS:
        raise Misfit(f"at most {MOST_SYMBOLS:,} symbols", "more")
    if isinstance(made, Halt):
        return msgspec.structs.replace(made, code=one_line(made.code), reason=one_line(made.reason, WORDS))
    return made


def checked_rules(rules: object, feed: str) -> tuple[FeedRule, ...]:
    """The rules that a feed tells, under its name. Raises Misfit."""
    return tuple(
        msgspec.structs.replace(
            rule,
            feed=feed,
            tag=one_line(rule.tag),
            text=display_text(rule.text),
            reason=display_text(rule.reason, WORDS),
        )
        for rule in _several(rules, FeedRule, MOST_RULES)
    )


def checked_signal(signal: object, strategy: str, mood: Mood, symbols: Collection[str]) -> Signal:
    """The signal that a strategy gave on this mood. Raises Misfit."""
    made = built_anew(signal, Signal)
    if not _ID.fullmatch(made.id):
        raise Misfit("Signal.id with 1 to 64 printable characters", shown(made.id))
    if made.strategy != strategy:
        raise Misfit(f"Signal.strategy {strategy!r}, as the strategy is named", shown(made.strategy))
    if made.symbol != mood.symbol or made.symbol not in symbols:
        raise Misfit(f"a signal on {mood.symbol}, whose mood moved", shown(made.symbol))
    if made.at_ns != mood.at_ns:
        raise Misfit(f"Signal.at_ns {mood.at_ns}, as the mood's", str(made.at_ns))
    if not made.at_ns < made.expires_ns <= made.at_ns + LONGEST_NS:
        raise Misfit("Signal.expires_ns within a day after at_ns", str(made.expires_ns))
    for name in ("strength", "confidence", "top_author_share", "top_text_share", "top_cluster_share"):
        number = getattr(made, name)
        if not (math.isfinite(number) and 0.0 <= number <= 1.0):
            raise Misfit(f"Signal.{name} in [0, 1]", str(number))
    return msgspec.structs.replace(
        made, reason=display_text(made.reason, WORDS), mood=mood, evidence=made.evidence[:MOST_EVIDENCE]
    )


def checked_gates(gates: object, strategy: str) -> tuple[Gate, ...]:
    """The conditions that a strategy tells, under its name. Raises Misfit."""
    return tuple(
        msgspec.structs.replace(
            gate,
            stage=strategy,
            name=one_line(gate.name),
            unit=one_line(gate.unit),
            text=display_text(gate.text, WORDS),
        )
        for gate in _several(gates, Gate, MOST_GATES)
    )


def checked_words(words: object) -> str:
    """A line of text, made fit to be shown. Raises Misfit."""
    if not isinstance(words, str):
        raise Misfit("a text", shown(words))
    return display_text(words[:SIZE_LIMIT], WORDS)


def checked_name(name: object) -> str:
    """A name that something is recorded and shown under. Raises Misfit."""
    if not isinstance(name, str) or not name or name != one_line(name):
        raise Misfit("`name`, a short word", shown(name))
    return name


def _several(values: object, kind: type[V], most: int) -> tuple[V, ...]:
    if not isinstance(values, tuple | list):
        raise Misfit(f"a tuple of {kind.__name__}", shown(values))
    return tuple(built_anew(value, kind) for value in values[:most])


def built_anew(value: object, kind: type[V], size_limit: int = SIZE_LIMIT) -> V:
    """The same value of plain types. Raises Misfit where it is not one of this kind through and through."""
    if not isinstance(value, kind):
        raise Misfit(f"a {kind.__name__}", shown(value))
    if _size(value, size_limit) > size_limit:
        raise Misfit(f"a {kind.__name__} of at most {size_limit:,} characters", "a larger one")
    try:
        return msgspec.json.decode(encode(value), type=kind)
    except msgspec.ValidationError as error:
        raise Misfit(f"a {kind.__name__} as it is typed", str(error)) from error
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Misfit(f"a {kind.__name__} that can be recorded", f"{type(error).__name__}: {error}"[:WORDS]) from error


def _size(value: object, limit: int) -> int:
    """How large a value is, counted no further than to just over the limit. Raises Misfit for bytes."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, bytes | bytearray | memoryview):
        raise Misfit("text", "bytes")
    size = 0
    if isinstance(value, tuple | list):
        size = len(value)
        parts: Any = value if size <= limit else ()
    elif isinstance(value, msgspec.Struct):
        parts = (getattr(value, name, None) for name in value.__struct_fields__)
    else:
        return 0
    for part in parts:
        size += _size(part, limit - size)
        if size > limit:
            break
    return size


def _times(event: FeedEvent) -> tuple[tuple[str, int, int], ...]:
    """Name, instant and earliest instant of each time that an event must have."""
    if isinstance(event, Post):
        return ("published_ns", event.published_ns, EARLIEST_NS), ("received_ns", event.received_ns, EARLIEST_NS)
    received = ("received_ns", event.received_ns, EARLIEST_NS)
    if isinstance(event, Quote | Halt):
        return ("at_ns", event.at_ns, EARLIEST_NS), received
    if isinstance(event, FeedState):
        return ("since_ns", event.since_ns, 0), received
    return (received,)


def _post(post: Post) -> Post:
    """A post whose text, names and references are as those of our own feeds."""
    if not _ID.fullmatch(post.id):
        raise Misfit("Post.id with 1 to 64 printable characters", shown(post.id))
    author = post.author
    return msgspec.structs.replace(
        post,
        source=one_line(post.source) or "unknown",
        published_ns=min(post.published_ns, post.received_ns),
        author=msgspec.structs.replace(author, id=one_line(author.id), name=screen_name(author.name)),
        text=display_text(post.text),
        lang=one_line(post.lang, 16),
        client=one_line(post.client),
        cashtags=tuple(one_line(tag.upper().removeprefix("$")) for tag in post.cashtags[:KEPT]),
        rules=tuple(one_line(rule) for rule in post.rules[:KEPT]),
        edits=tuple(each for each in post.edits[:KEPT] if _ID.fullmatch(each)),
        repost_of=_reference(post.repost_of),
        reply_to=_reference(post.reply_to),
        quote_of=_reference(post.quote_of),
    )


def _reference(found: str) -> str:
    return found if _ID.fullmatch(found) else ""


def _state(state: FeedState, feed: str) -> FeedState:
    """A state under the name of the feed that told it: nobody speaks for another."""
    return msgspec.structs.replace(
        state,
        name=feed,
        detail=one_line(state.detail, WORDS),
        remedy=one_line(state.remedy, WORDS),
        symbols=tuple(one_line(symbol) for symbol in state.symbols[:MOST_SYMBOLS]),
        not_covered=tuple(
            msgspec.structs.replace(
                each,
                rule=one_line(each.rule),
                symbols=tuple(one_line(symbol) for symbol in each.symbols),
                reason=display_text(each.reason, WORDS),
                remedy=display_text(each.remedy, WORDS),
            )
            for each in state.not_covered[:MOST_RULES]
        ),
    )


def shown(found: object) -> str:
    """What was found, in a few words that can be shown."""
    if isinstance(found, str):
        return repr(display_text(found[:WORDS], 60))
    return type(found).__name__
