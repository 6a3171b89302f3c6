"""Which posts the feed shows: a small language of words, all of which must hold.

`$F` the symbol alone, or that very cashtag · `TSLA` a symbol, or that very word · `@name` an author ·
`>0.3` `<-0.2` a score · `bull` `bear` beyond ±0.2 · `verified` · `from:x` a source · `held` something the guards hold
against it, `is:ring` `is:copy` … what · `cluster:ID` it and the posts that say nearly the same · anything else a word
of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.model.frames import PostRow

LABEL = 0.2
"""Scores beyond ±LABEL are bullish or bearish."""

_CASHTAG = re.compile(r"\$[A-Za-z][A-Za-z0-9./-]{0,9}")
_SYMBOL = re.compile(r"[A-Z][A-Z0-9./-]{0,9}")
_SCORE = re.compile(r"([<>])([+-]?\d*\.?\d+)")

Test = Callable[[PostRow], bool]


class PostFilter:
    """A parsed filter; empty text lets every post through. Any text is a filter: there is nothing to refuse."""

    __slots__ = ("_tests", "text")

    def __init__(self, text: str = "") -> None:
        self.text = " ".join(text.split())
        self._tests = [_test(word) for word in self.text.split()]

    def __bool__(self) -> bool:
        return bool(self._tests)

    def matches(self, post: PostRow) -> bool:
        """True when every word holds for the post."""
        return all(test(post) for test in self._tests)


def _test(word: str) -> Test:
    lower = word.lower()
    if word.startswith("@") and len(word) > 1:
        return lambda post: post.author.lower().startswith(lower[1:])
    if score := _SCORE.fullmatch(word):
        bound = float(score[2])
        return (lambda post: post.score > bound) if score[1] == ">" else (lambda post: post.score < bound)
    if lower in ("bull", "bullish"):
        return lambda post: post.score > LABEL
    if lower in ("bear", "bearish"):
        return lambda post: post.score < -LABEL
    if lower == "verified":
        return lambda post: post.verified
    if lower.startswith("from:") and len(lower) > 5:
        return lambda post: post.source.lower() == lower[5:]
    if lower == "held":
        return lambda post: post.mark.weight < 1
    if lower.startswith("is:") and len(lower) > 3:
        return lambda post: any(reason.lower().startswith(lower[3:]) for reason in post.mark.reasons)
    if lower.startswith("cluster:") and len(lower) > 8:
        return lambda post: word[8:] in (post.id, post.mark.cluster)
    if _CASHTAG.fullmatch(word) or _SYMBOL.fullmatch(word):
        symbol = word.lstrip("$").upper()
        alone = re.compile(rf"(?<![\w$]){re.escape(lower)}(?!\w|[./-]\w)")
        return lambda post: symbol in post.symbols or alone.search(post.text.lower()) is not None
    return lambda post: lower in post.text.lower()
