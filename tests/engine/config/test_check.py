"""What types cannot say: values and combinations that cannot work."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config, load
from engine.config.check import check_values
from engine.config.section import Section
from engine.errors import ConfigError


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("env", "key"),
    [
        ({"DESK_FEEDS__POSTS": "replay"}, "feeds.posts"),
        ({"DESK_FEEDS__PRICES": "replay"}, "feeds.prices"),
        ({"DESK_FEEDS__POSTS": "x,x"}, "feeds.posts"),
        ({"DESK_FEEDS__POSTS": "news,news"}, "feeds.posts"),
        ({"DESK_FEEDS__POSTS": "news,replay", "DESK_FEEDS__PRICES": "replay"}, "feeds.posts"),
        ({"DESK_ALPACA__NEWS_STREAM_URL": "https://stream.data.alpaca.markets/v1beta1/news"}, "alpaca.news_stream_url"),
        ({"DESK_FEEDS__POSTS": "prices"}, "feeds.posts"),
        ({"DESK_FEEDS__POSTS": "replay", "DESK_FEEDS__PRICES": "replay"}, "feeds.posts"),
        ({"DESK_SCREEN__FPS": "fast"}, "screen.fps"),
        ({"DESK_REPLAY__SPEED": "-1"}, "replay.speed"),
        ({"DESK_SCORING__FINBERT__MAX_LENGTH": "1"}, "scoring.finbert.max_length"),
        ({"DESK_ENGINE__STATE_DIR": "a\x00b"}, "engine.state_dir"),
        ({"DESK_ENGINE__RUNTIME_DIR": "a\nb"}, "engine.runtime_dir"),
        ({"DESK_ENGINE__STATE_DIR": "~nobody-of-this-name/desk"}, "engine.state_dir"),
        ({"DESK_REPLAY__PATH": "~nobody-of-this-name/day"}, "replay.path"),
        ({"DESK_SCORING__LINEAR_WEIGHTS": "a\x00b"}, "scoring.linear_weights"),
    ],
)
def test_combinations_that_cannot_work(env: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(env=env)
    assert key in caught.value.where


@pytest.mark.parametrize("key", ["trading_url", "trading_stream_url"])
@pytest.mark.parametrize("profile", ["paper", "simulated"])
def test_real_money_is_reached_through_the_live_profile_alone(tmp_path: Path, key: str, profile: str) -> None:
    """Elsewhere nobody would be asked to arm it."""
    address = {
        "trading_url": "https://API.alpaca.markets:443/v2",
        "trading_stream_url": "wss://api.alpaca.markets/stream",
    }
    path = write(tmp_path, f'[alpaca]\n{key} = "{address[key]}"\n')
    broker = "simulated" if profile == "simulated" else "alpaca"
    with pytest.raises(ConfigError, match="no real money in the profile"):
        load(path, profile=profile, env={"DESK_BROKER__NAME": broker})
    assert load(path, profile="live", env={}).config.engine.profile == "live"


def problems(config: Config) -> dict[str, str]:
    return {key: problem for key, problem, _ in check_values(config)}


@pytest.mark.parametrize(
    ("env", "key", "words"),
    [
        ({"DESK_ORDERS__EXIT_ATTEMPTS": "0"}, "orders.exit_attempts", "above 0"),
        ({"DESK_ORDERS__EXIT_TIMEOUT_S": "0"}, "orders.exit_timeout_s", "above 0"),
        ({"DESK_JOURNAL__DEDUPE_HOURS": "0"}, "journal.dedupe_hours", "the 1.5 h that the windows reach back"),
        ({"DESK_JOURNAL__DEDUPE_HOURS": "1.49"}, "journal.dedupe_hours", "found 1.49"),
        ({"DESK_SENTIMENT__LOOK_BACK_S": "86400"}, "journal.dedupe_hours", "the 24.5 h that the windows reach back"),
    ],
)
def test_no_setting_leaves_exits_untried_or_counts_a_post_twice(env: dict[str, str], key: str, words: str) -> None:
    """With no attempt an engine placed no stop; ids forgotten within the windows let a post in again."""
    with pytest.raises(ConfigError, match=words) as caught:
        load(env=env)
    assert key in caught.value.where
    assert load(
        env={"DESK_JOURNAL__DEDUPE_HOURS": "1.5", "DESK_ORDERS__EXIT_ATTEMPTS": "1"}
    ).config.orders.exit_attempts


def test_the_shipped_values_have_nothing_wrong() -> None:
    assert problems(load(env={}).config) == {}


def leaves(section: Section, prefix: str = "") -> Iterator[tuple[str, float]]:
    """Every setting that is a number, by its key."""
    for name in section.__struct_fields__:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from leaves(value, f"{prefix}{name}.")
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            yield f"{prefix}{name}", float(value)


def with_value(section: Section, key: str, value: float) -> Any:
    name, _, rest = key.partition(".")
    found = getattr(section, name)
    changed = with_value(found, rest, value) if rest else type(found)(value)
    return msgspec.structs.replace(section, **{name: changed})


NUMBERS = [key for key, _ in leaves(Config()) if key != "simulated.seed"]


@given(st.sampled_from(NUMBERS), st.sampled_from([-1.0, 1e16, float("nan"), float("inf")]))
def test_no_number_is_negative_endless_or_without_measure(key: str, value: float) -> None:
    config = load(env={}).config
    whole = "." in key and isinstance(value_of(config, key), int)
    if (whole and value != value) or (whole and value == float("inf")):
        return  # no whole number can be one of these: the types refuse it
    assert key in problems(with_value(config, key, value))


def value_of(config: Config, key: str) -> object:
    found: object = config
    for name in key.split("."):
        found = getattr(found, name)
    return found
