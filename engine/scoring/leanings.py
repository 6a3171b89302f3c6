"""Which side a text leans to of which no other list says anything.

"Coming tomorrow, big" calls nothing, but is written by a bull more often than not. `leanings.tsv` has three columns:
a word, which side it leans to and how far (−3 … 3), and the reason. Pronouns, prepositions, auxiliaries and
conjunctions are not in it: they lean by who writes, not by what is said. What comes of it stays within the neutral
band: a direction for those who ask for one, never a call. How often it is right: docs/sentiment.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from engine.errors import DeskError

_LEANINGS: Final = "leanings.tsv"
MOST: Final = 0.01
"""The largest score, either way: well within the neutral band."""
_FAR: Final = 5
"""Σ leanings from which on the score is the largest."""


_APART: Final = bytes(ord(" ") if chr(byte) in '.,!?;:"()#' else byte for byte in range(256))
"""Marks that words stand between, as a table for `bytes.translate`."""


class Leanings(NamedTuple):
    """What leans, and a name that changes whenever it does."""

    words: Mapping[str, int]
    """By word in lower case."""
    spelt: Mapping[bytes, int]
    """The same by the word's ASCII, as it is looked up."""
    version: str

    def of(self, text: str) -> float:
        """The score of a text in [−MOST, MOST], each word once. Work is proportional to the text's length.

        Words are looked up as they stand between spaces and marks; letters beyond ASCII are passed over.
        """
        words = self.spelt
        met = text.lower().encode("ascii", "ignore").translate(_APART).split()
        total = sum([words[word] for word in words.keys() & met])
        return MOST * max(-_FAR, min(_FAR, total)) / _FAR


@cache
def shipped_leanings() -> Leanings:
    """Ours: one for all scorers."""
    return parse_leanings(files("engine.scoring").joinpath(_LEANINGS).read_text(encoding="utf-8"))


def parse_leanings(table: str) -> Leanings:
    """The leanings in a table. Raises DeskError naming the line that is not a word, a step and a reason."""
    words: dict[str, int] = {}
    for number, line in enumerate(table.splitlines(), 1):
        if not line or line.startswith("//"):
            continue
        cells = line.split("\t")
        word, step = cells[0], cells[1] if len(cells) > 1 else ""
        fits = len(cells) == 3 and all(cells) and word == word.lower() and " " not in word and word not in words
        if not fits or step not in ("-3", "-2", "-1", "1", "2", "3"):
            raise DeskError(
                f"expected a lower-case word once, a step of -3 … 3 and a reason, found {line!r:.100}",
                where=f"{_LEANINGS}:{number}",
                remedy="correct the line",
            )
        words[word] = int(step)
    spelt = {word.encode("ascii", "ignore"): step for word, step in words.items()}
    return Leanings(words, spelt, f"leanings-{hashlib.sha256(table.encode()).hexdigest()[:12]}")
