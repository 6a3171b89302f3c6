"""Code that is not ours and does not come back: broken off, whatever it swallows; other alarms still ring."""

from __future__ import annotations

import contextlib
import re
import signal
import threading
import time
from collections.abc import Callable

import pytest

from engine.scoring.deadline import Overdue, deadline

LIMIT_S = 0.05


def for_ever() -> None:
    while True:
        pass


def swallowing() -> None:
    while True:
        with contextlib.suppress(Exception):
            for_ever()


def swallowing_all_at_first() -> None:
    with contextlib.suppress(BaseException):
        for_ever()
    for_ever()


def backtracking() -> None:
    re.match(r"(a+)+$", "a" * 64 + "b")


def asleep() -> None:
    time.sleep(600)


@pytest.mark.parametrize("work", [for_ever, swallowing, swallowing_all_at_first, backtracking, asleep])
def test_what_does_not_come_back_is_broken_off(work: Callable[[], None]) -> None:
    with pytest.raises(Overdue), deadline(LIMIT_S):
        work()


def test_what_comes_back_is_left_alone_and_no_alarm_stays() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with deadline(60.0):
        pass
    with pytest.raises(ValueError), deadline(60.0):
        raise ValueError
    assert signal.getsignal(signal.SIGALRM) is before


def test_an_alarm_that_was_set_before_still_rings() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    left = signal.setitimer(signal.ITIMER_REAL, 500.0)
    try:
        with pytest.raises(Overdue), deadline(LIMIT_S):
            for_ever()
        assert 0.0 < signal.getitimer(signal.ITIMER_REAL)[0] < 500.0
        signal.setitimer(signal.ITIMER_REAL, 1e-4)
        with deadline(60.0):
            pass
        while not rung:
            time.sleep(0.001)
        assert rung == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *left)


def test_on_another_thread_nothing_is_limited() -> None:
    done: list[bool] = []

    def work() -> None:
        with deadline(1e-6):
            time.sleep(0.01)
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
