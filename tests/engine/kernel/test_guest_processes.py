"""An engine with feeds of another package that goes wrong: it goes on without them, and it stops in time and whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.journal.reader import Reader
from engine.model import Alert, FeedState, Light
from engine.model.records import Stopped
from tests.engine.kernel import packages
from tests.engine.kernel.process import EngineProcess, ending, until

STOPS_S = 30.0
"""A service manager waits longer (deploy/desk@.service)."""


@contextmanager
def fed(tmp_path: Path, does: str) -> Iterator[EngineProcess]:
    """An engine on posts and prices of another package, whose feed of posts `does` something else."""
    body = Path(__file__).with_name("guest_feeds.py").read_text()
    packages.install(tmp_path / "site", "theirs", body, feeds={"talk": "Talk", "tape": "Tape"})
    env = {"DESK_FEEDS__POSTS": "talk", "DESK_FEEDS__PRICES": "tape", "TALK_DOES": does}
    env["PYTHONPATH"] = str(tmp_path / "site")
    with ending(EngineProcess(tmp_path / "home", env=env)) as engine:
        yield engine


def light(engine: EngineProcess, name: str) -> FeedState | None:
    return next((feed for feed in engine.snapshot().feeds if feed.name == name), None)


def test_posts_and_prices_come_from_another_package_without_keys(tmp_path: Path) -> None:
    with fed(tmp_path, "") as engine:
        engine.start()
        until(lambda: engine.snapshot().posts and any(row.price for row in engine.snapshot().symbols), "both")
        told = engine.snapshot()
        assert {feed.name: feed.light for feed in told.feeds} == {"talk": Light.UP, "prices": Light.UP}
        assert "\x1b" not in told.posts[0].text
        assert engine.stop() == 0


@pytest.mark.parametrize(
    ("does", "found"),
    [
        ("not a coroutine", "expected `async def run(self, sink)`, found int"),
        ("blocks", "found it blocking the engine"),
        ("exits", "SystemExit"),
        ("raises", "ZeroDivisionError"),
        ("wrong type", "expected a Post as it is typed, found Expected `int`, got `str` - at `$.published_ns`"),
    ],
)
def test_a_feed_that_goes_wrong_is_down_and_named_and_the_engine_goes_on(tmp_path: Path, does: str, found: str) -> None:
    with fed(tmp_path, does) as engine:
        engine.start()

        def down() -> bool:
            state = light(engine, "talk")
            return state is not None and state.light is Light.DOWN and found in state.detail

        until(down, f"the light of {does}\n{engine.log}")
        prices = light(engine, "prices")
        assert prices is not None and prices.light is Light.UP
        assert "talk" in engine.log and "\x1b" not in engine.log
        assert engine.stop() == 0


@pytest.mark.parametrize("does", ["deaf", "deaf to all", "blocks when called off", "thread", "own thread", "endless"])
def test_what_does_not_end_does_not_keep_the_engine_from_stopping(tmp_path: Path, does: str) -> None:
    with fed(tmp_path, does) as engine:
        engine.start()
        until(lambda: light(engine, "talk"), "the feed")
        began = time.monotonic()
        assert engine.stop(STOPS_S) == 0
        assert time.monotonic() - began < STOPS_S
        assert not engine.socket.exists()
        with Reader(engine.journal) as reader:
            assert reader.verify().ok
            last = next(reader.records(limit=1, reverse=True))
            assert isinstance(last.value(), Stopped)
            told = [record.value() for record in reader.records(kinds=("alert",))]
        if does.startswith("deaf"):
            assert any(isinstance(alert, Alert) and alert.subject == "feed-talk" for alert in told)
            assert "left behind, because it does not end: task feed-talk" in engine.log
        if "thread" in does:
            assert "left behind, because it does not end: thread" in engine.log


def test_an_exit_that_slips_out_of_a_task_of_theirs_ends_the_engine_in_order_and_as_a_fault(tmp_path: Path) -> None:
    """Nobody asked for this stop: a service manager must start the engine again."""
    with fed(tmp_path, "exits in a task") as engine:
        engine.start(wait=False)
        assert engine.process is not None
        assert engine.process.wait(STOPS_S) == 1
        assert "Traceback" not in engine.log.partition("asked the process to end")[2]
        with Reader(engine.journal) as reader:
            assert reader.verify().ok
            assert isinstance(next(reader.records(limit=1, reverse=True)).value(), Stopped)
