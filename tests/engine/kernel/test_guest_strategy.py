"""A strategy of another package that goes wrong gives no signals, and the engine says so until it answers again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.clock import VirtualClock
from engine.config import Config, StrategyConfig
from engine.kernel.guest_strategy import REST, GuestStrategy
from engine.kernel.plugins import build_strategies
from engine.model import Gate, Mood, Strategy
from engine.model.ports import Gated
from tests.engine.kernel import bare, packages
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.test_guest_values import MOOD, signal


class Mine:
    """Does what `does` says."""

    name = "mine"

    def __init__(self, does: Callable[[], Any] | None = None) -> None:
        self.does = does or (lambda: None)
        self.asked = 0

    def on_mood(self, mood: Mood, view: object) -> Any:
        self.asked += 1
        return self.does()

    def restore(self, given: object) -> None:
        self.does()

    def why_not(self, mood: Mood) -> Any:
        return self.does()

    def gates(self, mood: Mood) -> Any:
        return self.does()

    def reconfigure(self, config: Config) -> None:
        self.does()


class Bare:
    """No more than a strategy must have."""

    name = "bare"

    def on_mood(self, mood: Mood, view: object) -> None: ...

    def restore(self, given: object) -> None: ...

    def why_not(self, mood: Mood) -> str:
        return "never"


def guest(mine: Strategy) -> GuestStrategy:
    return GuestStrategy(mine, mine.name, bare.config(Path()))


def raises(error: BaseException) -> Callable[[], Any]:
    def do() -> None:
        raise error

    return do


def endless() -> None:
    while True:
        try:
            time.sleep(1)
        except Exception:  # noqa: BLE001, S110
            pass


WRONG: list[tuple[Callable[[], Any], str]] = [
    (raises(ZeroDivisionError("a fault \x1b[2J")), "ZeroDivisionError: a fault"),
    (raises(SystemExit(0)), "SystemExit"),
    (raises(RecursionError()), "RecursionError"),
    (lambda: 7, "expected"),
    (lambda: signal(strength=float("nan")), "expected"),
    (endless, "took longer than 0.5 s"),
]


@pytest.mark.parametrize(("does", "words"), WRONG)
def test_whatever_it_does_is_no_signal_and_is_told(does: Callable[[], Any], words: str) -> None:
    strategy = guest(Mine(does))
    assert strategy.on_mood(MOOD, None) is None  # type: ignore[arg-type]
    assert words in strategy.problem and strategy.problem.isprintable()
    assert strategy.why_not(MOOD) == strategy.problem
    assert strategy.gates(MOOD) == (Gate("mine", "works", False, text=strategy.problem),)


@pytest.mark.parametrize(("does", "words"), [case for case in WRONG if case[1] != "expected"])
@pytest.mark.parametrize("call", ["restore", "why_not", "gates", "reconfigure"])
def test_no_other_call_of_it_raises_either(call: str, does: Callable[[], Any], words: str) -> None:
    strategy = guest(Mine(does))
    getattr(strategy, call)(MOOD)
    assert words in strategy.problem


@pytest.mark.parametrize("call", ["why_not", "gates"])
def test_nonsense_in_words_and_conditions_is_told(call: str) -> None:
    strategy = guest(Mine(lambda: 7))
    getattr(strategy, call)(MOOD)
    assert strategy.problem.startswith(f"`{call}`: expected a t") and "found int" in strategy.problem


def test_one_that_answers_again_is_asked_and_heard() -> None:
    mine = Mine(lambda: 7)
    strategy = guest(mine)
    assert strategy.on_mood(MOOD, None) is None  # type: ignore[arg-type]
    mine.does = signal
    assert strategy.on_mood(MOOD, None) == signal()  # type: ignore[arg-type]
    assert strategy.problem == ""


def test_one_that_blocks_is_left_alone_for_a_while() -> None:
    mine = Mine(endless)
    strategy = guest(mine)
    for _ in range(REST + 1):
        strategy.on_mood(MOOD, None)  # type: ignore[arg-type]
    assert mine.asked == 1
    mine.does = signal
    assert strategy.on_mood(MOOD, None) == signal()  # type: ignore[arg-type]


def test_it_has_what_the_strategy_has() -> None:
    assert isinstance(guest(Mine()), Gated) and not isinstance(guest(Bare()), Gated)
    assert not hasattr(guest(Bare()), "reconfigure")
    assert guest(Bare()).why_not(MOOD) == "never"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    body = (
        "class Wild:\n    name = 'wild'\n    does = 1\n    def __init__(self, config): pass\n"
        "    def on_mood(self, mood, view): return None if self.does else 1 / 0\n"
        "    def restore(self, signal): pass\n    def why_not(self, mood): return ''\n"
        "class Nameless:\n    name = None\n    def __init__(self, config): pass\n"
        "class Leaves:\n    def __init__(self, config): raise SystemExit\n"
    )
    names = {"wild": "Wild", "nameless": "Nameless", "leaves": "Leaves"}
    packages.install(tmp_path / "site", "wild_ones", body, strategies=names)
    packages.at_hand(tmp_path / "site", "wild_ones", monkeypatch)
    settings = StrategyConfig(own=("wild",))
    yield msgspec.structs.replace(bare.config(tmp_path, "paper"), strategy=settings)


def test_the_engine_tells_by_name_and_takes_it_back(installed: Config) -> None:
    with bare.opened(installed, VirtualClock(NOW)) as stages:
        wild = sys.modules["wild_ones"].Wild
        wild.does = 0
        stages.pipeline._evaluate(MOOD)
        told = stages.view.alerts["strategy:wild"]
        assert told.text == "strategy wild gives no signals: `on_mood`: ZeroDivisionError: division by zero"
        assert "strategy.own" in told.remedy
        wild.does = 1
        stages.pipeline._evaluate(MOOD)
        assert "strategy:wild" not in stages.view.alerts


@pytest.mark.parametrize(("name", "words"), [("nameless", "expected `name`"), ("leaves", "found SystemExit")])
def test_one_that_cannot_be_told_apart_or_made_is_refused_at_the_start(
    installed: Config, name: str, words: str
) -> None:
    from engine.errors import ConfigError

    config = msgspec.structs.replace(installed, strategy=StrategyConfig(own=(name,)))
    with pytest.raises(ConfigError, match=words):
        build_strategies(config)
