"""`desk serve` as a process in front of a fake engine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from yarl import URL

from engine.paths import view_socket
from tests.desk.fake_engine import FakeEngine, fake_engine
from tests.program import command, environment


@contextlib.asynccontextmanager
async def serving(home: Path, *arguments: str) -> AsyncIterator[tuple[FakeEngine, URL]]:
    """A fake engine behind both sockets' places, `desk serve` on it, and the address that it printed."""
    (home / "run").mkdir(mode=0o700)
    control = home / "run" / "simulated.sock"
    place = control if "--with-commands" in arguments else view_socket(control)
    async with fake_engine(view_socket(control)) as looking, contextlib.AsyncExitStack() as stack:
        engine = looking if place != control else await stack.enter_async_context(fake_engine(control))
        process = await asyncio.create_subprocess_exec(
            *command("serve", "--profile", "simulated", *arguments),
            env=environment(home, {"DESK_X_BEARER_TOKEN": "never-passed-on"}),
            cwd=home,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(40):
                line = (await process.stdout.readline()).decode().strip()
            if not line:
                assert process.stderr is not None
                raise AssertionError((await process.stderr.read()).decode())
            yield engine, URL(line)
            process.terminate()
            async with asyncio.timeout(20):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
