"""What is said in mockery.

Irony is mostly praise that means blame, and hardly ever the reverse (Kreuz, R.J. & Glucksberg, S. 1989, "How to be
sarcastic: the echoic reminder theory of verbal irony", Journal of Experimental Psychology: General 118:374–386). So a
mark of mockery turns praise round; blame beside it stays blame. Only "/s", which says that the opposite is meant, also
turns blame, unless the text opens with praise, or with a word of it ("great job, another recall /s"): then what is
blamed is the news, and the praise is mocked. Praise that "said nobody" or "said everyone" is somebody else's. A single
word in quotation marks after "another", "the" or "their" is not the writer's own: "the "turnaround" at $ABC".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from typing import Final, NamedTuple

QUOTES: Final = (' "', " “")
MOCKED_BY: Final = ("/s", "🤡", "go wrong", "said no", "said every")
"""A text without any of these in lower case marks no mockery at its end."""
SO_CALLED: Final = "so-called"
"""A denial among the finance words."""

_OPPOSITE = re.compile(r"(?:^|\s)/s\W*$", re.IGNORECASE)
_SAID_BY: Final = frozenset(("said no", "said every"))
_CLOWN: Final = "🤡"
_NAMES_CLOWN: Final = (" a", " an", " the", " this", " like")
"""After these the clown is somebody."""
_WORDS = re.compile(r"[\w$@#]")
_GO_WRONG = re.compile(r"[.!?,;…]\s*what (?:could|can) (?:possibly |ever )?go wrong\W*$", re.IGNORECASE)
_SAID = re.compile(
    r"(?:[.!?,;:…-]\W*said every(?:body|one)\b[^.!?…]{0,40}|\Wsaid (?:no ?one|nobody)(?: ever)?)\W*$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\s[\"“]([A-Za-z]+)[\"”](?=[.,;:!?…)]*(?:\s|$))")
_OTHERS: Final = frozenset(
    ("another", "the", "this", "that", "their", "his", "her", "its", "these", "those", "such", "your")
)
"""After these a word in quotation marks is somebody else's."""
_LONGEST: Final = 12
"""Characters before a word in quotation marks that are looked at: more than those have."""
_RATINGS: Final = frozenset(("buy", "sell", "hold", "neutral"))
"""In quotation marks these are an analyst's, and meant."""
_ENDS = re.compile(r"[.,;:!?…]")
"""Where the words with which a text opens end."""


class Mockery(NamedTuple):
    """What is mocked, and how it is marked."""

    text: str
    """The words, without the mark."""
    opposite: bool
    """Whether the mark says that the opposite is meant, of blame too."""

    def turned(self, praises: Callable[[str], bool]) -> bool:
        """Whether the words mean the opposite. `praises` tells whether a scorer takes words for praise."""
        if praises(self.text):
            return True
        if not self.opposite:
            return False
        opening = _ENDS.split(self.text, 1)[0]
        return not praises(opening) and not praises(opening.partition(" ")[0])


def mockery(text: str, marks: Set[str]) -> Mockery | None:
    """What the text mocks, where a mark at its end says so; `marks` are those of MOCKED_BY that it contains."""
    if "/s" in marks and (mark := _OPPOSITE.search(text)):
        return Mockery(text[: mark.start()], True)
    if "go wrong" in marks and (mark := _GO_WRONG.search(text)):
        return Mockery(text[: mark.start()], False)
    if not marks.isdisjoint(_SAID_BY) and (mark := _SAID.search(text)):
        return Mockery(text[: mark.start()], False)
    if _CLOWN in marks and (last := _WORDS.search(text[::-1])):
        words, tail = text[: len(text) - last.start()], text[len(text) - last.start() :]
        if _CLOWN in tail and not words.lower().endswith(_NAMES_CLOWN):
            return Mockery(words, False)
    return None


def quoted(token: str) -> bool:
    """Whether a token is a word in quotation marks, other marks at its end left aside."""
    return token[0] in '"“' and token.rstrip(".,;:!?…)")[-1:] in ('"', "”") and len(token) > 2


def unquoted(text: str) -> str:
    """The text with "so-called" before what is not the writer's own word."""
    return _QUOTED.sub(_called, text)


def _called(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - _LONGEST) : found.start()].lower().split()
    if not before or before[-1] not in _OTHERS or found[1].lower() in _RATINGS:
        return found[0]
    return f" {SO_CALLED} {found[1]}"
