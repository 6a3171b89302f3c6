"""What a journal knows of an author: how much they posted, how it was scored, how often the price went their way."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from engine.clock import HOUR
from engine.config.scores import ScoringConfig
from engine.journal.ledger_read import quotes_at
from engine.journal.search import Index
from engine.model import Reading, Value
from engine.model.records import PostRecord, Started

if TYPE_CHECKING:
    from engine.journal.reader import Reader

POSTS: Final = 200
"""Most posts of an author that are looked at, the newest."""
LATER_NS: Final = HOUR
"""How long after a post its direction is compared with the price."""


class AuthorRecord(Value, frozen=True, gc=False):
    """An author's posts in this journal, at most the POSTS newest."""

    name: str
    posts: int
    more: bool
    """True when there are older ones."""
    first_ns: int
    """When the oldest of them was published; 0 without any."""
    scored: int
    mean_score: float | None
    """Mean of the scores; None when none was scored."""
    judged: int
    """Posts that said a direction and whose price is known then and an hour later."""
    right: int
    """Of the judged: those after which the price moved that way."""
    symbols: tuple[str, ...] = ()
    """Symbols they wrote about, most often first."""


def author_record(reader: Reader, index: Index, name: str) -> AuthorRecord:
    """The record of the author of this screen name. Raises JournalError for a journal that cannot be read."""
    found = [
        (record, value.whole, value.matches)
        for record in index.find(f'kind:post author:"{name}"', limit=POSTS + 1)
        if isinstance(value := record.value(), PostRecord) and value.whole.author.name == name
    ]
    more, found = len(found) > POSTS, found[:POSTS]
    readings: dict[str, Reading] = {}
    for _, post, _ in found:
        for record in reader.records(("reading",), key=post.id):
            reading = record.value()
            if isinstance(reading, Reading):
                readings[post.id] = reading
    newest = next(reader.records(limit=1, reverse=True), None)
    reached_ns = 0 if newest is None else newest.at_ns
    wanted: dict[str, set[int]] = {}
    said, label = [], _label(reader)
    for record, post, matches in found:
        if not matches or post.id not in readings or record.at_ns + LATER_NS > reached_ns:
            continue
        symbol = matches[0].symbol
        score, _ = readings[post.id].about(symbol)
        if abs(score) >= label:
            said.append((symbol, record.at_ns, score))
            wanted.setdefault(symbol, set()).update((record.at_ns, record.at_ns + LATER_NS))
    quotes = quotes_at(reader, wanted)
    moves = []
    for symbol, at_ns, score in said:
        before, after = quotes.get((symbol, at_ns)), quotes.get((symbol, at_ns + LATER_NS))
        then = None if before is None else before.price
        later = None if after is None else after.price
        if then is not None and later is not None:
            moves.append((later - then) * (1 if score > 0 else -1))
    counts: dict[str, int] = {}
    for _, _, matches in found:
        for match in matches:
            counts[match.symbol] = counts.get(match.symbol, 0) + 1
    return AuthorRecord(
        name=name,
        posts=len(found),
        more=more,
        first_ns=min((post.published_ns for _, post, _ in found), default=0),
        scored=len(readings),
        mean_score=round(sum(reading.score for reading in readings.values()) / len(readings), 6) if readings else None,
        judged=len(moves),
        right=sum(move > 0 for move in moves),
        symbols=tuple(sorted(counts, key=lambda symbol: (-counts[symbol], symbol))),
    )


def _label(reader: Reader) -> float:
    """Scores beyond ± this say a direction: `scoring.label` as the newest engine of this journal had it."""
    for record in reader.records(("started",), limit=1, reverse=True):
        value = record.value()
        if isinstance(value, Started):
            with suppress(KeyError, ValueError):
                return float(value.fixed["scoring.label"])
    return ScoringConfig().label
