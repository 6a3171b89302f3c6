from __future__ import annotations

from collections.abc import Iterator

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.model import DisplayText
from engine.model.frames import PostRow
from tests.desk.made_up import post
from tests.widgets.harness import painted, stage, until
from widgets.feed import Feed


def numbered(start: int, end: int) -> Iterator[PostRow]:
    for number in range(start, end):
        yield msgspec.structs.replace(post(number), text=DisplayText(f"post number {number}"))


def shown(feed: Feed) -> list[int]:
    return [int(line.split("post number ")[1].split()[0]) for line in painted(feed) if "post number" in line]


async def test_it_follows_the_newest() -> None:
    feed = Feed(fps=1000)
    async with stage(feed, (100, 6)) as pilot:
        feed.push(numbered(0, 50))
        await until(pilot, lambda: shown(feed) == [45, 46, 47, 48, 49])
        feed.push(numbered(50, 52))
        await until(pilot, lambda: shown(feed) == [47, 48, 49, 50, 51])


async def test_scrolling_up_freezes_the_view_and_counts_what_is_new() -> None:
    feed = Feed(fps=1000)
    async with stage(feed, (100, 6)) as pilot:
        feed.push(numbered(0, 50))
        feed.move(-2)
        await until(pilot, lambda: shown(feed) == [45, 46, 47, 48, 49])
        feed.push(numbered(50, 87))
        await until(pilot, lambda: "▲ 37 new" in painted(feed)[0])
        assert shown(feed) == [45, 46, 47, 48, 49]
        assert feed.new == 37
        feed.last()
        await until(pilot, lambda: shown(feed) == [82, 83, 84, 85, 86])
        assert feed.following


async def test_a_click_and_a_jump_choose_the_post_that_is_painted_there() -> None:
    feed = Feed(fps=1000)
    async with stage(feed, (100, 6)) as pilot:
        feed.push(numbered(0, 50))
        await until(pilot, lambda: shown(feed) == [45, 46, 47, 48, 49])
        places = feed.places()
        assert [line for line, _ in places] == [1, 2, 3, 4, 5]
        await pilot.click(Feed, offset=(10, 2))
        await until(pilot, lambda: feed.selected and feed.selected.id == places[1][1])
        assert not feed.following
        await until(pilot, lambda: painted(feed)[2].startswith("▌"))
        await pilot.click(Feed, offset=(10, 0))
        feed.push(numbered(50, 60))
        feed.choose(places[4][1])
        assert feed.selected is not None and feed.selected.id == places[4][1]
        feed.choose("none of these")
        assert feed.selected.id == places[4][1]
        await until(pilot, lambda: not feed.repaint_pending)
        assert shown(feed) == [45, 46, 47, 48, 49]


async def test_a_frozen_view_moves_only_when_its_posts_are_forgotten() -> None:
    feed = Feed(rows=20, fps=1000)
    async with stage(feed, (100, 6)) as pilot:
        feed.push(numbered(0, 20))
        feed.move(-1)
        feed.push(numbered(20, 60))
        await until(pilot, lambda: shown(feed) == [40, 41, 42, 43, 44])


async def test_filter_and_search() -> None:
    feed = Feed(fps=1000)
    async with stage(feed, (100, 6)) as pilot:
        feed.push(numbered(0, 40))
        feed.filter("TSLA")
        await until(pilot, lambda: shown(feed) == [15, 20, 25, 30, 35])
        feed.push(numbered(40, 43))
        await until(pilot, lambda: shown(feed) == [20, 25, 30, 35, 40])
        feed.filter("")
        assert feed.search("number 7")
        await until(pilot, lambda: 7 in shown(feed))
        assert feed.selected is not None
        assert feed.selected.text == "post number 7"
        assert not feed.find(older=True)
        assert not feed.search("nobody says this")


async def test_what_never_came_is_counted() -> None:
    feed = Feed(fps=1000)
    async with stage(feed, (100, 6)) as pilot:
        feed.push(numbered(0, 3))
        feed.count(12_345, 1_200)
        await until(pilot, lambda: "12,345  1,200 not shown" in painted(feed)[0])


@given(st.lists(st.one_of(st.integers(0, 30), st.integers(-9, 9).map(lambda rows: ("move", rows))), max_size=20))
def test_the_cursor_is_always_on_a_post_that_is_kept(turns: list[int | tuple[str, int]]) -> None:
    feed = Feed(rows=16)
    pushed = 0
    for turn in turns:
        if isinstance(turn, int):
            feed.push(numbered(pushed, pushed + turn))
            pushed += turn
        else:
            feed.move(turn[1])
        assert (feed.selected is not None) == (pushed > 0)
        assert 0 <= feed.new <= pushed


async def test_an_empty_filter_result_says_so() -> None:
    feed = Feed(fps=1000)
    async with stage(feed, (100, 6)) as pilot:
        await until(pilot, lambda: "No posts yet" in painted(feed)[1])
        feed.push(numbered(0, 5))
        feed.filter("nothing-like-this")
        await until(pilot, lambda: "No post matches" in painted(feed)[1])
        feed.filter("")
        await until(pilot, lambda: shown(feed) == [0, 1, 2, 3, 4])


async def test_posts_without_a_score_are_told_from_those_that_were_left_out() -> None:
    feed = Feed(fps=1000)
    async with stage(feed, (100, 6)) as pilot:
        feed.count(40, 3, 12)
        await until(pilot, lambda: "POSTS 40  12 not scored  3 not shown" in painted(feed)[0])


async def test_where_all_posts_are_of_one_symbol_the_text_gets_its_room() -> None:
    with_symbol, without = Feed(fps=1000), Feed(fps=1000, symbols=False)
    first = next(numbered(0, 1))
    symbol = first.symbols[0]
    for feed in (with_symbol, without):
        async with stage(feed, (70, 4)) as pilot:
            feed.push([first])
            await until(pilot, lambda feed=feed: len(shown(feed)) == 1)  # type: ignore[misc]
            assert (symbol in painted(feed)[1]) is (feed is with_symbol)


async def test_what_nobody_can_read_is_painted_less_often_but_keys_are_not() -> None:
    feed = Feed(fps=15)
    async with stage(feed, (100, 6)) as pilot:
        feed.push(numbered(0, 500))
        await until(pilot, lambda: shown(feed) == [495, 496, 497, 498, 499])
        for start in range(500, 3000, 500):
            feed.push(numbered(start, start + 500))
            await until(pilot, lambda: not feed.repaint_pending)
        assert feed._rushing
        feed.push(numbered(3000, 3500))
        slow = feed._due_at
        feed.move(-1)
        assert feed._due_at <= slow
        await until(pilot, lambda: not feed.following and shown(feed)[-1] == 3499)


async def test_while_a_person_reads_posts_that_come_repaint_the_title_alone() -> None:
    feed = Feed(fps=1000)
    async with stage(feed, (100, 12)) as pilot:
        feed.push(numbered(0, 50))
        feed.move(-2)
        await until(pilot, lambda: shown(feed)[-1:] == [49] and not feed.repaint_pending)
        await pilot.pause()
        asked: list[int] = []
        refresh = feed.refresh
        feed.refresh = lambda *given: (asked.extend(each.y for each in given), refresh(*given))[1]  # type: ignore
        feed.push(numbered(50, 87))
        await until(pilot, lambda: asked)
        assert asked == [0]
        feed.move(1)
        await until(pilot, lambda: len(asked) > 1)
        assert sorted(asked[1:]) == [9, 10]


async def test_what_stands_on_the_screen_is_always_what_the_feed_shows() -> None:
    feed = Feed(rows=60, fps=1000)
    number = 0
    async with stage(feed, (100, 12)) as pilot:
        for turn in ("30", "k", "k", "5", "j", "40", "k", "g", "3", "f", "9", "F", "k", "G", "2", "/", "k", "70", "4"):
            if turn.isdigit():
                feed.push(numbered(number, number + int(turn)))
                number += int(turn)
            else:
                {
                    "k": lambda: feed.move(-1), "j": lambda: feed.move(1), "g": feed.first, "G": feed.last,
                    "f": lambda: feed.filter("TSLA"), "F": lambda: feed.filter(""), "/": lambda: feed.search("3"),
                }[turn]()  # fmt: skip
            await until(pilot, lambda: not feed.repaint_pending)
            await pilot.pause()
            seen = [strip.text for strip in pilot.app.screen._compositor.render_strips()]
            assert seen == painted(feed)
            assert feed.new == 0 or f"▲ {feed.new} new" in seen[0]
