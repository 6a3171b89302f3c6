"""A feed's row: its light, what was lost, what it cost."""

from __future__ import annotations

import msgspec
import pytest

from engine.clock import DAY, MINUTE
from engine.model import FeedState, Light
from tests.desk import made_up
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, text
from widgets.feed_rows import FeedRows

replace = msgspec.structs.replace


@pytest.mark.parametrize("light", Light)
def test_every_light_has_a_sign_and_its_word(light: Light) -> None:
    state = FeedState("x", light, NOW, NOW, "words", "a remedy")
    lines = FeedRows(now_ns=lambda: NOW).row("x", state, 100, COLORS)
    assert len(lines) == 3
    assert f" {light.value}" in text(lines[0])
    assert "nothing has come" in text(lines[0])
    assert "words  → a remedy" in text(lines[2])


def test_a_feed_says_what_was_lost_and_what_it_cost() -> None:
    state = replace(made_up.feeds()[0], dropped=3, malformed=2, spent_usd=19.0, gap_from_ns=NOW, gap_to_ns=NOW + MINUTE)
    said = text(FeedRows(now_ns=lambda: NOW + MINUTE).row("x", state, 120, COLORS))
    for part in ("dropped 3", "malformed 2", "$19.00 of $20.00", "missing 11:45:30 to 11:46:30"):
        assert part in said
    capped = text(FeedRows().row("x", replace(state, cap_usd=0.0), 120, COLORS))
    assert "of $0.00 ━━━━━━━━━━" in capped
    assert "$19.00 spent, no cap" in text(
        FeedRows(now_ns=lambda: NOW).row("x", replace(state, cap_usd=None), 120, COLORS)
    )
    ahead = replace(state, gap_to_ns=NOW + 366 * DAY, filled_from_ns=None)
    assert "missing since 11:45:30" in text(FeedRows(now_ns=lambda: NOW).row("x", ahead, 120, COLORS))
    taken_back = replace(state, gap_from_ns=None, gap_to_ns=None, filled_from_ns=NOW, filled_to_ns=NOW + 366 * DAY)
    assert "filled" not in text(FeedRows(now_ns=lambda: NOW).row("x", taken_back, 120, COLORS))
    filled = replace(state, gap_from_ns=None, gap_to_ns=None, filled_from_ns=NOW, filled_to_ns=NOW)
    assert "filled 11:45:30" in text(FeedRows(now_ns=lambda: NOW).row("x", filled, 120, COLORS))
