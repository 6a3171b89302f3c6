"""Whether a text of unknown language is plainly not English: the light scorers read nothing else.

It looks for letters of other scripts, and for the commonest small words of languages written in Latin letters. In doubt
a text counts as English: short posts have none of either.
"""

from __future__ import annotations

import re
from typing import Final

_LETTERS: Final = 8
"""Fewer letters tell nothing."""
_SMALL: Final = 3
"""So many different small words of other languages, and more than English ones, make a text foreign."""

_WORD = re.compile(r"[^\W\d_]+")
_NAMED = re.compile(r"https?\S+|[@#$]\w+")


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_ENGLISH: Final = _words(
    "the a an and or of to in on for with is are was be been it this that at by as from not no but if so we i you he",
    "she they my your will would can has have had do does did more than after up out all just about what when who",
)
_OTHERS: Final = (
    _words(
        "el la los las un una unos en de del que por para con no es se su al lo como más pero está esta hoy",  # Spanish
        "le les des du et est une dans pour sur pas plus avec qui ce cette aux sont mais nous vous",  # French
        "der die das und ist nicht ein eine zu den dem mit auf für von im auch sich wird bei nach aus",  # German
        "os as um uma do da dos das em não com mais foi são ao pelo pela você",  # Portuguese
        "il gli di che per non sono della nel più anche alla questo ma",  # Italian
        "het een en van niet zijn dat voor met op ook maar naar bij wordt",  # Dutch
        "yang dan di ke dari ini itu untuk dengan tidak akan pada ada bisa",  # Indonesian
        "ve bir bu için ile çok daha olarak değil gibi ama",  # Turkish
    )
    - _ENGLISH
)


def foreign(text: str) -> bool:
    """Whether the text is plainly in another language than English. Work is proportional to its length."""
    words = set(_WORD.findall(_NAMED.sub(" ", text.lower())))
    letters = sum(map(len, words))
    if letters < _LETTERS:
        return False
    if not text.isascii():
        strange = sum(1 for word in words for letter in word if letter > "ɏ")  # beyond Latin Extended-B
        if 2 * strange > letters:
            return True
    others = len(words & _OTHERS)
    return others >= _SMALL and others > len(words & _ENGLISH)
