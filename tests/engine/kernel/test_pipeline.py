"""From a post to a signal: what is read ahead of its turn changes nothing that is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.clock import SECOND, VirtualClock
from engine.journal import Reader
from engine.model import Author, DisplayText, Post
from tests.engine.kernel import bare

TEXTS = (
    *("$TSLA great quarter, margins up", "weak guidance, $TSLA will fall", "nothing of interest", "Is $TSLA a buy?"),
    *("$TSLA great quarter, margins up!", "$GOOG or $TSLA?", "das ist nicht auf Englisch gesagt $TSLA", ""),
)
CHOICES = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(TEXTS), st.sampled_from(("en", "de", "und"))), min_size=1, max_size=24
)


def post(number: int, place: int, text: str, lang: str) -> Post:
    at_ns = bare.NOW + place * SECOND
    author = Author(str(number % 4), DisplayText(f"author_{number % 4}"), followers=20_000 * number)
    return Post(f"p{number}", "replay", at_ns, at_ns, author, text, DisplayText(text), lang)


def recorded(home: Path, posts: list[Post], step: int) -> list[tuple[object, ...]]:
    """The journal after these posts, `step` of which are read ahead at a time; none where it is 0."""
    clock = VirtualClock(bare.NOW)
    with bare.opened(bare.config(home, "paper", "TSLA", "GOOG"), clock) as stages:
        for place, each in enumerate(posts):
            if step and place % step == 0:
                stages.pipeline.read_ahead(posts[place : place + step])
            clock.advance(each.received_ns)
            stages.pipeline.on_post(each, each.received_ns)
        stages.journal.flush()
        with Reader(stages.journal.path) as reader:
            return [(record.kind, record.key, record.at_ns, record.body) for record in reader.records()]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(chosen=CHOICES, step=st.integers(1, 9))
def test_reading_ahead_changes_no_record(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[tuple[int, str, str]], step: int
) -> None:
    posts = [post(number, place, text, lang) for place, (number, text, lang) in enumerate(chosen)]
    whole = recorded(tmp_path_factory.mktemp("one"), posts, 0)
    assert recorded(tmp_path_factory.mktemp("ahead"), posts, step) == whole
    assert {kind for kind, *_ in whole} >= {"post"}
