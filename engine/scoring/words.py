"""What is known about words: vaderSentiment's lists, read from the installed package, with our finance words laid over.

`finance_words.tsv` has three columns: term, value, reason. A term is an emoji, or one to five words; in place of a
word it may have a pattern: `#` (a number), `#%`, `+#%`, `-#%`, `$#` (a price), `+$#`, `-$#`, `#-week` and the like,
`$#c` and `$#p` (calls and puts at a price), `$x` (a cashtag). The value is a valence in [−4, 4] (the package's scale),
`not` for a negation, or `drop` for a word of the package that means nothing about a stock ("shares" is +1.2 there).
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Mapping
from importlib import metadata
from importlib.resources import files
from typing import Final, NamedTuple

from engine.errors import DeskError

_PACKAGE: Final = "vaderSentiment"
_FINANCE: Final = "finance_words.tsv"
LONGEST_PHRASE: Final = 5
"""Most words in a term."""

_NUMBER = re.compile(r"([+-]?)(\$?)\d[\d,.]*(?:[kmb]|([cp])|(%)|(-[a-z]+))?", re.IGNORECASE)
_CASHTAG = re.compile(r"\$[a-z][\w.]*", re.IGNORECASE)
_EDGE: Final = string.punctuation + "’‘“”…–—"


class Words(NamedTuple):
    """The lists that the rules work with. Words are lower case."""

    lexicon: Mapping[str, float]
    boosters: Mapping[str, float]
    """Words that strengthen (> 0) or weaken (< 0) what follows, some of two words."""
    negations: frozenset[str]
    idioms: Mapping[str, float]
    """Sequences of words with a valence of their own."""
    emoji: Mapping[str, str]
    """What a single character stands for, in words."""
    terms: Mapping[str, float]
    """Our one-word terms by `term_key`."""
    phrases: Mapping[tuple[str, ...], float | None]
    """Our longer terms by their keys; None is a negation."""
    nots: frozenset[str]
    """Our one-word negations by `term_key`."""
    signs: frozenset[str]
    """Emoji among our terms."""
    version: str
    """Changes whenever one of the lists does."""


def term_key(token: str) -> str:
    """What a token is among our terms: lower case without edge punctuation, or its pattern. Cashtags are `$x`."""
    bare = token.strip("()[]{}\"'“”‘’.,;:!?…*~")
    if bare and (bare[0] in "+-$" or bare[0].isdigit()):
        number = _NUMBER.fullmatch(bare)
        if number:
            sign, dollar, option, percent, unit = number.groups("")
            return f"{sign if percent or dollar else ''}{dollar}#{option.lower()}{percent}{unit.lower()}"
        if _CASHTAG.fullmatch(bare):
            return "$x"
    return token.strip(_EDGE).lower().replace("’", "'")


def stock_words() -> Words:
    """The package's own lists and nothing else."""
    from vaderSentiment import vaderSentiment as package

    folder = files(_PACKAGE)
    lexicon_text = folder.joinpath("vader_lexicon.txt").read_text(encoding="utf-8")
    emoji_text = folder.joinpath("emoji_utf8_lexicon.txt").read_text(encoding="utf-8")
    lexicon = {}
    for line in lexicon_text.rstrip("\n").split("\n"):
        if line:
            word, valence = line.strip().split("\t")[:2]
            lexicon[word] = float(valence)
    emoji = {}
    for line in emoji_text.rstrip("\n").split("\n"):
        sign, description = line.strip().split("\t")[:2]
        if len(sign) == 1:  # the package looks at one character at a time, so longer signs never match
            emoji[sign] = description
    return Words(
        lexicon=lexicon,
        boosters=package.BOOSTER_DICT,
        negations=frozenset(package.NEGATE),
        idioms=package.SPECIAL_CASES,
        emoji=emoji,
        terms={},
        phrases={},
        nots=frozenset(),
        signs=frozenset(),
        version=f"vaderSentiment-{metadata.version(_PACKAGE)}",
    )


def finance_words(table: str | None = None) -> Words:
    """The package's lists with our terms laid over. `table` is the text of such a file; None reads the shipped one.

    Raises DeskError naming the line when a row is not a term, a value and a reason.
    """
    if table is None:
        table = files("engine.scoring").joinpath(_FINANCE).read_text(encoding="utf-8")
    stock = stock_words()
    lexicon = dict(stock.lexicon)
    terms: dict[str, float] = {}
    nots: set[str] = set()
    signs: set[str] = set()
    phrases: dict[tuple[str, ...], float | None] = {}
    seen: set[str] = set()
    for number, line in enumerate(table.splitlines(), 1):
        if not line or line.startswith("//"):
            continue
        term, value = _row(line, number, seen)
        if value == "drop":
            lexicon.pop(term, None)
            continue
        valence = None if value == "not" else float(value)
        keys = tuple(term.split(" "))
        if len(keys) > 1:
            phrases[keys] = valence
        elif valence is None:
            nots.add(term)
        else:
            terms[term] = valence
            if len(term) == 1 and not term.isascii():
                signs.add(term)
    return stock._replace(
        lexicon=lexicon,
        terms=terms,
        phrases=phrases,
        nots=frozenset(nots),
        signs=frozenset(signs),
        version=f"{stock.version}+finance-{hashlib.sha256(table.encode()).hexdigest()[:12]}",
    )


def _row(line: str, number: int, seen: set[str]) -> tuple[str, str]:
    cells = line.split("\t")
    term, value = cells[0], cells[1] if len(cells) > 1 else ""
    problem = ""
    if len(cells) != 3 or not all(cell.strip() for cell in cells):
        problem = "three columns: term, value, reason"
    elif term != term.lower() or not 1 <= len(term.split(" ")) <= LONGEST_PHRASE or "" in term.split(" "):
        problem = f"a term of 1 … {LONGEST_PHRASE} lower-case words"
    elif term in seen:
        problem = "each term once"
    elif value not in ("not", "drop"):
        try:
            fits = -4.0 <= float(value) <= 4.0 and float(value) != 0.0
        except ValueError:
            fits = False
        problem = "" if fits else "a value in [−4, 4] other than 0, `not` or `drop`"
    if problem:
        raise DeskError(f"expected {problem}, found {line!r}", where=f"{_FINANCE}:{number}", remedy="correct the line")
    seen.add(term)
    return term, value
