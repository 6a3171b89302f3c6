"""The X feed against a pretend X: posts, rules, and every fault of the stream."""

from __future__ import annotations

import json
import logging
import traceback
from itertools import pairwise
from pathlib import Path

import pytest

from engine.clock import MINUTE, SECOND
from engine.errors import EXIT_CREDENTIALS, ConfigError, CredentialsError, DeskError, VenueError
from engine.feeds.x_client import EXPANSIONS, TWEET_FIELDS, USER_FIELDS, proxy_for
from engine.feeds.x_lines import LINE_LIMIT
from engine.model import Feed, Light
from engine.model.feeds import Standing
from tests.engine.feeds.x_harness import NOON, rig
from tests.venues.x import RULES, SEARCH, STREAM, TOKEN, End, XSimulator, XUser, faults
from tests.venues.x.wire import Fields


async def test_posts_arrive_with_everything_that_was_asked_for(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        assert isinstance(desk.feed, Feed)
        await desk.x.streaming()
        user = XUser(id="77", username="jane_doe", followers=12_000, following=7, tweets=99, verified=True)
        sent = desk.x.post("$TSLA deliveries & margins beat", user=user)
        await desk.sink.until(lambda: desk.sink.posts)
        [post] = desk.sink.posts
    assert (post.id, post.source, post.lang) == (sent.id, "x", "en")
    assert post.raw == "$TSLA deliveries &amp; margins beat"
    assert post.text == "$TSLA deliveries & margins beat"
    assert post.published_ns == NOON and post.received_ns == NOON
    assert post.cashtags == ("TSLA",)
    assert (post.author.id, post.author.name, post.author.followers) == ("77", "jane_doe", 12_000)
    assert (post.author.following, post.author.posts, post.author.verified) == (7, 99, True)
    assert post.author.created_ns is not None
    assert [tag.partition(":")[0] for tag in post.rules] == ["desk"]
    assert not post.recovered


async def test_the_stream_is_asked_for_all_fields_and_rules_are_ours(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        [asked] = desk.x.requests(STREAM)
        assert "note_tweet" in asked.query["tweet.fields"] and "author_id" in asked.query["expansions"]
        [rule] = desk.x.rules.values()
        assert rule.value == (
            '($TSLA OR Tesla OR "Gigafactory Berlin" OR Cybertruck OR $AAPL OR iPhone OR "Tim Cook") '
            "lang:en -is:retweet"
        )
        desk.x.post("an AI Model by nobody")
        desk.x.post("Cybertruck sighted")
        await desk.sink.until(lambda: desk.sink.posts)
        assert [post.text for post in desk.sink.posts] == ["Cybertruck sighted"]


async def test_the_environments_proxy_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with XSimulator() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))
        monkeypatch.setenv("no_proxy", "elsewhere.invalid")
        async with rig(tmp_path, base_url="http://x.invalid") as desk:
            await proxy.streaming()
            proxy.post("Tesla through a proxy")
            await desk.sink.until(lambda: desk.sink.posts)
        assert proxy_for("http://elsewhere.invalid/2") is None


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
        await desk.x.streaming()
        assert set(desk.x.rules) == {foreign.id, untagged.id, kept.id}
        told = [(rule.standing, rule.tag, rule.text) for rule in desk.feed.rules]
        assert told == [
            (Standing.ACTIVE, ours.tag, ours.value),
            (Standing.FOREIGN, "coffee", "coffee lang:fr"),
            (Standing.FOREIGN, "", "tea"),
        ]
        assert stale.id not in desk.x.rules
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
        body = {
            "data": [{"id": "5", "value": "(iPhone) lang:en -is:retweet", "tag": "desk:AAPL:0"}],
            "errors": [{"value": "($TSLA) lang:en", "details": ["no such operator"], "title": "UnprocessableEntity"}],
        }
        desk.x.add_rule("iPhone", "desk:AAPL:0")
        desk.x.refuse(RULES, faults.Refusal(200, b'{"meta":{}}'), faults.Refusal(201, json.dumps(body).encode()))
        state = await desk.sink.shows(Light.DEGRADED)
        assert "($TSLA) lang:en (no such operator)" in state.detail
        assert not [rule for rule in desk.feed.rules if rule.standing is Standing.PENDING]


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


# --- the fault matrix, row "X stream" ---------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [End.CLEAN, End.ABORT])
async def test_a_dropped_stream_comes_back_at_once(tmp_path: Path, end: End) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        await desk.up()
        desk.advance(120)
        desk.x.end_stream(end)
        await desk.x.streaming(2)
        assert desk.waits.seconds[0] == 0.25
        desk.x.post("$TSLA again")
        await desk.sink.until(lambda: desk.sink.posts)
        down = next(state for state in desk.sink.states if state.light is Light.DOWN)
        assert "connecting again in 0.25 s" in down.detail
        assert desk.sink.states[-1].reconnects == 1


async def test_an_abort_in_the_middle_of_a_line_loses_that_line_only(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        await desk.up()
        desk.x.send(b'{"data":{"id":"1","te')
        desk.x.end_stream(End.ABORT)
        await desk.x.streaming(2)
        desk.x.post("$TSLA whole")
        await desk.sink.until(lambda: desk.sink.posts)
        assert [post.text for post in desk.sink.posts] == ["$TSLA whole"]


async def test_a_server_that_drops_at_once_never_sees_more_than_50_connects_in_15_minutes(tmp_path: Path) -> None:
    async with rig(tmp_path, recover=False) as desk:
        connects = 0
        while connects < 120:
            connects += 1
            await desk.x.until(lambda: desk.x.streams, 20)
            desk.x.end_stream(End.CLEAN)
            await desk.x.until(lambda: not desk.x.streams, 20)
        at = [seen.at_ns for seen in desk.x.requests(STREAM)]
        assert all(seen.status == 200 for seen in desk.x.requests(STREAM))
        for start_ns in at:
            assert sum(start_ns <= each < start_ns + 15 * MINUTE for each in at) <= 50
        gaps = [later - earlier for earlier, later in pairwise(at)]
        assert gaps[:4] == [round(step * 0.25 * SECOND) for step in (1, 2, 3, 4)]


async def test_silence_is_noticed_and_ended(tmp_path: Path) -> None:
    async with rig(tmp_path, silence_s=0.2) as desk:
        await desk.x.streaming()
        desk.x.end_stream(End.SILENCE)
        await desk.x.streaming(2)
        down = next(state for state in desk.sink.states if state.light is Light.DOWN)
        assert "nothing came for 0.2 s, not even a keep-alive" in down.detail


async def test_keep_alives_alone_keep_the_stream_up_and_say_how_old_the_last_post_is(tmp_path: Path) -> None:
    async with rig(tmp_path, simulator={"keep_alive_s": 0.1}, silence_s=0.5) as desk:
        await desk.x.streaming()
        desk.x.post("Tesla, once")
        await desk.sink.until(lambda: desk.sink.posts)
        last = desk.clock.now_ns()
        for _ in range(10):
            desk.advance(60)
            await desk.sink.until(lambda: desk.sink.states[-1].last_ns == desk.clock.now_ns())
        await desk.sink.until(lambda: "only keep-alives for 10 min" in desk.sink.states[-1].detail)
        state = desk.sink.states[-1]
        assert state.light is Light.UP and desk.x.requests(STREAM)[1:] == []
        assert "last post 2026-11-20T12:00:00.000Z" in state.detail
        assert state.last_ns == last + 600 * SECOND


async def test_an_operational_disconnect_is_told_and_reconnected(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        desk.x.disconnect()
        await desk.x.streaming(2)
        down = next(state for state in desk.sink.states if state.light is Light.DOWN)
        assert "X ended the stream: operational-disconnect" in down.detail


@pytest.mark.parametrize(
    ("refusal", "error", "words"),
    [
        (faults.unauthorized(), CredentialsError, "desk keys set x_bearer_token"),
        (faults.not_enrolled(), VenueError, "client-not-enrolled"),
    ],
)
@pytest.mark.parametrize("path", [STREAM, RULES])
async def test_401_and_403_give_up_with_a_remedy(
    tmp_path: Path, refusal: faults.Refusal, error: type[DeskError], words: str, path: str
) -> None:
    async with rig(tmp_path) as desk:
        desk.x.refuse(path, refusal)
        with pytest.raises(error) as raised:
            await desk.task
        assert words in str(raised.value)
        assert raised.value.exit_code == (EXIT_CREDENTIALS if error is CredentialsError else 7)
        state = desk.sink.states[-1]
        assert state.light is Light.REFUSED and state.remedy
        assert len(desk.x.requests(path)) == 1
        assert desk.waits.seconds == []


async def test_409_sends_the_rules_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        desk.x.rules.clear()
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        assert [seen.status for seen in desk.x.requests(STREAM)] == [200, 409, 200]
        assert 5.0 in desk.waits.seconds
        assert len(desk.x.rules) == 1


async def test_429_without_a_reset_waits_a_minute_and_doubles(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        desk.x.refuse(STREAM, *[faults.too_many_connections()] * 3)
        await desk.x.streaming()
        at = [seen.at_ns for seen in desk.x.requests(STREAM)]
        assert [(later - at[0]) // SECOND for later in at] == [0, 60, 180, 420]
        down = next(state for state in desk.sink.states if state.light is Light.DOWN)
        assert "TooManyConnections" in down.detail and "another program" in down.remedy


async def test_429_with_a_reset_waits_for_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        desk.x.refuse(STREAM, faults.rate_limited(reset_in_s=7))
        await desk.x.streaming()
        at = [seen.at_ns for seen in desk.x.requests(STREAM)]
        assert [(later - at[0]) // SECOND for later in at] == [0, 7]


@pytest.mark.parametrize("refusal", [faults.unavailable(), faults.bad_gateway()])
async def test_503_and_html_wait_5_seconds_doubling(tmp_path: Path, refusal: faults.Refusal) -> None:
    async with rig(tmp_path) as desk:
        desk.x.refuse(STREAM, *[refusal] * 8)
        await desk.x.streaming()
        at = [seen.at_ns for seen in desk.x.requests(STREAM)]
        waits = [(later - earlier) // SECOND for earlier, later in pairwise(at)]
        assert waits == [5, 10, 20, 40, 80, 160, 320, 320]
        assert any("longest wait reached" in state.detail for state in desk.sink.states)


async def test_an_absent_server_is_tried_in_250_ms_steps_up_to_16_s(tmp_path: Path) -> None:
    async with rig(tmp_path, base_url="http://127.0.0.1:9") as desk:
        await desk.sink.until(lambda: len(desk.waits.seconds) >= 5)
        assert desk.waits.seconds[:5] == [0.25, 0.5, 0.75, 1.0, 1.25]
        assert desk.sink.states[-1].light in (Light.DOWN, Light.CONNECTING)
        assert any("check the network and x.base_url" in state.remedy for state in desk.sink.states)


@pytest.mark.parametrize("refusal", [faults.credits_spent(), faults.spend_cap_reached(), faults.usage_capped()])
@pytest.mark.parametrize("path", [STREAM, RULES])
async def test_spent_credit_is_shown_and_asked_again_rarely(tmp_path: Path, refusal: faults.Refusal, path: str) -> None:
    async with rig(tmp_path) as desk:
        desk.x.refuse(path, refusal)
        await desk.x.streaming()
        at = [seen.at_ns for seen in desk.x.requests(path) if seen.method == "GET"]
        assert at[1] - at[0] == 15 * MINUTE
        capped = next(state for state in desk.sink.states if state.light is Light.CAPPED)
        assert "console.x.com" in capped.remedy


async def test_a_web_page_in_place_of_the_stream_is_no_stream(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        page = faults.Refusal(200, b"<html>sign in to the network</html>\r\n" * 3, content_type="text/html")
        desk.x.refuse(STREAM, page)
        await desk.live()
        assert Light.UP not in desk.sink.lights[: desk.sink.lights.index(Light.DOWN)]
        assert "a web page" in next(state for state in desk.sink.states if state.light is Light.DOWN).detail
        assert desk.sink.states[-1].malformed == 0


async def test_420_is_a_rate_limit(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        desk.x.refuse(STREAM, faults.calm_down())
        await desk.x.streaming()
        at = [seen.at_ns for seen in desk.x.requests(STREAM)]
        assert at[1] - at[0] == MINUTE


async def test_down_is_told_once_with_the_time_it_began(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.advance(30)
        desk.x.refuse(STREAM, *[faults.unavailable()] * 3)
        down_ns = desk.clock.now_ns()
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        await desk.sink.until(lambda: desk.sink.states[-1].light is not Light.DOWN)
        assert [light for light in desk.sink.lights if light in (Light.DOWN, Light.CONNECTING)] == [
            Light.CONNECTING,
            Light.DOWN,
        ]
        down = [state for state in desk.sink.states if state.light is Light.DOWN]
        assert len(down) == 4 and {state.since_ns for state in down} == {down_ns}


async def test_garbage_is_counted_and_survived(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        for line in (b"not json", b'{"data":', b"\xff\xfe\x00", b'{"data":{"id":"abc","text":"x"}}', b"[" * 5000):
            desk.x.send(line + b"\r\n")
        desk.x.send(b"x" * (LINE_LIMIT + 10) + b"\r\n")
        desk.x.send(b'{"something":{"new":true}}\r\n')
        desk.x.post("Tesla after the garbage")
        await desk.sink.until(lambda: desk.sink.posts)
        desk.advance(2)
        desk.x.send(b"\r\n")
        await desk.sink.until(lambda: desk.sink.states[-1].malformed == 6)
        assert desk.sink.lights[-1] is Light.UP and len(desk.x.requests(STREAM)) == 1


async def test_duplicates_disorder_edits_and_long_posts_pass_through(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        first = desk.x.make("Tesla one")
        desk.advance(1)
        second = desk.x.make("Tesla two")
        desk.x.publish(second)
        desk.x.publish(first)
        desk.x.publish(first)
        edited = desk.x.make("Tesla one, corrected", edits=(first.id,))
        desk.x.publish(edited)
        long = desk.x.post("Tesla " + "long & winding " * 1_667)
        desk.x.deliver(desk.x.make("$TSLA without a tag"), tagged=False)
        await desk.sink.until(lambda: len(desk.sink.posts) == 6)
        assert desk.sink.ids()[:4] == [second.id, first.id, first.id, edited.id]
        assert desk.sink.posts[3].edits == (first.id,)
        assert desk.sink.posts[4].id == long.id and len(long.text) > 25_000
        assert desk.sink.posts[4].raw == long.text.replace("&", "&amp;")
        assert len(desk.sink.posts[4].text) == 4096
        assert desk.sink.posts[5].rules == ()
        desk.advance(2)
        desk.x.send(b"\r\n")
        await desk.sink.until(lambda: desk.sink.states[-1].items == 6)
        assert desk.sink.states[-1].spent_usd == pytest.approx(5 * 0.005), "a post is paid once, however often it comes"


async def test_a_compressed_stream_brings_every_line_when_it_is_sent(tmp_path: Path) -> None:
    async with rig(tmp_path, simulator={"compress": True, "keep_alive_s": 0.05}) as desk:
        await desk.live()
        for count, text in enumerate(("Tesla", "Tesla again", "Tesla " + "word " * 4000), 1):
            desk.x.post(text)
            await desk.sink.until(lambda count=count: len(desk.sink.posts) == count)
        desk.advance(3)
        heard_ns = desk.clock.now_ns()
        await desk.sink.until(lambda: desk.sink.states[-1].last_ns == heard_ns)
        assert len(desk.x.requests(STREAM)) == 1


async def test_text_outside_ascii_and_line_separators_survive_any_chunking(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        line = desk.x.line(desk.x.make("Tesla 🚀 naïve\u2028x"), _everything(), list(desk.x.rules.values())) + b"\r\n"
        for at in range(0, len(line), 7):
            desk.x.send(line[at : at + 7])
        await desk.sink.until(lambda: desk.sink.posts)
        assert desk.sink.posts[0].raw == "Tesla 🚀 naïve\u2028x"


# --- secrets ----------------------------------------------------------------------------------------------------------


async def test_the_token_is_in_no_error_no_state_and_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = faults.problem(403, "Forbidden", f"bad header Bearer {TOKEN}")
    unwell = faults.problem(503, "Unavailable", f"Authorization: Bearer {TOKEN}")
    async with rig(tmp_path) as desk:
        desk.x.refuse(STREAM, unwell, faults.Refusal(200, b""), echo)
        with pytest.raises(VenueError) as raised:
            await desk.task
        shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + str(raised.value)
        assert "bad header Bearer ***" in shown
        for text in (shown, caplog.text, repr(desk.sink.states), repr(desk.feed), repr(vars(raised.value))):
            assert TOKEN not in text
    async with rig(tmp_path, base_url=f"http://127.0.0.1:1/{TOKEN}") as desk:
        await desk.sink.until(lambda: any(state.light is Light.DOWN for state in desk.sink.states))
    assert TOKEN not in caplog.text


async def test_nothing_is_searched_while_the_stream_is_whole(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        desk.x.post("Tesla")
        await desk.sink.until(lambda: desk.sink.posts)
        assert desk.x.requests(SEARCH) == []


def _everything() -> Fields:
    return Fields.of({"tweet.fields": TWEET_FIELDS, "expansions": EXPANSIONS, "user.fields": USER_FIELDS})
