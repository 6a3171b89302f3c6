"""A paste is only text, whatever is in it.

Textual takes an escape inside a bracketed paste for the beginning of a key and plays up to 32 of the characters behind
it as keys. Some terminals, tmux among them, hand pasted escapes on as they are: text copied off a page would confirm a
ticket.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

_ESCAPE: Final = "\x1b"
_SHOWN: Final = "\N{REPLACEMENT CHARACTER}"


class PasteParser(XTermParser):
    """Textual's parser of what a terminal sends; of a paste it sees no escape but the one that ends it."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasting = False
        self._met = 0
        """How many characters of the mark that begins, or ends, a paste came last."""

    def feed(self, data: str) -> Iterable[Message]:
        """Parse what came; an empty text is the end. What may be the end of a paste waits for its rest."""
        if self._pasting or self._met or _ESCAPE in data:
            said = "".join(map(self._taken, data))
            if not said and data:
                return ()
            data = said
        return super().feed(data)

    def _taken(self, character: str) -> str:
        """What the parser sees of one more character."""
        mark = BRACKETED_PASTE_END if self._pasting else BRACKETED_PASTE_START
        held = mark[: self._met] if self._pasting else ""
        if character == mark[self._met]:
            self._met += 1
            if self._met < len(mark):
                return "" if self._pasting else character
            self._met, self._pasting = 0, not self._pasting
            return held + character
        self._met = 1 if character == _ESCAPE else 0
        if self._pasting:
            return held.replace(_ESCAPE, _SHOWN) + ("" if self._met else character)
        return character
