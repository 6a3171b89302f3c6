"""What of a text is stated, and how it is meant, before anything is scored.

A question and a condition state nothing: "is $ABC going to crash?", "if it breaks 200 I'd sell". Such sentences are
left out, and of a sentence what follows "unless" and "even if"; where nothing else is left, the text keeps the side
that its words lean to, but within the neutral band and with half the confidence. Of what is taken back ("I was wrong")
only what comes after it counts; what one was and is no longer does not. What is said to be untrue ("rumours of a recall
are false"), what stands before "oh wait" and what ends with the mark of sarcasm "/s" means the opposite. Two figures
set against each other, and two symbols of which one is preferred, are put in words that the scorers know. How often
each holds: docs/sentiment.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from engine.model import Score, SymbolScore
from engine.scoring.figures_said import BETWEEN, FIGURES, LEAST_SYMBOLS, in_words
from engine.scoring.irony import MOCKED_BY, QUOTES, Mockery, mockery, quoted, unquoted
from engine.scoring.marks import Marks, folded
from engine.scoring.questions import answered, asks, asks_on, presumed

QUIET: Final = 0.05
"""What is left of the score of a text that states nothing: all of it within the neutral band."""
UNSURE: Final = 0.5
"""What is left of its confidence."""
LONGEST: Final = 1000
"""Longer texts are read as they are: they are articles, or made to be slow."""


class Said(NamedTuple):
    """How a text is to be read."""

    text: str
    """What the words are scored of."""
    turn: float = 1.0
    """What their score is multiplied by: 1, −1 where the opposite is meant, QUIET where nothing is stated."""
    mocked: Mockery | None = None
    """What is mocked, where a mark says that something is: then `turn` waits for what the words say."""


_NOBODY_BY: Final = frozenset(("nobody", "noone", "no one"))
"""A text without any of these in lower case denies nothing in everybody's name."""
_TURNS: Final = (
    *("?", "if ", "nless ", "until", "ould ", "might", "depend", "false", "fake", "untrue", "no sense", "debunk"),
    *("needs to", "only long", "only short", "only b", "waiting for", "was wrong", "oh wait", "in case"),
    *("anymore", "not any more", "no longer"),
    *MOCKED_BY,
    *QUOTES,
    *FIGURES,
)
"""What a turn of phrase has, in lower case, beside two symbols set against each other."""
_TURNED_BY: Final = frozenset(_TURNS)
"""A text without any of these in lower case is read as it is, unless it has two symbols and one of BETWEEN."""
_SET_APART: Final = Marks(*BETWEEN)
_HINTS: Final = Marks(
    *(mark for mark in _TURNS if " " not in mark.strip() and mark not in QUOTES),
    *(" sense", "needs ", "only ", "waiting ", " wrong", "oh ", " case", " longer", " any "),
    *(" one ", "nobody", "noone", "everyone", "everybody"),
)
"""What one token of each of _TURNS contains, in lower case and between two spaces."""

_SHORTENED = "|".join(rf"(?<=\b{name})" for name in ("inc", "co", "corp", "ltd", "plc", r"u\.s", "mr", "dr", "vs"))
"""What stands before a dot that ends no sentence."""
_SENTENCE = re.compile(rf"[^.!?]*(?:(?:[.!?](?=\S)|(?:{_SHORTENED})\.(?=\s))[^.!?]*)*[.!?]*\s*", re.IGNORECASE)
_GOES_ON = re.compile(r"[.!?]\s+\S")
"""A text without this is one sentence."""
_SUPPOSES = re.compile(
    r"\b(?:(?:if|in case|should|provided|assuming|supposing|once|when|until|might|may)\b[^.!?]{1,120}?"
    r"\b(?:would|might|could|may|i['’]d|we['’]d|he['’]d|not interested|happy to|ready to)\b"
    r"|(?:would|might|could|may|i['’]d|we['’]d)\b[^.!?]{1,120}?\b(?:if|in case|provided|once|when|unless)\b"
    r"|\bif\b[^.!?]{1,80}?\bif not\b"
    r"|only if\b|depend(?:s|ing) on\b|would have (?:been|made)\b|could go either way\b"
    r"|(?:break|close|move|drop|dip|print|hold)\b[^.!?]{1,40}?\b(?:above|below|over|under)\b[^.!?]{1,40}?"
    r"\bwould be\b)"
)
_WAITS = re.compile(
    r"\b(?:needs? to (?:hold|break|reclaim|clear|close|get|stay)\b[^.!?]{1,60}?\b(?:or|otherwise|before)\b"
    r"|would (?:buy|sell|short|add|own|go long)\b[^.!?]{0,60}?\b(?:at|on a|under|below|above|around|near|closer to)\b"
    r"|only (?:bullish|bearish|long|short|a buyer|buying)\b[^.!?]{0,40}?\b(?:above|below|over|under|at|on a|when)\b"
    r"|waiting for\b[^.!?]{1,80}?\b(?:to|before)\b)"
)
_WAITS_BY: Final = frozenset(("would ", "eed to ", "eeds to ", "only ", "waiting for"))
"""A text without any of these in lower case waits for nothing."""
_UNLESS = re.compile(
    r"\b(?:unless|barring)\b(?:(?!\s\$[a-z]+\s(?:is|will|goes|looks|gets|has|can)\b)[^,;.!?])*[,;]?\s*", re.IGNORECASE
)
_UNTRUE = re.compile(
    r"\b(?:rumou?rs?|reports?|story|stories|claims?|news|allegations?|headlines?|talk|it|that|this)\b[^.!?]{0,80}?"
    r"(?P<not>\b(?:is|are|was|were)\s+(?:all\s+|just\s+|completely\s+|totally\s+)?"
    r"(?:false|fake|untrue|wrong|baseless|debunked|nonsense|not true)\b)"
    r"|(?P<nonsense>\bmakes?\s+(?:no|zero)\s+sense\b)(?!\s+(?:for|to|why|how|that|of|at|when|if)\b)"
    r"|(?P<fake>\bfake news\b|\bdebunked\b)",
    re.IGNORECASE,
)
_SUPPOSED_BY: Final = frozenset(
    (
        "ould",
        "might",
        "may",
        "'d",
        "’d",
        "not interested",
        "happy to",
        "ready to",
        "only if",
        "if not",
        "depend",
    )
)
_SUPPOSED_ON: Final = frozenset(
    (
        *("if", "in case", "should", "provided", "assuming", "supposing", "once", "when", "until", "might", "may"),
        *("unless", "depend", "would have", "either way", "would be"),
    )
)
"""A text without one of each of these two, in lower case, supposes nothing."""
_UNTRUE_BY: Final = frozenset(("false", "fake", "wrong", "baseless", "debunked", " sense", "nonsense", "true"))
"""A text without any of these in lower case calls nothing untrue."""
_CONCEDES = re.compile(
    r"\beven if\b[^,;.!?]{1,80}?(?:[,;]|(?=\s(?:i['’]?m|i|we|it|this|still)\s)|(?=[.!?])|$)",
    re.IGNORECASE,
)
_OWNS_UP = re.compile(
    r"^(?P<before>.*?)\b(?:i was (?:so |very |dead |completely |totally )?wrong|(?P<wait>oh wait))\b"
    r"(?!\s+(?:about|on|to|not)\b)[\s.,;:!…-]*",
    re.IGNORECASE | re.DOTALL,
)
_OWNED_BY: Final = frozenset(("was ", "oh wait"))
"""A text without any of these in lower case takes nothing back."""
_NO_MORE = re.compile(
    r"(?P<held>\b(?:was|were|been)\b[^.!?]{1,60}?)[\s,;]+(?:but\s+)?(?:not any ?more|no longer)\b\W*(?=$|[.!?])",
    re.IGNORECASE,
)
_PAST_BY: Final = frozenset(("anymore", "not any more", "no longer"))
"""A text without any of these in lower case tells of nothing that is over."""
_NOBODY = re.compile(
    r"\b(?:nobody|noone|no one)\s[^.!?,;]{0,50}?\b(thinks|believes|expects)\s+(?=(?:the|this|that|it)\b)", re.IGNORECASE
)
_DENIED = re.compile(r"(?:\bnot\b|n['’]t\b)[^.!?,;]*[,;]\s*(?:the\s+|that\s+|those\s+)?$", re.IGNORECASE)
"""How a text before "fake news" ends that denies the news itself."""
_EXCEPTS_BY: Final = frozenset(("unless", "barring"))
"""A text without any of these in lower case excepts nothing."""
_STATED_BY: Final = frozenset(
    (
        *("?", "even if", *MOCKED_BY),
        *(*_OWNED_BY, *_PAST_BY, *_EXCEPTS_BY, *_SUPPOSED_BY, *_WAITS_BY, *_UNTRUE_BY),
    )
)
"""A text without any of these in lower case states all that it says."""
_MARKS: Final = Marks(*{*_TURNED_BY, *_NOBODY_BY, *BETWEEN, *_STATED_BY, *_SUPPOSED_ON})
"""All of what these turns need, found in one pass."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_NAMED = re.compile(r"https?\S+|[@#$]\w+")


def hints(lower: str) -> bool:
    """Whether a token, in lower case, may belong to a turn of phrase, or is a word in quotation marks.

    Tokens are remembered, so a text of which none hints is known to be plain without another look at it.
    """
    return _HINTS.any_in(f" {lower} ") or quoted(lower)


def may_turn(text: str, hinted: bool) -> bool:
    """Whether `said` may make something else of a text than itself; `hinted`: whether `hints` says so of a token."""
    return hinted or (text.count("$") >= LEAST_SYMBOLS and _SET_APART.any_in(text.lower()))


@lru_cache(maxsize=64)
def said(text: str) -> Said:
    """What of the text is to be scored, and how it is meant. Work is proportional to its length.

    The last few texts are remembered: one scorer asks after the other.
    """
    if len(text) > LONGEST:
        return Said(text)
    marks = _MARKS.all_in(text.lower())
    told = text
    if not marks.isdisjoint(QUOTES):
        told = unquoted(told)
    if not marks.isdisjoint(_NOBODY_BY):
        told = _NOBODY.sub(r"nobody \1 ", told)
    if not marks.isdisjoint(FIGURES) or (text.count("$") >= LEAST_SYMBOLS and not marks.isdisjoint(BETWEEN)):
        told = in_words(told)
    elif marks.isdisjoint(_TURNED_BY):
        return Said(told)
    return _stated(told, marks if told is text else _MARKS.all_in(told.lower()))


def _stated(text: str, marks: Set[str]) -> Said:
    """The sentences of the text that state something, and how they are meant. `marks` are those that it contains."""
    if marks.isdisjoint(_STATED_BY):
        return Said(text)
    turn = 1.0
    if "even if" in marks:
        text = _CONCEDES.sub(" ", text)
        marks = _MARKS.all_in(text.lower())
    if not marks.isdisjoint(MOCKED_BY) and (mocked := mockery(text, marks)):
        return Said(text, turn, mocked)
    if not marks.isdisjoint(_OWNED_BY) and (owned := _OWNS_UP.match(text)):
        rest = text[owned.end() :]
        if owned["wait"] or not _WORD.search(_NAMED.sub(" ", rest)):
            text, turn = owned["before"], -turn
        else:
            text = rest
    if not marks.isdisjoint(_PAST_BY) and (past := _NO_MORE.search(text)):
        rest = f"{text[: past.start()]} {text[past.end() :]}"
        if _WORD.search(_NAMED.sub(" ", rest)):
            text = rest
        else:
            text, turn = past["held"], -turn
        marks = _MARKS.all_in(text.lower())
    excepts = not marks.isdisjoint(_EXCEPTS_BY)
    supposes = not marks.isdisjoint(_SUPPOSED_BY) and not marks.isdisjoint(_SUPPOSED_ON)
    waits = not marks.isdisjoint(_WAITS_BY)
    if not excepts and not supposes and not waits and "?" not in text:
        return Said(text, turn) if marks.isdisjoint(_UNTRUE_BY) else _taken_back(text, turn)
    text = answered(text) if "?" in text else text
    kept: list[str] = []
    left_out = asked = False
    lower = folded(text)
    ends = [found.end() for found in _SENTENCE.finditer(text)] if _GOES_ON.search(text) else [len(text)]
    for start, end in pairwise((0, *ends)):
        sentence, own = text[start:end], lower[start:end]
        if asks(sentence, own) or (asked and asks_on(sentence)):
            asked = left_out = True
            kept.append(presumed(sentence, own))
            continue
        if (supposes and _SUPPOSES.search(own)) or (waits and _WAITS.search(own)):
            left_out = True
            continue
        rest = _UNLESS.sub(" ", sentence) if excepts else sentence
        left_out = left_out or rest != sentence
        kept.append(rest)
    if not left_out:
        return Said(text, turn) if marks.isdisjoint(_UNTRUE_BY) else _taken_back(text, turn)
    rest = "".join(kept)
    if not _WORD.search(_NAMED.sub(" ", rest)):
        return Said(text, QUIET * turn)
    return _taken_back(rest, turn)


def _taken_back(text: str, turn: float) -> Said:
    """What is said to be untrue means the opposite."""
    lower = text.lower()
    found = _UNTRUE.search(text) if any(map(lower.__contains__, _UNTRUE_BY)) else None
    if found is None:
        return Said(text, turn)
    start, end = found.span(found.lastgroup or 0)
    rest = f"{text[:start]} {text[end:]}"
    return Said(rest, turn if _DENIED.search(text[: found.start()]) else -turn)


def turned(text: str, mocked: Mockery, praises: Callable[[str], bool]) -> tuple[str, float]:
    """What is scored of a text that mocks something, and its turn. `praises` tells whether words are praise."""
    if mocked.turned(praises):
        return mocked.text, -1.0
    return mocked.text if mocked.opposite else text, 1.0


def as_meant(text: str, of_words: Callable[[str], Score]) -> Score:
    """The score of a text, given what `of_words` makes of words as they stand.

    Where the part that is stated says nothing, the whole text's side is kept, quietly.
    """
    stated, turn, mocked = said(text)
    if mocked is not None:
        stated, turn = turned(text, mocked, lambda words: of_words(words).score > 0)
    score = of_words(stated)
    if stated is text and turn == 1.0:
        return score
    if stated != text and not score.score:
        score, turn = of_words(text), QUIET
    if turn == 1.0:
        return score
    if turn == -1.0:
        return Score(
            -score.score,
            score.confidence,
            tuple([SymbolScore(own.symbol, -own.score, own.confidence) for own in score.symbols]),
        )
    return Score(round(score.score * turn, 6), round(score.confidence * UNSURE, 6))
