from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from tests.widgets.harness import COLORS, text
from widgets.line import ELLIPSIS, Line, fit, wrap
from widgets.no_control import visible


@given(st.text(max_size=300), st.integers(0, 60))
def test_fit_takes_exactly_its_cells(value: str, width: int) -> None:
    assert cell_len(fit(value, width)) == width


@given(st.text(alphabet=st.characters(max_codepoint=0x2FFFF), max_size=200), st.integers(1, 40))
def test_fit_leaves_nothing_that_drives_a_terminal(value: str, width: int) -> None:
    fitted = fit(value, width)
    assert visible(fitted) == fitted


def test_fit_marks_what_it_cut() -> None:
    assert fit("quarterly", 6) == f"quart{ELLIPSIS}"
    assert fit("quarterly", 9) == "quarterly"
    assert fit("注目株", 5) == f"注目{ELLIPSIS}"


@given(st.lists(st.tuples(st.text(max_size=30), st.integers(0, 20)), max_size=6), st.integers(0, 80))
def test_a_strip_has_the_width_asked_for(fields: list[tuple[str, int]], width: int) -> None:
    line = Line()
    for value, cells in fields:
        line.field(value, cells, COLORS.text).right(value, cells, COLORS.muted)
    assert line.strip(width, COLORS.base).cell_length == width


def test_right_puts_the_figure_at_the_right() -> None:
    assert text(Line().right("4.20", 8, Style())) == "    4.20"
    assert text(Line().right("a long figure", 6, Style())) == f"a lon{ELLIPSIS}"


@given(st.text(max_size=400), st.integers(4, 40), st.integers(1, 5))
def test_wrap_stays_inside_its_box(value: str, width: int, most: int) -> None:
    lines = wrap(value, width, most)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)


def test_wrap_breaks_at_blanks_and_says_when_it_cut() -> None:
    assert wrap("revenue up and margin back", 12, 9) == ["revenue up", "and margin", "back"]
    assert wrap("revenue up and margin back", 12, 2)[-1].endswith(ELLIPSIS)
    assert wrap("revenue up and margin back", 14, 1) == ["revenue up and"[:13] + ELLIPSIS]
    assert wrap("revenue up and margin back", 13, 1) == ["revenue up" + ELLIPSIS]
    assert wrap("x" * 20, 8, 3) == ["x" * 8, "x" * 8, "x" * 4]
