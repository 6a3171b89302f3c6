"""Symbols that X does not listen for: told with rule, reason and remedy, not taken for covered, filled once it does."""

from __future__ import annotations

import json
from pathlib import Path

from engine.clock import DAY, HOUR, MINUTE, SECOND
from engine.feeds.x_absence import FOR_GOOD_NS
from engine.feeds.x_rules import listened
from engine.kernel.known import cover, tell_not_covered
from engine.model import FeedState, Light
from engine.model.state import NotCovered
from engine.sentiment import Sentiment
from tests.engine.feeds.x_harness import NOON, Rig, config, rig
from tests.venues.x import RULES, STREAM, faults

SHORT = 60
"""With rules of that length TSLA has rules of its own, and AAPL another."""


def missing(desk: Rig, tmp_path: Path, symbol: str) -> str:
    """What a symbol's windows lack now, by what the feed told an engine that had followed it for a day."""
    made = config(tmp_path)
    sentiment = Sentiment(made.sentiment, made.symbols)
    sentiment.covered_since(NOON - DAY)
    for state in desk.sink.coverage:
        cover(sentiment, state)
    tell_not_covered(sentiment, desk.sink.states[-1])
    return sentiment.missing(symbol, desk.clock.now_ns())


async def heard(desk: Rig, seconds: float) -> None:
    """Time passes, and a keep-alive comes."""
    desk.advance(seconds)
    desk.x.send(b"\r\n")
    await desk.sink.until(lambda: desk.sink.states[-1].last_ns == desk.clock.now_ns())


async def test_a_symbol_whose_rule_is_refused_is_not_covered_and_the_others_are(tmp_path: Path) -> None:
    async with rig(tmp_path, rule_length=SHORT) as desk:
        bad = desk.feed.rules[0]
        assert bad.symbols == ("TSLA",)
        desk.x.rest.refused_rules.add(bad.text)
        state = await desk.sink.shows(Light.DEGRADED)
        [lacks] = state.not_covered
        assert lacks == NotCovered(bad.tag, ("TSLA",), "refused by X: refused here", lacks.remedy)
        assert (
            lacks.remedy == state.remedy == ("correct the names and keywords of TSLA in [[watchlist]], and start again")
        )
        assert state.detail.startswith("not covered: TSLA; X refused 1 of ")
        words = missing(desk, tmp_path, "TSLA")
        assert words == (
            f"x does not cover it: rule {bad.tag} refused by X: refused here, posts since 07:00 New York are missing"
        )
        assert missing(desk, tmp_path, "AAPL") == ""
        started, ahead = desk.sink.coverage
        assert (started.covered_since_ns, started.symbols) == (NOON, ())
        assert (ahead.symbols, ahead.gap_from_ns, ahead.gap_to_ns) == (("TSLA",), NOON, NOON + FOR_GOOD_NS)


async def test_a_gap_of_the_stream_that_is_filled_covers_no_symbol_that_x_does_not_listen_for(tmp_path: Path) -> None:
    async with rig(tmp_path, rule_length=SHORT) as desk:
        desk.x.rest.refused_rules.add(desk.feed.rules[0].text)
        await desk.sink.shows(Light.DEGRADED)
        desk.x.refuse(STREAM, *[faults.unavailable()] * 5)
        desk.x.end_stream(faults.End.CLEAN)
        await desk.sink.until(lambda: desk.sink.filled)
        assert "posts since 07:0" in missing(desk, tmp_path, "TSLA")
        assert missing(desk, tmp_path, "AAPL") == ""
        desk.advance(3 * HOUR / SECOND)
        assert "posts since 07:0" in missing(desk, tmp_path, "TSLA")


async def test_a_rule_that_x_takes_after_all_ends_the_gap_and_what_was_missed_is_bought(tmp_path: Path) -> None:
    async with rig(tmp_path, rule_length=SHORT) as desk:
        desk.x.rest.refused_rules.add(desk.feed.rules[0].text)
        await desk.sink.shows(Light.DEGRADED)
        missed = desk.x.post("Tesla unheard", at_ns=desk.clock.now_ns() + 30 * SECOND)
        await heard(desk, 200)
        assert len(desk.x.requests(RULES)) == 2, "not asked before its time"
        desk.x.rest.refused_rules.clear()
        await heard(desk, 120)
        await desk.sink.until(lambda: desk.sink.filled)
        assert desk.sink.ids() == [missed.id]
        [filled] = desk.sink.filled
        assert (filled.symbols, filled.filled_from_ns, filled.filled_to_ns) == (("TSLA",), NOON, NOON + 320 * SECOND)
        await desk.sink.shows(Light.UP)
        assert desk.sink.states[-1].not_covered == ()
        assert missing(desk, tmp_path, "TSLA") == ""
        heard_now = desk.x.post("Tesla heard")
        await desk.sink.until(lambda: heard_now.id in desk.sink.ids())


async def test_rules_that_another_program_deletes_are_missed_sent_again_and_their_posts_bought(tmp_path: Path) -> None:
    async with rig(tmp_path, rule_length=SHORT) as desk:
        await desk.live()
        await heard(desk, 301)
        await desk.x.until(lambda: len(desk.x.requests(RULES)) == 3)
        looked_ns = desk.clock.now_ns()
        [lost, *_] = [rule for rule in desk.x.rules.values() if "Tesla" in rule.value]
        del desk.x.rules[lost.id]
        missed = desk.x.post("Tesla unheard", at_ns=looked_ns + 10 * SECOND)
        await heard(desk, 301)
        await desk.sink.until(lambda: desk.sink.filled)
        assert desk.sink.ids() == [missed.id]
        assert lost.value in {rule.value for rule in desk.x.rules.values()}
        gap = next(state for state in desk.sink.coverage if state.gap_from_ns)
        assert gap.symbols == ("TSLA",)
        assert gap.gap_from_ns is not None and gap.gap_from_ns <= looked_ns
        assert missing(desk, tmp_path, "TSLA") == missing(desk, tmp_path, "AAPL") == ""


async def test_where_the_plan_has_room_for_some_rules_the_first_are_made_and_the_rest_is_told(tmp_path: Path) -> None:
    async with rig(tmp_path, rule_length=SHORT) as desk:
        rules = desk.feed.rules
        desk.x.rest.rule_cap = len(rules)
        desk.x.add_rule("coffee lang:fr", "coffee")
        state = await desk.sink.shows(Light.DEGRADED)
        held = {rule.value for rule in desk.x.rules.values()}
        assert [rule.text in held for rule in rules] == [*[True] * (len(rules) - 1), False]
        [lacks] = state.not_covered
        assert (lacks.rule, lacks.symbols) == (rules[-1].tag, ("AAPL",))
        assert "X has no room for it" in lacks.reason and "larger plan" in lacks.remedy
        assert "AAPL" not in missing(desk, tmp_path, "TSLA") and missing(desk, tmp_path, "AAPL")
        desk.x.rest.rule_cap = 1_000
        await heard(desk, 301)
        await desk.sink.until(lambda: not desk.sink.states[-1].not_covered)


async def test_a_rule_that_x_says_nothing_of_is_not_taken_for_made(tmp_path: Path) -> None:
    """X answers "created", and holds none of them."""
    async with rig(tmp_path, rule_length=SHORT) as desk:
        first = desk.feed.rules[0].text
        desk.x.add_rule(first, desk.feed.rules[0].tag)
        made = {"meta": {"sent": "2026-11-20T12:00:00.000Z", "summary": {"created": 1, "not_created": 0}}}
        answer = faults.Refusal(201, json.dumps(made).encode())
        listed = {"data": [{"id": "1", "value": first, "tag": desk.feed.rules[0].tag}], "meta": {"result_count": 1}}
        rules = faults.Refusal(200, json.dumps(listed).encode())
        desk.x.refuse(RULES, rules, answer, rules)
        state = await desk.sink.shows(Light.DEGRADED)
        assert {symbol for each in state.not_covered for symbol in each.symbols} == {"TSLA", "AAPL"}
        assert {each.reason for each in state.not_covered} == {"X does not hold it"}
        await heard(desk, 301)
        await desk.sink.shows(Light.UP)


async def test_a_desk_that_does_not_have_the_stream_deletes_no_rule_of_the_one_that_has(tmp_path: Path) -> None:
    """Two desks of one app: the second, refused the stream, made the first one deaf."""
    async with rig(tmp_path) as desk:
        other = desk.x.add_rule("($NVDA OR Nvidia) lang:en -is:retweet", "desk:NVDA:00000000")
        desk.x.refuse(STREAM, *[faults.too_many_connections()] * 3)
        await desk.x.until(lambda: len(desk.x.requests(STREAM)) == 3)
        assert other.id in desk.x.rules
        await desk.x.streaming()
        await desk.x.until(lambda: other.id not in desk.x.rules)


async def test_a_symbol_all_of_whose_terms_stand_in_an_earlier_rule_is_covered(tmp_path: Path) -> None:
    async with rig(tmp_path, rule_length=SHORT) as desk:
        bad = desk.feed.rules[-1]
        assert bad.symbols == ("AAPL",)
        desk.x.rest.refused_rules.add(bad.text)
        desk.x.add_rule(bad.text.replace("($AAPL", "($OLD OR $AAPL"), "desk:OLD+1:00000000")
        state = await desk.sink.shows(Light.DEGRADED)
        assert state.detail.endswith("(refused here); 1 earlier rules stay until it takes all") and state.remedy
        assert state.not_covered == ()
        assert missing(desk, tmp_path, "AAPL") == missing(desk, tmp_path, "TSLA") == ""


def test_what_a_rule_listens_for() -> None:
    x = config(Path("/nowhere")).x
    ours = '($TSLA OR Tesla OR "Gigafactory Berlin" OR #ev OR "or") lang:en -is:retweet'
    assert listened(ours, x) == {"$tsla", "tesla", "gigafactory berlin", "#ev", "or"}
    for foreign in (
        "Tesla",
        "(Tesla) lang:de",
        "(Tesla Cybertruck) lang:en -is:retweet",
        "(Tesla) OR (Apple) lang:en -is:retweet",
        "(Tesla OR ) lang:en -is:retweet",
        "() lang:en -is:retweet",
        '("Tesla) lang:en -is:retweet',
    ):
        assert listened(foreign, x) == frozenset()


def test_a_state_of_some_symbols_concerns_no_other() -> None:
    made = config(Path("/nowhere"))
    sentiment = Sentiment(made.sentiment, made.symbols)
    for symbols in (("AAPL", "GONE"), ("TSLA",)):
        cover(sentiment, FeedState("x", Light.UP, NOON, NOON, covered_since_ns=NOON - DAY, symbols=symbols))
    gap = FeedState("x", Light.UP, NOON, NOON, gap_from_ns=NOON - MINUTE, gap_to_ns=NOON + MINUTE, symbols=("TSLA",))
    cover(sentiment, gap, ["AAPL"])
    assert sentiment.missing("TSLA", NOON) == sentiment.missing("AAPL", NOON) == ""
    cover(sentiment, gap)
    assert sentiment.missing("TSLA", NOON) and not sentiment.missing("AAPL", NOON)
