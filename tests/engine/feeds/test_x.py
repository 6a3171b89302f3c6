"""The X feed against a pretend X: posts as they are sent, whatever else comes in a line, and no secret in a word."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

from engine.errors import VenueError
from engine.feeds.x_client import EXPANSIONS, TWEET_FIELDS, USER_FIELDS
from engine.feeds.x_lines import LINE_LIMIT
from engine.model import Feed, Light
from tests.engine.feeds.x_harness import NOON, rig
from tests.venues.x import SEARCH, STREAM, TOKEN, XSimulator, XUser, faults
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
