"""Runs an engine's event loop, and leaves it also when something in it does not end.

`asyncio.run` waits for ever for a task that swallows its cancellation, and the interpreter for a thread that does not
come back: a feed of another package could keep an engine from ending that has stopped long ago. Here each is waited for
a moment, told by name, and left behind.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Collection, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from engine.errors import EXIT_FAILED, DeskError
from engine.text import one_line

log = logging.getLogger(__name__)

GRACE_S: Final = 2.0
"""How long tasks that are still there at the end may take to end."""
THREADS_S: Final = 6.0
"""The same for threads: one may be importing a package, which takes seconds on a busy machine."""
WORDS_S: Final = 6.0
"""How long the caller of `run_loop` has for its last words where a thread does not end."""


def run_loop(main: Coroutine[Any, Any, int]) -> int:
    """Run `main` on an event loop of its own; returns the exit code that it returns, raises what it raises.

    Where something does not end after it, the process ends `WORDS_S` later by itself, with that code or the error's.
    """
    before = set(threading.enumerate())
    code, left = EXIT_FAILED, list[str]()
    runner = asyncio.Runner()
    try:
        loop = runner.get_loop()
        pool = ThreadPoolExecutor(thread_name_prefix="pool")
        loop.set_default_executor(pool)
        try:
            code = runner.run(main)
        except DeskError as error:
            code = error.exit_code
            raise
        except SystemExit as error:
            log.critical("something that runs in the engine asked the process to end (code %s)", error.code)
        finally:
            left += loop.run_until_complete(_call_off(main))
            pool.shutdown(wait=False, cancel_futures=True)
            left += _running(before)
            if left:
                log.critical("left behind, because it does not end: %s", ", ".join(left))
                loop.close()
            else:
                runner.close()
    finally:
        if left:
            threading.Thread(target=_end_process, args=(code,), name="leaving", daemon=True).start()
    return code


async def _call_off(main: Coroutine[Any, Any, int]) -> list[str]:
    """Call off every task that is left; returns the names of those that go on.

    `main` is among them where something ended the loop under it: its stop has limits of its own.
    """
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    ours = {task for task in tasks if task.get_coro() is main}
    if ours:
        await asyncio.wait(ours)
    if tasks - ours:
        await asyncio.wait(tasks - ours, timeout=GRACE_S)
    return sorted(f"task {one_line(task.get_name())}" for task in tasks if not task.done())


def _running(before: Collection[threading.Thread]) -> list[str]:
    """Names of the threads that came since `before`, that the interpreter would wait for, and that do not end."""
    until = time.monotonic() + THREADS_S
    for thread in threading.enumerate():
        if thread not in before and not thread.daemon:
            thread.join(max(0.0, until - time.monotonic()))
    new = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    return sorted(f"thread {one_line(thread.name)}" for thread in new)


def _end_process(code: int) -> None:
    """Give the main thread time for its last words, then end whatever runs."""
    time.sleep(WORDS_S)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
