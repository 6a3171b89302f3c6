from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.model import DisplayText
from tests.desk import made_up
from tests.hostile.corpus import CORPUS
from tests.program import clean
from tests.widgets.harness import COLORS, text
from widgets.post_line import post_line, post_words

POST = made_up.post(3, made_up.NOW)


@given(st.integers(60, 240), st.booleans(), st.booleans())
def test_a_line_is_as_wide_as_it_is_asked_to_be(width: int, chosen: bool, hit: bool) -> None:
    assert post_line(POST, width, COLORS, chosen=chosen, hit=hit).cells == width


def test_signs_stand_for_what_colours_say() -> None:
    assert text(post_line(POST, 100, COLORS, chosen=True, hit=True)).startswith("▌")
    assert text(post_line(POST, 100, COLORS, chosen=False, hit=True)).startswith("›")
    recovered = replace(POST, recovered=True, verified=True, score=0.1)
    said = text(post_line(recovered, 100, COLORS, chosen=False, hit=False))
    assert "↺ " in said
    assert "✓" in said
    assert "▲" not in said


@pytest.mark.parametrize("foreign", [value for name, value in CORPUS.items() if name != "surrogate"])
def test_a_hostile_text_keeps_the_width(foreign: str) -> None:
    from engine.text import display_text

    post = replace(POST, text=display_text(foreign), author=DisplayText("x"))
    assert post_line(post, 120, COLORS, chosen=False, hit=False).cells == 120
    assert clean(post_words(post))
