"""What was said: posts, the symbols they concern, and the scores they got."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from engine.model.base import DisplayText, Value
from engine.model.guard import PLAIN, GuardMark

ALPACA_NEWS: Final = "alpaca-news"
PUBLISHED: Final = frozenset({ALPACA_NEWS})
"""Sources of what publishers wrote, not of what accounts posted: there are no accounts to suspect."""


class Author(Value, frozen=True, gc=False):
    """Who wrote a post, as the source described them at that time. Unknown counts are None, never 0."""

    id: str
    name: DisplayText
    """Screen name without the @."""
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    verified: bool = False
    created_ns: int | None = None


class Post(Value, frozen=True, gc=False):
    """A tweet, headline or message, as received.

    `raw` is the source's text, for the journal only; `text` is what may be scored and shown.
    """

    id: str
    source: str
    """Where it came from: `x`, `alpaca-news`, `replay`."""
    published_ns: int
    received_ns: int
    author: Author
    raw: str
    text: DisplayText
    lang: str = ""
    client: str = ""
    """The program it was posted with, where the source tells."""
    cashtags: tuple[str, ...] = ()
    """Cashtags as the source listed them, upper case, without $."""
    rules: tuple[str, ...] = ()
    """Tags of the stream rules that matched."""
    edits: tuple[str, ...] = ()
    """Earlier ids of this post, oldest first (an edit arrives under a new id)."""
    repost_of: str = ""
    reply_to: str = ""
    quote_of: str = ""
    recovered: bool = False
    """True when it came by gap recovery or warm start, not by the live stream."""


class Match(Value, frozen=True, gc=False):
    """One symbol a post concerns, and by which term."""

    symbol: str
    term: str
    kind: str
    """`cashtag` or `keyword`."""
    influence: float = 0.5
    """The author's influence on this symbol: base 0.5, at most 1, times the multiplier of a key influencer."""


class SymbolScore(Value, frozen=True, gc=False):
    """What a text says of one of the symbols that it names, where that is not what it says as a whole."""

    symbol: str
    """Upper case, without $."""
    score: float
    """In [−1, 1]."""
    confidence: float
    """In [0, 1]."""


class Reading(Value, frozen=True, gc=False, omit_defaults=True):
    """One scorer's opinion of one post. Score and confidence are rounded to six decimals, so sums are exact."""

    post_id: str
    scorer: str
    version: str
    score: float
    """In [−1, 1]."""
    confidence: float
    """In [0, 1]."""
    scored_ns: int
    symbol: str = ""
    """Set when the score is for one symbol only; empty means every symbol the post matched."""
    symbols: tuple[SymbolScore, ...] = ()
    """Symbols with a score of their own ("long $A, short $B"), each once; the others have the reading's."""
    reason: DisplayText = DisplayText("")
    """Why, in the scorer's words; empty where it gives none."""
    members: tuple[Reading, ...] = ()
    """In the journal: what each scorer said, within what they said together."""

    def with_members(self, members: tuple[Reading, ...]) -> Reading:
        """As it is journaled: one record holds all that was said of a post at a time."""
        return self if members == (self,) else structs.replace(self, members=members)

    def apart(self) -> tuple[Reading, ...]:
        """A journaled one taken apart: each member's, then the one they give together, without members."""
        return (*self.members, structs.replace(self, members=())) if self.members else (self,)

    def about(self, symbol: str) -> tuple[float, float]:
        """Score and confidence for one symbol: its own where it has one, else the reading's."""
        for own in self.symbols:
            if own.symbol == symbol:
                return own.score, own.confidence
        return self.score, self.confidence


class ScoredPost(Value, frozen=True, gc=False):
    """A post after matching, guards and scoring: what the sentiment stage adds and the desk's feed shows."""

    post: Post
    matches: tuple[Match, ...]
    reading: Reading
    """The ensemble's reading."""
    members: tuple[Reading, ...] = ()
    """Each scorer's own reading."""
    mark: GuardMark = PLAIN
    """What the guards think of it."""
