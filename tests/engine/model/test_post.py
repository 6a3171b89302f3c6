"""What a reading says of one symbol: its own score where a text takes sides, else that of the whole text."""

from __future__ import annotations

from engine.model import Reading, SymbolScore


def test_a_symbol_has_its_own_score_or_that_of_the_text() -> None:
    reading = Reading("p", "vader", "1", 0.1, 0.2, 3, symbols=(SymbolScore("TSLA", -0.5, 0.9),))
    assert reading.about("TSLA") == (-0.5, 0.9)
    assert reading.about("GOOG") == (0.1, 0.2)
