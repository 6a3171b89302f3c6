"""X's rule language, as far as filtered-stream rules and search queries of this project use it.

A blank is AND and binds before OR; parentheses group; `-` negates one operator. Facts from docs.x.com, "Build a rule".
Keywords match whole tokens without regard to case; a phrase matches tokens in a row; `$TSLA` matches the cashtag.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


class QueryError(ValueError):
    """A rule X would refuse; the text says why."""


@dataclass(frozen=True)
class Subject:
    """What a rule looks at."""

    text: str
    lang: str = ""
    author: str = ""
    is_repost: bool = False
    is_reply: bool = False
    is_quote: bool = False


Test = Callable[[Subject], bool]

_TOKEN = re.compile(r'\s*(?:(?P<open>-?\()|(?P<close>\))|(?P<phrase>-?"[^"]*")|(?P<word>[^\s()"]+))')
_WORD = re.compile(r"[#@$]?\w+(?:[._]\w+)*")


@dataclass(frozen=True)
class Query:
    """A parsed rule."""

    text: str
    test: Test

    def matches(self, subject: Subject) -> bool:
        return self.test(subject)


def parse(text: str, limit: int) -> Query:
    """Parse and check a rule of at most `limit` characters. Raises QueryError."""
    if not text.strip():
        raise QueryError("a rule may not be empty")
    if len(text) > limit:
        raise QueryError(f"rules may be at most {limit} characters, this one has {len(text)}")
    parser = _Parser(_tokens(text))
    test, alone = parser.any_of()
    if parser.left:
        raise QueryError(f"no viable alternative at {parser.left[0][1]!r}")
    if not alone:
        raise QueryError("a rule must hold at least one standalone operator that is not negated")
    return Query(text, test)


def _tokens(text: str) -> list[tuple[str, str]]:
    found = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError(f"cannot read {text[at : at + 20]!r}")
        found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        at = match.end()
    return found


class _Parser:
    """Recursive descent; each step returns the test and whether it holds a standalone operator."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.left = tokens

    def any_of(self) -> tuple[Test, bool]:
        parts = [self.all_of()]
        while self.left and self.left[0] == ("word", "OR"):
            self.left.pop(0)
            parts.append(self.all_of())
        tests = [test for test, _ in parts]
        return (lambda subject: any(test(subject) for test in tests)), all(alone for _, alone in parts)

    def all_of(self) -> tuple[Test, bool]:
        parts = []
        while self.left and self.left[0][0] != "close" and self.left[0] != ("word", "OR"):
            parts.append(self.one())
        if not parts:
            raise QueryError("an operator is missing beside OR or inside parentheses")
        tests = [test for test, _ in parts]
        return (lambda subject: all(test(subject) for test in tests)), any(alone for _, alone in parts)

    def one(self) -> tuple[Test, bool]:
        kind, text = self.left.pop(0)
        if kind == "open":
            if text.startswith("-"):
                raise QueryError("a group may not be negated")
            found = self.any_of()
            if not self.left or self.left.pop(0)[0] != "close":
                raise QueryError("a parenthesis is not closed")
            # A group of languages is as little standalone as one language.
            return found
        if kind == "close":
            raise QueryError("a parenthesis is not open")
        negated = text.startswith("-")
        test, alone = _operator(text.removeprefix("-"))
        if negated:
            return (lambda subject: not test(subject)), False
        return test, alone


def _operator(text: str) -> tuple[Test, bool]:
    if text.startswith('"'):
        return _phrase(text.strip('"')), True
    name, colon, value = text.partition(":")
    if not colon:
        if text in ("AND", "NOT"):
            raise QueryError(f"ambiguous use of {text} as a keyword: use a blank for AND, - for NOT")
        if not _WORD.fullmatch(text):
            raise QueryError(f"{text!r} needs quotes")
        return _phrase(text), True
    if name == "lang":
        return (lambda subject: subject.lang == value), False
    if name == "from":
        return (lambda subject: subject.author.casefold() == value.casefold()), True
    if name == "is" and value in ("retweet", "reply", "quote"):
        attribute = {"retweet": "is_repost", "reply": "is_reply", "quote": "is_quote"}[value]
        return (lambda subject: bool(getattr(subject, attribute))), False
    raise QueryError(f"unknown operator {text!r}")


def _phrase(text: str) -> Test:
    wanted = _words(text)
    if not wanted:
        raise QueryError(f"{text!r} holds no word")

    def test(subject: Subject) -> bool:
        words = _words(subject.text)
        return any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1))

    return test


def _words(text: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"[#@$]?\w+", text)]
