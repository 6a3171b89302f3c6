"""Tokens: what the lists and the rules know of one word, looked up once and then remembered."""

from __future__ import annotations

import string
from itertools import chain
from typing import Final

from engine.scoring.asides import hints
from engine.scoring.words import Words, term_key

_MEMO: Final = 50_000
"""Most tokens remembered; then the memory starts anew."""
_MEMO_LENGTH: Final = 24
"""Longer tokens are not remembered, nor are links: they hardly come again."""

CAPITALS: Final = 0.733
"""What capitals add to a valence, away from 0, where not all is in capitals."""

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
ASIDE: Final = 64
"""May belong to a turn of phrase (`asides.hints`)."""
FLAGS: Final = 128
"""All combinations of flags are below this."""


class Tails(dict[str, "Tails"]):
    """How phrases that begin with the same words go on: by the key of the next one."""

    __slots__ = ("ends", "valence")

    def __init__(self) -> None:
        super().__init__()
        self.ends = False
        """Whether those words are a phrase by themselves."""
        self.valence: float | None = None
        """That phrase's; None is a negation."""


_NO_TAILS: Final = Tails()


class Token(int):
    """A token's flags, and what is known of it. Unlisted ones share one for each way to be written.

    Being its flags, a list of tokens becomes their flags as `bytes` in one step, in which places are found quickly.
    """

    lower: str = ""
    key: str = ""
    valence: float | None = None
    """None when it is in no list."""
    alone: float = 0.0
    """The valence, 0 when there is none, where no neighbour changes it."""
    shouted: float = 0.0
    """The same in a text that is partly in capitals."""
    booster: float = 0.0
    negates: bool = False
    anchor: bool = False
    """May be part of an idiom or of a booster of two words."""
    tails: Tails = _NO_TAILS
    """The phrases it may begin."""

    @classmethod
    def named(cls, flags: int, lower: str, key: str, valence: float | None = None) -> Token:
        """A token whose text in lower case is `lower`."""
        token = cls(flags)
        token.lower, token.key = lower, key
        if valence is not None:
            token.valence = token.alone = token.shouted = valence
            if flags & UPPER:
                token.shouted += CAPITALS if valence > 0 else -CAPITALS
        return token


_UNLISTED: Final = {flags: Token(flags) for flags in (0, UPPER, ASIDE, UPPER | ASIDE)}
PLAIN: Final = _UNLISTED[0]
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
        self._alike: dict[tuple[str, int], Token] = {}
        """By key and those flags that the list does not tell: tokens of which only the key is in a list."""
        long_ones = [phrase.split(" ") for phrase in (*words.idioms, *words.boosters) if " " in phrase]
        self._anchors = frozenset(max(phrase, key=len) for phrase in long_ones)
        self._tails = Tails()
        for keys, valence in words.phrases.items():
            begun = self._tails
            for key in keys:
                begun = begun.setdefault(key, Tails())
            begun.ends, begun.valence = True, valence
        self._seconds = frozenset(keys[1] for keys in words.phrases)
        self._listed = {*words.lexicon, *words.boosters, *words.negations, *NAMED}
        self._listed.update(word for phrase in long_ones for word in phrase)
        self._keys = {*words.terms, *words.nots, *chain.from_iterable(words.phrases)}
        self._words_alone = self._listed | self._keys

    def __missing__(self, raw: str) -> Token:
        low = raw.lower()
        aside = ASIDE if hints(low) else 0
        if raw.isalpha() and raw.isascii():
            if low in self._words_alone:
                token = self._listed_token(aside | UPPER if raw.isupper() else aside, low, low)
            else:
                token = _UNLISTED[aside | UPPER if raw.isupper() else aside]
        elif raw.startswith("http") and "'" not in raw:
            return _UNLISTED[aside]  # a link: in no list, neither in capitals nor a negation
        else:
            token = self._signed(raw, aside)
        if len(raw) < _MEMO_LENGTH:
            if len(self) >= _MEMO:
                self.clear()
            self[raw] = token
        return token

    def joined(self, tokens: list[Token], valence: float | None) -> Token:
        """One token for those of a phrase of ours."""
        name = " ".join([token.key for token in tokens])
        loud = all([token & UPPER for token in tokens])
        token = self._joined.get((name, valence, loud))
        if token is None:
            flags = (UPPER if loud else 0) | (MODIFIER if valence is None else KNOWN if valence else 0)
            token = Token.named(flags, name, name, valence)
            token.negates = valence is None
            self._joined[name, valence, loud] = token
        return token

    def _signed(self, raw: str, written: int) -> Token:
        """A token that is more than letters of ASCII; `written` are those of its flags that are known."""
        word = raw.strip(string.punctuation)
        letters = word.isalpha() and word.isascii()
        if len(word) <= 2:
            letters, word = False, raw
        lower = word.lower()
        if raw[0] == "$" and raw[1:].isalpha() and raw.isascii():
            key = "$x"
        else:
            key = lower if letters and "$" not in raw else term_key(raw)
        if word.isupper():
            written |= UPPER
        if lower in self._listed or "n't" in lower:
            return self._listed_token(written, lower, key)
        if key not in self._keys:
            return _UNLISTED[written]
        token = self._alike.get((key, written))
        if token is None:
            token = self._alike[key, written] = self._listed_token(written, "", key)
        return token

    def _listed_token(self, flags: int, lower: str, key: str) -> Token:
        """A token of a list; `flags` are those that the list does not tell."""
        words = self._words
        valence = words.terms.get(key)
        if valence is None and key not in words.masked:
            valence = words.lexicon.get(lower)
        booster = words.boosters.get(lower, 0.0)
        negates = lower in words.negations or "n't" in lower or key in words.nots
        anchor = lower in self._anchors
        tails = self._tails.get(key)
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
        token = Token.named(flags, lower, key, valence)
        if flags & MODIFIER:
            token.booster, token.negates, token.anchor = booster, negates, anchor
        if tails:
            token.tails = tails
        return token
