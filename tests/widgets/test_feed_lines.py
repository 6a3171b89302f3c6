"""The feed's lines: made once, told apart when they differ, never longer than the widget."""

from __future__ import annotations

from textual.geometry import Size

from tests.desk import made_up
from tests.widgets.harness import COLORS
from widgets.feed_head import FeedHead
from widgets.feed_lines import FeedLines
from widgets.post_window import PostWindow

SIZE = Size(100, 6)


def a_feed(posts: int) -> tuple[FeedLines, PostWindow]:
    window = PostWindow(100)
    window.room = SIZE.height - 1
    window.push(made_up.post(number) for number in range(posts))
    return FeedLines(window, FeedHead("POSTS", total=posts), symbols=True), window


def changed(lines: FeedLines, size: Size = SIZE) -> list[int] | None:
    return lines.changed(size, COLORS, focused=True)


def test_only_lines_that_look_different_are_named() -> None:
    lines, window = a_feed(20)
    assert changed(lines) is None, "nothing is painted yet"
    kept = [lines.strip(y, SIZE, COLORS, focused=True) for y in range(SIZE.height)]
    assert changed(lines) == []
    window.move(-1)
    assert changed(lines) == [0, 4], "the title says that the view stands, a row has the cursor"
    assert lines.strip(2, SIZE, COLORS, focused=True) is kept[2], "what looks the same is the same object"
    lines.forget_posts()
    assert changed(lines) == []
    lines.forget()
    assert changed(lines) is None


def test_rows_are_those_that_are_painted() -> None:
    lines, window = a_feed(20)
    assert list(lines.rows) == []
    changed(lines)
    assert list(lines.rows) == [15, 16, 17, 18, 19]
    window.push([made_up.post(99)])
    assert list(lines.rows) == [15, 16, 17, 18, 19], "what has come is not on the screen yet"
    assert changed(lines) == [1, 2, 3, 4, 5]
    assert list(lines.rows) == [16, 17, 18, 19, 20]


def test_an_empty_feed_says_so_and_fills_its_place() -> None:
    lines, _ = a_feed(0)
    changed(lines)
    said = [lines.strip(y, SIZE, COLORS, focused=False).text for y in range(SIZE.height)]
    assert "No posts yet." in said[1]
    assert {len(line) for line in said} == {SIZE.width}
