"""What the linear scorer sees of a text: its words and pairs of words, with names and numbers masked.

Cashtags become `$x`, numbers `#`, `#%`, `+#%`, `-#%`, `$#` and the like; mentions and links are left out. So a weight
can belong to what is said, not to whom or where. Letters other than a–z are not read.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Final

from engine.scoring.rules import Tally

SUMS: Final = ("compound", "bullish", "bearish", "silent")
"""What is taken from the word lists, in the order of `sums`."""

_MEMO: Final = 20_000
"""Most tokens remembered; then the memory starts anew."""
_MEMO_LENGTH: Final = 20
"""Longer tokens are not remembered."""

_TOKEN = re.compile(
    r"https?:?/?/?\S*|www\.\S*|@\w*"  # links and mentions
    r"|\$[a-z][\w.]*"  # cashtags
    r"|[+-]?\$?\d[\d,.]*(?:[kmb]\b|%)?"  # numbers
    r"|[a-z]+(?:['’][a-z]+|(?:\.[a-z]{2,})+(?:/\S*)?)?"  # words; with an inner dot it is an address
    r"|[!?]+"
    r"|[^\w\s!-/:-@\[-`{-~‘’“”…–—]"  # emoji and other signs, one at a time
)


class _Memo(dict[str, str]):
    """Masked tokens by their text; makes what it does not have. Bounded."""

    def __missing__(self, raw: str) -> str:
        token = _mask(raw)
        if len(raw) < _MEMO_LENGTH:
            if len(self) >= _MEMO:
                self.clear()
            self[raw] = token
        return token


_masked = _Memo()


def features(text: str) -> set[str]:
    """The distinct words of a text and the distinct pairs of neighbours, each pair with one space between.

    Work is proportional to the text's length.
    """
    tokens = [token for raw in _TOKEN.findall(text.lower()) if (token := _masked[raw])]
    found = set(tokens)
    found.update(map(" ".join, pairwise(tokens)))
    return found


def sums(tally: Tally) -> tuple[float, float, float, float]:
    """What the word lists found: compound, ln(1 + Σ bullish), ln(1 + Σ bearish), and 1 when they found nothing."""
    bullish, bearish = tally.bullish, tally.bearish
    return tally.compound, math.log1p(bullish), math.log1p(bearish), 0.0 if bullish or bearish else 1.0


def _mask(raw: str) -> str:
    """The token that stands for a piece of text; empty for one that is left out."""
    first = raw[0]
    if first == "@" or raw.startswith(("http", "www.")):
        return ""
    if first == "$" and raw[1].isalpha():
        return "$x"
    if first.isdigit() or first in "+-$":
        percent = "%" if raw[-1] == "%" else ""
        dollar = "$" if "$" in raw else ""
        sign = first if first in "+-" and (percent or dollar) else ""
        return f"{sign}{dollar}#{percent}"
    if first in "!?":
        return raw[:2]
    return "" if "." in raw else raw.replace("’", "'")
