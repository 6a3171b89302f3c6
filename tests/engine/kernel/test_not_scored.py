"""Posts that no scorer reads are counted, and the count is seen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.report import status_lines
from engine.clock import VirtualClock
from engine.config import Config
from engine.kernel.view import MOST_REASONS, View
from engine.model import Author, Post
from engine.model.base import DisplayText
from tests.desk.made_up import snapshot
from tests.engine.kernel import bare


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


@pytest.mark.parametrize(
    ("languages", "skipped"),
    [
        (("en",), {"language de": 1, "language zh": 1}),
        (("de", "zh-TW"), {"language en": 1}),
        ((), {}),
    ],
)
def test_a_language_is_known_by_its_first_letters_and_no_list_means_any(
    tmp_path: Path, languages: tuple[str, ...], skipped: dict[str, int]
) -> None:
    """X takes `zh-TW` in a rule and says `zh` of the post."""
    base = bare.config(tmp_path)
    config = msgspec.structs.replace(base, x=msgspec.structs.replace(base.x, languages=languages))
    with bare.opened(config, VirtualClock(bare.NOW)) as stages:
        for number, lang in enumerate(("en", "de", "zh", "und", "")):
            text = DisplayText("$TSLA great quarter")
            author = Author("1", DisplayText("made_up"))
            post = Post(str(number), "x", bare.NOW, bare.NOW, author, text, text, lang, cashtags=("TSLA",))
            stages.pipeline.on_post(post, bare.NOW)
        assert stages.view.skipped == skipped


def test_the_status_says_so() -> None:
    made = snapshot()
    status = msgspec.structs.replace(made.status, not_scored={"language not English": 31, "repost": 4})
    (line,) = [line for line in status_lines(msgspec.structs.replace(made, status=status)) if line.startswith("posts")]
    assert line.endswith(", not scored: 31 language not English, 4 repost")
