"""A reading that comes later counts as if the post had come with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.errors import DeskError
from engine.model import DisplayText, Reading, SymbolScore
from tests.engine.sentiment.made_up import at, scored, sentiment

unit = st.integers(0, 1_000_000).map(lambda millionths: millionths / 1_000_000)
posts = st.lists(
    st.tuples(st.integers(0, 9000), unit, unit, st.none() | st.tuples(unit, unit, st.integers(0, 3000))),
    min_size=1,
    max_size=25,
)


@given(posts, st.integers(0, 6000))
def test_the_moods_are_the_same_to_the_last_bit(rows, after: int) -> None:
    late, whole = sentiment(), sentiment()
    for each in (late, whole):
        each.covered_since(at(-20_000))
    steps = []
    for number, (second, score, confidence, change) in enumerate(rows):
        post = scored(str(number), at(second), 2 * score - 1, confidence, symbols=("TSLA", "NVDA"))
        reading = post.reading
        steps.append((second, 0, number, lambda post=post, second=second: late.add(post, at(second))))
        if change is not None:
            reading = replace(reading, score=1 - 2 * change[0], confidence=change[1])
            when = second + change[2]
            steps.append((when, 1, number, lambda new=reading, when=when: late.rescore(new, at(when))))
        whole.add(replace(post, reading=reading), at(second))
    for *_, step in sorted(steps, key=lambda step: step[:3]):
        step()
    end = at(12_000 + after)
    early = [whole.mood(symbol, end) for symbol in ("TSLA", "NVDA")]
    assert [late.mood(symbol, end) for symbol in ("TSLA", "NVDA")] == early


def test_a_later_reading_tells_its_moods_and_its_reason() -> None:
    mood = sentiment()
    mood.add(scored("1", at(0), 0.2, 0.5, symbols=("TSLA", "NVDA")), at(0))
    own = (SymbolScore("NVDA", -0.8, 0.9),)
    reading = Reading("1", "ensemble", "2", 0.6, 0.9, at(5), symbols=own, reason=DisplayText("a rival lost"))
    moods = mood.rescore(reading, at(5))
    assert [(each.symbol, each.value, each.at_ns) for each in moods] == [("TSLA", 0.6, at(5)), ("NVDA", -0.8, at(5))]
    (evidence,) = mood.evidence("NVDA")
    assert (evidence.score, evidence.confidence, evidence.scorer) == (-0.8, 0.9, "ensemble")
    assert evidence.reason == "a rival lost"


def test_a_post_that_is_gone_stays_gone() -> None:
    mood = sentiment()
    mood.add(scored("1", at(0), 0.2), at(0))
    mood.remove("1")
    assert mood.rescore(Reading("1", "ensemble", "2", 1.0, 1.0, at(5)), at(5)) == ()
    assert mood.mood("TSLA", at(5)).volume == 0


def test_a_number_out_of_its_range_changes_nothing() -> None:
    mood = sentiment()
    mood.add(scored("1", at(0), 0.2, 0.5), at(0))
    with pytest.raises(DeskError, match="expected a score"):
        mood.rescore(Reading("1", "ensemble", "2", 2.0, 1.0, at(5)), at(5))
    assert mood.mood("TSLA", at(5)).value == 0.2
