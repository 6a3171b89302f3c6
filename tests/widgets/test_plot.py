from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets import plot

figure = st.none() | st.floats(-1e6, 1e6)


@given(
    samples=st.lists(st.tuples(st.integers(0, 10**12), figure), max_size=40),
    columns=st.integers(0, 60),
    begin=st.integers(0, 10**12),
    width=st.integers(0, 10**12),
)
def test_samples_become_one_value_a_column_and_never_leave_their_range(
    samples: list[tuple[int, float | None]], columns: int, begin: int, width: int
) -> None:
    samples.sort(key=lambda sample: sample[0])
    at, values = [each[0] for each in samples], [each[1] for each in samples]
    found = plot.resample(at, values, begin, begin + width, columns, 10**11)
    assert len(found) == (columns if width else 0)
    known = [value for value in values if value is not None]
    for value in found:
        assert value is None or min(known) - 1e-6 <= value <= max(known) + 1e-6


@given(values=st.lists(figure, max_size=60), width=st.integers(1, 30), height=st.integers(1, 8), low=st.floats(-10, 10))
def test_a_line_has_a_dot_in_every_known_column_and_in_no_other(
    values: list[float | None], width: int, height: int, low: float
) -> None:
    rows = plot.line(values, width, height, low, low + 1)
    assert [len(row) for row in rows] == [width] * height
    shown = values[: 2 * width] + [None] * max(0, 2 * width - len(values))
    for column in range(2 * width):
        mask = 0x47 if column % 2 == 0 else 0xB8
        assert any(row[column // 2] & mask for row in rows) is (shown[column] is not None)
    for row in rows:
        assert all(len(plot.characters(bits)) == 1 for bits in row)


def test_a_line_is_joined() -> None:
    rows = plot.line([0.0, 1.0], 1, 2, 0.0, 1.0)
    assert sum(bits.bit_count() for row in rows for bits in row) == 8


@given(values=st.lists(figure, min_size=1, max_size=20), least=st.floats(0.01, 10))
def test_a_span_holds_what_is_known_and_is_wide_enough(values: list[float | None], least: float) -> None:
    low, high = plot.span_of(values, least=least)
    assert high - low >= least * 0.999
    assert all(value is None or low <= value <= high for value in values)


def test_bars() -> None:
    assert plot.bars([0.0, 1.0, 8.0, None, 0.01], 8.0) == " ▁█ ▁"
    assert plot.bars([1.0], 0.0) == " "
