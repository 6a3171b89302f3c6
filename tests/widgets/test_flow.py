from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.harness import COLORS, text
from widgets.flow import figure, flow

INK = COLORS.text


def told(texts: list[str], width: int, indent: int = 8) -> list[str]:
    figures = [figure((each, INK)) for each in texts]
    return text(flow("label", figures, width, indent=indent, style=INK)).split("\n")


def test_what_does_not_fit_goes_on_under_it_whole() -> None:
    assert told(["1,234.50", "4.98% of equity", "gtc"], 30) == [
        " label  1,234.50              ",
        "        4.98% of equity  gtc  ",
    ]


def test_an_empty_figure_takes_no_room_and_drives_no_terminal() -> None:
    assert told(["", "a", "", "b"], 20) == [" label  a  b        "]
    assert told(["\x1b[31mred"], 20) == [" label  \ufffd[31mred    "]


def test_the_parts_of_a_figure_wider_than_a_line_stand_alone() -> None:
    wide = [figure(("finbert ", INK), ("+0.42", INK), (" conf 0.88", INK))]
    lines = text(flow("votes", wide, 19, indent=8, style=INK)).split("\n")
    assert [line.strip() for line in lines] == ["votes  finbert", "+0.42", "conf 0.88"]


@given(st.lists(st.text("ab 1", max_size=12).map(str.strip), max_size=8), st.integers(24, 60))
def test_every_line_is_as_wide_as_asked_and_every_figure_is_there(texts: list[str], width: int) -> None:
    lines = told(texts, width)
    assert all(len(line) == width for line in lines)
    assert all(any(each in line for line in lines) for each in texts)
