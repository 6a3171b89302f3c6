"""What `desk config check` and `desk doctor` say of names that nothing answers to."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk import checks
from desk.checks_names import everyday_keywords, refuse_unknown_names, unknown_theme
from engine.config import load
from engine.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "where", "says", "remedy"),
    [
        ('[broker]\nname = "alpacca"', ":2: broker.name", "alpaca, simulated, found 'alpacca'", "'alpaca'"),
        ('[scoring]\nscorers = ["vader", "vadre"]', ":2: scoring.scorers", "found 'vadre'", "'vader'"),
        ('[feeds]\nposts = ["x", "newz"]', ":2: feeds.posts", "news, prices, replay, x, found 'newz'", "'news'"),
        ('[strategy]\nown = ["shiver"]', ":2: strategy.own", "found 'shiver'", "desk.strategies"),
        ('[feeds]\nposts = ["myspace"]', ":2: feeds.posts", "found 'myspace'", "desk.feeds"),
        ('[replay]\nstart = "noon"', "replay.start", "found 'noon'", "09:25"),
        ("[x]\nrule_limit = 1\nrule_length = 128", "x.rule_limit", "at most 1 stream rules", "raise x.rule_limit"),
        ('[[watchlist]]\nsymbol = "BRK.BBB1"', "[[watchlist]]", "search 'BRK.BBB1' by", "give BRK.BBB1 a `name`"),
    ],
)
def test_what_nothing_answers_to_is_refused(tmp_path: Path, text: str, where: str, says: str, remedy: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    loaded = load(path, env={})
    with pytest.raises(ConfigError) as caught:
        refuse_unknown_names(loaded)
    assert caught.value.where.startswith(str(path)) and where in caught.value.where
    assert says in caught.value.message
    assert remedy in caught.value.remedy
    check = checks.check_config(loaded)
    assert check.status == checks.FAIL and says in check.found and check.remedy == caught.value.remedy


@pytest.mark.parametrize(
    ("key", "value"),
    [("feeds.posts", "newz"), ("scoring.scorers", "vadr"), ("replay.start", "noon"), ("x.rule_limit", "1")],
)
def test_what_the_environment_names_is_looked_for_there(tmp_path: Path, key: str, value: str) -> None:
    path = tmp_path / "config.toml"
    rows = "\n".join(f'[[watchlist]]\nsymbol = "{"ABCDEFGHIJ"[at]}"\nname = "A name of {at}"' for at in range(10))
    path.write_text(f"[x]\nrule_length = 128\n{rows}", encoding="utf-8")
    variable = f"DESK_{key.upper().replace('.', '__')}"
    with pytest.raises(ConfigError) as caught:
        refuse_unknown_names(load(path, env={variable: value}))
    assert caught.value.where == f"{key}, set by environment variable {variable}"


def test_what_the_profile_names_is_looked_for_in_its_table(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[feeds]\nposts = ["x"]\n[profile.paper.feeds]\nposts = ["newz"]', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        refuse_unknown_names(load(path, env={}))
    assert caught.value.where == f"{path}:4: profile.paper.feeds.posts"


@pytest.mark.parametrize("profile", ["simulated", "paper", "live"])
def test_the_shipped_configuration_names_what_there_is(profile: str) -> None:
    refuse_unknown_names(load(profile=profile, env={}))


def test_keywords_that_mean_anything_are_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        '[[watchlist]]\nsymbol = "AAPL"\nkeywords = ["Apple", "iPhone", "GPU", "Y"]\nambiguous = ["AI"]',
        encoding="utf-8",
    )
    told = everyday_keywords(load(path, env={}).config)
    assert [line.split(" by itself")[0] for line in told] == [
        f"[[watchlist]] AAPL: {word}" for word in ("Apple", "GPU", "Y")
    ]
    assert everyday_keywords(load(env={}).config) == []


def test_a_theme_that_is_none_is_told() -> None:
    assert unknown_theme(load(env={}).config) == ""
    assert unknown_theme(load(env={"DESK_SCREEN__THEME": "desk-light"}).config) == ""
    assert "no such theme" in unknown_theme(load(env={"DESK_SCREEN__THEME": "dusk"}).config)
