"""Articles as posts: wording and versions, hostile fields, symbols as the venue's news writes them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND, parse_iso
from engine.feeds import news_parse
from engine.feeds.news_parse import Article, Articles, pairs_of, parse_article
from engine.model import Post
from engine.text import TEXT_LIMIT, display_text

NOW_NS = parse_iso("2026-11-20T14:30:00Z")
MADE = "2026-11-20T14:29:00Z"
CHANGED = "2026-11-20T14:29:30Z"
NAMES = ("T", "id", "headline", "summary", "author", "created_at", "updated_at", "url", "symbols", "source", "content")


def told(**changes: Any) -> dict[str, Any]:
    return {
        "T": "n",
        "id": 24843171,
        "headline": "Tesla opens a plant",
        "summary": "",
        "author": "A. Writer",
        "created_at": MADE,
        "updated_at": MADE,
        "url": None,
        "symbols": ["TSLA"],
        "source": "benzinga",
    } | changes


def article(**changes: Any) -> Article:
    found = parse_article(told(**changes), NOW_NS, {"BTCUSD": "BTC"})
    assert found is not None
    return found


def posted(articles: Articles, **changes: Any) -> Post | None:
    return articles.post(article(**changes), NOW_NS, recovered=False)


def test_an_article_is_a_post_of_its_publisher() -> None:
    post = posted(Articles())
    assert post is not None
    assert (post.source, post.lang, post.text, post.cashtags) == ("alpaca-news", "en", "Tesla opens a plant", ("TSLA",))
    assert (post.author.name, post.author.id, post.author.verified) == ("benzinga", "benzinga/A. Writer", True)
    assert post.author.followers is None
    assert post.id.startswith("news-24843171.") and not post.edits
    assert (post.published_ns, post.received_ns) == (parse_iso(MADE), NOW_NS)


@pytest.mark.parametrize(
    ("headline", "summary", "text"),
    [
        ("Tesla opens a plant", "", "Tesla opens a plant"),
        ("Tesla opens a plant", "Tesla opens a plant.", "Tesla opens a plant"),
        ("Tesla opens a plant", "opens a PLANT", "Tesla opens a plant"),
        ("Tesla opens a plant", "Tesla opens a plant near Berlin.", "Tesla opens a plant near Berlin."),
        ("Tesla opens a plant", "It is near Berlin.", "Tesla opens a plant. It is near Berlin."),
        ("A plant?", "Near Berlin.", "A plant? Near Berlin."),
        ("Johnson &amp; Johnson&#39;s <b>profit</b>", "<p>Up\n 5%</p>", "Johnson & Johnson's profit. Up 5%"),
        ("Under < 200 and > 100", None, "Under < 200 and > 100"),
        ("Calm \x1b[31mred\x1b[0m \u202eword", "https://example.com/", "Calm red word"),
        ("Text", ["no", "text"], "Text"),
    ],
)
def test_the_text_is_the_headline_and_a_summary_that_adds_to_it(headline: str, summary: Any, text: str) -> None:
    assert article(headline=headline, summary=summary).text == text


def test_symbols_are_cashtags_and_pairs_are_written_as_everywhere() -> None:
    assert pairs_of(("TSLA", "BTC/USD", "ETH/BTC")) == {"BTCUSD": "BTC", "ETHBTC": "ETH"}
    found = article(symbols=["tsla", "$TSLA", "BTCUSD", "BTC/USD", "BRK.B", "", None, 7, "A B", "X" * 99])
    assert found.symbols == ("TSLA", "BTC", "BRK.B")
    assert len(article(symbols=[f"S{number}" for number in range(5_000)]).symbols) == news_parse.SYMBOLS


def test_times_that_are_missing_or_ahead_are_those_of_the_receipt() -> None:
    assert article(created_at=None).created_ns == NOW_NS
    assert article(created_at="yesterday", updated_at={}).updated_ns == NOW_NS
    ahead = article(created_at="2036-01-01T00:00:00Z", updated_at="2036-01-01T00:00:00Z")
    assert (ahead.created_ns, ahead.updated_ns) == (NOW_NS, NOW_NS)
    assert article(updated_at="2020-01-01T00:00:00Z").updated_ns == parse_iso(MADE)


def test_what_was_not_delivered_leaves_its_article_as_it_was() -> None:
    """An edit that comes again takes the place of what it replaces: as a new article both would count."""
    articles = Articles()
    first = posted(articles)
    assert first is not None
    lost = [posted(articles, headline=f"Tesla opens plant {number}", updated_at=CHANGED) for number in (1, 2)]
    articles.forget([post for post in lost if post is not None])
    assert posted(articles) is None, "the version that was delivered is known"
    again = posted(articles, headline="Tesla opens plant 2", updated_at=CHANGED)
    assert again is not None and again.edits == (first.id,)
    articles.forget([first])
    assert posted(articles, headline="Tesla opens plant 2", updated_at=CHANGED) is None, "a newer one was delivered"
    new = posted(articles, id=7)
    assert new is not None
    articles.forget([new])
    assert len(articles) == 1
    assert posted(articles, id=7) == new


def test_another_wording_is_an_edit_and_the_same_is_nothing_new() -> None:
    articles = Articles()
    first = posted(articles)
    assert first is not None
    assert posted(articles, updated_at=CHANGED, symbols=["TSLA", "F"]) is None
    assert posted(articles, summary="Tesla opens a plant", updated_at=CHANGED) is None
    second = posted(articles, headline="Tesla opens no plant", updated_at=CHANGED)
    assert second is not None
    assert (second.edits, second.published_ns) == ((first.id,), parse_iso(CHANGED))
    assert posted(articles) is None, "an earlier version that comes late"
    back = posted(articles, updated_at="2026-11-20T14:29:40Z")
    assert back is not None
    assert back.edits == (first.id, second.id)
    assert len({first.id, second.id, back.id}) == 3
    assert articles.repeated == 3
    again = posted(Articles())
    assert again is not None and again.id == first.id, "an engine that starts anew knows the wording by its id"


def test_versions_of_an_earlier_run_are_known() -> None:
    before, after = Articles(), Articles()
    first = posted(before)
    second = posted(before, headline="Tesla opens no plant", updated_at=CHANGED)
    back = posted(before, updated_at="2026-11-20T14:29:40Z")
    assert first and second and back
    for post in (first, second, back):
        after.restore(post)
    after.restore(msgspec.structs.replace(first, source="x", id="news-5.00000000"))
    after.restore(msgspec.structs.replace(first, id="news-of-another-kind"))
    assert len(after) == 1
    assert posted(after, updated_at="2026-11-20T14:29:50Z") is None
    third = posted(after, headline="Tesla closes", updated_at="2026-11-20T14:29:55Z")
    assert third is not None and third.edits == (first.id, second.id, back.id)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news_parse, "ARTICLES", 50)
    articles = Articles()
    for number in range(200):
        assert posted(articles, id=number) is not None
    assert len(articles) == 50
    for number in range(100):
        changed = f"2026-11-20T14:{number // 60:02d}:{number % 60:02d}Z"
        edit = posted(articles, id=1, headline=f"Version {number}", created_at=changed, updated_at=changed)
        assert edit is not None and len(edit.edits) <= news_parse.VERSIONS


@pytest.mark.parametrize("number", [None, True, -1, 1.5, "", "12a", "1" * 20, 10**400, [], {}])
def test_without_an_id_it_is_no_article(number: Any) -> None:
    assert parse_article(told(id=number), NOW_NS, {}) is None


@pytest.mark.parametrize("headline", [None, 7, "", " \n", "<p></p>", "\u200b\u202e", []])
def test_without_a_headline_it_is_no_article(headline: Any) -> None:
    assert parse_article(told(headline=headline), NOW_NS, {}) is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([MADE, "TSLA", "<b>&amp;"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(NAMES), _json), st.booleans())
def test_whatever_comes_is_a_clean_post_or_none(fields: dict[str, Any], whole: bool) -> None:
    found = parse_article(told() | fields if whole else fields, NOW_NS, {"BTCUSD": "BTC"})
    post = found and Articles().post(found, NOW_NS, recovered=True)
    if not post:
        return
    assert post.text and len(post.text) <= TEXT_LIMIT and display_text(post.text) == post.text
    assert post.id.isascii() and post.id.isprintable() and len(post.id) <= 64 and " " not in post.id
    assert 0 <= post.published_ns <= post.received_ns == NOW_NS
    assert display_text(post.author.id) == post.author.id and display_text(post.author.name) == post.author.name
    assert len(post.author.id) < 200 and post.author.name


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=30))
def test_ids_never_repeat_and_every_edit_names_those_before_it(versions: list[tuple[str, int]]) -> None:
    articles = Articles()
    given_out: list[str] = []
    for wording, second in versions:
        made_ns = NOW_NS - 60 * SECOND
        version = Article(
            "7", wording, display_text(wording), article().author, made_ns, made_ns + second * SECOND, ("TSLA",)
        )
        post = articles.post(version, NOW_NS, recovered=False)
        if post is not None:
            assert post.id not in post.edits
            assert post.edits == tuple(given_out[-news_parse.VERSIONS :])
            given_out.append(post.id)
