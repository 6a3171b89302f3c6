"""The pretend X itself: unmodified tweepy works with it, its bodies fit X's OpenAPI description, its limits hold."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult
from tweepy import StreamRule
from tweepy.asynchronous import AsyncStreamingClient

from engine.clock import SECOND, VirtualClock, iso
from engine.feeds.x_client import EXPANSIONS, POST_EXPANSIONS, POST_FIELDS, TWEET_FIELDS, USER_FIELDS
from tests.venues.x import RULES, SEARCH, STREAM, USAGE, End, XSimulator, XUser, faults
from tests.venues.x.query import QueryError, Subject, parse
from tests.venues.x.server import PARAMETERS
from tests.venues.x.wire import Fields, post_id

ROOT = Path(__file__).resolve().parents[3]
SPEC = ROOT.parent / "shared" / "specs" / "x-api-v2-openapi.json"
ALL_STREAM = {
    "tweet.fields": "created_at,author_id,lang,entities,public_metrics,referenced_tweets,note_tweet",
    "expansions": "author_id,referenced_tweets.id",
    "user.fields": "username,verified,public_metrics,created_at",
}


class Loopback(AbstractResolver):
    """Every name is this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing to close."""


class Listener(AsyncStreamingClient):
    """tweepy's own client, keeping what it is given."""

    def __init__(self, token: str) -> None:
        super().__init__(token, max_retries=0)
        self.responses: list[Any] = []
        self.keep_alives = 0
        self.got = asyncio.Event()

    async def on_response(self, response: Any) -> None:
        self.responses.append(response)
        self.got.set()

    async def on_keep_alive(self) -> None:
        self.keep_alives += 1
        self.got.set()


@asynccontextmanager
async def over_tls(**settings: Any) -> AsyncIterator[tuple[XSimulator, aiohttp.ClientSession]]:
    """The simulator as api.twitter.com, and a session that believes it."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.twitter.com").configure_cert(server)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with XSimulator(tls=server, **settings) as x:
        connector = aiohttp.TCPConnector(resolver=Loopback(x.port), ssl=trust)
        async with aiohttp.ClientSession(connector=connector) as session:
            yield x, session


async def test_unmodified_tweepy_adds_rules_and_streams() -> None:
    async with over_tls(keep_alive_s=0.05) as (x, session):
        client = Listener(x.token)
        client.session = session
        added = await client.add_rules([StreamRule("$TSLA lang:en", tag="desk:TSLA"), StreamRule("($TSLA", tag="bad")])
        assert [rule.tag for rule in added.data] == ["desk:TSLA"]
        assert added.errors[0]["title"] == "UnprocessableEntity"
        again = await client.add_rules(StreamRule("$TSLA lang:en", tag="desk:TSLA"))
        assert again.errors[0]["title"] == "DuplicateRule"
        assert len((await client.get_rules()).data) == 1
        task = client.filter(
            tweet_fields=ALL_STREAM["tweet.fields"],
            expansions=ALL_STREAM["expansions"],
            user_fields=ALL_STREAM["user.fields"],
        )
        await x.streaming()
        sent = x.post("$TSLA & so on", user=XUser(username="jane_doe", followers=7))
        async with asyncio.timeout(5):
            while not (client.responses and client.keep_alives):
                client.got.clear()
                await client.got.wait()
        [response] = client.responses
        assert (response.data.id, response.data.text) == (int(sent.id), "$TSLA &amp; so on")
        assert response.includes["users"][0].public_metrics["followers_count"] == 7
        assert response.matching_rules[0].tag == "desk:TSLA"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_unmodified_tweepy_deletes_rules_and_meets_a_409() -> None:
    async with over_tls() as (x, session):
        rule = x.add_rule("coffee", "c")
        client = Listener(x.token)
        client.session = session
        deleted = await client.delete_rules(rule.id)
        assert deleted.meta["summary"] == {"deleted": 1, "not_deleted": 0}
        assert not x.rules
        logging.getLogger("tweepy").setLevel(logging.CRITICAL)
        task = client.filter()
        await x.until(lambda: x.requests(STREAM))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert x.requests(STREAM)[0].status == 409


async def get(x: XSimulator, path: str, **params: str) -> tuple[int, dict[str, Any], Any]:
    headers = {"Authorization": f"Bearer {x.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(x.url + path, params=params) as response,
    ):
        return response.status, dict(response.headers), await response.json(content_type=None)


# --- X's own description ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip(f"X's OpenAPI description is not here ({SPEC.name} beside the repository)")
    found: dict[str, Any] = json.loads(SPEC.read_text())
    return found


def check(spec: dict[str, Any], name: str, body: object) -> None:
    from openapi_schema_validator import OAS30Validator

    schema = {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}
    errors = [error.message for error in OAS30Validator(schema).iter_errors(body)]
    assert not errors, errors[:3]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_bodies_fit_x_s_description(spec: dict[str, Any]) -> None:
    async with XSimulator(names="post", search_lag_s=0, clock=VirtualClock(1_795_176_000 * SECOND)) as x:
        x.add_rule("$TSLA lang:en", "desk:TSLA")
        first = x.post("$TSLA first")
        x.post("$TSLA " + "long " * 200, quote_of=first, edits=("12",))
        assert isinstance(x.clock, VirtualClock)
        x.clock.advance(x.clock.now_ns() + 60 * SECOND)
        _, _, rules = await get(x, RULES)
        check(spec, "GetRulesResponse", rules)
        _, _, page = await get(x, SEARCH, query="$TSLA", max_results="10", **ALL_STREAM)
        assert len(page["data"]) == 2 and page["includes"]["users"]
        check(spec, "SearchPostsRecentResponse", page)
        _, _, usage = await get(x, USAGE)
        check(spec, "GetUsageResponse", usage)
        added = json.loads(x.rest.add_rules([{"value": "$AAPL", "tag": "t"}], dry=True).body)  # type: ignore[arg-type]
        check(spec, "UpdateRulesResponse", added)
        line = json.loads(x.line(first, Fields.of(ALL_STREAM)))
        check(spec, "StreamPostsResponse", line)
        check(spec, "UpdateRulesRequest", {"add": [{"value": "$AAPL", "tag": "t"}]})
        check(spec, "UpdateRulesRequest", {"delete": {"ids": ["1"]}})


def test_what_the_feed_asks_for_exists(spec: dict[str, Any]) -> None:
    known = {
        parameter["name"]: parameter["schema"]["items"]["enum"]
        for parameter in spec["paths"][STREAM]["get"]["parameters"]
        if "items" in parameter.get("schema", {})
    }
    for name, asked in (("tweet.fields", TWEET_FIELDS), ("expansions", EXPANSIONS), ("user.fields", USER_FIELDS)):
        assert set(asked.split(",")) <= set(known[name])


def described(spec: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    """The parameters of an operation by name, with their schemas."""
    shared = spec["components"]["parameters"]
    listed = spec["paths"][path][method].get("parameters", ())
    whole = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in listed]
    return {each["name"]: each["schema"] for each in whole}


def test_what_search_is_asked_for_in_the_words_of_its_description_exists(spec: dict[str, Any]) -> None:
    known = {name: schema.get("items", {}).get("enum", ()) for name, schema in described(spec, SEARCH, "get").items()}
    for name, asked in (("post.fields", POST_FIELDS), ("expansions", POST_EXPANSIONS), ("user.fields", USER_FIELDS)):
        assert set(asked.split(",")) <= set(known[name])
    for path, method in ((STREAM, "get"), (RULES, "get"), (RULES, "post"), (USAGE, "get")):
        assert set(described(spec, path, method)) <= PARAMETERS[path]
    assert set(known) == PARAMETERS[SEARCH] | {"post.fields"}


# --- behaviour --------------------------------------------------------------------------------------------------------


async def test_credentials_limits_and_the_one_connection() -> None:
    async with XSimulator(requests=2) as x:
        async with aiohttp.ClientSession() as session, session.get(x.url + RULES) as response:
            assert response.status == 401
            assert (await response.json(content_type=None))["title"] == "Unauthorized"
        assert [(await get(x, RULES))[0] for _ in range(3)] == [200, 200, 429]
        status, headers, _ = await get(x, RULES)
        assert status == 429 and int(headers["x-rate-limit-reset"]) > x.clock.now_ns() // SECOND
        x.add_rule("tea")
        headers = {"Authorization": f"Bearer {x.token}"}
        async with aiohttp.ClientSession(headers=headers) as session, session.get(x.url + STREAM):
            await x.streaming()
            status, _, body = await get(x, STREAM)
            assert (status, body["connection_issue"]) == (429, "TooManyConnections")
        await x.until(lambda: not x.streams)


async def test_search_pages_backwards_and_knows_its_limits() -> None:
    clock = VirtualClock(1_795_176_000 * SECOND)
    async with XSimulator(clock=clock) as x:
        made = [x.post(f"Tesla {n}", at_ns=clock.now_ns() - n * SECOND) for n in range(60, 25, -1)]
        old = [post.id for post in made if post.created_ns < clock.now_ns() - 30 * SECOND]
        _, _, page = await get(x, SEARCH, query="Tesla", max_results="20")
        _, _, more = await get(x, SEARCH, query="Tesla", max_results="20", next_token=page["meta"]["next_token"])
        assert [each["id"] for each in page["data"] + more["data"]] == old[::-1]
        assert "next_token" not in more["meta"]
        recent = iso(clock.now_ns() - 5 * SECOND)
        for wrong in ({"end_time": recent}, {"max_results": "5"}, {"query": "-tea"}, {"query": "x" * 513}):
            assert (await get(x, SEARCH, **{"query": "Tesla"} | wrong))[0] == 400


async def test_a_post_goes_to_those_whose_rules_match_and_only_asked_fields_come() -> None:
    async with XSimulator() as x:
        x.add_rule("$TSLA", "one")
        x.add_rule("Tesla -is:retweet", "two")
        headers = {"Authorization": f"Bearer {x.token}"}
        async with aiohttp.ClientSession(headers=headers) as session, session.get(x.url + STREAM) as response:
            await x.streaming()
            x.post("coffee")
            x.post("$TSLA and Tesla")
            line = json.loads(await response.content.readline())
            x.end_stream(End.CLEAN)
            assert await response.content.read() == b""
        assert set(line["data"]) == {"id", "text", "edit_history_tweet_ids"} and "includes" not in line
        assert [rule["tag"] for rule in line["matching_rules"]] == ["one", "two"]


async def test_refusals_come_in_order_then_all_is_well() -> None:
    async with XSimulator() as x:
        x.refuse(RULES, faults.unavailable(), faults.bad_gateway())
        assert [(await _status(x, RULES)) for _ in range(3)] == [503, 502, 200]


async def _status(x: XSimulator, path: str) -> int:
    headers = {"Authorization": f"Bearer {x.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(x.url + path) as response:
        return response.status


async def test_it_runs_alone_and_plays_a_recording(tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "created_at": f"2026-01-05T15:00:{n:02d}Z", "author_id": "1", "text": f"$TSLA &amp; {n}"}
        for n in range(3)
    ]
    recording = tmp_path / "made_up.jsonl"
    recording.write_text("".join(json.dumps(row) + "\n" for row in rows))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.venues.x", "--recording", str(recording), "--search-lag", "0", "--speed", "1000",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            url = (await process.stdout.readline()).decode().partition("'")[2].strip("'\n")
            token = (await process.stdout.readline()).decode().strip().partition("=")[2]
            headers = {"Authorization": f"Bearer {token}"}
            texts: list[str] = []
            async with aiohttp.ClientSession(headers=headers) as session:
                while len(texts) < 3:
                    async with session.get(url + SEARCH, params={"query": "$TSLA"}) as response:
                        texts = [each["text"] for each in (await response.json()).get("data", [])]
        assert texts == ["$TSLA &amp; 2", "$TSLA &amp; 1", "$TSLA &amp; 0"]
    finally:
        process.terminate()
        assert await process.wait() == 0


@pytest.mark.parametrize(
    ("rule", "text", "matches"),
    [
        ("Tesla OR $TSLA lang:de", "Tesla", True),
        ("(Tesla OR $TSLA) lang:de", "Tesla", False),
        ("(Tesla OR $TSLA) lang:en -is:retweet", "buy $tsla now", True),
        ("$TSLA", "$TSLAQ", False),
        ('"Tim Cook"', "so tim cook said", True),
        ('"Tim Cook"', "cook tim", False),
        ("Tesla -Model", "Tesla Model 3", False),
    ],
)
def test_the_rule_language(rule: str, text: str, matches: bool) -> None:
    assert parse(rule, 1024).matches(Subject(text, lang="en")) is matches


@pytest.mark.parametrize(
    "rule",
    ["", "lang:en", "-Tesla", "(Tesla", "Tesla)", "-(a OR b) c", "a OR", "a AND b", "S&P", "color:red x", "x" * 9],
)
def test_rules_x_refuses(rule: str) -> None:
    with pytest.raises(QueryError):
        parse(rule, 8 if rule == "x" * 9 else 1024)


def test_ids_grow_with_time() -> None:
    assert int(post_id(2_000_000_000 * SECOND, 0)) > int(post_id(1_999_999_999 * SECOND, 4_000_000))
