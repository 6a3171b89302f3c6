from __future__ import annotations

import re

import msgspec
import pytest

from engine.clock import MINUTE, SECOND
from engine.model import FeedState, Light, Mode, Session, TradingState
from tests.desk.made_up import NOW, account, feeds, protection, status
from tests.widgets.harness import painted, stage, text, until
from widgets.status_bar import StatusBar, StatusView

replace = msgspec.structs.replace
VIEW = StatusView(status=status(), account=account(), feeds=feeds(), attached=True)


async def written(view: StatusView, width: int = 120, now_ns: int = NOW) -> str:
    bar = StatusBar()
    async with stage(bar, (width, 4)) as pilot:
        bar.show(view, now_ns)
        await until(pilot, lambda: "attaching" not in "".join(painted(bar)))
        return "\n".join(painted(bar))


@pytest.mark.parametrize("profile", ["simulated", "paper", "live"])
@pytest.mark.parametrize("width", [80, 200])
async def test_which_money_it_is_stands_first(profile: str, width: int) -> None:
    bar = await written(replace(VIEW, status=status(profile)), width)
    assert bar.startswith(f" {profile.upper()} ")
    assert "● ACTIVE" in bar
    assert "100,234.10" in bar
    assert "▲ +234.10" in bar


async def test_everything_a_trader_looks_for() -> None:
    bar = await written(VIEW)
    for words in (
        "MARKET OPEN closes in 4h14m",
        "● x now",
        "● prices now",
        "(+0.23%)",
        "DD 0.4%",
        "60% order_rate",
        "0.4/1.2 ms",
    ):
        assert words in bar


async def test_a_lost_engine_is_unmistakable() -> None:
    lost = replace(VIEW, attached=False, lost_s=12, lost_why="the engine went away")
    bar = await written(lost)
    assert "ENGINE LOST 12s" in bar
    assert "all figures are as of then" in bar


@pytest.mark.parametrize(
    ("width", "told"), [(80, "→ `desk demo` starts it again"), (120, "asked by a person → `desk demo`")]
)
async def test_an_engine_that_stopped_in_order_is_not_called_lost(width: int, told: str) -> None:
    stopped = replace(
        VIEW,
        attached=False,
        lost_s=12,
        stopped=True,
        lost_why="asked by a person",
        lost_remedy="`desk demo` starts it again",
    )
    bar = await written(stopped, width)
    assert "ENGINE STOPPED 12s" in bar and "LOST" not in bar
    assert told in bar


async def test_the_zone_is_named_where_it_takes_nothing_elses_place() -> None:
    narrow = (await written(replace(VIEW, feeds=feeds()[:1]), 80)).split("\n")[0]
    assert narrow.rstrip().endswith(" 11:45 NY")
    states = (*feeds(), FeedState("news", Light.DOWN, NOW, NOW, last_ns=NOW))
    crowded = (await written(replace(VIEW, feeds=states), 80)).split("\n")[0]
    assert "✗ news DOWN  ● x now  +1" in crowded and crowded.rstrip().endswith(" 11:45")


async def test_no_engine_at_all_says_why() -> None:
    bar = await written(StatusView(lost_why="no engine answers"))
    assert "NO ENGINE" in bar
    assert "no engine answers" in bar


async def test_what_stops_trading_is_said_with_its_reason() -> None:
    halted = msgspec.structs.replace(status(state=TradingState.HALTED, state_reason="drawdown 10 %"), reconciled=False)
    bar = await written(replace(VIEW, status=halted, protections=2))
    for words in (" HALTED ", "drawdown 10 %", "NOT RECONCILED", "2 locks"):
        assert words in bar
    assert protection().symbol == "META"


async def test_state_reason_and_who_decides_do_not_run_together_without_colour() -> None:
    for mode in Mode:
        paused = status(state=TradingState.REDUCING, state_reason="paused: lunch", mode=mode)
        bar = await written(replace(VIEW, status=paused))
        assert f" REDUCING  (paused: lunch)  {mode.name} " in bar
        narrow = (await written(replace(VIEW, status=paused), 80)).split("\n")[0]
        assert f" REDUCING  (paused: lun…)  {mode.name} " in narrow


@pytest.mark.parametrize("light", [light for light in Light if light is not Light.UP])
async def test_a_feed_that_is_not_up_says_so_in_words(light: Light) -> None:
    state = FeedState("x", light, NOW, NOW, last_ns=NOW)
    assert f"x {light.value}" in (await written(replace(VIEW, feeds=(state,)))).lower()


async def test_an_unknown_session_is_not_shown_as_closed() -> None:
    unknown = msgspec.structs.replace(
        status(), market=msgspec.structs.replace(status().market, session=Session.UNKNOWN, changes_ns=None)
    )
    assert "SESSION UNKNOWN" in await written(replace(VIEW, status=unknown))


async def test_seconds_do_not_change_it() -> None:
    later = replace(VIEW, feeds=feeds(NOW + 2 * SECOND))
    assert await written(VIEW, now_ns=NOW + SECOND) == await written(later, now_ns=NOW + 4 * SECOND)
    assert await written(VIEW, now_ns=NOW) != await written(VIEW, now_ns=NOW + MINUTE)


async def test_local_time_stands_beside_the_exchanges_where_it_is_asked_for() -> None:
    bar = StatusBar()
    bar.local_offset_s = 3600
    async with stage(bar, (120, 2)) as pilot:
        bar.show(StatusView(status(), account(), attached=True), NOW)
        await pilot.pause(0.4)
        assert "11:45 NY  17:45 here" in painted(bar)[0]


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("state", [TradingState.HALTED, TradingState.REDUCING])
async def test_a_reason_leaves_the_clock_its_place(width: int, state: TradingState) -> None:
    halted = status("live", state=state, state_reason="kill switch at the desk, pressed by hand")
    first = (await written(replace(VIEW, status=halted), width)).split("\n")[0]
    assert first.rstrip().endswith(" 11:45" if width < 100 else " 11:45 NY")
    assert " MARKET OPEN " in first
    assert len(first) == width


NUMBERS = re.compile(r"[+-]?\d[\d,.]*(?:%|ms|/s|h\d\dm|m|s|:\d\d)?")


@pytest.mark.parametrize("profile", ["simulated", "paper", "live"])
async def test_at_any_width_profile_and_state_stand_there_and_no_figure_is_cut(profile: str) -> None:
    states = (*feeds(), FeedState("news", Light.DOWN, NOW, NOW, last_ns=NOW))
    halted = status(profile, state=TradingState.HALTED, state_reason="day's loss")
    reducing = status(profile, state=TradingState.REDUCING, speed=20.0)
    views = [
        replace(VIEW, status=status(profile), feeds=states, read_only=True),
        replace(VIEW, status=halted, protections=12),
        replace(VIEW, status=reducing, versions=("0.9.1", "0.1")),
        replace(VIEW, status=status(profile), account=replace(account(), blocked="margin call")),
    ]
    bar = StatusBar()
    async with stage(bar, (240, 2)):
        for view in views:
            assert view.status is not None
            bar.show(view, NOW)
            told = {width: text(bar.lines(width)).split("\n") for width in (*range(24, 100), 240)}
            whole = {number for width in (99, 240) for line in told[width] for number in NUMBERS.findall(line)}
            for width, (first, second) in told.items():
                assert max(len(first), len(second)) <= width
                assert first.startswith(f" {profile.upper()} "), first
                assert view.status.state.name in first, (width, first)
                counted = re.sub(r" \+\d(?= |$)", "", first)
                shown = {number for line in (counted, second) for number in NUMBERS.findall(line)}
                assert shown <= whole, (width, first, second)


async def test_a_lost_engine_is_said_at_any_width() -> None:
    lost = replace(VIEW, status=status("live"), attached=False, lost_s=12, lost_why="the engine went away")
    bar = StatusBar()
    async with stage(bar, (80, 2)):
        bar.show(lost, NOW)
        for width in range(18, 80):
            first = text(bar.lines(width)).split("\n")[0]
            assert first.startswith(" LIVE ")
            assert "LOST 12s" in first


async def test_a_narrow_screen_still_says_what_to_do_about_a_lost_engine() -> None:
    lost = replace(VIEW, attached=False, lost_why="no engine answers", lost_remedy="start one: `desk`")
    assert "no engine answers → start one: `desk`" in await written(lost, 80)


@pytest.mark.parametrize("width", [80, 120])
async def test_where_not_all_is_said_of_a_lost_engine_the_remedy_is(width: int) -> None:
    why = "lost the engine: Cannot connect to host engine:80 ssl:default [Connection reset by peer]"
    remedy = "`desk status` tells whether it still runs"
    assert remedy in await written(replace(VIEW, attached=False, lost_why=why, lost_remedy=remedy), width)


async def test_a_feed_in_trouble_is_never_the_one_without_room() -> None:
    states = (*feeds(), FeedState("news", Light.DOWN, NOW, NOW, last_ns=NOW))
    narrow = await written(replace(VIEW, feeds=states), 80)
    assert "✗ news DOWN  ● x now  +1" in narrow
    wide = await written(replace(VIEW, feeds=states), 140)
    assert "✗ news DOWN  ● x now  ● prices now" in wide
    halted = status("live", state=TradingState.HALTED, state_reason="kill switch at the desk")
    assert "+3" in await written(replace(VIEW, status=halted, feeds=states), 74)


@pytest.mark.parametrize("state", TradingState)
async def test_the_smallest_screen_says_how_trading_stands(state: TradingState) -> None:
    first = (await written(replace(VIEW, status=status(state=state)), 20)).split("\n")[0]
    assert first.rstrip().endswith(state.name)
