"""Made-up labelled texts, to train on."""

from __future__ import annotations

import random

GOOD, BAD, FLAT = ["zorp", "quell", "brant"], ["glim", "sarn", "vosk"], ["table", "paper", "lamp"]
SIGNS = {1: GOOD, -1: BAD, 0: FLAT}


def made_up(count: int, seed: int = 0) -> list[tuple[str, int]]:
    """Texts of made-up words that lean one way, four in five as labelled."""
    dice = random.Random(seed)
    rows = []
    for _ in range(count):
        sign = dice.choice((-1, 0, 1))
        words = [dice.choice(SIGNS[sign] if dice.random() < 0.8 else dice.choice(list(SIGNS.values()))) for _ in "1234"]
        rows.append((" ".join(words), sign))
    return rows
