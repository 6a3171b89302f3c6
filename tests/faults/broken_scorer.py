"""A late scorer that goes wrong as the file named by BROKEN_SCORER says; well, while there is no such file."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import DeskError
from engine.model import Asked, Score

GLAD = ("amazing", "great", "win")


class BrokenScorer:
    """Speaks `engine.model.LateScorer`."""

    name = "broken"
    version = "1"
    repeatable = True
    batch = 16
    wait_s = 0.02
    concurrency = 2
    gate = 0.0
    spent_usd = 0.0
    cap_usd = None
    detail = "made to be broken"

    def __init__(self, *_: object, **__: Any) -> None:
        self._file = Path(os.environ["BROKEN_SCORER"])

    def blocked(self, now_ns: int) -> str:
        """Never."""
        return ""

    async def start(self) -> None:
        """Nothing to start."""

    async def close(self) -> None:
        """Nothing to close."""

    async def score(self, asked: Sequence[Asked]) -> Sequence[Score | None]:
        """Glad or sad, or what the file says."""
        await asyncio.sleep(0.005)
        scores = [Score(0.8 if any(word in each.text for word in GLAD) else -0.8, 0.9) for each in asked]
        match self._file.read_text(encoding="utf-8") if self._file.exists() else "":
            case "crash":
                raise ZeroDivisionError("a fault in somebody's package")
            case "memory":
                raise MemoryError
            case "down":
                raise DeskError("expected an answer, found none", where="broken", remedy="it is asked again")
            case "hang":
                await asyncio.Event().wait()
            case "nonsense":
                return [Score(bad, 0.9) for bad in (99.0, math.nan, -math.inf, -1.5) for _ in asked][: len(asked)]
            case "block":
                while self._file.exists():
                    time.sleep(0.05)
            case "few":
                return scores[1:]
        return scores
