"""The collector's walks stay short while windows are full, and find what is left behind."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from types import FrameType

import pytest

from engine.kernel.collector import COLLECT_AFTER, MIDDLE_EVERY, Sweeper, quiet_collector

KEPT = 4 * COLLECT_AFTER[0]


class Knot:
    """An object that refers to itself: only the collector lets it go."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """The engine's settings, and the process's own afterwards."""
    before = gc.get_threshold()
    quiet_collector()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def churn(window: deque[list[int]], count: int) -> int:
    """So many come and as many go; the most that was young at a time."""
    most = 0
    for number in range(count):
        window.append([number])
        if number % 100 == 0:
            most = max(most, len(gc.get_objects(generation=0)))
    return most


def full_window() -> deque[list[int]]:
    window = deque(([number] for number in range(KEPT)), maxlen=KEPT)
    gc.collect()
    gc.freeze()
    return window


def test_a_full_window_does_not_start_a_collection_by_itself() -> None:
    """What the sweeps are for: as much goes as comes, and the threshold is never reached."""
    window = full_window()
    assert churn(window, KEPT) > 3 * COLLECT_AFTER[0]


def test_sweeps_keep_what_is_young_few_and_what_is_walked_bounded() -> None:
    window, sweeper, limit = full_window(), Sweeper(old_limit=1_000), 1_000
    for _ in range(40):
        assert churn(window, 500) < 500 + COLLECT_AFTER[0] // 4
        sweeper.sweep()
        assert len(gc.get_objects(generation=1)) <= 600 * MIDDLE_EVERY
        assert len(gc.get_objects(generation=2)) <= limit + 600 * (MIDDLE_EVERY + 1)
    assert gc.get_freeze_count() > KEPT


def test_what_was_frozen_goes_when_nothing_refers_to_it() -> None:
    kept = [Knot() for _ in range(50)]
    for knot in kept:
        del knot.itself
    seen = [weakref.ref(knot) for knot in kept]
    sweeper = Sweeper(old_limit=0)
    for _ in range(MIDDLE_EVERY + 1):
        sweeper.sweep()
    frozen = gc.get_freeze_count()
    del knot
    kept.clear()
    assert not any(reference() for reference in seen)
    assert gc.get_freeze_count() <= frozen - 50


@pytest.mark.parametrize("sweeps_before", [0, 1, MIDDLE_EVERY - 1, MIDDLE_EVERY, MIDDLE_EVERY + 5])
def test_a_knot_is_found_within_one_round_of_sweeps(sweeps_before: int) -> None:
    sweeper = Sweeper()
    knot = Knot()
    seen = weakref.ref(knot)
    for _ in range(sweeps_before % (MIDDLE_EVERY + 1)):
        sweeper.sweep()
    del knot
    for _ in range(MIDDLE_EVERY + 1):
        sweeper.sweep()
    assert seen() is None


def test_a_tuple_that_another_thread_is_making_can_be_made() -> None:
    """What an import does all the time, on the threads of a start."""
    half_way, swept = threading.Event(), threading.Event()
    made: list[tuple[list[int], ...]] = []

    def parts() -> Iterator[list[int]]:
        yield [1]
        half_way.set()
        swept.wait(30)
        yield [2]

    def when_counted(frame: FrameType, event: str, called: object) -> None:
        if event == "c_return" and called is gc.get_objects:
            swept.set()
            making.join(30)

    making = threading.Thread(target=lambda: made.append(tuple(parts())))
    making.start()
    assert half_way.wait(30)
    gc.collect(1)
    sweeper = Sweeper()
    sys.setprofile(when_counted)
    try:
        for _ in range(MIDDLE_EVERY + 1):
            sweeper.sweep()
    finally:
        sys.setprofile(None)
        swept.set()
        making.join(30)
    assert made == [([1], [2])]


async def test_it_sweeps_by_time() -> None:
    knot = Knot()
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    weakref.finalize(knot, loop.call_soon, gone.set)
    del knot
    sweeping = asyncio.create_task(Sweeper().run(every_s=0.001))
    try:
        async with asyncio.timeout(30):
            await gone.wait()
    finally:
        sweeping.cancel()
