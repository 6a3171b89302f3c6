"""What a scorer answers is made plain, or is none."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import DisplayText, Score, SymbolScore
from engine.scoring.usable import MOST_SYMBOLS, REASON_LIMIT, usable
from engine.text import display_text

shares = st.floats(0.0, 1.0)
values = st.floats(-1.0, 1.0)


@given(values, shares, st.lists(st.tuples(st.sampled_from(("TSLA", "F")), values, shares), max_size=3), st.text())
def test_a_score_keeps_its_meaning_in_six_decimals(
    value: float, confidence: float, own: list[tuple[str, float, float]], reason: str
) -> None:
    found = usable(Score(value, confidence, tuple(SymbolScore(*each) for each in own), DisplayText(reason)))
    assert found is not None
    assert (found.score, found.confidence) == (round(value, 6), round(confidence, 6))
    assert [(each.symbol, each.score) for each in found.symbols] == [(name, round(score, 6)) for name, score, _ in own]
    assert usable(found) == found
    assert found.reason == display_text(reason, REASON_LIMIT)


@pytest.mark.parametrize("kind", [numpy.float64, numpy.float32, numpy.float16, int])
def test_numbers_of_other_packages_become_ours(kind: type) -> None:
    """A model's answer can be written to the journal."""
    found = usable(Score(kind(1), kind(0), (SymbolScore("TSLA", kind(-1), kind(1)),)))
    assert found == Score(1.0, 0.0, (SymbolScore("TSLA", -1.0, 1.0),))
    assert usable(Score(kind(1), kind(0))) == Score(1.0, 0.0)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Score) == found


@pytest.mark.parametrize(
    "answer",
    [
        0.5,
        "up",
        (0.5, 0.5),
        Score(float("nan"), 0.5),
        Score(0.5, float("nan")),
        Score(1.0000001, 0.5),
        Score(-1.0000001, 0.5),
        Score(0.5, -0.0000001),
        Score(0.5, 1.0000001),
        Score("up", 0.5),  # type: ignore[arg-type]
        Score(0.5, None),  # type: ignore[arg-type]
        Score(0.5, 0.5, (SymbolScore("TSLA", 2.0, 0.5),)),
        Score(0.5, 0.5, (SymbolScore("TSLA", 0.5, -1.0),)),
        Score(0.5, 0.5, ("TSLA",)),  # type: ignore[arg-type]
        Score(0.5, 0.5, 7),  # type: ignore[arg-type]
        Score(0.5, 0.5, (), 7),  # type: ignore[arg-type]
        Score(numpy.zeros(2), 0.5),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_score_is_none(answer: Any) -> None:
    assert usable(answer) is None


def test_nothing_said_is_left_out() -> None:
    assert usable(Score(0.25, 0.5, None, None)) == Score(0.25, 0.5)  # type: ignore[arg-type]


def test_reasons_can_be_shown_and_symbols_are_bounded() -> None:
    long = Score(
        0.5,
        0.5,
        tuple(SymbolScore(f"S{number}", 0.1, 0.1) for number in range(99)),
        DisplayText("\x1b[31m" * 9 + "a" * 999),
    )
    found = usable(long)
    assert found is not None
    assert len(found.symbols) == MOST_SYMBOLS and len(found.reason) <= 280 and "\x1b" not in found.reason
