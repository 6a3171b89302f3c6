"""The feed's title line: whole counts, what hides posts, and no cell beyond its width."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.desk import made_up
from tests.widgets.harness import COLORS, text
from widgets.feed_head import FeedHead
from widgets.post_window import PostWindow

HEAD = FeedHead("POSTS", total=1243, hint="positions 2  orders 3")


def window(filter: str = "", words: str = "", muted: str = "") -> PostWindow:
    """Sixty posts that are filtered, searched or muted."""
    found = PostWindow(100)
    found.push(made_up.post(number) for number in range(60))
    found.set_filter(filter)
    found.words = words
    found.mute(frozenset(muted.split()))
    return found


def said(head: FeedHead, window: PostWindow, width: int = 120) -> str:
    return text(head.line(window, width, COLORS, focused=False))


def test_it_counts_what_is_not_shown_too() -> None:
    assert "POSTS 1,243" in said(HEAD, window())
    missing = said(dataclasses.replace(HEAD, unseen=4, unscored=12_345), window())
    assert "4 not shown" in missing
    assert "12.3k not scored" in missing or "12,345 not scored" in missing
    hidden = window("TSLA", "margin", "deltahedge")
    line = said(HEAD, hidden)
    assert "filter TSLA" in line
    assert "search margin" in line
    assert f"{len(hidden.shown)} match" in line
    assert f"{hidden.hidden} muted" in line


def test_what_it_says_beside_a_narrow_feed_and_while_that_stands_still() -> None:
    assert said(HEAD, window(), 80).rstrip().endswith("Tab: positions 2  orders 3")
    assert "positions" not in said(HEAD, window(), 120)
    assert "positions" not in said(HEAD, window("TSLA"), 80)
    still = window()
    still.stand_on(still.shown.end - 1)
    still.push([made_up.post(61)])
    assert said(HEAD, still).rstrip().endswith("▲ 1 new  G follow")


@pytest.mark.parametrize(
    ("head", "posts", "words"),
    [
        (FeedHead("POSTS"), PostWindow(10), "No posts yet."),
        (HEAD, PostWindow(10), ""),
        (HEAD, window("$NONE"), "No post matches. f changes the filter, an empty one shows all."),
    ],
)
def test_what_stands_where_the_first_post_would(head: FeedHead, posts: PostWindow, words: str) -> None:
    assert head.nothing(posts).strip() == words


@given(st.integers(60, 200), st.integers(0, 10**9), st.integers(0, 10**9), st.text(max_size=40))
def test_the_right_end_stays_in_its_columns(width: int, total: int, unseen: int, filter: str) -> None:
    head = dataclasses.replace(HEAD, total=total, unseen=unseen)
    assert head.line(window(filter), width, COLORS, focused=True).strip(width, COLORS.base).cell_length == width
