from __future__ import annotations

from textual.events import MouseScrollDown, MouseScrollUp

from tests.desk import made_up
from tests.widgets.harness import stage, until
from widgets.feed import Feed
from widgets.positions import Positions


def notch(kind: type[MouseScrollUp | MouseScrollDown]) -> MouseScrollUp | MouseScrollDown:
    return kind(None, 1, 2, 0, 0, 0, False, False, False)


async def test_a_notch_moves_a_feed_by_three_posts() -> None:
    feed = Feed()
    async with stage(feed, (100, 12)) as pilot:
        feed.push(made_up.post(number, made_up.NOW) for number in range(40))
        newest = feed.posts[-1]
        feed.post_message(notch(MouseScrollUp))
        await until(pilot, lambda: not feed.following)
        assert feed.selected == feed.posts[-4]
        feed.post_message(notch(MouseScrollDown))
        await until(pilot, lambda: feed.following)
        assert feed.selected == newest


async def test_a_notch_moves_rows_by_one() -> None:
    rows = Positions()
    async with stage(rows, (100, 12)) as pilot:
        rows.show((position.symbol, position) for position in made_up.snapshot().positions)
        first = rows.key
        rows.post_message(notch(MouseScrollDown))
        await until(pilot, lambda: rows.key != first)
        rows.post_message(notch(MouseScrollUp))
        await until(pilot, lambda: rows.key == first)
