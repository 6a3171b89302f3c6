"""What a post weighs, why, and what a verdict on its cluster changes."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from engine.config import Config, GuardsConfig, WatchRow, XConfig
from engine.guards import Guards
from engine.model import PLAIN, Author, GuardMark, Match
from tests.engine.guards.ledger import Ledger, guards
from tests.engine.guards.made_up import NEWS, PITCH, crowd, goog, post, ring, throw_away


def test_a_post_of_its_own_is_plain() -> None:
    ledger = Ledger(guards())
    for number in range(6):
        assert ledger.take(post(number)).mark is PLAIN


def test_a_ring_loses_its_weight_from_the_first_post_on() -> None:
    ledger = Ledger(guards())
    posts = ring(20)
    ledger.take(*posts)
    assert [ledger.weights[each.id] for each in posts] == [0.0] * 20
    (record,) = ledger.records
    assert record.ring
    assert record.cluster == posts[0].id
    assert record.authors == 5
    assert record.posts == tuple(each.id for each in reversed(posts[:4]))
    assert record.weights == (0.0,) * 4
    assert record.symbols == ("GOOG",)
    assert record.reason.startswith("ring: 5 posts of 5 authors in 12 s, 5 of 5 known accounts throw-away")
    assert [ledger.marks[each.id].cluster for each in posts[:3]] == ["", posts[0].id, posts[0].id]
    assert ledger.kinds(posts[6].id) == ["ring", "copy"]
    assert ledger.kinds(posts[10].id) == ["ring", "burst", "copy"]


def test_a_news_service_is_heard_whatever_it_repeats_and_however_much_it_writes() -> None:
    ledger = Ledger(guards())
    articles = [
        msgspec.structs.replace(each, source="alpaca-news", author=Author("benzinga/Desk", "benzinga", verified=True))
        for each in ring(20)
    ]
    ledger.take(*articles)
    assert set(ledger.weights.values()) == {1.0}
    assert not ledger.records
    ledger.take(msgspec.structs.replace(articles[0], id="many", cashtags=tuple(f"S{number}" for number in range(20))))
    assert (ledger.weights["many"], ledger.kinds("many")) == (0.05, ["cashtags"])
    accounts = Ledger(guards())
    accounts.take(*(msgspec.structs.replace(each, author=articles[0].author) for each in ring(20)))
    assert set(list(accounts.weights.values())[1:]) == {0.0}, "an account of X that says the same is none"


def test_nothing_is_known_before_it_happens() -> None:
    """Cutting off the future changes no mark and no record of the past."""
    stream = sorted([*ring(12, begin_s=100), *crowd(12, begin_s=60, every_s=11)], key=lambda each: each.published_ns)
    whole = Ledger(guards())
    whole.take(*stream)
    for cut in range(1, len(stream)):
        part = Ledger(guards())
        part.take(*stream[:cut])
        assert all(whole.marks[name] == mark for name, mark in part.marks.items())
        assert whole.records[: len(part.records)] == part.records


def test_big_news_is_not_punished() -> None:
    ledger = Ledger(guards())
    own_words = [post(number, after_s=number * 0.2, followers=50) for number in range(60)]
    passed_on = crowd(40, every_s=0.7)
    ledger.take(*sorted([*own_words, *passed_on], key=lambda each: each.published_ns))
    assert not ledger.records
    assert {ledger.weights[each.id] for each in own_words} == {1.0}
    assert [ledger.weights[each.id] for each in passed_on[:3]] == [1.0, 0.5, 0.5]


def test_a_ring_that_turns_out_to_be_news_gets_its_weight_back() -> None:
    ledger = Ledger(guards())
    early = ring(6)
    late = crowd(30, begin_s=60, text=PITCH)
    ledger.take(*early, *late)
    first, second = ledger.records
    assert (first.ring, first.changes, second.ring, second.changes) == (True, 1, False, 2)
    assert second.reason.startswith("no ring: ")
    assert 0.5 < second.suspicion < 0.9 * 0.6, "not before it is well under the limit"
    assert ledger.weights[early[0].id] == 1.0
    assert {ledger.weights[each.id] for each in (*early[1:], *late)} == {0.5}


@pytest.mark.parametrize(("posts", "weight"), [(160, 0.0), (2000, 0.5), (None, 0.5)])
def test_copies_by_accounts_opened_long_ago_and_hardly_used_are_a_ring(posts: int | None, weight: float) -> None:
    """Some hundred followers each, all of one age, one program, two minutes for all of them."""
    ledger = Ledger(guards())
    for number in range(40):
        made = post(number, PITCH, after_s=number * 3, followers=250, age_days=480, client="BulkPilot")
        ledger.take(replace(made, author=replace(made.author, posts=posts)))
    assert {ledger.weights[f"p{number}"] for number in range(1, 40)} == {weight}
    assert ("ring" in ledger.kinds("p39")) is (weight == 0.0)


def test_the_last_of_three_verdicts_stays() -> None:
    ledger = Ledger(guards(ring_authors=2, window_s=60.0))
    number, at_s = 0, 0.0
    for _ in range(6):
        for bad in (True, False):
            for _ in range(120):
                number, at_s = number + 1, at_s + 1
                one = throw_away(number, at_s) if bad else post(number, PITCH, after_s=at_s, client=f"c{number}")
                ledger.take(one)
    assert [record.ring for record in ledger.records] == [True, False, True]
    assert [record.changes for record in ledger.records] == [1, 2, 3]
    moved = [post_id for record in ledger.records for post_id in record.posts]
    assert max(moved.count(post_id) for post_id in set(moved)) <= 3


def test_publishers_and_influencers_are_not_drawn_in() -> None:
    ledger = Ledger(guards(publishers=("@Reuters",)))
    posts = ring(9)
    named = post(900, PITCH, after_s=4, author="reuters", followers=5, age_days=9)
    large = post(901, PITCH, after_s=5, verified=True, followers=100_000)
    influencer = post(902, PITCH, after_s=7, author="Sundar", followers=5)
    bought = post(903, PITCH, after_s=8, verified=True, followers=99)
    ledger.take(*sorted([*posts, named, large, influencer, bought], key=lambda each: each.published_ns))
    assert [ledger.weights[each.id] for each in (named, large, influencer, bought)] == [1.0, 1.0, 1.0, 0.0]
    headlines = [post(1000 + number, author="Reuters", after_s=60 + number) for number in range(40)]
    ledger.take(*headlines)
    assert {ledger.weights[each.id] for each in headlines} == {1.0}


def test_an_author_who_repeats_counts_once() -> None:
    ledger = Ledger(guards())
    for number in range(4):
        ledger.take(post(number, NEWS, author="ann", after_s=number))
    assert list(ledger.weights.values()) == [1.0, 0.0, 0.0, 0.0]
    assert ledger.kinds("p3") == ["repeat"]
    assert ledger.take(post(9, NEWS, author="bob", after_s=9)).mark == GuardMark(
        0.5, "p0", ("copy: others said it before",)
    )


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.95, 1.0])
def test_what_a_copy_weighs_is_a_setting(weight: float) -> None:
    ledger = Ledger(guards(copy_weight=weight))
    ledger.take(post(1, NEWS), post(2, NEWS, after_s=1))
    assert (ledger.weights["p2"], ledger.kinds("p2")) == (weight, ["copy"] if weight < 1.0 else [])


@pytest.mark.parametrize(
    ("text", "suspicion"), [("this will go to the moon", 0.775), ("to the moon", 0.62), ("buy now or never", 0.62)]
)
def test_people_come_to_a_few_words_by_themselves(text: str, suspicion: float) -> None:
    """Five throw-away accounts of one program within seconds: (5 + 1.2) / (5 + 3)."""
    ledger = Ledger(guards())
    ledger.take(*(throw_away(number, number * 3, text) for number in range(5)))
    assert [record.suspicion for record in ledger.records] == [suspicion]


def test_an_author_without_a_name_is_nobody_in_particular() -> None:
    ledger = Ledger(guards(author_posts=2))
    for number in range(5):
        made = post(number, NEWS, after_s=number)
        nameless = msgspec.structs.replace(made, author=msgspec.structs.replace(made.author, id=""))
        ledger.take(nameless)
    assert list(ledger.weights.values()) == [1.0, 0.5, 0.5, 0.5, 0.5]


def test_posts_past_the_authors_cap_weigh_nothing_until_the_window_has_passed() -> None:
    ledger = Ledger(guards(author_posts=3, window_s=600.0))
    for number in range(5):
        ledger.take(post(number, author="ann", after_s=number))
    assert list(ledger.weights.values()) == [1.0, 1.0, 1.0, 0.0, 0.0]
    assert ledger.marks["p4"].reasons == ("cap: post 5 by the author on one symbol, 3 count",)
    other = post(10, author="ann", after_s=10, cashtags=("NVDA",))
    assert ledger.take(other, matches=(Match("NVDA", "$NVDA", "cashtag"),)).mark is PLAIN
    assert ledger.take(post(11, author="ann", after_s=620)).mark is PLAIN


def test_reposts_that_are_not_read_use_up_no_cap() -> None:
    ledger = Ledger(guards(author_posts=2))
    for number in range(6):
        ledger.take(post(number, author="ann", after_s=number, repost_of="99"))
    assert ledger.take(post(9, author="ann", after_s=9)).mark is PLAIN


def test_reposts_that_are_read_use_up_the_cap() -> None:
    rows = (WatchRow(symbol="GOOG"),)
    ledger = Ledger(Guards(Config(guards=GuardsConfig(author_posts=2), x=XConfig(reposts=True), watchlist=rows)))
    for number in range(3):
        ledger.take(post(number, author="ann", after_s=number, repost_of="99"))
    assert ledger.kinds("p2") == ["cap"]


def test_among_fresh_accounts_only_those_weigh_nothing() -> None:
    ledger = Ledger(guards())
    ledger.take(*(post(number, after_s=number, followers=7, age_days=9) for number in range(20)))
    ledger.take(post(50, after_s=21))
    assert (ledger.weights["p19"], ledger.weights["p50"]) == (0.0, 1.0)
    assert ledger.marks["p19"].reasons == ("burst: 20 fresh accounts on GOOG within a minute, beside 0 others",)


@pytest.mark.parametrize(("tags", "weight"), [(("GOOG",), 1.0), (("GOOG", "NVDA"), 0.5), (("A", "B", "GOOG"), 0.333)])
def test_a_post_that_names_several_weighs_a_share_for_each(tags: tuple[str, ...], weight: float) -> None:
    ledger = Ledger(guards())
    assert ledger.take(post(1, cashtags=tags)).mark.weight == weight
    assert ledger.take(post(2, cashtags=(*tags, *tags))).mark.weight == weight


def test_companies_that_are_named_by_keyword_count_too() -> None:
    ledger = Ledger(guards())
    assert ledger.take(post(1, cashtags=()), matches=goog("NVDA")).mark.weight == 0.5
    by_word = (Match("GOOG", "Google", "keyword"),)
    assert ledger.take(post(2, cashtags=()), matches=by_word).mark.weight == 1.0
    assert ledger.take(post(3, cashtags=("QXMP", "ZZYX")), matches=by_word).mark.weight == 0.333
    assert ledger.take(post(4, cashtags=("QXMP",)), matches=(*goog(), *by_word)).mark.weight == 0.5


def test_a_little_named_symbol_rides_on_a_much_named_one() -> None:
    ledger = Ledger(guards())
    ledger.take(*(post(number, after_s=number) for number in range(19)))
    rides = post(50, after_s=30, cashtags=("GOOG", "QXMP", "ZZYX", "WVUT"))
    assert ledger.take(rides).mark == GuardMark(
        0.05,
        "",
        (
            "cashtags: names 4, weighs a share for each",
            "piggyback: QXMP beside GOOG, named 1 and 20 times",
        ),
    )
    quiet = Ledger(guards())
    quiet.take(rides)
    assert quiet.kinds("p50") == ["cashtags"]
    assert quiet.weights["p50"] == 0.25
    seldom = Ledger(guards())
    seldom.take(*(post(number, after_s=number) for number in range(18)), rides)
    assert seldom.kinds("p50") == ["cashtags"], "GOOG is named 19 times"
    few = post(51, after_s=31, cashtags=("GOOG", "QXMP", "ZZYX"))
    assert len(ledger.take(few).mark.reasons) == 1


def test_a_publisher_may_name_what_nobody_else_names() -> None:
    ledger = Ledger(guards(publishers=("Reuters",)))
    ledger.take(*(post(number, after_s=number) for number in range(40)))
    tags = ("GOOG", "QXMP", "ZZYX", "WVUT")
    assert ledger.take(post(50, after_s=50, cashtags=tags, author="Reuters")).mark.weight == 0.25
    assert ledger.take(post(51, after_s=51, cashtags=tags)).mark.weight == 0.05


@pytest.mark.parametrize(
    ("followers", "verified", "weight"), [(50_000, True, 1.0), (49_999, True, 0.5), (60_000, False, 0.5)]
)
def test_who_is_a_publisher_by_followers(followers: int, verified: bool, weight: float) -> None:
    ledger = Ledger(guards(publisher_followers=50_000))
    ledger.take(post(1, NEWS), post(2, NEWS, after_s=1, followers=followers, verified=verified))
    assert ledger.weights["p2"] == weight
