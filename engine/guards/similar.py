"""Which posts say nearly the same: a bottom-k sketch of word pairs, and an index over its smallest hashes; or the same
letters, wherever the blanks are.

Two texts are as alike as the Jaccard index of their sets of word pairs, |A ∩ B| / |A ∪ B|. A set's k smallest hashes
are a fair sample of it, and the k smallest of two samples together are one of the union (Broder, A.Z. 1997, "On the
resemblance and containment of documents"; Cohen & Kaplan 2007 on bottom-k sketches). The smallest hash of two sets is
the same with the probability that they are alike, so the few smallest serve as the index.

CRC-32 is the hash: the same on every machine and in every Python, and two passes of `map` in C. Why no library does
this here: docs/decisions/004-guards.md.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from typing import Final, Generic, Protocol, TypeAlias, TypeVar
from zlib import crc32

from engine.guards.lookalikes import plain
from engine.text import text_key

SKETCH: Final = 32
"""Most hashes of a sketch; a text of up to 33 words is kept whole."""
SLOTS: Final = 4
"""Smallest hashes that a text is found by. Texts that are 0.8 alike miss all four once in 600 times, those
that are 0.4 alike once in eight; a ring's next copies find the cluster."""
LETTERS: Final = 24
"""Fewest letters that tell a text by themselves …"""
LETTERS_READ: Final = 400
"""… and most of them: with a blank beside each they stand within the characters that are read."""
DEEP: Final = 8
"""Most things that one of these hashes leads to, the newest. Whoever hides copies by posting texts by turns that have
the phrase of these hashes in common, and little else, needs more than so many."""
WORDS: Final = 200
"""Words of a text that count …"""
CHARACTERS: Final = 1200
"""… out of so many characters: the longest posts cost no more than a few ordinary ones."""
SHORT: Final = 4
"""A text of fewer words counts with its cashtags: "buy now" is said by everybody, "buy now ABC XYZ" is not."""
FOREIGN: Final = 8
"""A text is of another script when more than one in so many of its characters are letters that are not Latin. Else they
are left out like pictures: what is put inside words does not tear them."""
UNSPACED: Final = 10
"""So many characters of a script that needs no blanks are several words …"""
_UNSPACED_FROM: Final = "\u0e00"
"""… and such scripts come from here on: Thai, Burmese, Chinese, Japanese, Korean."""
_PICTURES: Final = "\u2190"
"""Arrows, signs and emoji come from here on; dashes, dots and quotation marks before."""

Sketch: TypeAlias = "array[int]"
"""At most `SKETCH` hashes of 32 bits, ascending, each once; empty when a text says nothing that could be compared."""


_SIGNS = re.compile(r"[^\x00-\x7f\w]+")
"""What is neither ASCII nor a letter: emoji, marks over letters, other scripts' punctuation."""
_APART = re.compile(rb"[@$]\w*|https?://\S*")
"""Mentions, cashtags, prices and links."""
_CASHTAGS = re.compile(rb"\$\w*")
_MENTIONS = re.compile(rb"@\w*")
"""The same for a text without links, one by one: what begins with one character that is given is found by `memchr`."""
_LETTERS: Final = (
    bytes(ord(chr(byte).lower()) if chr(byte).isalnum() else ord(" ") for byte in range(128)) + b" " * 128
).translate(bytes.maketrans(b"01l3457", b"oiieast"))
"""ASCII's letters become small, digits the letters that they are written for (l and 1 become i), all else a blank …"""
_INSIDE: Final = b"'*.^_`|~-"
"""… but for what is put inside words to make them look different."""


def sketch(text: str, cashtags: Iterable[str] = ()) -> Sketch:
    """The sketch of a cleaned text. Links, mentions, cashtags, prices, case and punctuation do not count.

    A post of nothing but emoji is compared by which they are, beside its cashtags.
    """
    return read(text, cashtags)[0]


def read(text: str, cashtags: Iterable[str] = ()) -> tuple[Sketch, int]:
    """The sketch of a cleaned text, and the hash of its letters in a row; 0 where they are few.

    The letters are the same wherever blanks are put in or left out, while the words are others.
    """
    words = _words(text)
    said = b"".join(words)[:LETTERS_READ]
    letters = crc32(said) if len(said) >= LETTERS else 0
    del words[WORDS:]
    if len(words) < SHORT:
        if not words and cashtags and not text.isascii():
            return _emoji(text[:CHARACTERS], cashtags), 0
        words += [tag.encode() for tag in sorted(set(cashtags))]
        if len(words) < 2:
            return array("I"), letters
    singles = list(map(crc32, words))
    return array("I", sorted(set(map(crc32, words[1:], singles)))[:SKETCH]), letters


def _emoji(text: str, cashtags: Iterable[str]) -> Sketch:
    """The sketch of a text without words: a hash per emoji, others with other cashtags; as few as of a short text."""
    tags = crc32(" ".join(sorted(set(cashtags))).encode())
    return array("I", sorted({crc32(sign.encode(), tags) for sign in text if sign >= _PICTURES})[: SHORT - 1])


def _words(text: str) -> list[bytes]:
    """The words that count, look-alikes as the letters that they look like; other scripts go a slower way."""
    text = plain(text[:CHARACTERS])
    letters = text.encode("ascii", "ignore")
    if FOREIGN * (len(text) - len(letters)) > len(text):
        said = _SIGNS.sub("", text)
        if FOREIGN * (len(said) - len(letters)) > len(said):
            return _foreign_words(said)
    if b"://" in letters:
        letters = _APART.sub(b"", letters)
    else:
        if b"$" in letters:
            letters = _CASHTAGS.sub(b"", letters)
        if b"@" in letters:
            letters = _MENTIONS.sub(b"", letters)
    words = letters.translate(_LETTERS, _INSIDE).split()
    return words[1:] if words and words[0] == b"rt" else words


def _foreign_words(text: str) -> list[bytes]:
    """Words of any script; where many stand without a space between them, each character by itself."""
    words: list[str] = []
    for word in text_key(text).split():
        if len(word) >= UNSPACED and max(word) >= _UNSPACED_FROM:
            words += word
        else:
            words.append(word)
    return [word.encode() for word in words]


def jaccard(shared: set[int], one: Sketch, other: Sketch) -> float:
    """How alike two texts are whose sketches share these hashes, in [0, 1]: exact for short texts, else estimated from
    32."""
    if not shared:
        return 0.0
    if len(one) < SKETCH and len(other) < SKETCH:
        return len(shared) / (len(one) + len(other) - len(shared))
    sample = sorted({*one, *other})[:SKETCH]
    return len(shared.intersection(sample)) / len(sample)


class Sketched(Protocol):
    """What the index holds."""

    @property
    def sketch(self) -> Sketch: ...

    @property
    def letters(self) -> int:
        """As `read` tells them; 0: none."""


_T = TypeVar("_T", bound=Sketched)


class Index(Generic[_T]):
    """Finds what is like a sketch. A slot holds the newest thing, and the newest before it of which it is one of the
    two smallest hashes: common words cost hardly more than rare ones, and texts that take turns with a phrase in common
    do not hide each other's copies."""

    def __init__(self, similarity: float) -> None:
        """`similarity`: least Jaccard index of what counts as nearly the same."""
        self._similarity = similarity
        self._slots: dict[int, _T] = {}
        """The newest thing of each slot …"""
        self._older: dict[int, list[_T]] = {}
        """… and those before it, newest last, where there are any; at most `DEEP` of all."""
        self._letters: dict[int, _T] = {}

    def find(self, wanted: Sketch, letters: int = 0) -> _T | None:
        """The first thing found that has the same letters or is at least so alike: the newest by the smallest shared
        hash, then older ones by the two smallest.

        Texts of common words share one hash by accident, hardly ever both.
        """
        if letters and (same := self._letters.get(letters)) is not None:
            return same
        seen: list[_T] = []
        whole: set[int] = set()
        for newest in map(self._slots.get, wanted[:SLOTS]):
            if newest is not None and newest not in seen:
                if newest.sketch == wanted or self._is_alike(newest.sketch, wanted, whole):
                    return newest
                seen.append(newest)
        if seen and len(wanted) > 1:
            first, second = self._older.get(wanted[0]), self._older.get(wanted[1])
            if first is not None and second is not None and not set(first).isdisjoint(second):
                for found in reversed(first):
                    if found in second and (found.sketch == wanted or self._is_alike(found.sketch, wanted, whole)):
                        return found
        return None

    def _is_alike(self, other: Sketch, wanted: Sketch, whole: set[int]) -> bool:
        """`whole`: the wanted hashes as a set, filled when they are first needed."""
        similarity, size, length = self._similarity, len(wanted), len(other)
        # No union is smaller than the larger of two sets: most of what shares a common phrase ends here.
        if size < similarity * length or length < similarity * size:
            return False
        if not whole:
            whole.update(wanted)
        shared = whole.intersection(other)
        least = similarity * max(size, length)
        return len(shared) >= least and jaccard(shared, wanted, other) >= similarity

    def put(self, item: _T) -> None:
        """Make it findable, also again after others took its slots."""
        slots = self._slots
        if item.letters:
            self._letters[item.letters] = item
        for slot in item.sketch[:SLOTS]:
            before = slots.get(slot)
            if before is not item:
                slots[slot] = item
                if before is not None:
                    self._displace(slot, before, item)

    def _displace(self, slot: int, before: _T, by: _T) -> None:
        """Another thing took its slot: it stays findable there where the slot is one of its two smallest."""
        older = self._older.get(slot)
        if older is not None and by in older:
            older.remove(by)
        if slot in before.sketch[:2]:
            if older is None:
                older = self._older[slot] = []
            older.append(before)
            if len(older) == DEEP:
                del older[0]
        elif older is not None and not older:
            del self._older[slot]

    def drop(self, item: _T) -> None:
        """Forget it."""
        slots = self._slots
        if self._letters.get(item.letters) is item:
            del self._letters[item.letters]
        for slot in item.sketch[:SLOTS]:
            newest, older = slots.get(slot), self._older.get(slot)
            if older is None:
                if newest is item:
                    del slots[slot]
                continue
            if newest is item:
                slots[slot] = older.pop()
            elif item in older:
                older.remove(item)
            if not older:
                del self._older[slot]

    def __len__(self) -> int:
        """Slots taken."""
        return len(self._slots)
