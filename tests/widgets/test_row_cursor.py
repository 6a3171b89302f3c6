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
