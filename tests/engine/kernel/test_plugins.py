"""Which feeds a configuration runs, and which secrets they ask for."""

from __future__ import annotations

import pytest

from engine.clock import SystemClock
from engine.config import Config, FeedsConfig, WatchRow, XConfig
from engine.errors import ConfigError, CredentialsError
from engine.feeds.news import AlpacaNewsFeed
from engine.kernel import plugins
from engine.kernel.plugins import build_feeds
from engine.model import Feed
from engine.model.ports import Sleeper


class Secrets:
    """Has every secret but some, and remembers which were asked for."""

    def __init__(self, *missing: str) -> None:
        self.missing = missing
        self.asked: list[str] = []

    def __call__(self, name: str) -> str:
        self.asked.append(name)
        if name in self.missing:
            raise CredentialsError(f"expected {name}, found none", remedy=f"desk keys set {name}")
        return f"made-up {name}"


def feeds_of(secrets: Secrets, *posts: str, x: bool = True) -> tuple[Feed, ...]:
    config = Config(
        feeds=FeedsConfig(posts=posts), x=XConfig(enabled=x), watchlist=(WatchRow(symbol="TSLA", name="Tesla"),)
    )
    feeds, replay = build_feeds(config, SystemClock(), secrets, {})
    assert replay is None
    return feeds


def test_news_alone_need_no_token_of_x() -> None:
    secrets = Secrets("x_bearer_token")
    feeds = feeds_of(secrets, "news")
    assert [feed.name for feed in feeds] == ["news", "prices"]
    assert isinstance(feeds[0], AlpacaNewsFeed) and isinstance(feeds[0], Sleeper)
    assert set(secrets.asked) == {"alpaca_key_id", "alpaca_secret_key"}
    assert "made-up" not in repr(feeds[0])


def test_both_feeds_of_posts_run_beside_each_other() -> None:
    assert [feed.name for feed in feeds_of(Secrets(), "x", "news")] == ["x", "news", "prices"]
    assert [feed.name for feed in feeds_of(Secrets("x_bearer_token"), "x", "news", x=False)] == ["news", "prices"]
    assert [feed.name for feed in feeds_of(Secrets(), "x")] == ["x", "prices"]


def test_without_keys_the_remedy_is_told() -> None:
    with pytest.raises(CredentialsError) as caught:
        feeds_of(Secrets("alpaca_key_id"), "news")
    assert "desk keys set" in caught.value.remedy


def test_ours_are_found_without_a_look_at_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(plugins, "entry_points")
    assert plugins.find("feeds", "news") is AlpacaNewsFeed


def test_a_name_that_nothing_answers_to_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        feeds_of(Secrets(), "newz")
    assert "news" in caught.value.message and "desk.feeds" in caught.value.remedy
