"""Posts that no scorer reads are counted, and the count is seen."""

from __future__ import annotations

from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from desk.report import status_lines
from engine.config import Config
from engine.kernel.view import MOST_REASONS, View
from tests.desk.made_up import snapshot


@given(st.lists(st.sampled_from(["no symbol", "repost", *(f"language {number}" for number in range(12))])))
def test_every_post_is_in_one_of_a_few_reasons(reasons: list[str]) -> None:
    view = View(Config())
    for reason in reasons:
        view.skip(reason)
    told = view.not_scored()
    assert sum(told.values()) == len(reasons)
    assert len(told) <= MOST_REASONS
    counts = Counter(reasons)
    assert all(count == counts[reason] for reason, count in told.items() if reason != "other")
    own = [count for reason, count in told.items() if reason != "other"]
    assert own == sorted(own, reverse=True)


def test_the_status_says_so() -> None:
    made = snapshot()
    status = msgspec.structs.replace(made.status, not_scored={"language not English": 31, "repost": 4})
    (line,) = [line for line in status_lines(msgspec.structs.replace(made, status=status)) if line.startswith("posts")]
    assert line.endswith("language not English: 31 not scored, repost: 4 not scored")
