from __future__ import annotations

from rich.style import Style

from widgets.line import Line
from widgets.painted_rows import PaintedRows

BASE = Style(color="red")


def said(text: str) -> list[Line]:
    return [Line().add(text, Style())]


def test_a_row_is_made_again_only_when_it_is_made_from_something_else() -> None:
    kept, made = PaintedRows(), []

    def make() -> list[Line]:
        made.append(1)
        return said("one")

    first = kept.strips(0, ("a", 1), make, 8, 2, BASE)
    assert [strip.cell_length for strip in first] == [8, 8]
    assert kept.strips(0, ("a", 1), make, 8, 2, BASE) is first is kept.get(0)
    assert len(made) == 1
    assert kept.strips(0, ("a", 2), make, 8, 2, BASE) is first, "it looks the same: nothing to repaint"
    assert len(made) == 2
    assert kept.strips(0, ("b", 2), lambda: said("two"), 8, 2, BASE) is not first
    kept.forget()
    assert kept.get(0) is None
