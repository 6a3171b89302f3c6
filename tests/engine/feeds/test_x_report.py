"""What the X feed says about itself: a change at once, counters once a second, a quiet stream with its age."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.clock import MINUTE, SECOND, VirtualClock
from engine.feeds.spend import SpendMeter
from engine.feeds.x_report import MISSING, QUIET_NS, REFRESH_NS, Reporter
from engine.model import Light
from tests.engine.feeds.x_harness import NOON, Bucket


class Told:
    """A reporter, its clock, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(NOON)
        self.sink = Bucket()
        meter = SpendMeter(folder / "spend.json", post_cost_usd=0.005, daily_cap_usd=20.0)
        self.reporter = Reporter("x", self.clock, meter, self.sink)

    def after(self, ns: int) -> None:
        self.clock.advance(self.clock.now_ns() + ns)


@pytest.fixture
async def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


async def test_a_light_is_told_at_once_and_dates_from_its_change(told: Told) -> None:
    told.reporter.show(Light.UP)
    told.after(5 * SECOND)
    told.reporter.show(Light.UP, "again")
    told.reporter.show(Light.DOWN, "reset", "wait")
    assert [(state.light, state.since_ns - NOON, state.detail) for state in told.sink.states] == [
        (Light.UP, 0, ""), (Light.UP, 0, "again"), (Light.DOWN, 5 * SECOND, "reset"),
    ]  # fmt: skip
    assert told.sink.states[-1].remedy == "wait"


async def test_while_a_gap_is_filled_up_is_recovering(told: Told) -> None:
    told.reporter.filling("a gap")
    assert told.sink.states[-1].light is Light.OFF, "only what is up recovers"
    told.reporter.show(Light.UP)
    assert (told.sink.states[-1].light, told.sink.states[-1].detail) == (Light.RECOVERING, "a gap")
    told.after(SECOND)
    told.reporter.filling("")
    assert (told.sink.states[-1].light, told.sink.states[-1].since_ns) == (Light.UP, NOON + SECOND)


async def test_counters_are_told_once_a_second(told: Told) -> None:
    told.reporter.show(Light.UP)
    for _ in range(4):
        told.after(REFRESH_NS // 4)
        told.reporter.heard(3)
    assert [state.items for state in told.sink.states] == [0, 12]
    told.reporter.recovered(5)
    assert told.sink.states[-1].items == 17
    assert told.sink.states[-1].last_ns == told.clock.now_ns()


@pytest.mark.parametrize(("heard", "words"), [(0, "no post yet"), (1, "last post 2026-11-20 07:00:00.000 NY")])
async def test_a_quiet_stream_says_for_how_long(told: Told, heard: int, words: str) -> None:
    told.reporter.show(Light.UP)
    told.reporter.heard(heard)
    told.after(QUIET_NS - 1)
    assert told.reporter.state().detail == ""
    told.after(MINUTE + 1)
    assert told.reporter.state().detail == f"only keep-alives for 2 min, {words}"
    told.reporter.show(Light.DOWN, "reset")
    assert told.reporter.state().detail == "reset", "what is down is not quiet"


async def test_what_could_not_be_filled_is_told_while_it_matters(told: Told) -> None:
    for number in range(MISSING + 2):
        told.reporter.missing(f"gap {number}", NOON + number * SECOND)
    newest = [f"gap {number}" for number in range(2, MISSING + 2)]
    assert told.reporter.state().detail == "; ".join(newest)
    told.after(3 * SECOND)
    assert told.reporter.state().detail == "; ".join(newest[2:])
