"""Limits as bars: how much of each is used."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.model import LimitUse
from tests.widgets.harness import COLORS, text
from widgets.limit_bars import LimitBars, bar

replace = msgspec.structs.replace


@given(st.floats(0, 3), st.integers(0, 60))
def test_a_bar_is_as_wide_as_asked_and_full_from_one_on(use: float, width: int) -> None:
    drawn = bar(use, width)
    assert len(drawn) == width
    assert (drawn == "━" * width) is (round(min(use, 1) * width) == width)


def test_a_limit_that_is_close_says_so_without_colour() -> None:
    panel = LimitBars()
    near = LimitUse("daily_loss", Decimal("1.6"), Decimal(2), "%")
    assert "!" in text(panel.row("a", near, 90, COLORS))
    assert "80%" in text(panel.row("a", near, 90, COLORS))
    assert "1.60 of 2 %" in text(panel.row("a", near, 90, COLORS))
    assert "!" not in text(panel.row("a", replace(near, value=Decimal(1)), 90, COLORS))
