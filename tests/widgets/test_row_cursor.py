from hypothesis import given
from hypothesis import strategies as st

from widgets.row_cursor import RowCursor, Shift

KEYS = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(st.lists(st.tuples(KEYS, st.integers(-9, 9), st.integers(1, 5)), max_size=8))
def test_it_stays_on_its_key_and_in_view(turns: list[tuple[list[str], int, int]]) -> None:
    cursor = RowCursor()
    for keys, rows, room in turns:
        cursor.room = room
        before, place = cursor.key, cursor.index
        shift = cursor.take(keys)
        if before in keys:
            assert cursor.key == before
            assert shift is (Shift.NONE if keys.index(before) == place else Shift.MOVED)
        else:
            assert cursor.key == (keys[min(place, len(keys) - 1)] if keys else "")
            assert shift is (Shift.NONE if cursor.key == before else Shift.REPLACED)
        cursor.key = cursor.move(rows)
        cursor.scroll()
        if keys:
            assert cursor.top <= cursor.index < cursor.top + room
            assert cursor.top <= max(0, len(keys) - room)


def test_a_cursor_on_top_stays_there_where_it_shall() -> None:
    cursor = RowCursor()
    cursor.room = 2
    cursor.take(["a"], on_top=True)
    assert cursor.take(["b", "a"], on_top=True) is Shift.REPLACED
    assert (cursor.key, cursor.top) == ("b", 0)
    assert cursor.take(["b", "a"], on_top=True) is Shift.NONE
    assert cursor.take(["c", "b", "a"]) is Shift.MOVED
    assert (cursor.key, cursor.top) == ("b", 0), "the first row is in view for as long as the cursor is"
    assert cursor.take(["e", "d", "c", "b", "a"], on_top=True) is Shift.MOVED
    assert (cursor.key, cursor.top) == ("b", 2), "a person went there"
    assert cursor.take([], on_top=True) is Shift.REPLACED
