"""When the desk draws: many changes in one frame, and what a person waits for before the next one of the feed."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from textual.timer import Timer

from desk.mirror import Part
from desk.redraw import URGENT_S, Redraw


class Later:
    """A timer that fires when a test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.waiting: Callable[[], None] | None = None

    def __call__(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.asked.append(seconds)
        self.waiting = call
        return cast(Timer, self)

    def stop(self) -> None:
        self.waiting = None

    def fire(self) -> None:
        call, self.waiting = self.waiting, None
        assert call is not None
        call()


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.redraw.monotonic", lambda: 100.0)


def test_changes_are_gathered_and_a_quiet_desk_waits_for_nothing(still: None) -> None:
    later, drawn = Later(), list[Part]()
    redraw = Redraw(5.0, drawn.append, later)
    for part in (Part.POSTS, Part.SYMBOLS, Part.POSTS):
        redraw.wake(part)
    assert later.asked == [0.001], "the first frame is due"
    later.fire()
    assert drawn == [Part.POSTS | Part.SYMBOLS] and later.waiting is None
    redraw.wake(Part.POSTS)
    assert later.asked[1:] == [0.2]


def test_what_is_urgent_goes_before_the_feeds_next_frame(still: None) -> None:
    later, drawn = Later(), list[Part]()
    redraw = Redraw(5.0, drawn.append, later)
    redraw.wake(Part.POSTS)
    later.fire()
    redraw.wake(Part.POSTS)
    redraw.wake(Part.TICKETS)
    redraw.wake(Part.ALERTS)
    assert later.asked[1:] == [0.2, pytest.approx(URGENT_S)], "once, however much is urgent"
    later.fire()
    assert drawn[1:] == [Part.POSTS | Part.TICKETS | Part.ALERTS]
