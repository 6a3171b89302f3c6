"""The past of a feed's light."""

from __future__ import annotations

from engine.model import FeedState, Light
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, text
from widgets.light_history import LightHistory


def test_a_change_of_light() -> None:
    state = FeedState("prices", Light.DOWN, NOW, NOW, "silent")
    assert "prices   down" in text(LightHistory(now_ns=lambda: NOW).row("1", state, 90, COLORS))
