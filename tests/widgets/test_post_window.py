from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.model.guard import GuardMark
from tests.desk import made_up
from tests.desk.made_up import post
from widgets.post_window import PostWindow

TURNS = st.lists(
    st.one_of(
        st.integers(0, 30).map(lambda posts: ("push", posts)),
        st.integers(-9, 9).map(lambda rows: ("move", rows)),
        st.sampled_from(["", "TSLA", "bull", "@quiet", "nobody"]).map(lambda text: ("filter", text)),
        st.sampled_from(["", "order", "cat"]).map(lambda text: ("search", text)),
    ),
    max_size=25,
)


@given(TURNS, st.integers(1, 12))
def test_the_view_holds_what_is_kept_and_the_cursor_is_in_it(turns: list[tuple[str, int | str]], room: int) -> None:
    window = PostWindow(16)
    window.room = room
    pushed = 0
    for what, value in turns:
        if isinstance(value, int) and what == "push":
            window.push(post(number) for number in range(pushed, pushed + value))
            pushed += value
        elif isinstance(value, int):
            window.move(value)
        elif what == "filter":
            window.set_filter(value)
        else:
            window.words = value
            window.find(older=True, afresh=True)
        window.settle()
        rows = window.rows()
        assert len(rows) == min(room, len(window.shown)) or (window.cursor is not None and len(rows) <= room)
        assert all(window.filter.matches(window.shown[seq]) for seq in rows)
        if window.cursor is None:
            assert window.new == 0
        else:
            assert window.shown.start <= window.cursor < window.shown.end
            assert window.cursor in rows


def test_the_cursors_row_stays_when_the_guards_change_what_passes_the_filter() -> None:
    window = PostWindow(100)
    window.room = 5
    window.push(post(number) for number in range(40))
    held = GuardMark(weight=0.5, reasons=("copy",))
    window.mark({post(number).id: held for number in range(40) if number != 3})
    window.set_filter("held")
    window.move(-10)
    window.move(-3)
    window.move(1)
    at, row = window.selected, window.cursor - window.rows().start  # type: ignore[operator]
    assert row == 1
    window.mark({post(3).id: held, post(39).id: GuardMark()})
    assert window.selected == at
    assert window.cursor - window.rows().start == row  # type: ignore[operator]
    window.mute(frozenset({post(39).author.lower()}))
    assert window.cursor in window.rows()


def test_a_standing_view_does_not_move_while_posts_come() -> None:
    window = PostWindow(100)
    window.room = 5
    window.push(post(number) for number in range(20))
    window.move(-1)
    before = window.rows()
    window.push(post(number) for number in range(20, 57))
    window.settle()
    assert window.rows() == before
    assert window.new == 37


def test_muted_authors_are_hidden_counted_and_leave_the_cursor_where_it_was() -> None:
    window = PostWindow(50)
    window.push(made_up.post(n, made_up.NOW + n) for n in range(30))
    window.room = 5
    window.move(-3)
    at = window.selected
    assert at is not None
    other = next(post.author for post in window.kept if post.author != at.author)
    window.mute(frozenset({other.lower()}))
    assert window.hidden == sum(post.author == other for post in window.kept) > 0
    assert len(window.shown) + window.hidden == len(window.kept)
    assert window.selected == at
    window.mute(frozenset({at.author.lower()}))
    assert window.selected is not None
    assert window.selected.published_ns < at.published_ns
    window.mute(frozenset())
    assert window.shown is window.kept


def test_what_guards_think_later_is_shown_and_filtered_by() -> None:
    window = PostWindow(50)
    window.push(made_up.post(n, made_up.NOW + n) for n in range(10))
    window.set_filter("held")
    assert len(window.shown) == 0
    mark = GuardMark(0.5, "c1", ("copy of another author",))
    posts = list(window.kept)
    window.mark({posts[3].id: mark, "unknown": mark})
    assert [post.id for post in window.shown] == [posts[3].id]
    for words in ("is:copy", "cluster:c1"):
        window.set_filter(words)
        assert [post.mark for post in window.shown] == [mark]
    window.set_filter("is:ring")
    assert len(window.shown) == 0
