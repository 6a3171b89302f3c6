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

_SKIPPED: Final = "\"#%&'()*+,-./:;<=>[\\]^_`{|}~"
"""Signs that stand for nothing before and after a word."""
_CASHTAG: Final = "$x"
_MANY: Final = 16
"""Tokens of a piece from which on equal ones are masked once."""
_TOKEN = re.compile(
    r"https?:?/?/?\S*|www\.\S*|@\w*"  # links and mentions
    r"|\$[a-z][\w.]*"  # cashtags
    r"|[+-]?\$?\d[\d,.]*(?:[kmb]\b|%)?"  # numbers
    r"|[a-z]+(?:['’][a-z]+|(?:\.[a-z]{2,})+(?:/\S*)?)?"  # words; with an inner dot it is an address
    r"|[!?]+"
    r"|[^\w\s!-/:-@\[-`{-~‘’“”…–—]"  # emoji and other signs, one at a time
)


def features(text: str) -> set[str]:
    """The distinct words of a text and the distinct pairs of neighbours, each pair with one space between.

    Work is proportional to the text's length.
    """
    found = [token for chunk in text.lower().split() for token in tokens(chunk)]
    return {*found, *map(" ".join, pairwise(found))}


def tokens(chunk: str) -> tuple[str, ...]:
    """The masked tokens of a piece of lower-case text between two spaces. No token spans a space."""
    if chunk.startswith("http"):
        return ()
    if chunk.isascii():
        word = chunk.strip(_SKIPPED)
        if word.isalpha() and not word.startswith(("http", "www")):
            return (word,)
        if word.startswith("$") and word[1:].isalpha():
            return (_CASHTAG,)
    found = _TOKEN.findall(chunk)
    if len(found) < _MANY:
        return tuple(filter(None, map(_mask, found)))
    masked = {raw: _mask(raw) for raw in set(found)}
    return tuple(filter(None, map(masked.__getitem__, found)))


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
        return _CASHTAG
    if first.isdigit() or first in "+-$":
        percent = "%" if raw[-1] == "%" else ""
        dollar = "$" if "$" in raw else ""
        sign = first if first in "+-" and (percent or dollar) else ""
        return f"{sign}{dollar}#{percent}"
    if first in "!?":
        return raw[:2]
    return "" if "." in raw else raw.replace("’", "'")
