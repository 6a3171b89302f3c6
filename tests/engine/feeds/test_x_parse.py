"""Lines of the stream as values: what is read, what is tolerated, what is called malformed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import parse_iso
from engine.feeds.x_parse import (
    CASHTAGS,
    EDITS,
    KeepAlive,
    Problem,
    ProblemKind,
    parse_line,
    parse_page,
    parse_problem,
    post_time_ns,
)
from engine.model import Post
from tests.venues.x.faults import OPERATIONAL_DISCONNECT, bad_gateway, not_enrolled, too_many_connections
from tests.venues.x.wire import Fields, XPost, XUser, includes, post_id, tweet

AT = 1_795_176_000_000_000_000
ALL = Fields.of(
    {
        "tweet.fields": "created_at,author_id,lang,entities,public_metrics,referenced_tweets,note_tweet",
        "expansions": "author_id,referenced_tweets.id",
        "user.fields": "username,verified,public_metrics,created_at",
    }
)


def line(**data: Any) -> bytes:
    return json.dumps({"data": {"id": "1", "text": "hello"} | data}).encode()


def post(raw: bytes) -> Post:
    found = parse_line(raw, AT)
    assert isinstance(found, Post), found
    return found


def sent(made: XPost, names: str = "tweet") -> Post:
    body = {"data": tweet(made, ALL, names), "includes": includes([made], ALL, names)}
    return post(json.dumps(body).encode())


@pytest.mark.parametrize("names", ["tweet", "post"])
def test_both_of_x_s_vocabularies_give_the_same_post(names: str) -> None:
    original = XPost("500", "the original $NVDA text " * 20, AT, XUser(id="3", username="first"))
    repost = XPost("900", "ignored", AT, XUser(id="4", username="second"), repost_of=original)
    found = sent(repost, names)
    assert found.repost_of == "500"
    assert found.raw == f"RT @first: {original.text}"
    long = sent(XPost("901", "a <b> & $TSLA " * 100, AT, edits=("5", "6")), names)
    assert long.text == "a <b> & $TSLA " * 100
    assert long.edits == ("5", "6")
    assert long.author.followers == 1200 and long.author.posts == 4000
    assert long.cashtags == ("TSLA",)


def test_references_are_told_apart() -> None:
    quoted = XPost("10", "x", AT)
    found = sent(XPost("11", "see this", AT, reply_to="9", quote_of=quoted))
    assert (found.reply_to, found.quote_of, found.repost_of) == ("9", "10", "")


@pytest.mark.parametrize(
    ("data", "field", "value"),
    [
        ({"created_at": "2026-11-20T12:00:00.000Z"}, "published_ns", parse_iso("2026-11-20T12:00:00Z")),
        ({"created_at": "yesterday", "id": post_id(AT, 1)}, "published_ns", AT),
        ({"created_at": None}, "published_ns", AT),
        ({"created_at": "0001-01-01T00:00:00.000Z"}, "published_ns", AT),
        ({"text": "a &lt;b&gt; &amp;amp;"}, "text", "a <b> &amp;"),
        ({"text": None}, "text", ""),
        ({"text": "\x1b[31mred\x1b[0m\nline"}, "text", "red line"),
        ({"note_tweet": {"text": "the whole"}}, "raw", "the whole"),
        ({"note_tweet": {}}, "raw", "hello"),
        ({"lang": None}, "lang", ""),
        ({"edit_history_tweet_ids": ["1"]}, "edits", ()),
        ({"edit_history_tweet_ids": ["7", "8", "1", "x"]}, "edits", ("7", "8")),
        ({"referenced_tweets": [{"type": "quoted", "id": "../../x"}]}, "quote_of", ""),
        (
            {"entities": {"cashtags": [{"tag": "tsla"}, {"tag": "BRK.B"}, {"tag": "<b>"}, {"tag": "TSLA"}]}},
            "cashtags",
            ("TSLA", "BRK.B"),
        ),
        ({"unknown": {"deep": [1, 2]}, "entities": None}, "text", "hello"),
    ],
)
def test_fields(data: dict[str, Any], field: str, value: object) -> None:
    assert getattr(post(line(**data)), field) == value


def test_an_unknown_author_has_unknown_counts_not_zero() -> None:
    author = post(line(author_id="42")).author
    assert (author.id, author.followers, author.posts, author.created_ns) == ("42", None, None, None)


def test_a_rule_without_a_tag_is_no_error() -> None:
    body = {"data": {"id": "1", "text": "x"}, "matching_rules": [{"id": "5"}, {"id": "6", "tag": "desk:TSLA:1"}]}
    assert post(json.dumps(body).encode()).rules == ("desk:TSLA:1",)


def test_a_post_with_partial_errors_is_a_post() -> None:
    body = {"data": {"id": "1", "text": "x"}, "errors": [{"title": "Not Found Error", "detail": "gone"}]}
    assert post(json.dumps(body).encode()).id == "1"


def test_an_escaped_lone_surrogate_is_replaced_not_refused() -> None:
    found = post(b'{"data":{"id":"1","text":"cut \\ud83d emoji"}}')
    assert found.raw == "cut \ufffd emoji"
    found.raw.encode()
    page = parse_page(b'{"data":[{"id":"1","text":"cut \\ud83d"},{"id":"2","text":"fine"}]}', AT)
    assert [each.id for each in page.posts] == ["1", "2"]


def test_many_cashtags_are_bounded() -> None:
    tags = [{"tag": f"A{n}"} for n in range(500)]
    assert len(post(line(entities={"cashtags": tags})).cashtags) == CASHTAGS


def test_an_empty_line_is_a_keep_alive() -> None:
    for raw in (b"", b" ", b"\t"):
        assert isinstance(parse_line(raw, AT), KeepAlive)


@pytest.mark.parametrize(
    ("raw", "kind", "issue"),
    [
        (OPERATIONAL_DISCONNECT, ProblemKind.DISCONNECT, "UpstreamOperationalDisconnect"),
        (too_many_connections().body, ProblemKind.CONNECTION, "TooManyConnections"),
        (not_enrolled().body, ProblemKind.OTHER, "client-not-enrolled"),
        (bad_gateway().body, ProblemKind.MALFORMED, ""),
        (b"[1]", ProblemKind.MALFORMED, ""),
        (b"null", ProblemKind.MALFORMED, ""),
        (b'{"data":{"text":"no id"}}', ProblemKind.MALFORMED, ""),
        (b'{"data":{"id":"12a","text":""}}', ProblemKind.MALFORMED, ""),
        (b"[" * 100_000, ProblemKind.MALFORMED, ""),
        (b'{"a":' * 50_000 + b"\\ud83d", ProblemKind.MALFORMED, ""),
        (b"{}", ProblemKind.OTHER, ""),
    ],
)
def test_problems(raw: bytes, kind: ProblemKind, issue: str) -> None:
    for found in (parse_line(raw, AT), parse_problem(raw, AT)):
        if not raw.startswith(b'{"data":{"id"'):
            assert isinstance(found, Problem)
            assert (found.kind, found.issue) == (kind, issue)
            assert len(found.text) <= 300 and found.text.isprintable()


@given(st.binary(max_size=400))
def test_no_bytes_raise(raw: bytes) -> None:
    assert isinstance(parse_line(raw, AT), Post | Problem | KeepAlive)
    parse_problem(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["data", "id", "text", "includes", "users", "errors", "title", "entities", "cashtags", "tag", "matching_rules"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_no_json_raises(value: object) -> None:
    parse_line(json.dumps(value).encode(), AT)
    parse_problem(json.dumps(value).encode(), AT)
    try:
        parse_page(json.dumps(value).encode(), AT)
    except ValueError as error:
        assert "expected a page of posts" in str(error)


@given(st.text(max_size=600), st.lists(st.text(max_size=10), max_size=3))
def test_any_text_gives_a_post_that_can_be_stored_and_shown(text: str, tags: list[str]) -> None:
    body = {"data": {"id": "1", "text": text}, "matching_rules": [{"id": "1", "tag": tag} for tag in tags]}
    found = post(json.dumps(body).encode())
    found.raw.encode()
    assert "\n" not in found.text and "\x1b" not in found.text
    assert all("\x1b" not in rule for rule in found.rules)


@given(st.integers(1_400_000_000_000, 4_000_000_000_000), st.integers(0, (1 << 22) - 1))
def test_an_id_carries_its_time(ms: int, sequence: int) -> None:
    assert post_time_ns(post_id(ms * 1_000_000, sequence)) == ms * 1_000_000


def test_old_ids_carry_none() -> None:
    assert post_time_ns("20") is None


def test_a_page_keeps_what_it_can_read() -> None:
    body = {
        "data": [{"id": "3", "text": "a"}, {"text": "no id"}, {"id": "x"}, {"id": "2", "text": 5}],
        "meta": {"next_token": "t", "result_count": 4},
    }
    page = parse_page(json.dumps(body).encode(), AT)
    assert [each.id for each in page.posts] == ["3"] and page.posts[0].recovered
    assert (page.next_token, page.malformed) == ("t", 3)


ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PLACES = (
    *(("data", name) for name in ("author_id", "created_at", "lang", "source", "entities", "note_tweet",
                                  "public_metrics", "referenced_tweets", "edit_history_tweet_ids")),
    ("data", "entities", "cashtags"), ("data", "entities", "cashtags", 0), ("data", "entities", "cashtags", 0, "tag"),
    ("data", "referenced_tweets", 0, "id"), ("data", "referenced_tweets", 0, "type"),
    ("data", "edit_history_tweet_ids", 0), ("data", "note_tweet", "text"), ("data", "note_tweet", "entities"),
    ("includes",), ("includes", "users"), ("includes", "users", 0), ("includes", "users", 0, "id"),
    ("includes", "users", 0, "verified"), ("includes", "users", 0, "public_metrics"),
    ("includes", "users", 0, "public_metrics", "followers_count"), ("includes", "tweets"), ("includes", "tweets", 0),
    ("matching_rules",), ("matching_rules", 0), ("matching_rules", 0, "tag"), ("errors",),
)  # fmt: skip


@given(place=st.sampled_from(PLACES), odd=ODD)
def test_a_post_is_not_lost_for_a_field_beside_its_text(place: tuple[str | int, ...], odd: Any) -> None:
    quoted = XPost("500", "what it quotes", AT - 10**12)
    made = XPost("900", "$TSLA is up " * 40, AT, XUser(id="4"), edits=("7",), quote_of=quoted)
    asked = Fields.of(
        {
            "tweet.fields": "created_at,author_id,lang,entities,referenced_tweets,note_tweet",
            "expansions": "author_id,referenced_tweets.id",
            "user.fields": "username,verified,public_metrics,created_at",
        }
    )
    body = {"data": tweet(made, asked, "tweet"), "includes": includes([made], asked, "tweet"),
            "matching_rules": [{"id": "1", "tag": "desk:TSLA"}]}  # fmt: skip
    spot: Any = body
    for step in place[:-1]:
        spot = spot[step]
    spot[place[-1]] = odd
    try:
        raw = json.dumps(body, allow_nan=False).encode()
    except ValueError:
        return
    found = post(raw)
    assert found.id == "900"
    assert "$TSLA is up" in found.raw or (place[1:] == ("note_tweet", "text") and isinstance(odd, str))
    page = parse_page(json.dumps(body | {"data": [body["data"]], "meta": {}}).encode(), AT)
    assert [each.id for each in page.posts] == ["900"]


def test_what_is_odd_in_one_place_is_left_out_there_only() -> None:
    author = {"id": "4", "username": "made_up", "public_metrics": {"followers_count": []}}
    raw = {
        "data": {"id": "9", "text": "up", "author_id": "4", "entities": {"cashtags": [{"tag": None}, {"tag": "tsla"}]}},
        "includes": {"users": [{"id": None}, author]},
        "matching_rules": [{"tag": 5}, {"tag": "desk:TSLA"}],
    }  # fmt: skip
    found = post(json.dumps(raw).encode())
    assert (found.cashtags, found.author.name, found.author.followers) == (("TSLA",), "made_up", None)
    assert found.rules == ("desk:TSLA",)


def test_an_answer_of_errors_alone_does_not_say_that_there_is_nothing() -> None:
    errors = [{"title": "Internal Error", "detail": "try later", "type": "https://api.x.com/2/problems/internal-error"}]
    with pytest.raises(ValueError, match=r"found .*Internal Error: try later"):
        parse_page(json.dumps({"errors": errors}).encode(), AT)
    gone = {"value": "5", "title": "Not Found Error", "resource_type": "tweet", "parameter": "referenced_tweets.id"}
    page = parse_page(json.dumps({"data": [{"id": "9", "text": "a"}], "errors": [gone], "meta": {}}).encode(), AT)
    assert len(page.posts) == 1
    assert parse_page(b'{"meta":{"result_count":0}}', AT).posts == ()


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.000Z"])
def test_an_account_that_was_made_at_no_time_has_none(at: str) -> None:
    raw = {"data": {"id": "1", "text": "a", "author_id": "42"}, "includes": {"users": [{"id": "42", "created_at": at}]}}
    assert post(json.dumps(raw).encode()).author.created_ns is None


def test_no_post_is_published_after_it_came() -> None:
    for ahead in ("2099-01-01T00:00:00.000Z", "2026-11-20T12:00:01.000Z"):
        assert post(line(created_at=ahead)).published_ns == AT
    assert post(line(id=post_id(AT + 10**12, 1))).published_ns == AT


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"{}", b'{"data":5}'])
def test_what_is_no_page_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="expected a page of posts"):
        parse_page(raw, AT)


def test_a_history_of_edits_without_end_is_cut_to_its_newest() -> None:
    """Every id of it is remembered against duplicates: a line holds tens of thousands."""
    many = [str(number) for number in range(1, 40_001)]
    found = post(line(id="50000", edit_history_tweet_ids=[*many, "50000"]))
    assert found.edits == tuple(many[-EDITS + 1 :])
