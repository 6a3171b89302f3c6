"""What a text says of each symbol: "long $A, short $B" is two opinions.

A text is cut at marks, at words that set one thing against another, and in a list of symbols with a figure or a picture
each ("$A +5% $B -3%") before each symbol. A clause without a cashtag belongs to the one before it, or, at the
beginning, to the first that has one; clauses that only list cashtags ("$A, $B and $C up") belong to the clause after
them. A symbol's own text is what its clauses say together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from engine.model import Score, SymbolScore
from engine.scoring.marks import folded

LEAST_CASHTAGS: Final = 2
LONGEST: Final = 1000
"""Longer texts are not taken apart: they are articles, or made to be slow."""
MOST_CLAUSES: Final = 24
"""Further clauses are read as part of the last."""

_CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z][A-Za-z.]{0,9})(?![\w$])")
_CUT = re.compile(
    r"[,;:|/](?=\s|$)|[.!?]+(?=\s|$)"
    r"|\s(?:[-–—&+>]+\s"
    r"|(?=(?:but|and|while|whereas|though|although|however|yet|vs\.?|versus|then|not|instead of|rather than)\s"
    r"|(?:(?:to|and)\s+)?(?:long|short|buy|buying|bought|sell|selling|sold|bullish|bearish|into|over|against)"
    r"\s+(?:on\s+)?\$))"
)
"""Where a folded text is cut."""
_PICTURE: Final = "\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"
_CUT_IN_LIST = re.compile(rf"{_CUT.pattern}|%\)?\s+(?=\$[a-z])|[{_PICTURE}]\s+(?=\$[a-z.]{{1,10}}:?\s?[{_PICTURE}])")
"""The same where each symbol stands before what is said of it."""
_SAID_BEFORE = re.compile(rf"[%{_PICTURE}]")
"""Before the first symbol, this tells that each stands after it, perhaps."""
_AFTER: Final = 3
"""Characters after a symbol that a cut before it looks at."""


def own_scores(apart: Mapping[str, str], score: Callable[[str], Score]) -> tuple[SymbolScore, ...]:
    """What `score` says of each symbol's own text (of `symbols_apart`).

    Empty unless it likes one symbol and dislikes another.
    """
    found = {name: score(own) for name, own in apart.items()}
    if not any(each.score > 0 for each in found.values()) or not any(each.score < 0 for each in found.values()):
        return ()
    return tuple([SymbolScore(name, each.score, each.confidence) for name, each in found.items()])


def symbols_apart(text: str, says_something: Callable[[str], bool]) -> dict[str, str]:
    """Each cashtag's own text, by symbol in upper case; empty when the text does not take them apart.

    `says_something` tells whether a scorer finds an opinion in a clause.
    """
    if len(text) > LONGEST:
        return {}
    tags = list(_CASHTAG.finditer(text))
    if len({tag[1].upper() for tag in tags}) < LEAST_CASHTAGS:
        return {}
    lower = folded(text)
    cut = _CUT if _SAID_BEFORE.search(lower, 0, tags[0].start()) else _CUT_IN_LIST
    between = cut.search(lower, tags[0].start(1), tags[-1].end() + _AFTER)
    if between is None or between.end() > tags[-1].start():
        return {}  # all in one clause
    clauses: list[tuple[tuple[str, ...], list[str]]] = []
    """Symbols, and the pieces of text that are about them."""
    waiting: tuple[str, ...] = ()
    lead: list[str] = []
    for clause in _clauses(text, lower, cut):
        names = tuple(name.upper().rstrip(".") for name in _CASHTAG.findall(clause))
        if names:
            names = waiting + names
            if not says_something(clause):
                waiting = names
                lead.append(clause)
                continue
            clauses.append((names, [*lead, clause]))
            waiting, lead = (), []
        elif waiting:
            if says_something(clause):
                clauses.append((waiting, [*lead, clause]))
                waiting, lead = (), []
            else:
                lead.append(clause)
        elif clauses:
            clauses[-1][1].append(clause)
        else:
            lead.append(clause)
    if len(clauses) < LEAST_CASHTAGS:
        return {}
    own: dict[str, list[str]] = {}
    for names, pieces in clauses:
        for name in dict.fromkeys(names):
            own.setdefault(name, []).extend(pieces)
    return {name: " ".join(pieces) for name, pieces in own.items()}


def _clauses(text: str, lower: str, cut_at: re.Pattern[str]) -> list[str]:
    """The pieces of a text; `lower` is the text folded."""
    pieces: list[str] = []
    start = 0
    for cut in cut_at.finditer(lower):
        if len(pieces) == MOST_CLAUSES - 1:
            break
        if text[start : cut.end()].strip():
            pieces.append(text[start : cut.end()])
        start = cut.end()
    if text[start:].strip():
        pieces.append(text[start:])
    return pieces
