"""Which feeds a configuration runs, and which secrets they ask for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.config import Config, FeedsConfig, WatchRow, XConfig, load
from engine.errors import ConfigError, CredentialsError
from engine.feeds.news import AlpacaNewsFeed
from engine.kernel import plugins
from engine.kernel.plugins import build_feeds, build_strategies
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


def test_strategies_of_other_packages_are_asked_after_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of somebody's offers one by an entry point, as ours do; it is built with the configuration."""
    package = tmp_path / "mine-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[desk.strategies]\nnever = mine_never:Never\n")
    (tmp_path / "mine_never.py").write_text(
        "class Never:\n    name = 'never'\n    def __init__(self, config):\n        self.symbols = config.symbols\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    settings = {"DESK_STRATEGY__OWN": "never"}
    shift, never = build_strategies(load(env=settings).config)
    assert (shift.name, never.name) == ("shift", "never")
    alone = load(env={**settings, "DESK_STRATEGY__SHIFT__ENABLED": "false"}).config
    assert [each.name for each in build_strategies(alone)] == ["never"]
    with pytest.raises(ConfigError, match="found 'other'"):
        build_strategies(load(env={"DESK_STRATEGY__OWN": "other"}).config)


@pytest.mark.parametrize("named", ["shift", "never,never"])
def test_no_strategy_is_asked_twice(named: str) -> None:
    with pytest.raises(ConfigError, match="each once"):
        load(env={"DESK_STRATEGY__OWN": named})


@pytest.mark.parametrize("body", ["raise RuntimeError('no \\x1b[2J licence')", "import not_there", "Other = 1"])
def test_a_package_that_cannot_be_loaded_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    package = tmp_path / "theirs-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[desk.feeds]\ntheirs = theirs_feed:Feed\n")
    (tmp_path / "theirs_feed.py").write_text(body)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "theirs_feed", raising=False)
    with pytest.raises(ConfigError, match=r"expected desk\.feeds 'theirs' to load, found") as caught:
        feeds_of(Secrets(), "theirs")
    assert caught.value.where == "theirs_feed:Feed"
    assert "theirs" in caught.value.remedy and caught.value.message.isprintable()


def test_what_a_package_does_not_build_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Greedy:
        def __init__(self, config: Config, clock: SystemClock, more: str) -> None:
            """Asks for more than it gets."""

    monkeypatch.setattr(plugins, "find", lambda group, name: Greedy)
    with pytest.raises(ConfigError, match="expected feeds 'theirs' to start, found TypeError"):
        feeds_of(Secrets(), "theirs")
