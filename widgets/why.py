"""What keeps a symbol from trading, in the room there is: figures stay, words go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_DIGIT = re.compile(r"\d")
_SHORTER = tuple(
    (re.compile(pattern), short)
    for pattern, short in (
        (r"^warming up: (?:.*[:,] )?(\d+ (?:s|min)) more$", r"warming up \1"),
        (r"^warming up: (gap \S+) New York not filled$", r"\1"),
        (r"^warming up: posts since (\S+) New York are missing$", r"posts lost \1"),
        (r"^(BUY|SELL) already signalled: .* or (\d+ min) to pass$", r"\1 quiet \2"),
        (r"^change \S+ would be a (BUY|SELL), and \w+ is switched off$", r"\1 is off"),
        (r"^no opinion in the window (\d+) min earlier, so no change$", r"no opinion \1m ago"),
        (r"^no opinion in the window, so no change$", "no opinion"),
        (r"^not reconciled with the venue yet$", "not reconciled"),
        (r"^market session unknown$", "session unknown"),
        (r" is switched off$", " is off"),
        (r"^confidence ", "conf "),
        (r" of ±?(?=\d)", "/"),
    )
)
"""What the engine's words become where they have no room, in this order; what others say keeps its own."""


@lru_cache(maxsize=2048)
def in_room(why: str, width: int) -> str:
    """The longest form of a reason that stands whole in `width` cells; the reason itself, to be cut, when none does."""
    return next((form for form in _forms(why) if len(form) <= width), why)


def _forms(why: str) -> Iterator[str]:
    """A reason, then shorter ones: without how far away it is, with short words, without both."""
    yield why
    short = why
    for pattern, words in _SHORTER:
        short = pattern.sub(words, short)
    for form in (why, short):
        head, colon, _ = form.partition(": ")
        if colon and _DIGIT.search(head):
            yield head
        yield form
