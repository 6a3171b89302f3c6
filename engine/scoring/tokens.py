"""Tokens: what the lists and the rules know of one word, looked up once and then remembered."""

from __future__ import annotations

import re
import string
from typing import Final

from engine.scoring.words import Words, term_key

_MEMO: Final = 50_000
"""Most tokens remembered; then the memory starts anew."""
_MEMO_LENGTH: Final = 24
"""Longer tokens (links, mostly) are not remembered."""

UPPER: Final = 1
KNOWN: Final = 2
"""Has a valence and is not a booster."""
MODIFIER: Final = 4
"""May change the valence of a known word near it."""
SECOND: Final = 8
"""May be the second word of one of our phrases."""
BUT: Final = 16
FIRST: Final = 32
"""May be the first word of one of our phrases."""

_CASHTAG: Final = re.compile(r"\$[A-Za-z]+")

Tails = dict[str, list[tuple[tuple[str, ...], float | None]]]
"""By second key: the keys after it and the phrase's valence (None: a negation), longest first."""


class Token(int):
    """A token's flags, and what is known of it. Unlisted ones share one for each way to be written.

    Being its flags, a list of tokens becomes their flags as `bytes` in one step, in which places are found quickly.
    """

    lower: str
    key: str
    valence: float | None
    """None when it is in no list."""
    booster: float
    negates: bool
    anchor: bool
    """May be part of an idiom or of a booster of two words."""
    tails: Tails
    """The phrases it may begin."""

    @classmethod
    def of(
        cls,
        flags: int,
        text: str = "",
        *,
        key: str = "",
        valence: float | None = None,
        booster: float = 0.0,
        negates: bool = False,
        anchor: bool = False,
        tails: Tails | None = None,
    ) -> Token:
        """A token whose text in lower case is `text`."""
        token = cls(flags)
        token.lower, token.key, token.valence, token.booster = text, key, valence, booster
        token.negates, token.anchor, token.tails = negates, anchor, tails or {}
        return token


PLAIN: Final = Token.of(0)
_UPPER: Final = Token.of(UPPER)
NAMED: Final = (
    *("no", "nor", "or", "so", "this", "never", "without", "doubt", "least", "at", "very", "kind", "of", "but"),
)
"""Words that the rules name."""


class Tokens(dict[str, Token]):
    """Tokens by their text, over one set of lists; makes what it does not have. Bounded."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._joined: dict[tuple[str, float | None, bool], Token] = {}
        self._alike: dict[tuple[str, bool], Token] = {}
        """By key and whether in capitals: tokens of which only the key is in a list."""
        long_ones = [phrase.split(" ") for phrase in (*words.idioms, *words.boosters) if " " in phrase]
        self._anchors = frozenset(max(phrase, key=len) for phrase in long_ones)
        self._tails: dict[str, Tails] = {}
        for keys, valence in sorted(words.phrases.items(), key=lambda phrase: -len(phrase[0])):
            self._tails.setdefault(keys[0], {}).setdefault(keys[1], []).append((keys[2:], valence))
        self._seconds = frozenset(keys[1] for keys in words.phrases)
        self._listed = {*words.lexicon, *words.boosters, *words.negations, *NAMED}
        self._listed.update(word for phrase in long_ones for word in phrase)
        self._keys = {*words.terms, *words.nots, *(key for phrase in words.phrases for key in phrase)}

    def __missing__(self, raw: str) -> Token:
        token = self._token(raw)
        if len(raw) < _MEMO_LENGTH:
            if len(self) >= _MEMO:
                self.clear()
            self[raw] = token
        return token

    def joined(self, tokens: list[Token], valence: float | None) -> Token:
        """One token for those of a phrase of ours."""
        name = " ".join(token.key for token in tokens)
        loud = all(token & UPPER for token in tokens)
        token = self._joined.get((name, valence, loud))
        if token is None:
            flags = (UPPER if loud else 0) | (MODIFIER if valence is None else KNOWN if valence else 0)
            token = Token.of(flags, name, key=name, valence=valence, negates=valence is None)
            self._joined[name, valence, loud] = token
        return token

    def _token(self, raw: str) -> Token:
        if raw.isalpha() and raw.isascii():
            word = raw
            key = lower = raw.lower()
        elif raw.startswith("http") and "'" not in raw:
            return PLAIN  # a link: in no list, neither in capitals nor a negation
        else:
            word = raw.strip(string.punctuation)
            bare = len(word) > 2 and word.isalpha() and word.isascii() and "$" not in raw
            if len(word) <= 2:
                word = raw
            lower = word.lower()
            key = lower if bare else "$x" if _CASHTAG.fullmatch(raw) else term_key(raw)
        if lower in self._listed or "n't" in lower:
            return self._listed_token(word.isupper(), lower, key)
        loud = word.isupper()
        if key not in self._keys:
            return _UPPER if loud else PLAIN
        token = self._alike.get((key, loud))
        if token is None:
            token = self._alike[key, loud] = self._listed_token(loud, "", key)
        return token

    def _listed_token(self, loud: bool, lower: str, key: str) -> Token:
        words = self._words
        valence = words.terms.get(key)
        if valence is None and key not in words.masked:
            valence = words.lexicon.get(lower)
        booster = words.boosters.get(lower, 0.0)
        negates = lower in words.negations or "n't" in lower or key in words.nots
        anchor = lower in self._anchors
        tails = self._tails.get(key, {})
        flags = UPPER if loud else 0
        if valence is not None and not booster:
            flags |= KNOWN
        if booster or negates or anchor or lower in ("no", "this", "least"):
            flags |= MODIFIER
        if key in self._seconds:
            flags |= SECOND
        if lower == "but":
            flags |= BUT
        if tails:
            flags |= FIRST
        return Token.of(
            flags, lower, key=key, valence=valence, booster=booster, negates=negates, anchor=anchor, tails=tails
        )
