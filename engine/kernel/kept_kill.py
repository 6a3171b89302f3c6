"""A kill switch thrown while nothing can be recorded: it is kept in a file, and the next engine starts HALTED.

The file is beside the journal, or, where that disk takes none, in the runtime directory. It goes once the journal has
what it says.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from engine.clock import Clock
from engine.journal import Journal
from engine.kernel.dealing import Dealing
from engine.model import TradingState
from engine.paths import Paths, sync_path

REASON = "the kill switch was thrown while nothing could be recorded"


def keep(paths: Paths) -> bool:
    """Have the next engine of this name start HALTED; False where no disk takes a file."""
    return any(_made(place) for place in _places(paths))


async def take_up(paths: Paths, dealing: Dealing, journal: Journal, clock: Clock) -> None:
    """Halt where the last engine of this name was halted and could not record it. Raises JournalError."""
    if not any(_there(place) for place in _places(paths)):
        return
    if dealing.risk.state is not TradingState.HALTED:
        dealing.enter(dealing.risk.kill(REASON, "person", clock.now_ns()))
    await journal.commit()
    for place in _places(paths):
        with suppress(OSError):
            place.unlink(missing_ok=True)


def _places(paths: Paths) -> tuple[Path, Path]:
    return paths.state_dir / f"{paths.name}.halted", paths.runtime_dir / f"{paths.name}.halted"


def _there(place: Path) -> bool:
    try:
        place.lstat()
    except OSError:
        return False
    return True


def _made(place: Path) -> bool:
    """An empty file needs no room but its name's."""
    try:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        sync_path(place.parent)
    except OSError:
        return False
    return True
