"""News of a span by REST: GET /v1beta1/news, newest first, page by page.

`start` and `end` concern the time of an article's last update, and an article comes once, as it reads now (market data
specification, `News`). Newest first, so that what does not fit into the pages is the oldest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from engine.alpaca.backoff import Backoff
from engine.alpaca.read import Json, fields, rows
from engine.alpaca.rest import Reply, Rest
from engine.clock import Clock, iso
from engine.feeds.news_parse import Article, parse_article
from engine.model.base import Value

PAGE: Final = 50
"""The venue's largest page."""
PAGES: Final = 40
"""Most pages for one list of symbols: 2,000 articles, some days of an ordinary watchlist."""
SYMBOLS: Final = 100
"""Symbols per request, so that the address stays short."""
TRIES: Final = 8
"""Attempts for a page: about a minute, with the waits between them."""
TOKEN_LIMIT: Final = 512


class Found(Value, frozen=True, gc=False):
    """What a search brought: articles, oldest made first, and since when they are complete."""

    articles: tuple[Article, ...]
    complete_ns: int
    malformed: int = 0
    why: str = ""
    """Why it is not complete; empty when it is."""


class NewsSearch:
    """Reads spans of news. Never raises for anything the venue answers."""

    def __init__(
        self, rest: Rest, clock: Clock, symbols: tuple[str, ...], pairs: Mapping[str, str], backoff: Backoff
    ) -> None:
        """`symbols`: as the news writes them; `pairs`: see `parse_article`; `backoff`: waits between attempts."""
        self._rest = rest
        self._clock = clock
        self._symbols = symbols
        self._pairs = pairs
        self._backoff = backoff

    async def fetch(self, from_ns: int, to_ns: int) -> Found:
        """The articles made or updated in [from_ns, to_ns]."""
        await self._rest.open()
        found: dict[str, Article] = {}
        malformed, complete_ns, why = 0, from_ns, ""
        for start in range(0, len(self._symbols), SYMBOLS):
            data = {
                "symbols": ",".join(self._symbols[start : start + SYMBOLS]),
                "start": iso(from_ns),
                "end": iso(to_ns),
                "sort": "desc",
                "limit": PAGE,
                "include_content": "false",
            }
            oldest_ns, token = to_ns, ""
            for _ in range(PAGES):
                reply = await self._patiently({**data, "page_token": token} if token else data)
                if not reply.ok or not _is_page(reply.body):
                    why = reply.reason if not reply.ok else "the answer is no page of news"
                    break
                now_ns = self._clock.now_ns()
                told = fields(reply.body)
                page = [parse_article(fields(row), now_ns, self._pairs) for row in rows(told.get("news"))]
                for article in page:
                    if article is None:
                        malformed += 1
                    else:
                        found[article.number] = article
                        oldest_ns = min(oldest_ns, article.updated_ns)
                token = _token(told.get("next_page_token"))
                if not token:
                    oldest_ns = from_ns
                    break
            else:
                why = f"more than {PAGES} pages"
            complete_ns = max(complete_ns, oldest_ns)
        articles = tuple(sorted(found.values(), key=lambda article: (article.created_ns, int(article.number))))
        return Found(articles, complete_ns, malformed, why)

    async def _patiently(self, data: dict[str, Json]) -> Reply:
        """One page; tried again when the venue cannot be asked, not when it says no."""
        self._backoff.reset()
        tries = 0
        while True:
            reply = await self._rest.call("GET", "/news", data)
            tries += 1
            if reply.ok or reply.refusal or tries == TRIES:
                return reply
            await asyncio.sleep(max(self._backoff.next_s(), reply.retry_after_s or 0.0))


def _is_page(body: Json) -> bool:
    """Whether an answer lists articles, if none: one that has no list does not tell that there is nothing."""
    return isinstance(body, dict) and "news" in body and isinstance(body["news"], list | None)


def _token(value: Json) -> str:
    return value if isinstance(value, str) and len(value) <= TOKEN_LIMIT else ""
