"""Which posts say nearly the same: a bottom-k sketch of word pairs, and an index over its smallest hashes.

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
WORDS: Final = 200
"""Words of a text that count …"""
CHARACTERS: Final = 1200
"""… out of so many characters: the longest posts cost no more than a few ordinary ones."""
SHORT: Final = 4
"""A text of fewer words counts with its cashtags: "buy now" is said by everybody, "buy now ABC XYZ" is not."""
_PICTURES: Final = "\u2190"
"""Arrows, signs and emoji come from here on; dashes, dots and quotation marks before."""

Sketch: TypeAlias = "array[int]"
"""At most `SKETCH` hashes of 32 bits, ascending, each once; empty when a text says nothing that could be compared."""


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
    words = _words(text)[:WORDS]
    if len(words) < SHORT:
        if not words and cashtags and not text.isascii():
            return _emoji(text[:CHARACTERS], cashtags)
        words += [tag.encode() for tag in sorted(set(cashtags))]
        if len(words) < 2:
            return array("I")
    singles = list(map(crc32, words))
    return array("I", sorted(set(map(crc32, words[1:], singles)))[:SKETCH])


def _emoji(text: str, cashtags: Iterable[str]) -> Sketch:
    """The sketch of a text without words: a hash per emoji, others with other cashtags; as few as of a short text."""
    tags = crc32(" ".join(sorted(set(cashtags))).encode())
    return array("I", sorted({crc32(sign.encode(), tags) for sign in text if sign >= _PICTURES})[: SHORT - 1])


def _words(text: str) -> list[bytes]:
    """The words that count, look-alikes as the letters that they look like; other scripts go a slower way."""
    text = plain(text[:CHARACTERS])
    letters = text.encode("ascii", "ignore")
    if 2 * len(letters) < len(text):
        return text_key(text).encode().split()
    if b"://" in letters:
        letters = _APART.sub(b"", letters)
    else:
        if b"$" in letters:
            letters = _CASHTAGS.sub(b"", letters)
        if b"@" in letters:
            letters = _MENTIONS.sub(b"", letters)
    words = letters.translate(_LETTERS, _INSIDE).split()
    return words[1:] if words and words[0] == b"rt" else words


def alike(one: Sketch, other: Sketch) -> float:
    """The Jaccard index of the two texts' word pairs, in [0, 1]: exact for short texts, else estimated from 32."""
    return _jaccard(set(one).intersection(other), one, other)


def _jaccard(shared: set[int], one: Sketch, other: Sketch) -> float:
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


_T = TypeVar("_T", bound=Sketched)


class Index(Generic[_T]):
    """Finds what is like a sketch. A slot holds one thing, the newest: common words cost no more than rare ones."""

    def __init__(self, similarity: float) -> None:
        """`similarity`: least Jaccard index of what counts as nearly the same."""
        self._similarity = similarity
        self._slots: dict[int, _T] = {}

    def find(self, wanted: Sketch) -> _T | None:
        """The first thing found that is at least so alike, by the smallest shared hash; at most four are compared."""
        similarity, size, seen, whole = self._similarity, len(wanted), None, None
        for found in map(self._slots.get, wanted[:SLOTS]):
            if found is None or found is seen:
                continue
            seen = found
            other = found.sketch
            if other == wanted:
                return found
            # No union is smaller than the larger of two sets: most of what shares a common phrase ends here.
            if size < similarity * len(other) or len(other) < similarity * size:
                continue
            if whole is None:
                whole = set(wanted)
            shared = whole.intersection(other)
            if (
                len(shared) >= similarity * size
                and len(shared) >= similarity * len(other)
                and _jaccard(shared, wanted, other) >= similarity
            ):
                return found
        return None

    def put(self, item: _T) -> None:
        """Make it findable, also again after others took its slots."""
        slots = self._slots
        for slot in item.sketch[:SLOTS]:
            slots[slot] = item

    def drop(self, item: _T) -> None:
        """Forget it."""
        slots = self._slots
        for slot in item.sketch[:SLOTS]:
            if slots.get(slot) is item:
                del slots[slot]

    def __len__(self) -> int:
        """Slots taken."""
        return len(self._slots)
