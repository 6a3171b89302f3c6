"""Work that nobody waits for: a desk is left at once, whatever its journal is being asked."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from desk.background import in_background
from engine.errors import JournalError


async def test_what_the_work_returns_or_raises_comes_back() -> None:
    async def raised() -> None:
        def work() -> None:
            raise JournalError("no")

        await in_background(work)

    assert await in_background(lambda: 7) == 7
    with pytest.raises(JournalError, match="no"):
        await raised()


async def test_work_that_is_called_off_ends_by_itself() -> None:
    goes_on, ended = threading.Event(), threading.Event()

    def work() -> None:
        goes_on.wait()
        ended.set()

    task = asyncio.ensure_future(in_background(work))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    goes_on.set()
    assert await asyncio.to_thread(ended.wait, 10)


def test_a_process_ends_while_its_work_goes_on() -> None:
    program = (
        "import asyncio, threading\n"
        "from desk.background import in_background\n"
        "async def main():\n"
        "    task = asyncio.ensure_future(in_background(threading.Event().wait))\n"
        "    await asyncio.sleep(0)\n"
        "asyncio.run(main())\n"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=30, check=False).returncode == 0
