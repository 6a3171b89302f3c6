"""The worker process as the engine sees it: started, asked with a time limit, killed when it does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import deque
from collections.abc import Sequence
from typing import Final

from engine.errors import ConfigError, DeskError
from engine.scoring.finbert import wire
from engine.secrets import child_environment

_LINES: Final = 20
"""Lines of the worker's error output that are kept, to say why it ended."""
_LINE_LIMIT: Final = 300
_END_S: Final = 2.0
"""How long a worker that was told to end may take; then it is killed."""


class WorkerProcess:
    """One worker at a time, speaking `wire` over its pipes; the operating system bounds what waits in them."""

    def __init__(self, setup: wire.Setup, *, start_s: float) -> None:
        """`start_s`: longest that loading the model may take."""
        self._setup = setup
        self._start_s = start_s
        self._process: asyncio.subprocess.Process | None = None
        self._complaints: asyncio.Task[None] | None = None
        self._said: deque[str] = deque(maxlen=_LINES)
        self.waiting = False
        """Whether an answer is still to come; that of a question broken off must not be taken for the next one's."""
        self.backend = ""
        """What computes, in words; known once it has started."""
        self.starts = 0
        """Processes started."""

    @property
    def pid(self) -> int | None:
        """The worker's process id; None while there is none."""
        return None if self._process is None else self._process.pid

    @property
    def running(self) -> bool:
        """Whether there is a worker that has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start a worker and wait until the model is loaded; nothing to do when one runs and owes no answer.

        Raises ConfigError when the model cannot be had, DeskError when the worker ends or takes too long.
        """
        if self.running and not self.waiting:
            return
        await self.stop()
        self.starts += 1
        self._said.clear()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "engine.scoring.finbert.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=child_environment(os.environ),
            start_new_session=True,
        )
        self._complaints = asyncio.create_task(self._listen(self._process))
        answer = await self._exchange(self._setup, self._start_s)
        if isinstance(answer, wire.Refused):
            await self.stop()
            raise ConfigError(answer.message, where="scoring.finbert", remedy=answer.remedy)
        if not isinstance(answer, wire.Ready):
            raise await self._failed(f"expected it to be ready, found {type(answer).__name__}")
        self.backend = answer.backend

    async def logits(self, texts: Sequence[str], limit_s: float) -> tuple[tuple[float | None, ...], ...]:
        """One row per text. Raises DeskError when the worker ends, takes longer, or answers something else."""
        await self.start()
        answer = await self._exchange(wire.Ask(tuple(texts)), limit_s)
        if not isinstance(answer, wire.Logits) or len(answer.rows) != len(texts):
            raise await self._failed(f"expected {len(texts)} rows, found {answer!r:.100}")
        return answer.rows

    async def stop(self) -> None:
        """End the worker, kindly and then not."""
        process, self._process = self._process, None
        self.waiting = False
        if process is None:
            return
        if process.returncode is None:
            assert process.stdin is not None
            process.stdin.close()
            try:
                async with asyncio.timeout(_END_S):
                    await process.wait()
            except TimeoutError:
                _kill(process)
                await process.wait()
        if self._complaints is not None:
            await self._complaints
            self._complaints = None

    async def _exchange(self, message: wire.ToWorker, limit_s: float) -> wire.FromWorker:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        self.waiting = True
        try:
            async with asyncio.timeout(limit_s):
                process.stdin.write(wire.packed(message))
                await process.stdin.drain()
                head = await process.stdout.readexactly(wire.LENGTH)
                body = await process.stdout.readexactly(wire.length(head))
            answer = wire.answered(body)
            self.waiting = False
            return answer
        except TimeoutError:
            raise await self._failed(f"expected an answer within {limit_s:g} s, found none") from None
        except (ConnectionError, asyncio.IncompleteReadError):
            raise await self._failed("expected an answer, found that it ended") from None
        except ValueError as error:
            raise await self._failed(f"expected an answer, found what cannot be read: {error}") from None

    async def _failed(self, what: str) -> DeskError:
        """End the worker for good and tell what happened, with its last words."""
        process = self._process
        if process is not None:
            if process.returncode is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await process.wait()
            _kill(process)
            await self.stop()
            what += _how(process.returncode)
        words = self._said[-1] if self._said else ""
        return DeskError(
            what + (f": {words}" if words else ""),
            where="the finbert worker",
            remedy="it is started again; if it keeps ending, look at its memory and try `desk models bench`",
        )

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Keep the end of what the worker writes to its error output, so that its pipe never fills."""
        assert process.stderr is not None
        while chunk := await process.stderr.read(4096):
            for line in chunk.decode("utf-8", "replace").splitlines():
                if line.strip():
                    self._said.append(line.strip()[:_LINE_LIMIT])


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def _how(code: int | None) -> str:
    if code is None or code == 0:
        return ""
    return f" (killed by signal {-code})" if code < 0 else f" (exit code {code})"
