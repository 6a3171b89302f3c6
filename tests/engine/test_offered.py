"""What other packages offer, and everything that may go wrong before it runs: told by name, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import EXIT_USAGE, ConfigError, CredentialsError
from engine.offered import built, word_of
from tests.engine.kernel.packages import install
from tests.program import REPLAYING, ROOT, desk

GOOD = """
class Mine:
    name = "mine"
    version = "1"
    repeatable = True
    symbols = ()
    def __init__(self, *given, **more):
        {begin}
    def score(self, texts):
        return [None] * len(texts)
    def on_mood(self, mood, now_ns):
        return None
"""
WRONG = {
    "does not import": ("import not_there_at_all", "to load, found ModuleNotFoundError: No module named"),
    "ends the process": ("raise SystemExit(0)", "to load, found SystemExit"),
    "is no Python": ("def (", "to load, found File"),
    "lacks the class": ("Other = 1", "to load, found AttributeError"),
    "cannot say what it raised": (
        "class Odd(Exception):\n    def __str__(self):\n        raise KeyError\nraise Odd",
        "to load, found mine_package.Odd",
    ),
    "drives a terminal": ("raise RuntimeError('no \\x1b[2J licence')", "to load, found RuntimeError: no"),
    "breaks as it begins": (GOOD.format(begin="raise OSError('no licence')"), "to start, found OSError: no licence"),
    "ends it as it begins": (GOOD.format(begin="raise SystemExit(0)"), "to start, found SystemExit"),
}
SETTINGS = {
    "scorers": {"DESK_SCORING__SCORERS": "vader,mine"},
    "late_scorers": {"DESK_SCORING__SCORERS": "vader,mine"},
    "strategies": {"DESK_STRATEGY__OWN": "mine"},
    "feeds": {"DESK_FEEDS__POSTS": "mine"},
}


def started(home: Path, group: str, body: str) -> str:
    """What a start says with this package; it is refused as a wrong configuration is."""
    home.mkdir()
    install(home / "packages", "mine_package", body, **{group: {"mine": "Mine"}})
    settings = {**(REPLAYING if group != "feeds" else {}), **SETTINGS[group], "DESK_X__ENABLED": "false"}
    settings["PYTHONPATH"] = f"{ROOT}:{home / 'packages'}"
    done = desk(home, "autopilot", "--profile", "simulated", settings=settings)
    assert done.returncode == EXIT_USAGE, done.stderr
    assert "Traceback" not in done.stderr and "\x1b" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("group", SETTINGS)
@pytest.mark.parametrize("wrong", ["does not import", "breaks as it begins"])
def test_a_start_names_the_package_that_it_cannot_use(tmp_path: Path, group: str, wrong: str) -> None:
    body, found = WRONG[wrong]
    said = started(tmp_path / "home", group, body)
    assert "'mine' to" in said and found in said
    assert "→ mend or remove the package" in said


@pytest.mark.parametrize("wrong", sorted(set(WRONG) - {"does not import", "breaks as it begins"}))
def test_whatever_a_scorer_does_as_it_is_loaded(tmp_path: Path, wrong: str) -> None:
    body, found = WRONG[wrong]
    assert found in started(tmp_path / "home", "scorers", body)


@pytest.mark.parametrize("group", ["scorers", "late_scorers"])
def test_a_scorer_without_a_name_stands_in_no_record(tmp_path: Path, group: str) -> None:
    body = GOOD.format(begin="pass").replace('version = "1"', "version = 1")
    said = started(tmp_path / "home", group, body)
    assert f"expected {group} 'mine' with a `version`, a short word, found 1" in said


def test_words_of_its_own_stay() -> None:
    def missing() -> None:
        raise CredentialsError("expected a key, found none", remedy="desk keys set it")

    with pytest.raises(CredentialsError, match="expected a key"):
        built("desk.feeds", "mine", missing)


class Odd:
    plain = "a word"
    empty = ""
    long = "x" * 1000
    driving = "\x1b[2J"

    @property
    def raising(self) -> str:
        raise RuntimeError("not now")


def test_a_word_is_short_and_clean() -> None:
    assert word_of("desk.scorers", "odd", Odd(), "plain") == "a word"
    for attribute in ("empty", "long", "driving", "raising", "missing"):
        with pytest.raises(ConfigError) as caught:
            word_of("desk.scorers", "odd", Odd(), attribute)
        assert caught.value.where == "desk.scorers" and caught.value.message.isprintable()
