"""The stream from X that ends, falls silent or is refused: what is told, and when it is opened again."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from engine.clock import HOUR, MINUTE, SECOND
from engine.errors import EXIT_CREDENTIALS, CredentialsError, DeskError, VenueError
from engine.model import Light
from tests.engine.feeds.x_harness import rig
from tests.venues.x import RULES, STREAM, End, faults


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


async def test_what_x_says_last_counts_without_a_line_end(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.x.streaming()
        await desk.up()
        desk.x.send(faults.OPERATIONAL_DISCONNECT)
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        down = next(state for state in desk.sink.states if state.light is Light.DOWN)
        assert "operational-disconnect" in down.detail
        desk.x.send(b'{"data":{"id":"1","text":"$TSLA whole"}}')
        desk.x.end_stream(End.CLEAN)
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
        assert "last post 2026-11-20 07:00:00.000 NY" in state.detail
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


@pytest.mark.parametrize("refusal", [faults.unavailable(), faults.rate_limited(60.0)])
async def test_a_clock_that_is_set_back_makes_no_wait_longer(tmp_path: Path, refusal: faults.Refusal) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.x.refuse(STREAM, refusal)
        desk.x.end_stream(End.CLEAN)
        desk.waits.set_back_ns = HOUR
        before = len(desk.waits.seconds)
        await desk.x.streaming(2)
        assert sum(desk.waits.seconds[before:]) < 3 * MINUTE / SECOND
        desk.x.post("Tesla, after the clock was set back")
        await desk.sink.until(lambda: desk.sink.posts)
