"""What is asked of recent search: in whose words, how far back, how patiently."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.clock import DAY, HOUR, MINUTE, SECOND, VirtualClock
from engine.feeds.spend import SpendMeter
from engine.feeds.x_parse import SearchPage, parse_page
from engine.feeds.x_recover import Searcher
from engine.feeds.x_rules import Rule
from engine.model import Light
from tests.engine.feeds.x_harness import NOON, WINDOWS_NS, history, rig
from tests.venues.x import SEARCH, End, XUser, faults


async def test_every_query_reaches_back_evenly(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, rule_length=80, warm_start_posts=100) as desk:
        for n in range(400, 0, -1):
            word = "Tesla" if n % 2 else "iPhone"
            desk.x.archive.append(desk.x.make(f"{word} {n}", at_ns=NOON - n * 10 * SECOND))
        await desk.sink.until(lambda: desk.sink.filled)
        since = max(state.covered_since_ns or 0 for state in desk.sink.filled)
        complete = [post.id for post in desk.x.archive if post.created_ns >= since]
        assert set(complete) <= set(desk.sink.ids()) and len(complete) > 20


async def test_windows_of_more_than_a_week_are_filled_as_far_as_search_reaches(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True, look_back_s=30 * DAY / SECOND) as desk:
        old = desk.x.make("Tesla six days ago", at_ns=NOON - 6 * DAY)
        desk.x.archive.append(old)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [old.id]
        assert desk.sink.coverage[1].covered_since_ns == NOON - 7 * DAY + MINUTE


@pytest.mark.parametrize("ignored", [False, True])
async def test_search_is_asked_in_the_words_that_x_takes(tmp_path: Path, ignored: bool) -> None:
    """X's description has `post.fields` for search: a server of that kind refuses the others, or ignores them."""
    simulator = {"names": "post", "search_fields": "post.fields"}
    async with rig(tmp_path, warm_start=True, simulator=simulator) as desk:
        quoted = desk.x.make("what it quotes", at_ns=NOON - HOUR)
        user = XUser(id="77", username="made_up_77", followers=123)
        past = desk.x.post("Tesla quoted", at_ns=NOON - MINUTE, user=user, quote_of=quoted, edits=("12",))
        if ignored:
            bare = {"data": [{"id": past.id, "text": past.text}], "meta": {"result_count": 1}}
            desk.x.refuse(SEARCH, faults.Refusal(200, json.dumps(bare).encode()))
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        [found] = desk.sink.posts
        assert (found.id, found.published_ns) == (past.id, NOON - MINUTE)
        assert (found.author.name, found.author.followers) == ("made_up_77", 123)
        assert (found.quote_of, found.edits) == (quoted.id, ("12",))
        asked = ["post.fields" in seen.query for seen in desk.x.requests(SEARCH)]
        assert asked == [False, *[True] * (len(asked) - 1)], "what was learnt is kept"
        assert desk.sink.states[-1].spent_usd == 0.005


async def test_a_search_that_neither_words_make_good_is_told_as_x_says_it(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        past = history(desk, 20)
        wrong = faults.problem(400, "Invalid Request", "something else is wrong")
        desk.x.refuse(SEARCH, wrong, wrong)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [past[-1].id]
        bare = {"data": [{"id": past[0].id, "text": "Tesla"}], "meta": {"result_count": 1}}
        desk.x.refuse(SEARCH, faults.Refusal(200, json.dumps(bare).encode()))
        desk.advance(HOUR / SECOND)
        desk.x.end_stream(End.CLEAN)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 4)
        assert "tweet.fields" in desk.x.requests(SEARCH)[-1].query


async def test_what_cannot_be_read_of_a_page_is_counted(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        odd = {"data": [{"id": "1", "text": "Tesla"}, {"id": "one"}, 7, {"text": "Tesla"}], "meta": {"result_count": 4}}
        desk.x.refuse(SEARCH, faults.Refusal(200, json.dumps(odd).encode()))
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == ["1"]
        await desk.up()
        assert desk.sink.states[-1].malformed == 3


async def test_words_that_x_does_not_take_cost_the_others_nothing(tmp_path: Path) -> None:
    """What is searched for is several queries; only the symbols of the refused one go on warming up."""
    async with rig(tmp_path, warm_start=True, rule_length=60) as desk:
        wrong = faults.problem(400, "Invalid Request", "no such operator")
        desk.x.refuse(SEARCH, wrong, wrong)
        past = [desk.x.make(f"iPhone {n}", at_ns=NOON - n * MINUTE) for n in (9, 5, 2)]
        desk.x.archive.extend(past)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 3)
        assert desk.sink.ids() == [post.id for post in past]
        _, others, refused = desk.sink.coverage
        assert (others.symbols, others.covered_since_ns) == (("AAPL",), NOON - WINDOWS_NS)
        assert refused.symbols == ("TSLA",)
        assert refused.covered_since_ns is not None and refused.covered_since_ns > NOON - MINUTE


async def test_a_search_that_is_refused_leaves_the_gap_open_with_the_reason(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        desk.x.refuse(SEARCH, *[faults.not_enrolled()] * 2)
        await desk.live()
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        await desk.sink.until(lambda: "are missing" in desk.sink.states[-1].detail)
        assert "client-not-enrolled" in desk.sink.states[-1].detail
        assert all(state.filled_to_ns is None for state in desk.sink.coverage)
        desk.x.post("Tesla goes on")
        await desk.sink.until(lambda: desk.sink.posts)


async def test_a_search_is_patient_with_rate_limits_and_server_errors(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        past = history(desk, 5, every_s=120)
        desk.x.refuse(SEARCH, faults.rate_limited(reset_in_s=90), faults.bad_gateway(), faults.unavailable())
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == [post.id for post in past]
        assert [seconds for seconds in desk.waits.seconds if seconds > 2][:3] == [90.0, 10.0, 20.0]


async def test_a_gap_is_filled_although_search_was_down_for_ten_minutes_more(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        lost = desk.x.make("Tesla in the gap", at_ns=desk.clock.now_ns() - 3 * SECOND)
        desk.x.archive.append(lost)
        desk.x.refuse(SEARCH, *[faults.unavailable()] * 7)
        desk.x.end_stream(End.CLEAN)
        await desk.x.streaming(2)
        await desk.sink.until(lambda: desk.sink.filled)
        assert desk.sink.ids() == [lost.id]
        assert desk.clock.now_ns() - NOON > 10 * MINUTE
        await desk.up()


async def test_a_gap_of_a_moment_is_asked_for_once_when_search_can_have_it(tmp_path: Path) -> None:
    """X refuses a search that starts less than 10 s back, or after the 30 s before now at which it ends by itself."""
    async with rig(tmp_path) as desk:
        await desk.live()
        lost = desk.x.make("Tesla in the gap", at_ns=desk.clock.now_ns() - 3 * SECOND)
        desk.x.archive.append(lost)
        desk.x.end_stream(End.CLEAN)
        await desk.sink.until(lambda: desk.sink.filled)
        assert desk.sink.ids() == [lost.id]
        [asked] = desk.x.requests(SEARCH)
        assert asked.status == 200 and "end_time" in asked.query
        opened, filled = desk.sink.coverage[-2:]
        assert filled.filled_from_ns == opened.gap_from_ns


async def test_what_the_second_pass_found_counts_though_the_first_was_refused(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        desk.x.refuse(SEARCH, faults.not_enrolled())
        past = history(desk, 60)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        told = desk.sink.coverage[1]
        assert told.filled_from_ns == told.covered_since_ns == NOON - 40 * SECOND
        assert desk.sink.ids() == [past[-1].id]


async def test_a_search_that_names_the_same_page_again_and_again_is_asked_no_more(tmp_path: Path) -> None:
    async with rig(tmp_path, warm_start=True) as desk:
        at = "2026-11-20T11:50:00.000Z"
        page = {"data": [{"id": "7", "text": "Tesla", "created_at": at}], "meta": {"next_token": "again"}}
        desk.x.refuse(SEARCH, *[faults.Refusal(200, json.dumps(page).encode())] * 300)
        await desk.sink.until(lambda: len(desk.sink.coverage) == 2)
        assert desk.sink.ids() == ["7"]
        assert len(desk.x.requests(SEARCH)) == 4, "two passes of two pages"
        assert desk.sink.coverage[1].covered_since_ns == NOON - 10 * MINUTE


async def test_what_the_page_brought_that_names_itself_as_the_next_is_counted(tmp_path: Path) -> None:
    """It was paid for: counted as nothing, a second pass bought more posts than the gap may."""

    class InACircle:
        asked = 0

        async def search(self, query: str, **_: object) -> SearchPage:
            self.asked += 1
            row = {"id": str(self.asked), "text": "Tesla", "created_at": "2026-11-20T11:50:00.000Z"}
            return parse_page(json.dumps({"data": [row, 7], "meta": {"next_token": "again"}}).encode(), NOON)

    async def buy(ids: Sequence[str]) -> int:
        return len(ids)

    meter = SpendMeter(tmp_path / "spend.json", post_cost_usd=0.005, daily_cap_usd=20.0)
    queries = [Rule("Tesla", "", ("TSLA",))]
    searcher = Searcher(InACircle(), queries, meter, VirtualClock(NOON), delivered=(), buy=buy, wait=asyncio.sleep)
    found = await searcher.fetch(NOON - HOUR, NOON, 100, settled=True)
    assert [post.id for post in found.posts] == ["1", "2"]
    assert (found.bought, found.malformed) == (2, 2)
    assert "named as the next" in found.why
    assert found.complete == {"TSLA": NOON - 10 * MINUTE}


async def test_a_gap_is_searched_to_its_end_though_the_clock_is_set_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as desk:
        await desk.live()
        desk.waits.hold = asyncio.Event()
        desk.x.end_stream(End.CLEAN)
        await desk.sink.shows(Light.DOWN)
        desk.waits.set_back_ns = HOUR  # during the wait for what search cannot have yet
        desk.waits.hold.set()
        await desk.sink.until(lambda: desk.sink.coverage[-1].filled_from_ns)
        assert sum(desk.waits.seconds) < 5 * MINUTE / SECOND
