"""Posts that the stream did not bring, bought by recent search: at start, and after every gap.

Recent search answers newest first and, when not told an end, only up to 30 s before now (`x.search_lag_s`); an end
must lie at least 10 s back (docs.x.com, "Search recent posts"). So a gap is filled in two passes: at once, and again a
little more than the lag after the stream came back. Posts that the stream has delivered are not delivered again, posts
read today not counted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Container, Mapping, Sequence

from engine.clock import SECOND, Clock
from engine.errors import DeskError, VenueUnavailable
from engine.feeds.spend import SpendMeter
from engine.feeds.x_backoff import HTTP_FIRST_NS, HTTP_MAX_NS, RATE_FIRST_NS, RATE_MAX_NS
from engine.feeds.x_client import PAGE, XClient
from engine.feeds.x_errors import BadRequest, RateLimited
from engine.feeds.x_parse import SearchPage
from engine.feeds.x_rules import Rule
from engine.model import Post
from engine.model.base import Value

MARGIN_NS = 5 * SECOND
"""Waited beyond `x.search_lag_s` before the newest part of a gap is searched."""
SETTLED_NS = 11 * SECOND
"""An end younger than this may not be asked for: X's ten seconds, and one because ends are whole seconds."""
TRIES = 10
"""A quarter of an hour with X's waits for HTTP errors: what broke the stream often breaks search with it, and a gap
that stays open keeps its symbols from signals for as long as the windows reach back."""
PAGES = 200
"""Most pages for one gap, or as many as the posts that may be bought fill."""
LEAST = 10
"""X's smallest page."""

Wait = Callable[[float], Awaitable[None]]
"""Wait so many seconds."""
Buy = Callable[[Sequence[str]], Awaitable[int]]
"""Count these post ids as read; returns how many were new today."""


class Found(Value, frozen=True, gc=False):
    """What a search brought: posts by publication time, and since when they are complete."""

    posts: tuple[Post, ...]
    complete: Mapping[str, int]
    """By symbol."""
    bought: int = 0
    """Posts that were new today, and so paid for."""
    malformed: int = 0
    """Posts that could not be read."""
    why: str = ""
    """Why it is not complete; empty when it is."""


class _Cursor:
    """How far back one query has been read."""

    __slots__ = ("done", "oldest_ns", "query", "refused", "symbols", "token")

    def __init__(self, query: Rule, end_ns: int) -> None:
        self.query = query.value
        self.symbols = query.symbols
        self.token = ""
        self.oldest_ns = end_ns
        self.done = False
        self.refused = ""
        """Why X is not asked for the rest of it; empty while it is."""


class Searcher:
    """Reads spans by recent search, within a number of posts and the day's cap."""

    def __init__(
        self,
        client: XClient,
        queries: Sequence[Rule],
        meter: SpendMeter,
        clock: Clock,
        *,
        delivered: Container[str],
        buy: Buy,
        wait: Wait,
    ) -> None:
        self._client = client
        self._queries = queries
        self._meter = meter
        self._clock = clock
        self._delivered = delivered
        self._buy = buy
        self._wait = wait

    async def fetch(
        self, from_ns: int, to_ns: int, most: int, *, settled: bool, symbols: Collection[str] = ()
    ) -> Found:
        """Posts published in [from_ns, to_ns), newest bought first, all queries reaching back evenly.

        `settled` says that `to_ns` lies at least 10 s back and may be asked for; `symbols` are those that are searched
        for, every one where there are none.
        """
        wanted = frozenset(symbols or (symbol for query in self._queries for symbol in query.symbols))
        cursors = [_Cursor(query, to_ns) for query in self._queries if wanted.intersection(query.symbols)]
        found: dict[str, Post] = {}
        bought = malformed = 0
        why = ""
        pages = max(PAGES, most // PAGE)
        for _ in range(pages):
            reading = [cursor for cursor in cursors if not (cursor.done or cursor.refused)]
            if not reading:
                break
            left = min(most - bought, self._meter.left(self._clock.now_ns()))
            if left < LEAST:
                why = "the post limit is reached"
                break
            cursor = max(reading, key=lambda each: each.oldest_ns)
            try:
                size = min(PAGE, max(LEAST, left // len(reading)))
                paid, unread = await self._page(cursor, from_ns, to_ns if settled else None, size, found)
                bought, malformed = bought + paid, malformed + unread
                why = cursor.refused or why
            except BadRequest as error:  # X does not take these words; the others are no worse for it
                why = cursor.refused = error.message
            except DeskError as error:
                why = error.message
                break
        else:
            why = f"more than {pages} pages"
        complete = dict.fromkeys(wanted, from_ns)
        for cursor in cursors:
            if not cursor.done:
                for symbol in wanted.intersection(cursor.symbols):
                    complete[symbol] = max(complete[symbol], cursor.oldest_ns)
        posts = tuple(sorted(found.values(), key=lambda post: (post.published_ns, post.id)))
        return Found(posts, complete, bought, malformed, why)

    async def _page(
        self, cursor: _Cursor, from_ns: int, end_ns: int | None, size: int, found: dict[str, Post]
    ) -> tuple[int, int]:
        """Read one page into `found`; returns how many posts were new, and paid for, and how many cannot be read."""
        page = await self._patiently(cursor, from_ns, end_ns, size)
        repeated = page.next_token != "" and page.next_token == cursor.token
        cursor.token = page.next_token
        cursor.done = not page.next_token
        if page.posts:
            cursor.oldest_ns = max(from_ns, min(cursor.oldest_ns, *(post.published_ns for post in page.posts)))
        if repeated:
            cursor.refused = "expected the page after this one, found this one named as the next"
        bought = await self._buy([post.id for post in page.posts])
        found.update((post.id, post) for post in page.posts if post.id not in self._delivered)
        return bought, page.malformed

    async def _patiently(self, cursor: _Cursor, from_ns: int, end_ns: int | None, size: int) -> SearchPage:
        """One page; waits out a rate limit and tries again when X cannot be asked, `TRIES` times in all."""
        wait_ns = HTTP_FIRST_NS
        for attempt in range(1, TRIES + 1):
            try:
                return await self._client.search(
                    cursor.query, start_ns=from_ns, end_ns=end_ns, max_results=size, token=cursor.token
                )
            except VenueUnavailable as error:
                if attempt == TRIES:
                    raise
                delay_ns = wait_ns
                wait_ns = min(2 * wait_ns, HTTP_MAX_NS)
                if isinstance(error, RateLimited):
                    reset_ns = error.reset_ns or 0
                    delay_ns = min(max(reset_ns - self._clock.now_ns(), RATE_FIRST_NS), RATE_MAX_NS)
                await self._wait(delay_ns / SECOND)
        raise AssertionError("unreachable")
