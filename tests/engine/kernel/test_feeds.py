"""What the stages make of a feed's own state, and what a feed is told of a changed configuration."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.clock import HOUR, MINUTE, SECOND, VirtualClock
from engine.config import Config
from engine.kernel.inbox import Reread
from engine.model import Author, DisplayText, FeedState, Light, Post
from engine.model.state import NotCovered
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


def test_a_headline_moves_nothing_to_a_signal_while_x_is_away(tmp_path: Path) -> None:
    with opened(config(tmp_path), VirtualClock(NOW)) as made:
        made.intake.take(FeedState("x", Light.UP, NOW, NOW, covered_since_ns=NOW - 2 * HOUR))
        made.intake.take(headline(1))
        assert made.sentiment.mood("TSLA", NOW).warm
        missing = {"gap_from_ns": NOW - 2 * MINUTE, "gap_to_ns": NOW}
        made.intake.take(FeedState("x", Light.DOWN, NOW, NOW, "the connection broke", **missing))
        made.intake.take(headline(2))
        mood = made.sentiment.mood("TSLA", NOW)
        assert mood.volume == 2 and not mood.warm
        assert "not filled" in made.pipeline.why_not(mood)


def test_a_headline_moves_no_symbol_to_a_signal_that_x_does_not_listen_for(tmp_path: Path) -> None:
    """Rule, reason and what is missing stand with the mood; the symbols that X listens for are not concerned."""
    made = config(tmp_path, "paper", "TSLA", "AAPL")
    [first, *others] = made.symbols
    lacks = NotCovered(DisplayText("desk:T:1"), (first,), DisplayText("refused by X: no such operator"), "correct it")
    with opened(made, VirtualClock(NOW)) as desk:
        desk.intake.take(FeedState("x", Light.UP, NOW, NOW, covered_since_ns=NOW - 2 * HOUR))
        gap = {"gap_from_ns": NOW, "gap_to_ns": NOW + HOUR, "symbols": (first,), "not_covered": (lacks,)}
        desk.intake.take(FeedState("x", Light.DEGRADED, NOW, NOW, **gap))
        mood = desk.sentiment.mood(first, NOW + SECOND)
        assert not mood.warm
        assert mood.missing.startswith(
            "x does not cover it: rule desk:T:1 refused by X: no such operator, posts since "
        )
        assert desk.pipeline.why_not(mood).startswith("warming up: x does not cover it")
        assert all(desk.sentiment.mood(symbol, NOW + SECOND).warm for symbol in others)
        back = FeedState(
            "x", Light.UP, NOW, NOW + MINUTE, filled_from_ns=NOW, filled_to_ns=NOW + HOUR, symbols=(first,)
        )
        desk.intake.take(back)
        assert desk.sentiment.mood(first, NOW + MINUTE).warm


def headline(number: int) -> Post:
    author = Author(f"benzinga/{number}", DisplayText("benzinga"), verified=True)
    text = f"Tesla beats expectations in quarter {number}, shares soar"
    return Post(
        f"news-{number}.00000000", "news", NOW - SECOND, NOW, author, text, DisplayText(text), "en", cashtags=("TSLA",)
    )
