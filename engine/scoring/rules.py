"""VADER's rules in linear time.

Hutto, C.J. & Gilbert, E.E. (2014): "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media
Text", ICWSM-14. The behaviour is that of `vaderSentiment` 3.3.2 (C.J. Hutto, MIT licence), which is also the oracle of
the tests; its word lists are read from the installed package. The package walks the whole text again for every word it
knows, and builds a text with one addition per character, so a poster can make it take a second; here every token is
looked at once, and neighbours only around known words. Where our own list has nothing to say the result is the same
to the last digit, the package's quirks included.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import cache
from heapq import heappop, heappush
from typing import Final

from engine.model import Score, Value
from engine.scoring.asides import may_turn
from engine.scoring.clauses import LEAST_CASHTAGS, own_scores, symbols_apart
from engine.scoring.tokens import (
    ASIDE,
    BUT,
    CAPITALS,
    FIRST,
    FLAGS,
    KNOWN,
    MODIFIER,
    PLAIN,
    SECOND,
    UPPER,
    Token,
    Tokens,
)
from engine.scoring.words import Words, finance_words

_NEGATED: Final = -0.74
_ALPHA: Final = 15

_RECENT: Final = 64
"""Most texts remembered: one's clauses, asked for again by the next scorer."""
_MANY: Final = 64
"""Known words in a text from which on equal surroundings are looked for."""
_FEW: Final = 8
"""Different emoji up to which replacing one after the other is quicker than looking every character up."""


def _with(flag: int) -> bytes:
    """All combinations of flags that have this one."""
    return bytes(flags for flags in range(FLAGS) if flags & flag)


def _without(flag: int) -> bytes:
    """All combinations of flags that lack this one."""
    return bytes(flags for flags in range(FLAGS) if not flags & flag)


def _one_where(flag: int) -> bytes:
    """A table for `bytes.translate`: 1 where the flag is set, else 0."""
    return bytes(bool(flags & flag) for flags in range(256))


_KNOWN_AT: Final = _one_where(KNOWN)
_MODIFIER_AT: Final = _one_where(MODIFIER)
_BUT_AT: Final = _one_where(BUT)
_PAIR: Final = re.compile(b"[%b](?=[%b])" % (re.escape(_with(FIRST)), re.escape(_with(SECOND))))
"""Two neighbours with which one of our phrases may begin."""
_NOT_UPPER: Final = _without(UPPER)
_NO_ASIDE: Final = _without(ASIDE)


class Tally(Value, frozen=True, gc=False):
    """What the rules found in one text."""

    compound: float
    """In [−1, 1], four decimals: Σ valences, normalised."""
    bullish: float
    """Σ of the valences above 0."""
    bearish: float
    """Σ |valence| of those below 0."""


_SILENCE: Final = Tally(0.0, 0.0, 0.0)


_MARGIN: Final = (PLAIN, PLAIN, PLAIN)
"""Stands after the last token, so that looking three back from the first or two on from the last finds nothing."""


class Rules:
    """The rules over one set of lists. Deterministic; remembers tokens, and of texts the last few."""

    def __init__(self, words: Words) -> None:
        self.version = words.version
        self._recent: dict[str, tuple[Tally, bool]] = {}
        self._pieces: tuple[str, list[str]] = ("", [])
        self._apart: tuple[str, dict[str, str]] = ("", {})
        self._words = words
        self._tokens = Tokens(words)
        self._token = self._tokens.__getitem__
        self._long_boosters = {phrase: step for phrase, step in words.boosters.items() if " " in phrase}
        self._spelt = {sign: f" {words}" for sign, words in words.emoji.items()}
        self._spelt.update((sign, f" {sign} ") for sign in words.signs)
        self._spelt_at = {ord(sign): spelt for sign, spelt in self._spelt.items()}
        self._signs = frozenset(self._spelt)

    def tally(self, text: str) -> Tally:
        """What the rules find in a text."""
        return self.read(text)[0]

    def read(self, text: str) -> tuple[Tally, bool]:
        """What the rules find in a text, and whether it may mean something else (`asides.said`).

        Asked for one of the last few again (by the next scorer), it answers from memory.
        """
        found = self._recent.get(text)
        if found is None:
            spelt = text if text.isascii() else self._spell_emoji(text)
            pieces = spelt.split()
            if spelt is text:
                self._pieces = text, pieces
            tokens = list(map(self._token, pieces))
            flags = bytes(tokens)
            turns = may_turn(text, bool(flags.translate(None, _NO_ASIDE)))
            found = self._tally(spelt, tokens, flags), turns
            if len(self._recent) >= _RECENT:
                self._recent.clear()
            self._recent[text] = found
        return found

    def _tally(self, text: str, tokens: list[Token], flags: bytes) -> Tally:
        """Score a text of these tokens, emoji spelt out."""
        if joined := _join_phrases(tokens, flags, self._tokens.joined):
            tokens = joined
            flags = bytes(tokens)
        known = flags.translate(_KNOWN_AT)
        if 1 not in known:
            return _SILENCE
        shouted = 0 < len(flags.translate(None, _NOT_UPPER)) < len(flags)
        places = _places(known)
        modifiers = flags.translate(_MODIFIER_AT)
        if 1 in modifiers:
            valences = self._valences(tokens, places, modifiers, shouted)
        elif shouted:
            valences = [tokens[place].shouted for place in places]
        else:
            valences = [tokens[place].alone for place in places]
        but = flags.translate(_BUT_AT).find(1)
        if but >= 0:
            valences = _contrast([found for found in zip(places, valences, strict=True) if found[1]], but)
        elif 0.0 in valences:
            valences = list(filter(None, valences))
        return _sum_up(valences, text)

    def pieces(self, text: str) -> list[str]:
        """What stands between spaces. The last answer is remembered for the next scorer, who must not change it."""
        if self._pieces[0] is not text:
            self._pieces = text, text.split()
        return self._pieces[1]

    def says_something(self, text: str) -> bool:
        """Whether the text has a word that counts for or against."""
        tally = self.tally(text)
        return bool(tally.bullish or tally.bearish)

    def symbols_apart(self, text: str) -> dict[str, str]:
        """Each symbol's own text, as `clauses.symbols_apart`. The last answer is remembered for the next scorer."""
        if self._apart[0] != text:
            self._apart = text, symbols_apart(text, self.says_something)
        return self._apart[1]

    def as_it_stands(self, text: str, score: Callable[[str, Tally], Score]) -> Score:
        """The score of a text's words, whatever they are meant as, given what `score` makes of a text and its tally.

        Where they praise one thing and blame another, also the score of each symbol's own text (`clauses.own_scores`).
        """
        tally = self.tally(text)
        found = score(text, tally)
        if tally.bullish and tally.bearish and text.count("$") >= LEAST_CASHTAGS:
            own = own_scores(self.symbols_apart(text), lambda part: score(part, self.tally(part)))
            if own:
                return Score(found.score, found.confidence, own)
        return found

    def _spell_emoji(self, text: str) -> str:
        """The text with emoji in the package's words, set off by spaces; ours become tokens."""
        present = self._signs.intersection(text)
        if len(present) > _FEW:
            return text.translate(self._spelt_at)
        for sign in present:
            text = text.replace(sign, self._spelt[sign])
        return text

    def _valences(self, tokens: list[Token], known: Sequence[int], modifiers: bytes, shouted: bool) -> list[float]:
        """The known words' valences in this text; `modifiers` are 1 where a token may change those of its neighbours.

        Work is saved where many words have equal surroundings.
        """
        names = list(map(id, tokens)) if len(known) >= _MANY else []
        tokens.extend(_MARGIN)
        seen: dict[tuple[int, ...], float] = {}
        valences = []
        for index in known:
            if modifiers.find(1, index - 3 if index > 3 else 0, index + 3) < 0:
                valence = tokens[index].shouted if shouted else tokens[index].alone
            elif not names or index < 3:
                valence = self._valence(tokens, index, shouted)
            else:
                around = tuple(names[index - 3 : index + 3])
                found = seen.get(around)
                valence = seen[around] = self._valence(tokens, index, shouted) if found is None else found
            valences.append(valence)
        return valences

    def _valence(self, tokens: list[Token], index: int, shouted: bool) -> float:
        """A known word's valence by its neighbours: capitals, boosters, negations, idioms, "least"."""
        token, one, two, three = tokens[index], tokens[index - 1], tokens[index - 2], tokens[index - 3]
        after, later = tokens[index + 1], tokens[index + 2]
        base = token.valence or 0.0
        valence = base
        lower, before = token.lower, one.lower
        if lower == "kind" and after.lower == "of":
            return 0.0
        if lower == "no" and after.valence is not None:
            valence = 0.0
        if before == "no" or two.lower == "no" or (three.lower == "no" and before in ("or", "nor")):
            valence = base * _NEGATED
        if shouted and token & UPPER:
            valence += CAPITALS if valence > 0 else -CAPITALS
        if one.valence is None:
            if one.booster:
                valence += _boost(one, valence, shouted)
            if one.negates:
                valence *= _NEGATED
        if two.valence is None:
            if two.booster:
                valence += _boost(two, valence, shouted) * 0.95
            if two.lower == "never" and before in ("so", "this"):
                valence *= 1.25
            elif two.negates and not (two.lower == "without" and before == "doubt"):
                valence *= _NEGATED
        if index > 2 and three.valence is None:
            if three.booster:
                valence += _boost(three, valence, shouted) * 0.9
            if (three.lower == "never" and two.lower in ("so", "this")) or before in ("so", "this"):
                valence *= 1.25
            elif three.negates and not (three.lower == "without" and "doubt" in (two.lower, before)):
                valence *= _NEGATED
            if token.anchor or one.anchor or two.anchor or three.anchor or after.anchor or later.anchor:
                valence = self._idiom(tokens, index, valence)
        if before == "least" and one.valence is None and two.lower not in ("at", "very"):
            valence *= _NEGATED
        return valence

    def _idiom(self, tokens: list[Token], index: int, valence: float) -> float:
        idioms = self._words.idioms
        three, two, one, here = (token.lower for token in tokens[index - 3 : index + 1])
        before = f"{three} {two} {one}", f"{three} {two}", f"{two} {one}"
        for sequence in (f"{one} {here}", f"{two} {one} {here}", before[2], before[0], before[1]):
            if sequence in idioms:
                valence = idioms[sequence]
                break
        after, later = tokens[index + 1].lower, tokens[index + 2].lower
        for sequence in (f"{here} {after}", f"{here} {after} {later}"):
            if sequence in idioms:
                valence = idioms[sequence]
        for sequence in before:
            valence += self._long_boosters.get(sequence, 0.0)
        return valence


@cache
def finance_rules() -> Rules:
    """The rules over the shipped lists: one for all scorers, since they are large and the same."""
    return Rules(finance_words())


def _places(marks: bytes) -> list[int]:
    """Where the marks are 1."""
    places = []
    place = marks.find(1)
    while place >= 0:
        places.append(place)
        place = marks.find(1, place + 1)
    return places


def _join_phrases(tokens: list[Token], flags: bytes, join: Callable[[list[Token], float | None], Token]) -> list[Token]:
    """The tokens, whose flags these are, with each of our phrases made one; empty when there is none."""
    joined: list[Token] = []
    done = 0
    pair = _PAIR.search(flags)
    while pair:
        start = pair.start()
        resume = start + 1
        begun = tokens[start].tails.get(tokens[resume].key)
        end, at = 0, resume + 1
        while begun is not None:
            if begun.ends:
                end, valence = at, begun.valence
            begun = begun.get(tokens[at].key) if at < len(tokens) else None
            at += 1
        if end:
            joined += tokens[done:start]
            joined.append(join(tokens[start:end], valence))
            resume = done = end
        pair = _PAIR.search(flags, resume)
    if done:
        joined += tokens[done:]
    return joined


def _boost(token: Token, valence: float, shouted: bool) -> float:
    step = token.booster
    if valence < 0:
        step = -step
    if shouted and token & UPPER:
        step += CAPITALS if valence > 0 else -CAPITALS
    return step


def _contrast(found: list[tuple[int, float]], but: int) -> list[float]:
    """Valences halved before the first "but" and raised by half after it.

    The package changes, for each valence in turn, the first one in the list that equals it *at that time*; so of equal
    valences another one may be changed twice. Where the equals stand is kept in a heap per value.
    """
    valences = [valence for _, valence in found]
    places: dict[float, list[int]] = {}
    for at, valence in enumerate(valences):
        places.setdefault(valence, []).append(at)  # ascending, so it is a heap
    for at in range(len(valences)):
        valence = valences[at]
        heap = places[valence]
        while valences[heap[0]] != valence:
            heappop(heap)
        first = heap[0]
        where = found[first][0]
        if where != but:
            changed = valence * (0.5 if where < but else 1.5)
            valences[first] = changed
            heappush(places.setdefault(changed, []), first)
    return valences


def _sum_up(valences: list[float], text: str) -> Tally:
    total = float(sum(valences))
    if len(valences) > 1:
        bullish = sum([valence for valence in valences if valence > 0])
        bearish = sum(map(abs, valences)) - bullish
    else:
        bullish = total if total > 0 else 0.0
        bearish = bullish - total
    emphasis = min(4, text.count("!")) * 0.292 if "!" in text else 0.0
    if "?" in text:
        questions = text.count("?")
        emphasis += 0.0 if questions < 2 else questions * 0.18 if questions < 4 else 0.96
    if total > 0:
        total += emphasis
    elif total < 0:
        total -= emphasis
    return Tally(round(total / math.sqrt(total * total + _ALPHA), 4), bullish, bearish)
