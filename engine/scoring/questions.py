"""Which sentences ask, and what those take for granted that only seem to.

"Is $ABC going to crash?" states nothing. "Anyone else selling $ABC?" is asked by one who sells, "when does it stop
falling?" by one who sees it fall, and "who wouldn't buy here?" and "how is $ABC not bankrupt?" are no questions: what
stands after their denial is meant. "Why is $ABC falling?" takes the fall for granted; only of what goes on: asked
otherwise, why-questions are as often about what is not the case. Who answers himself says something of himself: "who
sold? Not me".
"""

from __future__ import annotations

import re
from typing import Final

FEW: Final = 5
"""Words of a further question beside one that asks: "thoughts on $ABC? buy the dip?"."""

_LEAD: Final = (
    r"\W*(?:[$@#]\w+[\s,:]+)*(?:(?:so|hey|guys|ok|and|but|now|well|hi|lol|folks|all|hmm|also|seriously)\b[\s,]*)*"
)
_ASKS = re.compile(
    _LEAD
    + r"(?:is|are|was|will|would|should|shall|can|could|do|does|did|has|have|am|isn['’]t|aren['’]t|won['’]t|who|what"
    r"|what['’]s|when|where|why|how|which|any|anyone|anybody|thoughts)\b[^!?]*\?\W*$"
)
_ASKS_WHICH = re.compile(_LEAD + r"(?:[^.!?]{0,80}\b)?\w+\s+or\s+\w+[^.!?]{0,20}\?\W*$")
_SHARED = re.compile(
    _LEAD + r"(?:(?:any(?:one|body)|who) else\b|why (?:is|are)\b.{1,40}?ing\b)"
    r"|.{0,40}?\bwhen (?:do|does|will|is|are)\b.{1,60}?\bstop\b"
)
_DENIES = re.compile(
    r"\bwho (?P<who>wouldn['’]?t|would not)\b|\bhow (?:is|are)(?:(?P<short>n['’]t)\b|\b[^?]{0,40}?(?P<long>\bnot\b))"
)
_PRESUMED_BY: Final = ("else", "why ", " stop", "who would", "how ")
"""A sentence without any of these in lower case takes nothing for granted."""
_ANSWERED = re.compile(
    r"\bwho\s+([^?.!]{1,80})\?+\s*(?:(not (?:me|us|i))|me|us|this guy|i did|we did|i am)\b", re.IGNORECASE
)


def asks(sentence: str, lower: str) -> bool:
    """Whether the sentence is a question, a link at its end left aside. `lower` is the sentence folded."""
    if "?" not in sentence:
        return False
    words = lower[: len(sentence.split("http")[0])]
    return bool(_ASKS.match(words) or ("or" in words and "or" in words.split() and _ASKS_WHICH.match(words)))


def asks_on(sentence: str) -> bool:
    """Whether a sentence after one that asks is a further question: a few words with a question mark."""
    return "?" in sentence and len(sentence.split()) <= FEW


def presumed(sentence: str, lower: str) -> str:
    """What a question takes for granted; empty when it only asks. `lower` is the sentence folded."""
    if not any(map(lower.__contains__, _PRESUMED_BY)):
        return ""
    if _SHARED.match(lower):
        return sentence.replace("?", ".")
    if denied := _DENIES.search(lower):
        start, end = denied.span(denied.lastgroup or 0)
        return f"{sentence[:start]} {sentence[end:]}".replace("?", ".")
    return ""


def answered(text: str) -> str:
    """The text with its answered who-questions as statements: "who sold? Not me" is "not sold"."""
    if "who" not in text and "Who" not in text and "WHO" not in text:
        return text
    return _ANSWERED.sub(lambda found: f"{'not ' if found[2] else ''}{found[1]}.", text)
