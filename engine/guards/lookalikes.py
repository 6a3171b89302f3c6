"""Letters that look like a Latin one: accented, fullwidth, mathematical, circled, Cyrillic and Greek.

A promoter's program swaps them in at random, so that no two copies are the same text. Which letters look alike is taken
from Unicode's confusables (UTS #39), as far as they can be typed; accents are undone by canonical decomposition, which
Unicode promises not to change.
"""

from __future__ import annotations

import unicodedata
from itertools import chain
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

_CYRILLIC_GREEK: Final = (
    "аaвbсcԁdеeѕsһhіiјjкkӏlмmнhоoрpԛqгrтtуyѵvԝwхxАAВBСCЕEНHІIЈJКKМMОOРPЅSТTУYХX"
    "αaβbεeηnιiκkνvοoρpτtυuχxωwΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX"
)
"""Each with the letter that it looks like."""
_ACCENTED: Final = ((0xC0, 0x250), (0x1E00, 0x1F00))
_MATHEMATICAL: Final = 0x1D400
"""Thirteen alphabets of large and small letters; the few holes hold nothing that could be typed."""
_FIGURES: Final = 0x1D7CE
"""Five sets of digits."""
_SCRIPT_HOLES: Final = "ℂCℊgℋHℌHℍHℎhℐIℑIℒLℓlℕNℙPℚQℛRℜRℝRℤZℨZℬBℭCℯeℰEℱFℳMℴo"


def _plain_letters() -> dict[int, str]:
    found = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for first, end in _ACCENTED:
        for code in range(first, end):
            base = unicodedata.normalize("NFD", chr(code))[0]
            if base.isascii():
                found[code] = base
    letters = ascii_uppercase + ascii_lowercase
    for number in range(13 * 52):
        found[_MATHEMATICAL + number] = letters[number % 52]
    for number in range(50):
        found[_FIGURES + number] = digits[number % 10]
    for first, alphabet in ((0x24B6, letters), (0x1F130, ascii_uppercase), (0x1F150, ascii_uppercase)):
        for number, letter in enumerate(alphabet):
            found[first + number] = letter
    pairs = chain(_CYRILLIC_GREEK, _SCRIPT_HOLES)
    for letter in pairs:
        found[ord(letter)] = next(pairs)
    return found


_PLAIN_LETTERS: Final = _plain_letters()
_LOOKALIKES: Final = frozenset(map(chr, _PLAIN_LETTERS))


def plain(text: str) -> str:
    """A text with each look-alike as the letter that it looks like."""
    if text.isascii() or _LOOKALIKES.isdisjoint(text):
        return text
    return text.translate(_PLAIN_LETTERS)
