"""What X says, as values: one line of the filtered stream, one page of recent search.

A line is one JSON object: a post, a problem, or (empty) a keep-alive. X adds fields and message kinds without notice
and asks clients to bear it (docs.x.com, "Consuming streaming data"), so only the fields the desk uses are typed and
everything else is skipped. X is renaming `tweet` to `post` in its names; both are understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import TypeVar

import msgspec

from engine.clock import MILLISECOND, SECOND, parse_iso
from engine.feeds.json_text import UNREADABLE, decode, decode_what_fits
from engine.model import Author, Post
from engine.model.base import DisplayText, Value
from engine.text import NAME_LIMIT, display_text, one_line, screen_name, unescape

SOURCE = "x"
CASHTAGS = 50
"""Most cashtags kept of one post."""
TAGS = 50
"""Most rule tags kept of one post."""
EDITS = 30
"""Most earlier versions kept of one post, the newest: X lets a post be edited five times."""
TIME_LIMIT = 40
LATEST_NS = 7_258_118_400 * SECOND
"""No time of X's is of the year 2200 or later, nor before 1970: one that is, is none."""
LANG_LIMIT = 16
PROBLEM_LIMIT = 300
"""Longest problem text kept, in characters."""

T = TypeVar("T")

_ID = re.compile(r"[0-9]{1,20}")
_CASHTAG = re.compile(r"[A-Z][A-Z0-9]{0,9}(?:[._][A-Z]{1,3})?")
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
"""Post ids since November 2010 carry their creation time: `(id >> 22)` milliseconds after this instant."""
_FIRST_SNOWFLAKE = 1 << 34


class KeepAlive(Value, frozen=True, gc=False):
    """An empty line: the stream lives."""

    received_ns: int


class ProblemKind(Enum):
    """What a line that is no post means."""

    MALFORMED = "malformed"
    """Not JSON, or not in the shape of a post."""
    DISCONNECT = "disconnect"
    """X announces the end of this connection."""
    CONNECTION = "connection"
    """The connection slot is taken (TooManyConnections) or the rules are missing (RuleConfigurationIssue)."""
    OTHER = "other"
    """A problem or message of another kind; reading goes on."""


class Problem(Value, frozen=True, gc=False):
    """A line, or an answer, that says what is wrong. `text` is cleaned and short."""

    kind: ProblemKind
    title: str
    text: DisplayText
    issue: str = ""
    """X's `connection_issue` or `reason`, where it names one."""
    received_ns: int = 0
    about: str = ""
    """The last part of the problem's `type`: `usage-capped`, `credits`, `rule-cap`."""


class SearchPage(Value, frozen=True, gc=False):
    """One page of recent search: posts in X's order (newest first) and the token of the next page."""

    posts: tuple[Post, ...]
    next_token: str
    malformed: int = 0


class _Tag(msgspec.Struct, gc=False):
    tag: str | None = None


class _Entities(msgspec.Struct, gc=False):
    cashtags: list[_Tag] | None = None


class _Note(msgspec.Struct, gc=False):
    text: str | None = None
    entities: _Entities | None = None


class _Reference(msgspec.Struct, gc=False):
    type: str | None = None
    id: str | None = None


class _Tweet(msgspec.Struct, gc=False):
    id: str
    text: str | None = None
    author_id: str | None = None
    created_at: str | None = None
    lang: str | None = None
    source: str | None = None
    entities: _Entities | None = None
    note_tweet: _Note | None = None
    note_post: _Note | None = None
    referenced_tweets: list[_Reference] | None = None
    referenced_posts: list[_Reference] | None = None
    edit_history_tweet_ids: list[str] | None = None
    edit_history_post_ids: list[str] | None = None

    @property
    def note(self) -> _Note | None:
        return self.note_tweet or self.note_post


class _Metrics(msgspec.Struct, gc=False):
    followers_count: int | None = None
    following_count: int | None = None
    tweet_count: int | None = None
    post_count: int | None = None


class _User(msgspec.Struct, gc=False):
    id: str | None = None
    username: str | None = None
    verified: bool | None = None
    created_at: str | None = None
    public_metrics: _Metrics | None = None


class _Includes(msgspec.Struct, gc=False):
    users: list[_User] | None = None
    tweets: list[_Tweet] | None = None
    posts: list[_Tweet] | None = None


class _Rule(msgspec.Struct, gc=False):
    tag: str | None = None


class _Trouble(msgspec.Struct, gc=False):
    title: str | None = None
    detail: str | None = None
    message: str | None = None
    type: str | None = None
    reason: str | None = None
    disconnect_type: str | None = None
    connection_issue: str | None = None


class _Line(msgspec.Struct, gc=False):
    data: _Tweet | None = None
    includes: _Includes | None = None
    matching_rules: list[_Rule] | None = None
    errors: list[_Trouble] | None = None
    title: str | None = None
    detail: str | None = None
    type: str | None = None
    reason: str | None = None
    disconnect_type: str | None = None
    connection_issue: str | None = None


class _Meta(msgspec.Struct, gc=False):
    next_token: str | None = None


class _Page(msgspec.Struct, gc=False):
    data: list[msgspec.Raw] | None = None
    meta: _Meta | None = None


class _Beside(msgspec.Struct, gc=False):
    """What else is in a page."""

    includes: _Includes | None = None


_LINE = msgspec.json.Decoder(_Line, strict=False)
_PAGE = msgspec.json.Decoder(_Page, strict=False)
_TWEET = msgspec.json.Decoder(_Tweet, strict=False)
_BESIDE = msgspec.json.Decoder(_Beside, strict=False)
_ESSENTIAL = frozenset({"data", "id", "text"})
"""Without these there is no post."""


def parse_line(line: bytes, received_ns: int) -> Post | Problem | KeepAlive:
    """One line of the stream, without its line end. Never raises: what cannot be read is a MALFORMED problem."""
    if not line or line.isspace():
        return KeepAlive(received_ns)
    try:
        found = _readable(_LINE, line)
    except UNREADABLE as error:
        return _malformed(f"{type(error).__name__}: {error}", received_ns)
    if found.data is None:
        return _problem(found, received_ns)
    if not _ID.fullmatch(found.data.id):
        return _malformed(f"expected a numeric post id, found {found.data.id[:40]!r}", received_ns)
    tags = [rule.tag for rule in found.matching_rules or () if rule.tag]
    return _post(found.data, _index(found.includes), tags, received_ns, recovered=False)


def parse_page(body: bytes, received_ns: int) -> SearchPage:
    """One page of recent search; its posts are marked recovered, unreadable ones are counted and left out.

    Raises ValueError when the body is not a page at all: one without `data` and without `meta` (a list of errors, say)
    does not tell that there is nothing.
    """
    try:
        page = decode(_PAGE, body)
        if page.data is None and page.meta is None:
            raise ValueError(parse_problem(body).text)
        beside = _readable(_BESIDE, body)
    except UNREADABLE as error:
        raise ValueError(f"expected a page of posts, found {type(error).__name__}: {error}") from error
    index = _index(beside.includes)
    posts = []
    malformed = 0
    for raw in page.data or ():
        try:
            tweet = _readable(_TWEET, bytes(raw))
        except UNREADABLE:
            malformed += 1
            continue
        if _ID.fullmatch(tweet.id):
            posts.append(_post(tweet, index, (), received_ns, recovered=True))
        else:
            malformed += 1
    return SearchPage(tuple(posts), (page.meta.next_token if page.meta else None) or "", malformed)


def parse_problem(body: bytes, received_ns: int = 0) -> Problem:
    """The body of a refusal. HTML, empty and unknown bodies give a MALFORMED problem with its first characters."""
    try:
        found = _readable(_LINE, body)
    except UNREADABLE:
        return _malformed(" ".join(body[:PROBLEM_LIMIT].decode("utf-8", "replace").split()), received_ns)
    return _problem(found, received_ns)


def _readable(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """A post is not lost for the sake of its author's figures."""
    return decode_what_fits(decoder, body, _ESSENTIAL)


def post_time_ns(post_id: str) -> int | None:
    """When a post was made according to its id (millisecond resolution); None for ids older than November 2010."""
    number = int(post_id)
    if number < _FIRST_SNOWFLAKE:
        return None
    return ((number >> 22) + _SNOWFLAKE_EPOCH_MS) * MILLISECOND


def _index(includes: _Includes | None) -> tuple[dict[str, _User], dict[str, _Tweet]]:
    if includes is None:
        return {}, {}
    users = {user.id: user for user in includes.users or () if user.id}
    tweets = {tweet.id: tweet for tweet in includes.tweets or includes.posts or ()}
    return users, tweets


def _post(
    tweet: _Tweet,
    index: tuple[dict[str, _User], dict[str, _Tweet]],
    tags: Sequence[str],
    received_ns: int,
    *,
    recovered: bool,
) -> Post:
    users, tweets = index
    repost_of, reply_to, quote_of = _references(tweet.referenced_tweets or tweet.referenced_posts or ())
    raw = _full_text(tweet, tweets.get(repost_of))
    history = (tweet.edit_history_tweet_ids or tweet.edit_history_post_ids or ())[-EDITS:]
    return Post(
        tweet.id,
        SOURCE,
        _published(tweet, received_ns),
        received_ns,
        _author(tweet.author_id or "", users.get(tweet.author_id or "")),
        raw,
        display_text(unescape(raw)),
        _label(tweet.lang[:LANG_LIMIT]) if tweet.lang else "",
        _label(tweet.source[:NAME_LIMIT]) if tweet.source else "",
        _cashtags(tweet),
        tuple([_label(tag[:NAME_LIMIT]) for tag in tags[:TAGS]]),
        tuple([earlier for earlier in history if earlier != tweet.id and _ID.fullmatch(earlier)]),
        repost_of,
        reply_to,
        quote_of,
        recovered,
    )


def _references(references: Sequence[_Reference]) -> tuple[str, str, str]:
    """Ids of the posts it reposts, replies to and quotes; empty where there is none."""
    if not references:
        return "", "", ""
    ids = {reference.type: reference.id for reference in references if reference.id and _ID.fullmatch(reference.id)}
    return ids.get("retweeted", ""), ids.get("replied_to", ""), ids.get("quoted", "")


def _full_text(tweet: _Tweet, original: _Tweet | None) -> str:
    """The whole text: `note_tweet` where there is one; a repost, which X cuts off, takes its original's."""
    text = (tweet.note and tweet.note.text) or tweet.text or ""
    if original is None or not text.startswith("RT @"):
        return text
    head, colon, _ = text.partition(": ")
    return f"{head}{colon}{_full_text(original, None)}" if colon else text


def _published(tweet: _Tweet, received_ns: int) -> int:
    """`created_at` (whole seconds at X), else the id's time, else the time of receipt; never after that.

    A time to come is a wrong clock, X's or ours: such a post would be young for as long as it lies ahead.
    """
    said_ns = _time_ns((tweet.created_at or "")[:TIME_LIMIT]) or post_time_ns(tweet.id) or received_ns
    return min(said_ns, received_ns)


@lru_cache(maxsize=4096)
def _time_ns(text: str) -> int | None:
    """X's time as nanoseconds, None when it is none. Authors and seconds repeat, so most are found in the cache."""
    try:
        at_ns = parse_iso(text)
    except (ValueError, OverflowError):
        return None
    return at_ns if 0 < at_ns < LATEST_NS else None


@lru_cache(maxsize=1024)
def _label(text: str) -> DisplayText:
    """A short label of a small vocabulary: language, client, rule tag."""
    return one_line(text)


def _author(author_id: str, user: _User | None) -> Author:
    if user is None:
        return Author(one_line(author_id, 32), DisplayText(""))
    metrics = user.public_metrics or _Metrics()
    return Author(
        one_line(author_id, 32),
        screen_name(user.username or ""),
        metrics.followers_count,
        metrics.following_count,
        metrics.tweet_count if metrics.tweet_count is not None else metrics.post_count,
        bool(user.verified),
        _time_ns((user.created_at or "")[:TIME_LIMIT]),
    )


def _cashtags(tweet: _Tweet) -> tuple[str, ...]:
    """Cashtags of the text and of its long form, upper case, in order, each once."""
    found: dict[str, None] = {}
    for entities in (tweet.entities, tweet.note.entities if tweet.note else None):
        for entity in (entities and entities.cashtags) or ():
            tag = (entity.tag or "").upper()
            if _CASHTAG.fullmatch(tag):
                found[tag] = None
    return tuple(found)[:CASHTAGS]


def _problem(found: _Line, received_ns: int) -> Problem:
    """The first error of a message, or the message itself when it is a bare problem document."""
    first = found.errors[0] if found.errors else _Trouble()
    title = first.title or found.title or ""
    detail = first.detail or first.message or found.detail or ""
    about = first.type or found.type or ""
    issue = (
        first.connection_issue or found.connection_issue or first.reason or found.reason or first.disconnect_type or ""
    )
    if first.disconnect_type or found.disconnect_type or about.endswith("/operational-disconnect"):
        kind = ProblemKind.DISCONNECT
    elif first.connection_issue or found.connection_issue or about.endswith("/streaming-connection"):
        kind = ProblemKind.CONNECTION
    else:
        kind = ProblemKind.OTHER
    text = ": ".join(part for part in (title, detail) if part) or "a message without post or problem"
    return Problem(
        kind,
        one_line(title or about.rpartition("/")[2]),
        display_text(text, PROBLEM_LIMIT),
        one_line(issue),
        received_ns,
        one_line(about.rpartition("/")[2]),
    )


def _malformed(text: str, received_ns: int) -> Problem:
    return Problem(ProblemKind.MALFORMED, "malformed", display_text(text, PROBLEM_LIMIT), "", received_ns)
