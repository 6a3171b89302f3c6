"""Which of many short pieces a text contains, found in one pass over it.

Aho, A.V. & Corasick, M.J. (1975): "Efficient String Matching: An Aid to Bibliographic Search", CACM 18(6).
"""

from __future__ import annotations

from typing import Final

import ahocorasick

_ODD: Final = "İıſ"
_ALIKE: Final = str.maketrans(_ODD, "iis")
"""What `re.IGNORECASE` takes for a letter of ASCII, and `str.lower` does not."""


def folded(text: str) -> str:
    """The text letter by letter in lower case.

    What a pattern in lower case finds in it, `re.IGNORECASE` finds in the text: at the same places, but more slowly.
    """
    if not text.isascii() and any(map(text.__contains__, _ODD)):
        text = text.translate(_ALIKE)
    return text.lower()


class Marks:
    """Pieces of lower-case text to look for, all at once. Work is proportional to a text's length."""

    def __init__(self, *pieces: str) -> None:
        """`pieces` are one or more, none of them empty."""
        self._automaton = ahocorasick.Automaton()
        for piece in pieces:
            self._automaton.add_word(piece, piece)
        self._automaton.make_automaton()
        self._found_in = self._automaton.iter

    def any_in(self, lower: str) -> bool:
        """Whether a text in lower case contains one of them."""
        return next(self._found_in(lower), None) is not None

    def all_in(self, lower: str) -> set[str]:
        """Those that a text in lower case contains."""
        return {piece for _, piece in self._found_in(lower)}
