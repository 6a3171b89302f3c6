"""Folding text for comparison, and where a word ends, in any script."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

_UNSPACED = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x2E80, 0x9FFF), (0xA960, 0xA97F)),
    *((0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFF66, 0xFFDC), (0x20000, 0x3FFFF)),
)
"""Thai, Lao, Burmese, Khmer, Chinese, Japanese, Korean: words, or their particles, follow without a space."""
_EDGES = tuple(edge for first, last in _UNSPACED for edge in (first, last + 1))
"""An odd number of these at or below a character's code says that it is in one of the ranges. (As a pattern these take
20 ms to compile.)"""

_CLASS = re.compile(r"(?:[._][a-z]{1,2}|-[a-z])(?![0-9a-z_])")
"""What makes another cashtag of one: `$BRK` and `$BRK.B`, which some write `$BRK-B`."""
_ASCII_WORD = frozenset("0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class _Folds(dict[int, str]):
    """Single characters and what they compare as; grows with the characters met, up to a limit."""

    limit = 20_000

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFKC", character).casefold()
        folded = plain if len(plain) == 1 else character.casefold()
        if len(self) < self.limit:
            self[code] = folded
        return folded


_folds = _Folds()
_FOREIGN = re.compile("[^\x00-\x7f]+")


def _folded(run: re.Match[str]) -> str:
    return run.group().translate(_folds)


def fold(text: str) -> str:
    """Text as it is compared: without case; full-width and styled letters as plain ones (`Ｔ`, `𝐓` → `t`).

    Signs that stand for several letters stay signs, so "Tesla™" is the word "tesla" and not "teslatm".
    """
    lower = text.lower()
    if lower.isascii():
        return lower
    return unicodedata.normalize("NFC", _FOREIGN.sub(_folded, lower))


def single_spaced(text: str) -> str:
    """Text with one space for every run of blanks, and none at its ends."""
    return " ".join(text.split())


def is_word(folded: str, start: int, end: int) -> bool:
    """Whether `folded[start:end]` stands by itself: neither edge is glued to a neighbour of the same word."""
    if start and (before := folded[start - 1]) != " " and in_word(before) and in_word(folded[start]):
        return False
    if end == len(folded) or (after := folded[end]) == " ":
        return True
    return not (in_word(after) and in_word(folded[end - 1]))


def is_cashtag(folded: str, start: int, end: int) -> bool:
    """Whether `folded[start:end]`, which begins with $, is a whole cashtag as X reads them.

    Not in `US$TSLA` or `$$TSLA`; `$TSLA` not in `$TSLAQ`; `$BRK` not in `$BRK.B` or `$BRK-B`, but in `$BRK.`,
    `$BRK.com` and `$F-150`.
    """
    if start and (before := folded[start - 1]) != " " and (before == "$" or in_word(before)):
        return False
    if end == len(folded) or (after := folded[end]) == " ":
        return True
    return not in_word(after) and _CLASS.match(folded, end) is None


def in_word(character: str) -> bool:
    """Whether a character glues to its neighbours into one word."""
    if character in _ASCII_WORD:
        return True
    if character < "\x80" or bisect_right(_EDGES, ord(character)) % 2:
        return False
    return character.isalnum() or unicodedata.category(character).startswith("M")


def ticker(symbol: str) -> str:
    """A symbol or cashtag as they are compared: `brk-b`, `BRK_B`, `$BRK.B` → `BRK.B`; `BTC/USD` → `BTC`."""
    return symbol.upper().removeprefix("$").partition("/")[0].replace("_", ".").replace("-", ".")


def tickers(symbol: str) -> tuple[str, ...]:
    """The tickers that a symbol goes by: its own, and those of a pair: `BTC/USD` → `BTC`, `BTCUSD`, `BTC.X`."""
    base, _, quote = symbol.partition("/")
    return (ticker(base), ticker(base + quote), f"{ticker(base)}.X") if quote else (ticker(base),)
