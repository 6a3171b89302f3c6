"""Sides, and which mode lets less happen by itself."""

from __future__ import annotations

from itertools import product

import pytest

from engine.model import Mode, Side


@pytest.mark.parametrize("side", Side)
def test_a_side_and_its_opposite(side: Side) -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)
    assert side.opposite.sign == -side.sign
    assert side.opposite.opposite is side


@pytest.mark.parametrize(("one", "other"), product(Mode, Mode))
def test_the_stricter_of_two_modes(one: Mode, other: Mode) -> None:
    assert [mode.reach for mode in (Mode.OFF, Mode.CONFIRM, Mode.AUTO)] == [0, 1, 2]
    assert one.stricter(other) in (one, other)
    assert one.stricter(other) is other.stricter(one)
    assert one.stricter(other).reach == min(one.reach, other.reach)
