"""What a reading says of one symbol, its own score where a text takes sides; and how readings are journaled."""

from __future__ import annotations

import msgspec

from engine.model import Reading, SymbolScore


def test_a_symbol_has_its_own_score_or_that_of_the_text() -> None:
    reading = Reading("p", "vader", "1", 0.1, 0.2, 3, symbols=(SymbolScore("TSLA", -0.5, 0.9),))
    assert reading.about("TSLA") == (-0.5, 0.9)
    assert reading.about("GOOG") == (0.1, 0.2)


def test_what_is_said_at_a_time_is_one_record_and_taken_apart_again() -> None:
    vader, linear = (Reading("p", name, "1", 0.1, 0.2, 3) for name in ("vader", "linear"))
    together = Reading("p", "ensemble", "1", 0.1, 0.3, 3)
    recorded = together.with_members((vader, linear))
    assert recorded != together
    assert recorded.apart() == (vader, linear, together)
    assert msgspec.json.decode(msgspec.json.encode(recorded), type=Reading).apart() == (vader, linear, together)


def test_a_scorer_alone_is_no_member_of_anything() -> None:
    alone = Reading("p", "vader", "1", 0.1, 0.2, 3)
    assert alone.with_members((alone,)) is alone
    assert alone.apart() == (alone,)
    assert Reading("p", "ensemble", "1", 0.0, 0.0, 3).with_members(()).apart() == (
        Reading("p", "ensemble", "1", 0.0, 0.0, 3),
    )
