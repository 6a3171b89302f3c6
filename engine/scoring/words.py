"""What is known about words: vaderSentiment's lists, read from the installed package, with our finance words laid over.

`finance_words.tsv` has three columns: term, value, reason. A term is an emoji, or one to five words; in place of a
word it may have a pattern: `#` (a number), `#%`, `+#%`, `-#%`, `$#` (a price), `+$#`, `-$#`, `#-week` and the like,
`$#c` and `$#p` (calls and puts at a price), `$x` (a cashtag). The value is a valence in [−4, 4] (the package's scale),
`not` for a negation, or `drop` for what means nothing about a stock: a word of the package ("shares" is +1.2 there), a
pattern (`$x`: a cashtag is a name, also where it is spelt like a word), or a phrase that is read as nothing.

A term may stand for several: `sold|selling ~ puts` is every choice of a word between bars, with nothing or one of
`FILLERS` in place of `~`. Of two that come out the same the one that is written out stands, else the first.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Mapping
from importlib import metadata
from importlib.resources import files
from itertools import product
from typing import Final, NamedTuple

from engine.errors import DeskError

_PACKAGE: Final = "vaderSentiment"
_FINANCE: Final = "finance_words.tsv"
LONGEST_PHRASE: Final = 5
"""Most words in a term as it is written."""
FILLERS: Final = (
    *("my", "the", "our", "his", "these", "some", "more", "all", "a", "few", "a few", "all my", "half my"),
    *("some of my", "a new", "big", "#", "$x", "my $x", "some $x", "more $x", "a few $x", "all my $x"),
    *("# $x", "$x #", "$x $#", "$#"),
)
"""What may stand at `~`: whose, how much, and of what."""
_MOST_TERMS: Final = 20_000
"""Terms that a table may come to."""

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
    masked: frozenset[str]
    """Patterns of `term_key` whose tokens are in no list, whatever they spell."""
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
        masked=frozenset(),
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
    masked: set[str] = set()
    phrases: dict[tuple[str, ...], float | None] = {}
    seen: set[str] = set()
    families: list[tuple[str, str]] = []
    for number, line in enumerate(table.splitlines(), 1):
        if not line or line.startswith("//"):
            continue
        term, value = _row(line, number, seen)
        if "|" in term or "~" in term:
            families.append((term, value))
            continue
        keys = tuple(term.split(" "))
        valence = _valence(value)
        if len(keys) > 1:
            phrases[keys] = valence
        elif value == "drop":
            lexicon.pop(term, None)
            if "$" in term or "#" in term:
                masked.add(term)
        elif valence is None:
            lexicon.pop(term, None)
            nots.add(term)
        else:
            terms[term] = valence
            if len(term) == 1 and not term.isascii():
                signs.add(term)
    for term, value in families:
        valence = _valence(value)
        for keys in _members(term):
            phrases.setdefault(keys, valence)
        if len(phrases) > _MOST_TERMS:
            raise DeskError(
                f"expected at most {_MOST_TERMS:,} terms, found more at {term!r}", where=_FINANCE, remedy="fewer bars"
            )
    return stock._replace(
        lexicon=lexicon,
        terms=terms,
        phrases=phrases,
        nots=frozenset(nots),
        signs=frozenset(signs),
        masked=frozenset(masked),
        version=f"{stock.version}+finance-{hashlib.sha256(table.encode()).hexdigest()[:12]}",
    )


def _valence(value: str) -> float | None:
    """What a phrase of this value is worth: None for a negation, nothing for one that is dropped."""
    return None if value == "not" else 0.0 if value == "drop" else float(value)


def _members(term: str) -> list[tuple[str, ...]]:
    """The keys of each term that one with bars or `~` stands for; those of two words or more."""
    choices = [("", *FILLERS) if word == "~" else tuple(word.split("|")) for word in term.split(" ")]
    found = list(product(*choices))
    if any("" in choice for choice in choices):  # a word may be left out, or be several
        found = [tuple(" ".join(chosen).split()) for chosen in found]
    return [keys for keys in found if len(keys) > 1]


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
