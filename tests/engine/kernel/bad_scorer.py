"""`python -m tests.engine.kernel.bad_scorer FILE …`: the engine, with scorers that do what FILE says.

`raise`: every text is a fault, for every scorer. `sleep SECONDS`: every text takes so long, on the engine's loop.
Anything else, or no file: as shipped. `…` are the engine's arguments.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from engine.kernel.process import main
from engine.model import Score
from engine.scoring.linear import LinearScorer
from engine.scoring.vader import VaderScorer


def spoil(file: Path) -> None:
    """Wrap the shipped scorers."""
    whole, other = VaderScorer.score, LinearScorer.score

    def score(self: VaderScorer, texts: Sequence[str]) -> list[Score]:
        word, _, number = (file.read_text(encoding="utf-8") if file.exists() else "").partition(" ")
        if word == "raise":
            raise RuntimeError("this scorer is broken on purpose")
        if word == "sleep":
            time.sleep(float(number))
        return whole(self, texts)

    def score_too(self: LinearScorer, texts: Sequence[str]) -> list[Score]:
        if file.exists() and file.read_text(encoding="utf-8") == "raise":
            raise RuntimeError("this scorer is broken on purpose")
        return other(self, texts)

    VaderScorer.score = score  # type: ignore[method-assign]
    LinearScorer.score = score_too  # type: ignore[method-assign]


if __name__ == "__main__":
    spoil(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
