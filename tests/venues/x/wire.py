"""Posts as X sends them: only the fields that were asked for, in one of X's two vocabularies.

`tweet` is what the API says in 2026; `post` is what the OpenAPI description 2.167 says (note_post,
edit_history_post_ids, referenced_posts, post_count, includes.posts): X is renaming.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.clock import MILLISECOND, iso
from tests.venues.x.query import Subject

EPOCH_MS = 1_288_834_974_657
SHORT = 280
DEFAULT_TWEET = frozenset({"id", "text", "edit_history_tweet_ids"})
DEFAULT_USER = frozenset({"id", "name", "username"})
POST_NAMES = {
    "note_tweet": "note_post",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "referenced_tweets": "referenced_posts",
    "tweet_count": "post_count",
    "retweet_count": "repost_count",
    "tweets": "posts",
}
EXPANDED = {
    "referenced_posts": ("referenced_tweets.id", "referenced_tweets"),
    "edit_history_post_ids": ("edit_history_tweet_ids", "edit_history_tweet_ids"),
    "author_id": ("author_id", "author_id"),
}
"""Expansions of the `post` vocabulary: each as the other says it, and the field that comes with it."""
Json = dict[str, Any]


@dataclass(frozen=True)
class XUser:
    """An account."""

    id: str = "9000000001"
    username: str = "made_up_trader"
    followers: int = 1200
    following: int = 300
    tweets: int = 4000
    verified: bool = False
    created_at: str = "2015-03-01T12:00:00.000Z"


@dataclass(frozen=True)
class XPost:
    """A post. `text` is what was typed; X escapes it and cuts it at 280 characters."""

    id: str
    text: str
    created_ns: int
    user: XUser = field(default_factory=XUser)
    lang: str = "en"
    edits: tuple[str, ...] = ()
    repost_of: XPost | None = None
    reply_to: str = ""
    quote_of: XPost | None = None

    @property
    def subject(self) -> Subject:
        """What rules look at; a quote also matches on the quoted text."""
        quoted = f"\n{self.quote_of.text}" if self.quote_of else ""
        return Subject(
            text=self.text + quoted,
            lang=self.lang,
            author=self.user.username,
            is_repost=self.repost_of is not None,
            is_reply=bool(self.reply_to),
            is_quote=self.quote_of is not None,
        )


def post_id(created_ns: int, sequence: int) -> str:
    """An id that carries its time, as X's do."""
    return str((created_ns // MILLISECOND - EPOCH_MS) << 22 | sequence & 0x3FFFFF)


@dataclass(frozen=True)
class Fields:
    """What a request asked for."""

    tweet: Collection[str] = DEFAULT_TWEET
    user: Collection[str] = DEFAULT_USER
    expansions: Collection[str] = frozenset()

    @classmethod
    def of(cls, query: Any) -> Fields:
        def asked(name: str) -> frozenset[str]:
            return frozenset(filter(None, query.get(name, "").split(",")))

        of_tweets = {theirs: ours for ours, theirs in POST_NAMES.items()}
        in_posts = {of_tweets.get(name, name) for name in asked("post.fields")}
        expanded = {name: EXPANDED[name] for name in asked("expansions") if "post.fields" in query and name in EXPANDED}
        return cls(
            DEFAULT_TWEET | asked("tweet.fields") | in_posts | {field for _, field in expanded.values()},
            DEFAULT_USER | asked("user.fields"),
            asked("expansions") | {older for older, _ in expanded.values()},
        )


def tweet(post: XPost, fields: Fields, names: str) -> Json:
    """The `data` object."""
    text = html.escape(post.text, quote=False)
    if post.repost_of is not None:
        text = f"RT @{post.repost_of.user.username}: {html.escape(post.repost_of.text, quote=False)}"
        shown = text if len(text) <= 140 else text[:139] + "…"
    else:
        shown = text if len(text) <= SHORT else text[: SHORT - 1] + "…"
    references = [
        {"type": kind, "id": target}
        for kind, target in (
            ("retweeted", post.repost_of.id if post.repost_of else ""),
            ("replied_to", post.reply_to),
            ("quoted", post.quote_of.id if post.quote_of else ""),
        )
        if target
    ]
    full: Json = {
        "id": post.id,
        "text": shown,
        "author_id": post.user.id,
        "created_at": iso(post.created_ns)[:19] + ".000Z",
        "lang": post.lang,
        "edit_history_tweet_ids": [*post.edits, post.id],
        "public_metrics": {
            "retweet_count": 0,
            "reply_count": 0,
            "like_count": 0,
            "quote_count": 0,
            "bookmark_count": 0,
            "impression_count": 0,
        },
        "entities": entities(post.text),
    }
    if len(text) > SHORT and post.repost_of is None:
        full["note_tweet"] = {"text": text, "entities": entities(post.text)}
    if references:
        full["referenced_tweets"] = references
    return _named({key: value for key, value in full.items() if key in fields.tweet}, names)


def user(account: XUser, fields: Fields, names: str) -> Json:
    """One of `includes.users`."""
    full: Json = {
        "id": account.id,
        "name": account.username.replace("_", " ").title(),
        "username": account.username,
        "verified": account.verified,
        "created_at": account.created_at,
        "public_metrics": {
            "followers_count": account.followers,
            "following_count": account.following,
            "tweet_count": account.tweets,
            "listed_count": 3,
            "like_count": 5,
            "media_count": 1,
        },
    }
    return _named({key: value for key, value in full.items() if key in fields.user}, names)


def includes(posts: Iterable[XPost], fields: Fields, names: str) -> Json:
    """Users and referenced posts, each once, where the expansions ask for them."""
    users: dict[str, Json] = {}
    tweets: dict[str, Json] = {}
    for post in posts:
        if "author_id" in fields.expansions:
            users[post.user.id] = user(post.user, fields, names)
        if "referenced_tweets.id" in fields.expansions:
            for other in filter(None, (post.repost_of, post.quote_of)):
                tweets[other.id] = tweet(other, fields, names)
    found: Json = {}
    if users:
        found["users"] = list(users.values())
    if tweets:
        found["tweets"] = list(tweets.values())
    return _named(found, names)


def entities(text: str) -> Json:
    """Cashtags as X lists them."""
    tags = [
        {"start": match.start(), "end": match.end(), "tag": match.group(1)}
        for match in re.finditer(r"(?<!\w)\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)\b", text)
    ]
    return {"cashtags": tags} if tags else {}


def _named(value: Any, names: str) -> Any:
    """Rename to the `post` vocabulary when asked."""
    if names == "tweet":
        return value
    if isinstance(value, dict):
        return {POST_NAMES.get(key, key): _named(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named(inner, names) for inner in value]
    return value
