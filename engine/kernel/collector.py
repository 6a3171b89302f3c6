"""The garbage collector's pauses: each walk short, however much the engine keeps.

CPython (gc module, "set_threshold") begins a young collection once so many objects came *more than went*. Full windows
let one go for each that comes, so it would wait for minutes, and then walk all that came meanwhile. A full collection
walks whatever is kept. So young ones are swept by time here, and what has lived long is taken out of sight
(`gc.freeze`) before there is much of it: it still goes when nothing refers to it any more. Only a cycle that was frozen
alive and falls apart later stays for good: a connection that lived through it, some kilobytes.
"""

from __future__ import annotations

import asyncio
import gc
from typing import Final

COLLECT_AFTER: Final = (2_000, 200, 20)
"""New objects, young and middle collections before the next older one: what streams is out of the collector's sight
(`gc=False`), so it finds little; walking every imported package for it would stop the engine for milliseconds."""

SWEEP_S: Final = 0.1
"""Between young sweeps: by time, so that a faster machine, which takes in more between two, walks no longer."""
MIDDLE_EVERY: Final = 3
"""Young sweeps before what they left is swept too."""
OLD_LIMIT: Final = 5_000
"""Objects out of middle sweeps before they are frozen: a full walk takes a millisecond, 5 on a slow machine."""


def quiet_collector() -> None:
    """Once everything is built: what lives on is never walked again, and young objects rarely.

    A start leaves some hundred objects of garbage; to find them, all are walked: a fiftieth of a restart.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(*COLLECT_AFTER)


class Sweeper:
    """Sweeps by time, and freezes what has lived long."""

    def __init__(self, old_limit: int = OLD_LIMIT) -> None:
        self._old_limit = old_limit
        self._young = 0
        """Young sweeps since the last middle one."""

    async def run(self, every_s: float = SWEEP_S) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(every_s)
            self.sweep()

    def sweep(self) -> None:
        """Walk what is young, after some of these what those left too, and freeze once that is much."""
        if self._young < MIDDLE_EVERY:
            self._young += 1
            gc.collect(0)
            return
        self._young = 0
        gc.collect(1)
        # Counted within one call: a list that stood between two would refer to what another thread is making, and a
        # tuple that is referred to cannot be made longer or shorter (SystemError, in the middle of an import).
        if sum(map(len, map(gc.get_objects, (2,)))) > self._old_limit:
            gc.collect(2)
            gc.freeze()
