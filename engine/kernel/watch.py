"""Around the loop: the kill file, the wall clock, a loop that hangs, the heartbeat line."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from engine.clock import SECOND, SystemClock
from engine.config import Version, version
from engine.model import Alert, Level
from engine.text import one_line

log = logging.getLogger(__name__)

CLOCK_POLL_S = 1.0
CLOCK_STEP_NS = SECOND
"""A smaller difference between the wall and the monotonic clock is drift, and is left alone."""

TIME_S = 1.0
"""How often clients are told what time it is in a recording."""

HANGING_S = 10.0
"""A loop that has been blocked this long says where it is stuck."""
STACK_LIMIT = 30
"""Innermost calls that are told of a thread."""

KILL_FILE_POLL_S = 0.25
KILL_FILE_LIMIT = 500
"""Bytes read of the kill file."""


async def watch_kill_file(path: Path, throw: Callable[[str, str, bool], None]) -> None:
    """Throw the kill switch when the file appears: its first line is the reason, the word `flatten` closes all.

    It is thrown again whenever the file is written: a file is there before its words are.
    """
    seen: Version | None = None
    while True:
        found = version(path)  # one stat of a local file; a thread would cost more
        if found is not None and found != seen:
            reason, flatten = read_kill_file(path)
            throw("file", reason, flatten)
        seen = found
        await asyncio.sleep(KILL_FILE_POLL_S)


def stepped(step_ns: int, now_ns: int) -> Alert:
    """What is told of a wall clock that moved by more than it should have."""
    remedy = "if this machine slept, posts and prices of that time are being fetched; else look at NTP"
    if step_ns < 0:
        remedy = "look at NTP; the engine goes on from the later time: where the wall is right, start it again"
    text = f"the wall clock moved by {step_ns / SECOND:+.1f} s"
    return Alert("clock:step", Level.WARNING, "clock", "step", text, remedy, now_ns)


def read_kill_file(path: Path) -> tuple[str, bool]:
    """The reason a kill file gives, and whether it asks to flatten. A file that cannot be read kills all the same."""
    try:
        # Whatever stands there, a pipe or an endless device, must not keep the engine waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            text = os.read(descriptor, KILL_FILE_LIMIT).decode("utf-8", "replace").strip()
        finally:
            os.close(descriptor)
    except OSError as error:
        return f"kill file ({error.strerror})", False
    reason = one_line(text.splitlines()[0], KILL_FILE_LIMIT) if text else ""
    return reason or "kill file", "flatten" in text.lower()


async def watch_clock(clock: SystemClock, stepped: Callable[[int], None]) -> None:
    """Follow the wall when it runs ahead, and tell of every step, back ones too, and of a sleep of the machine."""
    told_ns = 0
    while True:
        slept_ns = clock.slept_ns()
        if slept_ns > CLOCK_STEP_NS:
            stepped(slept_ns)
        skew_ns = clock.skew_ns()
        if skew_ns > CLOCK_STEP_NS:
            stepped(clock.resync())
            told_ns = 0
        elif skew_ns > -CLOCK_STEP_NS:
            told_ns = 0  # the wall is back: the next step back is news, though it were as far
        elif abs(skew_ns - told_ns) > CLOCK_STEP_NS:
            stepped(skew_ns)
            told_ns = skew_ns
        await asyncio.sleep(CLOCK_POLL_S)


async def tell_where_it_hangs(limit_s: float = HANGING_S) -> None:
    """When the loop has not come back here for so long, the log says where every thread is: names and lines only.

    A thread looks, and holds the interpreter meanwhile. `faulthandler.dump_traceback_later` does not: where a process
    that was stopped goes on beside its dump, a frame that ends under it ends the process. What a thread cannot tell, a
    call in C that keeps the interpreter, is told by SIGABRT, as a service manager sends it.
    """
    back, ended = threading.Event(), threading.Event()
    watcher = threading.Thread(target=_tell_when_late, args=(back, ended, limit_s), name="hanging", daemon=True)
    watcher.start()
    try:
        while True:
            back.set()
            await asyncio.sleep(limit_s / 5)
    finally:
        ended.set()
        back.set()


def _tell_when_late(back: threading.Event, ended: threading.Event, limit_s: float) -> None:
    """Once for each time that `back` is not set for so long, until it ended."""
    while not ended.is_set():
        if not back.wait(limit_s):
            for line in where_threads_are():
                log.error("the loop has not come back for %g s: %s", limit_s, line)
            back.wait()
        back.clear()


def where_threads_are() -> list[str]:
    """One line for each other thread, the main one first: its name and its calls, the innermost first."""
    frames = sys._current_frames()
    threads = sorted(threading.enumerate(), key=lambda thread: thread is not threading.main_thread())
    lines = []
    for thread in threads:
        frame = frames.get(thread.ident or 0)
        if frame is None or thread is threading.current_thread():
            continue
        calls = traceback.StackSummary.extract(traceback.walk_stack(frame), limit=STACK_LIMIT, lookup_lines=False)
        lines.append(f"{thread.name}: " + " < ".join(f"{call.filename}:{call.lineno} {call.name}" for call in calls))
    return lines


async def tell_time(changed: Callable[[], None], every_s: float = TIME_S) -> None:
    """Have clients told a recording's time this often, though nothing else changes: they carry it on only so far."""
    while True:
        await asyncio.sleep(every_s)
        changed()


async def heartbeat(every_s: float, line: Callable[[], str]) -> None:
    """One log line this often: alive, and what was done."""
    while True:
        await asyncio.sleep(every_s)
        log.info("%s", line())
