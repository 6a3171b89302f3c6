import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tests.widgets.harness import COLORS
from widgets.palette import contrast, palette


def test_contrast_is_the_one_wcag_defines() -> None:
    assert contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21.0)
    assert contrast(Color(119, 119, 119), Color(255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", sorted(BUILTIN_THEMES))
def test_every_built_in_theme_has_a_palette(name: str) -> None:
    colors = palette(BUILTIN_THEMES[name])
    assert colors.base.color is not None
    assert colors.live.bgcolor != colors.paper.bgcolor != colors.simulated.bgcolor


def test_an_unknown_profile_is_as_loud_as_live() -> None:
    assert COLORS.profile("paper") is COLORS.paper
    assert COLORS.profile("prod") is COLORS.live


def test_grey_keeps_what_must_not_fade() -> None:
    grey = COLORS.greyed()
    assert grey.up == grey.down == grey.text == COLORS.muted
    assert grey.alarm == COLORS.alarm
    assert grey.live == COLORS.live
