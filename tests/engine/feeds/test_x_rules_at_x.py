"""The rules at a pretend X: changed by difference, foreign ones spared, refused ones told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import ConfigError, VenueError
from engine.model import Light
from engine.model.feeds import Standing
from tests.engine.feeds.x_harness import rig
from tests.venues.x import RULES, faults


async def test_rules_change_by_difference_and_foreign_rules_stay(tmp_path: Path) -> None:
    async with rig(tmp_path, simulator={"search_lag_s": 0}) as first:
        await first.x.streaming()
        [ours] = first.x.rules.values()
    async with rig(tmp_path) as desk:
        # Made before the feed has read the rules: its first request has not been answered yet.
        foreign = desk.x.add_rule("coffee lang:fr", "coffee")
        untagged = desk.x.add_rule("tea")
        stale = desk.x.add_rule("$OLD lang:en", "desk:OLD:00000000")
        kept = desk.x.add_rule(ours.value, ours.tag)
        await desk.x.until(lambda: stale.id not in desk.x.rules)
        assert set(desk.x.rules) == {foreign.id, untagged.id, kept.id}
        told = [(rule.standing, rule.tag, rule.text) for rule in desk.feed.rules]
        assert told == [
            (Standing.ACTIVE, ours.tag, ours.value),
            (Standing.FOREIGN, "coffee", "coffee lang:fr"),
            (Standing.FOREIGN, "", "tea"),
        ]
        assert [seen.method for seen in desk.x.requests(RULES)] == ["GET", "POST"]


async def test_a_foreign_rule_with_our_words_is_left_alone(tmp_path: Path) -> None:
    async with rig(tmp_path) as first:
        await first.x.streaming()
        [ours] = first.x.rules.values()
    async with rig(tmp_path) as desk:
        twin = desk.x.add_rule(ours.value, "somebody else's")
        await desk.x.streaming()
        assert set(desk.x.rules) == {twin.id}
        desk.x.post("Tesla!")
        await desk.sink.until(lambda: desk.sink.posts)
        assert desk.sink.posts[0].rules == ("somebody else's",)


async def test_a_duplicate_rule_is_no_error_and_is_not_deleted(tmp_path: Path) -> None:
    async with rig(tmp_path) as first:
        await first.x.streaming()
        [ours] = first.x.rules.values()
    async with rig(tmp_path) as desk:
        same = desk.x.add_rule(ours.value, "desk:other:11111111")
        await desk.x.streaming()
        assert set(desk.x.rules) == {same.id}


async def test_a_refused_rule_is_told_with_its_text_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with rig(tmp_path, rule_length=60) as desk:
        [bad, *good] = [rule.text for rule in desk.feed.rules]
        body = {
            "data": [{"id": str(number), "value": value} for number, value in enumerate(good)],
            "errors": [{"value": bad, "details": ["no such operator"], "title": "UnprocessableEntity"}],
        }
        desk.x.add_rule("iPhone", "desk:AAPL:0")
        desk.x.refuse(RULES, faults.Refusal(200, b'{"meta":{}}'), faults.Refusal(201, json.dumps(body).encode()))
        state = await desk.sink.shows(Light.DEGRADED)
        assert f"{bad} (no such operator)" in state.detail
        assert not [rule for rule in desk.feed.rules if rule.standing is Standing.PENDING]


async def test_the_old_rules_stay_while_x_refuses_a_new_one(tmp_path: Path) -> None:
    """A keyword is added that X does not take: its symbol goes on by the words that X took before."""
    async with rig(tmp_path, rule_length=60) as desk:
        bad = desk.feed.rules[0].text
        desk.x.rest.refused_rules.add(bad)
        before = desk.x.add_rule("($TSLA OR Tesla) lang:en -is:retweet", "desk:TSLA:00000000")
        state = await desk.sink.shows(Light.DEGRADED)
        assert before.id in desk.x.rules
        assert state.detail.endswith("; 1 earlier rules stay until it takes all")
        desk.x.post("Tesla goes on")
        await desk.sink.until(lambda: desk.sink.posts)
        desk.x.rest.refused_rules.clear()
    async with rig(tmp_path, rule_length=60) as desk:
        stale = desk.x.add_rule("($TSLA OR Tesla) lang:en -is:retweet", "desk:TSLA:00000000")
        await desk.x.streaming()
        await desk.x.until(lambda: stale.id not in desk.x.rules)


async def test_when_every_rule_is_refused_the_feed_gives_up_and_names_them(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        body = {"errors": [{"value": "($TSLA", "details": ["a parenthesis is not closed"], "title": "Unprocessable"}]}
        desk.x.refuse(RULES, faults.Refusal(200, b'{"meta":{}}'), faults.Refusal(400, json.dumps(body).encode()))
        with pytest.raises(ConfigError, match=r"\(\$TSLA \(a parenthesis is not closed\)"):
            await desk.task
        assert desk.sink.states[-1].light is Light.REFUSED


async def test_rules_that_were_not_made_because_of_a_refused_one_are_sent_again_without_it(tmp_path: Path) -> None:
    async with rig(tmp_path, rule_length=60) as desk:
        desk.x.rest.all_or_none = True
        [bad, *good] = [rule.text for rule in desk.feed.rules]
        assert good
        desk.x.rest.refused_rules.add(bad)
        state = await desk.sink.shows(Light.DEGRADED)
        assert f"{bad} (refused here)" in state.detail
        assert {rule.value for rule in desk.x.rules.values()} == set(good)
        standings = [rule.standing for rule in desk.feed.rules]
        assert standings == [Standing.REFUSED, *[Standing.ACTIVE] * len(good)]


async def test_a_refusal_that_names_no_rule_is_told_as_x_says_it(tmp_path: Path) -> None:
    async with rig(tmp_path, rule_length=60) as desk:
        body = {"errors": [{"message": "too many rules for this plan", "parameters": {}}], "title": "Invalid Request"}
        desk.x.refuse(RULES, faults.Refusal(200, b'{"meta":{}}'), faults.Refusal(400, json.dumps(body).encode()))
        with pytest.raises(VenueError, match="too many rules for this plan"):
            await desk.task
        assert desk.sink.states[-1].light is Light.REFUSED


async def test_old_rules_make_room_where_the_plan_allows_fewer_than_was_configured(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        desk.x.rest.rule_cap = 2
        foreign = desk.x.add_rule("coffee lang:fr", "coffee")
        desk.x.add_rule("$OLD lang:en", "desk:OLD:00000000")
        await desk.x.streaming()
        assert foreign.id in desk.x.rules
        assert [rule.tag.partition(":")[2][:4] for rule in desk.x.rules.values() if rule is not foreign] == ["TSLA"]
        assert len(desk.x.rules) == 2


async def test_a_plan_that_is_full_of_others_rules_is_told_with_the_remedy(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        desk.x.rest.rule_cap = 1
        desk.x.add_rule("coffee lang:fr", "coffee")
        with pytest.raises(VenueError, match="room for the desk's rules"):
            await desk.task
        assert desk.sink.states[-1].light is Light.REFUSED
        assert "delete rules of other programs" in desk.sink.states[-1].remedy
        assert [rule.tag for rule in desk.x.rules.values()] == ["coffee"]
