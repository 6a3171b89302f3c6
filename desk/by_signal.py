"""The kill switch by signal: for an engine that runs, and whose control socket does not answer."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from engine.errors import DeskError
from engine.model import TradingState
from engine.model.frames import Reply

if TYPE_CHECKING:
    from engine.paths import Paths

ASK_S: Final = 1.0
"""How long the socket that only shows may take to say what became of it."""
KNOWN_S: Final = 3.0
"""How long it is asked."""


async def throw(paths: Paths, why: DeskError, *, flatten: bool) -> Reply | None:
    """Throw the kill switch of the engine that holds the lock; what became of it, or None where there is none of ours.

    `why` is what was wrong with its socket. A command that left may be carried out later: only after NoEngine did none.
    """
    from desk.client import NoEngine

    pid = _pid(paths)
    if not pid:
        return None
    try:
        os.kill(pid, signal.SIGUSR1)
    except OSError:
        return None
    thrown = f"the kill switch was thrown by signal (pid {pid}), for its control socket did not answer: {why.message}"
    if not await _halted(paths):
        text = f"{thrown}; whether it halted is not known"
        return Reply(ok=False, text=text, remedy="`desk status` asks; cancel what works at the venue's own screen")
    if flatten:
        remedy = f"`desk kill --flatten` again, or write the word flatten into {paths.kill_file}"
        so = "NOTHING is flattened" if isinstance(why, NoEngine) else "whether it flattens is not known"
        return Reply(ok=False, text=f"HALTED: {thrown}; {so}, a signal cannot say it", remedy=remedy)
    return Reply(ok=True, text=f"HALTED: {thrown}", remedy="`desk resume --reason …` to trade again")


def _pid(paths: Paths) -> int | None:
    """Who holds this engine's lock, where the lock is ours: elsewhere somebody else may have written any number."""
    from engine.kernel.lock import holder

    with suppress(DeskError, OSError):
        if {paths.lock.lstat().st_uid, paths.lock.parent.stat().st_uid} == {os.getuid()}:
            return holder(paths.lock)
    return None


async def _halted(paths: Paths) -> bool:
    """Whether the engine shows soon that it is HALTED, by the socket that only shows."""
    from desk.client import Client

    until = time.monotonic() + KNOWN_S
    while time.monotonic() < until:
        with suppress(DeskError):
            async with Client(paths.view_socket, timeout_s=ASK_S) as client:
                if (await client.snapshot()).status.state is TradingState.HALTED:
                    return True
        await asyncio.sleep(0.1)
    return False
