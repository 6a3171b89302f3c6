"""What the journal says of the posts of earlier runs: until when each feed brought them, and which windows they fill.

A feed tells when its light changes and which spans it has covered; the records of both are few, so all of them are
read. A run's words are its watchlist rows and which sources it asked: of a symbol whose words were others, or that was
not watched, the journal lacks posts although it says that all are in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from engine.clock import from_seconds
from engine.config import Config
from engine.config.live import fixed_settings
from engine.feeds.x_absence import OVERLAP_NS
from engine.journal.reader import NotCurrent, Reader
from engine.model import FeedState, Light, Value
from engine.model.records import Started
from engine.sentiment import Sentiment
from engine.sentiment.coverage import NEVER

_LIVE = frozenset({Light.UP, Light.RECOVERING, Light.DEGRADED})
"""Lights of a feed whose posts come in."""
_SOURCES = ("feeds.posts", "x.enabled", "x.languages", "x.reposts")
"""What is asked for of every symbol."""


class Known(Value, frozen=True, gc=False):
    """How far the journal holds the posts of a feed."""

    until_ns: int = 0
    """Posts published up to then came in; 0 where none ever did."""
    whole: bool = False
    """Whether nothing before it is missing of any symbol's windows."""


def known_posts(path: Path, config: Config, now_ns: int) -> dict[str, Known]:
    """Of each configured feed of posts, what the journal holds; raises JournalError when it cannot be read.

    Of one that is not up to date, nothing: an engine killed while it made the file leaves an empty one.
    """
    if "replay" in config.feeds.posts or not path.exists():
        return {}
    try:
        reader = Reader(path)
    except NotCurrent:
        return {}
    sentiment = Sentiment(config.sentiment, config.symbols)
    with reader:
        restore_coverage(reader, config, sentiment, now_ns)
        heard_ns = {name: heard_until_ns(reader, name) for name in config.feeds.posts}
        if x_ns := heard_ns.get("x"):  # what is missing since is bought in any case
            sentiment.filled(x_ns - OVERLAP_NS, NEVER)
        whole = not any(sentiment.missing(symbol, now_ns) for symbol in config.symbols)
        return {name: Known(at_ns, whole) for name, at_ns in heard_ns.items()}


def heard_until_ns(reader: Reader, feed: str) -> int:
    """When a feed last brought what there was; 0 where it never did.

    A run that ended while the light was a live one heard the feed until then, to its last record.
    """
    ended_ns = next((record.at_ns for record in reader.records(limit=1, reverse=True)), 0)
    told: list[FeedState] = []
    for record in reader.records(kinds=("feed", "started"), reverse=True):
        value = record.value()
        if isinstance(value, FeedState) and value.name == feed:
            told.append(value)
        elif isinstance(value, Started):
            heard_ns = _heard_in_run(told, ended_ns)
            if heard_ns:
                return heard_ns
            told.clear()
            ended_ns = next((each.at_ns for each in reader.records(after_seq=record.seq - 2, limit=1)), 0)
    return _heard_in_run(told, ended_ns)


def _heard_in_run(told: list[FeedState], ended_ns: int) -> int:
    """The same of one run; `told` is what the feed told, newest record first.

    By the time of report: a state that came in order with posts may be recorded after a newer one.
    """
    until_ns = ended_ns
    for state in sorted(reversed(told), key=lambda each: each.received_ns)[::-1]:
        if state.light in _LIVE:
            return until_ns
        until_ns = min(until_ns, state.last_ns or state.received_ns)
    return 0


def restore_coverage(reader: Reader, config: Config, sentiment: Sentiment, now_ns: int) -> None:
    """Tell `sentiment` what earlier runs covered, of each symbol since its words are those of `config`."""
    horizon_ns = now_ns - from_seconds(config.sentiment.window_s + config.sentiment.look_back_s)
    since = _followed_since(reader, config)
    for seq, _, value in reader.values(("feed",)):
        if isinstance(value, FeedState):
            symbols = [symbol for symbol, from_seq in since.items() if from_seq < seq]
            cover(sentiment, value, symbols, between=(horizon_ns, now_ns))


def _followed_since(reader: Reader, config: Config) -> dict[str, int]:
    """The record with which each symbol's present words began to be looked for, without a break since."""
    fixed = fixed_settings(config)
    since: dict[str, int] = {}
    left = set(config.symbols)
    for record in reader.records(kinds=("started",), reverse=True):
        started = record.value()
        if not left or not isinstance(started, Started):
            break
        left = {symbol for symbol in left if _same_words(started, symbol, fixed)}
        since |= dict.fromkeys(left, record.seq)
    return since


def _same_words(started: Started, symbol: str, fixed: Mapping[str, str]) -> bool:
    if not started.fixed:  # a journal of before settings were told
        return symbol in started.symbols
    return all(started.fixed.get(key, fixed[key]) == fixed[key] for key in _SOURCES) and (
        started.fixed.get(f"watchlist[{symbol}]") == fixed[f"watchlist[{symbol}]"]
    )


def cover(
    sentiment: Sentiment,
    state: FeedState,
    symbols: Collection[str] | None = None,
    *,
    between: tuple[int, int] = (0, NEVER),
) -> bool:
    """Pass on which posts are in, missing or filled; returns whether the state spoke of any.

    `symbols`: those of which it is heard, every one where that is None. `between`: gaps outside are left out: those
    that no window reaches back to, and those of a clock that was set back since; what lies ahead of one is not missing
    yet.
    """
    covers = False
    if state.symbols:
        symbols = state.symbols if symbols is None else [symbol for symbol in state.symbols if symbol in symbols]
    if state.covered_since_ns is not None:
        sentiment.covered_since(state.covered_since_ns, symbols)
        covers = True
    if state.gap_from_ns is not None and state.gap_to_ns is not None:
        if state.gap_to_ns > between[0] and state.gap_from_ns < between[1]:
            sentiment.gap(state.gap_from_ns, min(state.gap_to_ns, between[1]), symbols)
        covers = True
    if state.filled_from_ns is not None and state.filled_to_ns is not None:
        sentiment.filled(state.filled_from_ns, state.filled_to_ns, symbols)
        covers = True
    return covers


def tell_not_covered(sentiment: Sentiment, state: FeedState) -> None:
    """Pass on which symbols a source does not send all posts of now, and why."""
    why: dict[str, str] = {}
    for each in state.not_covered:
        words = f"{state.name} does not cover it: rule {each.rule} {each.reason}"
        for symbol in each.symbols:
            why[symbol] = f"{why[symbol]}; {words}" if symbol in why else words
    sentiment.not_covered(state.name, why)
