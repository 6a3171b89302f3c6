"""Moods read back from the journal are those of an engine that ran through, to the last bit, at any window's edge."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.clock import SECOND
from engine.model import GuardMark, ScoredPost
from engine.sentiment import Sentiment
from tests.engine.sentiment.made_up import at, scored, sentiment

WINDOW_S, LOOK_BACK_S = 60, 90
EDGES = (0, 0, 0, 1, 59, 60, 61, 89, 90, 91, 149, 150, 151)
POSTS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(EDGES),
        st.integers(-10, 10),
        st.sampled_from([0.0, 0.5, 1.0]),
        st.integers(0, 12),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def room() -> Sentiment:
    made = sentiment(window_s=float(WINDOW_S), look_back_s=float(LOOK_BACK_S))
    made.covered_since(0)
    return made


def says(made: Sentiment, now_ns: int) -> tuple[object, ...]:
    return (
        made.mood("TSLA", now_ns),
        made.evidence("TSLA", 5),
        made.newest_ns("TSLA"),
        made.top_author_share("TSLA"),
        made.top_text_share("TSLA"),
        made.top_cluster("TSLA"),
    )


@settings(max_examples=100)
@given(POSTS, st.sampled_from(EDGES), st.lists(st.integers(0, 60), max_size=3))
def test_a_restart_changes_no_mood(
    rows: list[tuple[int, int, int, float, int, bool]], down_s: int, later_s: list[int]
) -> None:
    """Late posts, guarded ones, clusters, edits; down for so long, and asked for some time after."""
    once, records, now_s = room(), list[ScoredPost | str](), 0
    for number, (gap_s, late_s, score, weight, who, edit) in enumerate(rows):
        now_s += gap_s
        made = scored(f"p{number}", at(now_s - late_s), score / 10, 0.7, author=f"a{who}", text=f"says {who % 3}")
        mark = GuardMark(weight, f"p{who}" if who < number and who % 2 else "")
        made = replace(made, mark=mark, post=replace(made.post, received_ns=at(now_s)))
        once.add(made, at(now_s))
        records.append(made)
        if edit and who < number:
            once.remove(f"p{who}")
            records.append(f"p{who}")
    now_s += down_s
    again, horizon_ns = room(), at(now_s) - (WINDOW_S + LOOK_BACK_S) * SECOND
    for record in records:
        if isinstance(record, str):
            again.remove(record)
        elif record.post.published_ns > horizon_ns:
            again.add(record, at(now_s))
    for wait_s in (0, *later_s):
        now_s += wait_s
        assert says(again, at(now_s)) == says(once, at(now_s))
