"""The speed of a recording while it plays. A live feed has none: its time is everybody's.

The speed decides nothing that is recorded, as little as the one that a replay was started with: every time in a record
is the recording's. So a change of it leaves no record in a replay's chain, which stays that of the recording alone; the
log tells it, and every client is told the speed that holds.
"""

from __future__ import annotations

import logging
from typing import Final

from engine.control.verbs import FASTER, SPEEDS
from engine.feeds.replay import ReplayFeed
from engine.model.frames import Reply

log = logging.getLogger(__name__)

STEPS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0)
"""What `faster` and `slower` go through, in recorded seconds per second."""


class Pacing:
    """Carries out `speed`, and slows a recording down while a ticket waits for a decision."""

    def __init__(self, replay: ReplayFeed | None, deciding: float = 0.0) -> None:
        """`deciding`: the most while a ticket waits; 0 for no such limit."""
        self._replay = replay
        self._deciding = deciding
        self._waiting = False
        self._before = 0.0
        """The speed to go back to; 0 where the recording was not slowed down."""

    @property
    def speed(self) -> float:
        """Engine seconds per second: 1 live, 0 as fast as possible."""
        return 1.0 if self._replay is None else self._replay.speed

    @property
    def recorded(self) -> bool:
        """Whether a change of it, or its refusal, is recorded: what is asked of a live engine always is."""
        return self._replay is None

    def heed(self, *, waiting: bool) -> None:
        """Slow down once a ticket waits, and go back to the speed of before once none does any more.

        A speed that somebody asks for meanwhile holds at once and afterwards.
        """
        replay = self._replay
        if replay is None or waiting == self._waiting:
            return
        self._waiting = waiting
        if waiting and 0 < self._deciding < replay.speed:
            self._before = replay.speed
            replay.play_at(self._deciding)
        elif self._before:
            replay.play_at(self._before)
            self._before = 0.0

    def change(self, asked: str) -> Reply:
        """Play on at `asked`, a checked number, or a step faster or slower; a refusal says why."""
        replay = self._replay
        if replay is None:
            return Reply(
                ok=False,
                text="the feeds are live: only a recording has a speed",
                remedy="`desk replay --speed N` and `desk demo` play one",
            )
        if replay.ended:
            return Reply(ok=False, text="the recording has ended", remedy="start it again to play it at another speed")
        speed = _step(replay.speed, asked) if asked in SPEEDS else float(asked)
        if not replay.speed or not speed:
            how = "is decided when a recording is started: the journal is then written in larger groups"
            other = "--speed 0" if replay.speed else "--speed N"
            return Reply(ok=False, text=f"as fast as possible {how}", remedy=f"play it again with {other}")
        if speed == replay.speed:
            text = f"the recording plays at {speed:g}× already"
            return Reply(ok=False, text=text, remedy="`desk speed N` takes any number above 0")
        before, self._before = replay.speed, 0.0
        replay.play_at(speed)
        log.info("the recording plays at %g×, no longer at %g×", speed, before)
        return Reply(ok=True, text=f"the recording plays at {speed:g}×")


def _step(speed: float, asked: str) -> float:
    """The next step from a speed; where there is none, that speed."""
    if asked == FASTER:
        return min((step for step in STEPS if step > speed), default=speed)
    return max((step for step in STEPS if step < speed), default=speed)
