"""An article of Alpaca's news as a Post, and which version of an article is news.

The stream's messages (`{"T": "n", …}`) and the REST answer's rows have the same fields (market data specification,
`news`): id, headline, summary, author, created_at, updated_at, symbols, source, url. Any of them may be missing, null
or of another type: only an id and a headline are needed.

An article keeps its id when it is rewritten. A Post's id therefore names the wording too, `news-<id>.<hash of it>`: the
same wording is the same Post wherever it comes from and after a restart, another one is an edit of the earlier ids.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from zlib import crc32

from engine.alpaca.read import Json, identifier, instant, rows
from engine.model import Author, Post
from engine.model.base import DisplayText, Value
from engine.model.post import ALPACA_NEWS
from engine.text import display_text, one_line, text_key, unescape

HEADLINE_LIMIT = 1000
SUMMARY_LIMIT = 8000
"""Most characters read of each; what is shown and scored is shorter (`engine.text.TEXT_LIMIT`)."""
SYMBOLS = 100
"""Most symbols kept of one article."""
ARTICLES = 20_000
"""Most articles whose wording is remembered, the newest: several days of all that the venue carries."""
VERSIONS = 16
"""Most earlier versions of an article that an edit names, the newest."""
LANGUAGE = "en"
"""The venue's news is in English."""

_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,2000}>")
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9./_-]{0,14}")
_DIGITS = re.compile(r"[0-9]{1,19}")
_ID = re.compile(r"news-([0-9]{1,19})\.([0-9a-f]{8})(?:\.[0-9a-f]+)?")
_ENDS = ".!?:…"


class Article(Value, frozen=True, gc=False):
    """An article as the venue tells it now."""

    number: str
    """The venue's id, in digits."""
    wording: str
    """Headline and, where it says more, summary: as received."""
    text: DisplayText
    """The same without entities and tags, cleaned."""
    author: Author
    created_ns: int
    updated_ns: int
    symbols: tuple[str, ...]


def parse_article(message: Mapping[str, Json], received_ns: int, pairs: Mapping[str, str]) -> Article | None:
    """An article, None where there is no id or no headline. Never raises.

    `pairs`: crypto symbols as the venue's news writes them, and the cashtag of each (`BTCUSD` → `BTC`). Times that are
    missing, or ahead of the receipt, are the receipt's.
    """
    number = _number(message.get("id"))
    headline = _words(message.get("headline"), HEADLINE_LIMIT)
    if not number or not headline[1]:
        return None
    raw, shown = headline
    summary_raw, summary = _words(message.get("summary"), SUMMARY_LIMIT)
    if summary and text_key(summary) not in text_key(shown):
        if text_key(summary).startswith(text_key(shown)):
            raw, shown = summary_raw, summary
        else:
            raw, shown = f"{raw}\n{summary_raw}", f"{shown}{'' if shown[-1] in _ENDS else '.'} {summary}"
    created_ns = min(instant(message.get("created_at")) or received_ns, received_ns)
    updated_ns = min(instant(message.get("updated_at")) or created_ns, received_ns)
    return Article(
        number,
        raw,
        display_text(shown),
        _author(message.get("source"), message.get("author")),
        created_ns,
        max(created_ns, updated_ns),
        _symbols(message.get("symbols"), pairs),
    )


class _Version(Value, frozen=True, gc=False):
    """One wording of an article, and the Post that it became."""

    post_id: str
    updated_ns: int
    """When it was made; 0 where an earlier run knew that."""
    wording: int
    """Its hash."""


class Articles:
    """The wording of the newest articles, and the ids that its versions got."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Version, ...]] = {}
        """By article, oldest first."""
        self.repeated = 0
        """Articles that came again with the same wording, or with one that a newer has replaced."""

    def __len__(self) -> int:
        """Articles remembered."""
        return len(self._known)

    def post(self, article: Article, received_ns: int, *, recovered: bool) -> Post | None:
        """The Post of an article that is new or has another wording; None where nothing has changed.

        A first version is published when the article was made, an edit when it was updated.
        """
        wording = crc32(article.wording.encode("utf-8", "surrogatepass"))
        versions = self._known.get(article.number, ())
        earlier = tuple([version.post_id for version in versions])
        post_id = f"news-{article.number}.{wording:08x}"
        if post_id in earlier:  # back to a wording that an edit had replaced
            post_id = f"{post_id}.{article.updated_ns:x}"
        if versions and (
            wording == versions[-1].wording or article.updated_ns < versions[-1].updated_ns or post_id in earlier
        ):
            self.repeated += 1
            return None
        self._remember(article.number, (*versions, _Version(post_id, article.updated_ns, wording)))
        return Post(
            id=post_id,
            source=ALPACA_NEWS,
            published_ns=article.updated_ns if earlier else article.created_ns,
            received_ns=received_ns,
            author=article.author,
            raw=article.wording,
            text=article.text,
            lang=LANGUAGE,
            cashtags=article.symbols,
            edits=earlier,
            recovered=recovered,
        )

    def restore(self, post: Post) -> None:
        """A Post that `post` gave in an earlier run. Oldest first; Posts of other sources are passed over."""
        found = _ID.fullmatch(post.id)
        if post.source != ALPACA_NEWS or found is None:
            return
        known = {version.post_id: version for version in self._known.get(found[1], ())}
        earlier = [known.get(post_id) or _Version(post_id, 0, _hash_in(post_id)) for post_id in post.edits]
        self._remember(found[1], (*earlier, _Version(post.id, post.published_ns, int(found[2], 16))))

    def forget(self, posts: Sequence[Post]) -> None:
        """These, as `post` gave them, were not delivered after all: their articles are known as they were before."""
        for post in reversed(posts):
            number = post.id.removeprefix("news-").partition(".")[0]
            versions = self._known.get(number, ())
            if versions and versions[-1].post_id == post.id:
                self._known[number] = versions[:-1]
                if len(versions) == 1:
                    del self._known[number]

    def _remember(self, number: str, versions: tuple[_Version, ...]) -> None:
        self._known.pop(number, None)  # to be the newest
        self._known[number] = versions[-VERSIONS:]
        while len(self._known) > ARTICLES:
            del self._known[next(iter(self._known))]


def pairs_of(symbols: tuple[str, ...]) -> dict[str, str]:
    """The watched pairs as the venue's news writes them, each with its cashtag: `BTC/USD` is `BTCUSD` there."""
    return {symbol.replace("/", ""): symbol.partition("/")[0] for symbol in symbols if "/" in symbol}


def _hash_in(post_id: str) -> int:
    """The hash of the wording that a Post's id names; −1, which is none's, where it is no such id."""
    found = _ID.fullmatch(post_id)
    return -1 if found is None else int(found[2], 16)


def _number(value: Json) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**19:
        return str(value)
    return value if isinstance(value, str) and _DIGITS.fullmatch(value) else ""


def _words(value: Json, limit: int) -> tuple[str, str]:
    """Text as received, and without tags and entities on one line; both empty for what is no text."""
    if not isinstance(value, str):
        return "", ""
    raw = value[:limit].strip()
    return raw, " ".join(display_text(unescape(_TAG.sub(" ", raw))).split())


def _author(source: Json, journalist: Json) -> Author:
    """The publisher by name, the journalist in the id: who wrote is told apart where a mood counts its authors.

    The venue vouches for who it is, which is what `verified` means.
    """
    name = one_line(source) if isinstance(source, str) else DisplayText("")
    writer = one_line(journalist) if isinstance(journalist, str) else DisplayText("")
    publisher = name or DisplayText("news")
    return Author(f"{publisher}/{writer}" if writer else publisher, publisher, verified=True)


def _symbols(value: Json, pairs: Mapping[str, str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for item in rows(value)[:SYMBOLS]:
        symbol = identifier(item).upper().removeprefix("$")
        if _SYMBOL.fullmatch(symbol):
            found[pairs.get(symbol.replace("/", ""), symbol)] = None
    return tuple(found)
