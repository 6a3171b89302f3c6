from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

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
