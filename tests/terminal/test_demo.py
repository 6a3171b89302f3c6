"""The product as a person meets it: `desk demo` in a real terminal, its engine a real process. Nothing is made up here.

Three runs, one per screen size; each waits for what stands on the screen, never for a time.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from desk.client import Client
from engine.clock import SECOND, new_york
from engine.kernel.lock import holder
from engine.model import DecisionKind, OrderStatus, Role, TradingState
from engine.model.frames import Snapshot
from tests.engine.kernel.process import until
from tests.program import command, desk, environment
from tests.terminal.tmux import TMUX, Terminal

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.timeout(180),
    pytest.mark.skipif(TMUX is None, reason="tmux is not installed"),
]

ENGINE = ("--profile", "simulated", "--name", "demo")
STALLED_S = 10.0
"""How long the terminal is stalled."""
SPEED = 20
"""Recorded seconds in one second of the demo."""
BEAT_LIMIT_S = 0.5
"""The budget: an engine whose desk hangs is heard of at least this often. A busy machine may miss it now and then; an
engine that waited for the terminal would be silent for all of STALLED_S."""


class Demo:
    """One person's machine: terminals in which `./desk` is the program, and the demo's engine."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._terminals: list[Terminal] = []
        script = home / "desk"
        script.write_text(f'#!/bin/sh\nexec {shlex.join(command())} "$@"\n', encoding="utf-8")
        script.chmod(0o755)

    def open(self, size: tuple[int, int], **settings: str) -> Terminal:
        """A terminal in which `desk demo` was typed."""
        terminal = Terminal(self.home, size, environment(self.home, settings))
        self._terminals.append(terminal)
        self.start(terminal)
        return terminal

    def start(self, terminal: Terminal) -> None:
        terminal.type("./desk demo; echo left with $?\n")

    def close(self, terminal: Terminal) -> None:
        self._terminals.remove(terminal)
        terminal.close()

    @property
    def engine(self) -> int | None:
        """The engine's pid, None when none runs."""
        return holder(self.home / "run" / "demo.lock")

    def status(self) -> Snapshot:
        done = desk(self.home, "status", *ENGINE, "--json")
        assert done.returncode == 0, done.stderr
        return msgspec.json.decode(done.stdout, type=Snapshot)

    def end(self) -> None:
        for terminal in list(self._terminals):
            self.close(terminal)
        if self.engine is not None:
            desk(self.home, "stop", *ENGINE)
            until(lambda: self.engine is None, "the demo's engine to stop")


@pytest.fixture
def demo(home: Path) -> Iterator[Demo]:
    made = Demo(home)
    yield made
    made.end()


def leave(terminal: Terminal, key: str) -> None:
    """Quit, and answer whether the engine stays; the shell's screen is back after."""
    terminal.key("q")
    terminal.wait("Leave the desk?")
    screen = terminal.press(key, "left with 0")
    assert "GAUGES" not in screen
    assert "./desk demo" in screen


def test_from_start_to_a_position_halted_and_gone(demo: Demo) -> None:
    terminal = demo.open((120, 40))
    screen = terminal.wait("▲ BUY  NVDA")
    assert " SIMULATED " in screen
    assert "● ACTIVE CONFIRM" in screen
    assert "Nothing is held." in screen

    terminal.press("d", "EVIDENCE")
    detail = terminal.wait("all passed")
    assert "▲ BUY NVDA" in detail
    assert re.search(r"order +21 @ \d", detail)
    assert re.search(r"R02 order_notional +2,\d{3}/5,000", detail)
    assert "raw +" in detail
    terminal.press("Escape", "POSITIONS")

    terminal.press("y", "✓ confirmed: buy 21 NVDA")
    screen = terminal.wait(lambda screen: re.search(r"NVDA +21 +\d+\.\d+ +\d+\.\d+", screen))
    terminal.wait(lambda screen: re.search(r"NVDA +entry +21/21 .* filled", screen))
    terminal.wait(lambda screen: re.search(r"NVDA +stop +0/21 .* working", screen))

    terminal.press("K", "KILL SWITCH")
    terminal.press("h", " HALTED ")
    after = demo.status()
    assert after.status.state is TradingState.HALTED
    assert [decision.kind for _, decision in after.closed if decision.kind is DecisionKind.CONFIRMED]
    legs = {order.role for order in after.orders if order.status is OrderStatus.WORKING}
    assert legs == {Role.STOP, Role.TARGET}

    leave(terminal, "s")
    until(lambda: demo.engine is None, "the engine to be gone")
    assert not (demo.home / "run" / "demo.sock").exists()
    verified = desk(demo.home, "journal", "verify", *ENGINE)
    assert verified.returncode == 0, verified.stderr
    assert "unbroken" in verified.stdout


def test_small_and_sixteen_colours_rejected_with_a_reason_left_and_found_again(demo: Demo) -> None:
    own = demo.home / "config" / "desk" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[[watchlist]]\nsymbol = "MSFT"\nname = "A symbol that the demo day knows nothing of"\n')
    terminal = demo.open((80, 24), TEXTUAL_COLOR_SYSTEM="standard")
    terminal.wait("▲ BUY  NVDA")
    assert not re.search(r"[34]8;[25];", terminal.screen(styled=True)), "more than sixteen colours"
    terminal.press("n", "Already in the price")
    terminal.press("2", "✓ rejected: buy NVDA (Already in the price)")
    leave(terminal, "q")

    pid = demo.engine
    assert pid is not None, "the engine stays when it is asked to"
    (rejected,) = [decision for _, decision in demo.status().closed if decision.kind is DecisionKind.REJECTED]
    assert (rejected.by, rejected.reason) == ("person", "Already in the price")

    demo.start(terminal)
    terminal.wait("● ACTIVE")
    assert demo.engine == pid
    for size, shown in (((200, 60), "DECIDED"), ((120, 40), "POSITIONS"), ((80, 24), "? help")):
        terminal.resize(*size)
        lines = terminal.wait(
            lambda screen, shown=shown: shown in screen and "? help" in screen.splitlines()[-1]
        ).splitlines()
        assert len(lines) == size[1]
        assert max(map(len, lines)) <= size[0]
    leave(terminal, "s")
    until(lambda: demo.engine is None, "the engine to be gone")


def test_wide_without_colour_paste_closed_stalled_and_taken_up_again(demo: Demo) -> None:
    terminal = demo.open((200, 60), NO_COLOR="1")
    terminal.wait("▲ BUY  NVDA")
    for red, green, blue in re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", terminal.screen(styled=True)):
        assert red == green == blue, "a hue in spite of NO_COLOR"
    terminal.paste("y\ny\n")
    terminal.type("?")
    terminal.wait("Reject the selected ticket")
    terminal.key("Escape")
    terminal.wait("1 pending")
    assert not demo.status().closed, "a paste has decided"
    terminal.press("y", "✓ confirmed: buy 21 NVDA")
    pid = demo.engine

    demo.close(terminal)
    closed_at = demo.status()
    until(lambda: demo.status().status.clock_ns > closed_at.status.clock_ns, "the engine to go on without a terminal")
    assert demo.engine == pid
    assert [position.symbol for position in closed_at.positions] == ["NVDA"]

    second = demo.open((200, 60))
    second.wait(lambda screen: "● ACTIVE" in screen and re.search(r"NVDA +21 +\d+\.\d+", screen))
    began_ns = demo.status().status.clock_ns
    second.stall()
    try:
        gaps, lags, ended_ns = asyncio.run(_heard(demo.home / "run" / "demo.view.sock", STALLED_S))
    finally:
        second.go_on()
    assert sum(gap > BEAT_LIMIT_S for gap in gaps) <= 1 + len(gaps) // 20, gaps
    assert max(gaps) < STALLED_S / 3, gaps
    assert sorted(lags)[len(lags) * 19 // 20] < 1_000 * BEAT_LIMIT_S, lags
    assert ended_ns - began_ns > STALLED_S * SPEED / 2 * SECOND, "the recording goes on"
    minute = _minute(demo.status())
    second.wait(lambda screen: _shown(screen) >= minute)

    stopped = desk(demo.home, "stop", *ENGINE, "--json")
    assert json.loads(stopped.stdout)["ok"]
    second.wait(lambda screen: "ENGINE STOPPED" in screen and "`desk demo` starts it again" in screen)
    until(lambda: demo.engine is None, "the engine to be gone")
    second.key("q")
    second.wait("left with 0")


async def _heard(socket: Path, seconds: float) -> tuple[list[float], list[float], int]:
    """Listen to the engine: seconds between what it sends, how late its loop said to be (ms), its time at the end."""
    gaps, lags, clock_ns = [], [], 0
    async with Client(socket) as client, asyncio.timeout(4 * seconds):
        heard = began = time.monotonic()
        async for message in client.stream():
            now = time.monotonic()
            gaps.append(now - heard)
            heard, status = now, getattr(message, "status", None)
            if status is not None:
                lags.append(status.lag_ms)
                clock_ns = status.clock_ns
            if now - began >= seconds:
                break
    return gaps, lags, clock_ns


def _minute(seen: Snapshot) -> int:
    """The engine's time as minutes of the New York day, a minute back: the screen may be a frame behind."""
    at = new_york(seen.status.clock_ns)
    return at.hour * 60 + at.minute - 1


def _shown(screen: str) -> int:
    """The time in the screen's corner, as minutes of the day; -1 when it cannot be read."""
    found = re.search(r"(\d\d):(\d\d) NY", screen)
    return int(found[1]) * 60 + int(found[2]) if found else -1
