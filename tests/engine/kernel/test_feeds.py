"""What the stages make of a feed's own state, and what a feed is told of a changed configuration."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.clock import VirtualClock
from engine.config import Config
from engine.kernel.inbox import Reread
from engine.model import FeedState, Light
from tests.engine.kernel.bare import NOW, config, opened


def test_the_alert_of_a_feed_ends_when_posts_come_again_not_when_the_gap_is_bought(tmp_path: Path) -> None:
    with opened(config(tmp_path), VirtualClock(NOW)) as made:
        made.intake.feed_state(FeedState("x", Light.DOWN, NOW, NOW, "the connection broke"))
        assert [alert.id for alert in made.view.alerts.values()] == ["feed:x"]
        made.intake.feed_state(FeedState("x", Light.RECOVERING, NOW, NOW, "gap 13:20:00-13:21:00"))
        assert not made.view.alerts


def test_a_feed_is_told_that_the_machine_slept(tmp_path: Path) -> None:
    slept: list[int] = []
    with opened(config(tmp_path), VirtualClock(NOW)) as made:
        [feed] = [feed for feed in made.feeds if feed.name == "x"]
        feed.woken = slept.append  # type: ignore[attr-defined]
        made.woken(600)
    assert slept == [600]


def test_a_changed_cap_reaches_the_feed_at_once_when_lower_and_when_confirmed_if_higher(tmp_path: Path) -> None:
    caps: list[float] = []

    def told(changed: Config) -> None:
        caps.append(changed.x.daily_cap_usd)

    with opened(config(tmp_path), VirtualClock(NOW)) as made:
        [feed] = [feed for feed in made.feeds if feed.name == "x"]
        feed.reconfigure = told  # type: ignore[attr-defined]
        for usd in (5.0, 50.0):
            x = msgspec.structs.replace(made.reloading.config.x, daily_cap_usd=usd)
            made.reloading.take(Reread(msgspec.structs.replace(made.reloading.config, x=x)))
        assert caps == [5.0]
        assert made.reloading.confirm(made.reloading.fingerprint, "a person").ok
        assert caps == [5.0, 50.0]
