"""X's REST calls through tweepy's client: base address from the configuration, a time limit, our own refusals.

tweepy has no option for the address, no time limit, and reads every refusal as JSON; `XClient` replaces the one method
that sends. It never retries. No error raised here, nor its chain, carries the bearer token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import aiohttp
import msgspec
from tweepy.asynchronous.client import AsyncClient
from tweepy.asynchronous.streaming import AsyncStreamingClient
from tweepy.streaming import StreamRule

from engine.clock import SECOND, Clock, iso
from engine.errors import VenueUnavailable
from engine.feeds.x_errors import BadAnswer, BadRequest, refusal, unreachable
from engine.feeds.x_parse import SearchPage, parse_page
from engine.feeds.x_rules import Existing, Rule
from engine.model.base import Value
from engine.proxy import proxy_for
from engine.text import display_text

TWEET_FIELDS = (
    "created_at,author_id,lang,source,entities,public_metrics,referenced_tweets,note_tweet,edit_history_tweet_ids"
)
EXPANSIONS = "author_id,referenced_tweets.id"
USER_FIELDS = "username,verified,public_metrics,created_at"
"""What the stream and recent search are asked for; the same, so that a recovered post equals a streamed one."""
POST_FIELDS = "created_at,lang,source,entities,public_metrics,note_post"
POST_EXPANSIONS = "author_id,referenced_posts,edit_history_post_ids"
"""The same in the words that X's description has for recent search (2.167), while its servers and its documentation
have those above. X refuses a parameter that it does not know, so one of the two is asked in."""

RULES = "/2/tweets/search/stream/rules"
STREAM = "/2/tweets/search/stream"
SEARCH = "/2/tweets/search/recent"
USAGE = "/2/usage/tweets"
BODY_LIMIT = 8 << 20
"""Longest answer read, in bytes."""
PAGE = 100
"""Most posts per page of recent search (X allows 10 to 100)."""
RULE_PAGES = 50
RULE_ROUNDS = 5
"""How often rules are sent again without those that X refused."""

T = TypeVar("T")


class Answer(Value, frozen=True, gc=False):
    """A 2xx answer, or a 400 with a list of refused rules."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RuleReport(Value, frozen=True, gc=False):
    """What became of rules that were added."""

    held: tuple[str, ...]
    """Texts of the rules that X made, or held already."""
    duplicates: tuple[str, ...]
    """Ids of rules that X already held under the same value."""
    refused: tuple[tuple[str, str], ...]
    """(rule text, X's reason)."""


class _Rule(msgspec.Struct):
    id: str
    value: str = ""
    tag: str | None = None


class _Meta(msgspec.Struct):
    next_token: str | None = None


class _Rules(msgspec.Struct):
    data: list[_Rule] | None = None
    meta: _Meta | None = None


class _RuleError(msgspec.Struct):
    title: str | None = None
    type: str | None = None
    detail: str | None = None
    details: list[str] | None = None
    value: str | None = None
    id: str | None = None


class _Added(msgspec.Struct):
    data: list[_Rule] | None = None
    errors: list[_RuleError] | None = None


class _Day(msgspec.Struct):
    date: str = ""
    usage: int | None = None


class _Project(msgspec.Struct):
    usage: list[_Day] | None = None


class _Usage(msgspec.Struct):
    daily_project_usage: _Project | None = None


class _UsageAnswer(msgspec.Struct):
    data: _Usage | None = None


class _Dated(msgspec.Struct):
    created_at: msgspec.Raw = msgspec.Raw()


class _Dates(msgspec.Struct):
    data: list[_Dated] | None = None


class _Tweepy(AsyncStreamingClient, AsyncClient):  # type: ignore[misc]  # tweepy's bases disagree on `session`
    """tweepy's streaming and REST client in one; how a request is sent is ours."""

    def __init__(self, token: str, send: Callable[..., Awaitable[Answer]]) -> None:
        super().__init__(token, return_type=aiohttp.ClientResponse)  # type: ignore[no-untyped-call]
        self._send = send

    async def request(
        self,
        method: str,
        route: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        user_auth: bool = False,
    ) -> Answer:
        return await self._send(method, route, params, json)


class XClient:
    """X's REST calls on one session. An async context manager.

    Every call raises CredentialsError (401), VenueError (403 and other definite refusals), Exhausted (credits, caps),
    RateLimited (429) or VenueUnavailable (time-out, reset, 5xx, an answer that cannot be read).
    """

    def __init__(self, token: str, *, base_url: str, timeout_s: float, clock: Clock) -> None:
        self._token = token
        self._base_url = base_url.rstrip("/")
        self.proxy = proxy_for(base_url)
        """The environment's proxy, which every request goes through; None where there is none."""
        self._timeout_s = timeout_s
        self._clock = clock
        self._in_posts: bool | None = None
        """Whether recent search speaks of posts and not of tweets; None while that is not known."""
        self._tweepy: Any = _Tweepy(token, self.send)

    async def __aenter__(self) -> XClient:
        self.session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    def __repr__(self) -> str:
        return f"XClient({self._base_url!r})"

    def url(self, route: str) -> str:
        """The address of a route under the configured base."""
        return f"{self._base_url}{route}"

    def headers(self) -> dict[str, str]:
        """What every request carries. Holds the token: never log it."""
        return {"Authorization": f"Bearer {self._token}", "User-Agent": str(self._tweepy.user_agent)}

    async def send(self, method: str, route: str, params: Mapping[str, Any] | None = None, json: Any = None) -> Answer:
        """Send once; the answer with its body read."""
        where = f"{method} {self.url(route)}"
        try:
            async with self.session.request(
                method,
                self.url(route),
                params=params,
                json=json,
                headers=self.headers(),
                proxy=self.proxy,
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                allow_redirects=False,
            ) as response:
                body = await read_body(response.content, BODY_LIMIT)
        except TimeoutError:
            raise VenueUnavailable(
                f"expected an answer within {self._timeout_s:g} s, found none",
                where=where,
                remedy="check the network; the desk asks again by itself",
            ) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise unreachable(error, where=where, token=self._token) from None
        rules_refused = response.status == 400 and method == "POST" and route == RULES
        if not (200 <= response.status < 300 or rules_refused):
            raise refusal(
                response.status,
                response.headers,
                body,
                where=where,
                now_ns=self._clock.now_ns(),
                token=self._token,
            )
        return Answer(response.status, response.headers, body)

    async def rules(self) -> tuple[Existing, ...]:
        """Every rule the app has at X, foreign ones too."""
        found: list[Existing] = []
        token = ""
        for _ in range(RULE_PAGES):
            params = {"max_results": "1000"} | ({"pagination_token": token} if token else {})
            answer = self._read(await self.send("GET", RULES, params), _Rules)
            found += (Existing(rule.id, rule.value, rule.tag or "") for rule in answer.data or ())
            token = (answer.meta and answer.meta.next_token) or ""
            if not token:
                break
        return tuple(found)

    async def create_rules(self, rules: Sequence[Rule], *, dry_run: bool = False) -> RuleReport:
        """Add rules. X answers a refused rule with 400 or with 2xx and a list; both become a report.

        Where X makes none of them because it refuses one, the others are sent again without that one. `dry_run`: X only
        says what would become of them.
        """
        held: tuple[str, ...] = ()
        duplicates: tuple[str, ...] = ()
        refused: tuple[tuple[str, str], ...] = ()
        left = list(rules)
        for _ in range(RULE_ROUNDS):
            report = await self._add_rules(left, dry_run=dry_run)
            held += report.held
            duplicates += report.duplicates
            refused += report.refused
            named = {*report.held, *(value for value, _ in report.refused)}
            rest = [rule for rule in left if rule.value not in named]
            if len(rest) == len(left) or not rest:
                break
            left = rest
        return RuleReport(held, duplicates, refused)

    async def _add_rules(self, rules: Sequence[Rule], *, dry_run: bool) -> RuleReport:
        """Send rules once; what became of them, by X's own words."""
        made = [StreamRule(value=rule.value, tag=rule.tag) for rule in rules]
        sent: Answer = await self._tweepy.add_rules(made, **({"dry_run": "true"} if dry_run else {}))
        answer = self._read(sent, _Added)
        if sent.status == 400 and not any(error.value for error in answer.errors or ()):
            where = f"POST {self.url(RULES)}"
            raise refusal(400, sent.headers, sent.body, where=where, now_ns=self._clock.now_ns(), token=self._token)
        held = [rule.value for rule in answer.data or ()]
        duplicates = []
        refused = []
        for error in answer.errors or ():
            if error.title == "DuplicateRule" or (error.type or "").endswith("/duplicate-rules"):
                duplicates.append(error.id or "")
                held.append(error.value or "")
            else:
                reason = "; ".join(error.details or ()) or error.detail or error.title or "no reason given"
                refused.append((error.value or "", display_text(reason, 300)))
        return RuleReport(tuple(held), tuple(filter(None, duplicates)), tuple(refused))

    async def remove_rules(self, rules: Sequence[Existing]) -> None:
        """Delete rules by id, and nothing else."""
        await self._tweepy.delete_rules([rule.id for rule in rules])

    async def search(
        self, query: str, *, start_ns: int, end_ns: int | None, max_results: int, token: str = ""
    ) -> SearchPage:
        """One page of recent search (the last seven days), newest first.

        Without `end_ns` X answers up to 30 s before now; with it, the end of its second must lie at least 10 s back.
        """
        params: dict[str, Any] = {
            "start_time": _whole_second(start_ns),
            "max_results": max(10, min(PAGE, max_results)),
        }
        if end_ns is not None:
            params["end_time"] = _whole_second(end_ns + SECOND - 1)
        if token:
            params["next_token"] = token
        answer = await self._searched(query, params)
        try:
            return parse_page(answer.body, self._clock.now_ns())
        except ValueError as error:
            raise BadAnswer(str(error), where=self.url(SEARCH)) from None

    async def _searched(self, query: str, params: dict[str, Any]) -> Answer:
        """The answer in the words that X takes and follows: after a refusal, or posts without a time, the others."""
        if self._in_posts is not None:
            return await (self._search_posts if self._in_posts else self._search_tweets)(query, params)
        refused: BadRequest | None = None
        answer: Answer | None = None
        try:
            answer = await self._search_tweets(query, params)
        except BadRequest as error:
            refused = error
        if answer is not None and (dated := self._dated(answer)) is not False:
            self._in_posts = False if dated else None
            return answer
        try:
            other = await self._search_posts(query, params)
        except BadRequest:
            other = None
        if other is not None and (answer is None or self._dated(other)):
            self._in_posts = True
            return other
        if answer is None:
            assert refused is not None
            raise refused
        self._in_posts = False
        return answer

    async def _search_tweets(self, query: str, params: dict[str, Any]) -> Answer:
        fields = {"tweet_fields": TWEET_FIELDS, "expansions": EXPANSIONS, "user_fields": USER_FIELDS}
        found: Answer = await self._tweepy.search_recent_tweets(query, **params, **fields)
        return found

    async def _search_posts(self, query: str, params: dict[str, Any]) -> Answer:
        fields = {"post.fields": POST_FIELDS, "expansions": POST_EXPANSIONS, "user.fields": USER_FIELDS}
        return await self.send("GET", SEARCH, {"query": query, **params, **fields})

    @staticmethod
    def _dated(answer: Answer) -> bool | None:
        """Whether its posts have their times, as was asked for; None where there is none to tell by."""
        try:
            found = msgspec.json.decode(answer.body, type=_Dates)
        except (ValueError, msgspec.MsgspecError, RecursionError):
            return None
        return any(bytes(post.created_at) for post in found.data) if found.data else None

    async def usage_today(self) -> int | None:
        """Posts that X counted today for the project, or None when it does not say."""
        answer = self._read(await self.send("GET", USAGE, {"days": "1"}), _UsageAnswer)
        project = answer.data and answer.data.daily_project_usage
        today = iso(self._clock.now_ns())[:10]
        for day in (project and project.usage) or ():
            if day.date[:10] == today:
                return day.usage
        return None

    def _read(self, answer: Answer, kind: type[T]) -> T:
        """The body as a value; BadAnswer when it is something else (a proxy's page, a cut answer)."""
        try:
            return msgspec.json.decode(answer.body, type=kind, strict=False)
        except (ValueError, msgspec.MsgspecError, RecursionError) as error:
            raise BadAnswer(
                f"expected X's JSON, found {type(error).__name__}: {error}",
                where=self._base_url,
                remedy="check x.base_url; the desk asks again by itself",
            ) from None


async def read_body(content: aiohttp.StreamReader, limit: int) -> bytes:
    """A whole body. Raises ValueError past `limit` bytes."""
    body = bytearray()
    async for chunk in content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > limit:
            raise ValueError(f"expected at most {limit} bytes, found more")
    return bytes(body)


def _whole_second(at_ns: int) -> str:
    return iso(at_ns)[:19] + "Z"
