"""Letters that look like a Latin one: accented, turned, small capitals, raised, circled, mathematical, Cyrillic …

A promoter's program swaps them in at random, so that no two copies are the same text. Which Latin letter a sign is
stands in its name, and which figure in its data, both of which Unicode promises not to change; which letters of other
scripts look alike is taken from Unicode's confusables (UTS #39), as far as they can be typed.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

_OTHER_SCRIPTS: Final = (
    "аaвbсcԁdеeєeѕsһhіiјjкkӏlмmнhиnоoрpԛqгrяrтtуyѵvԝwхxАAВBСCЕEЄEНHІIЈJКKМMИNОOРPЅSТTУYЯRХX"  # Cyrillic
    "αaβbεeηnιiκkνvοoσoρpτtυuχxωwγyΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX"  # Greek
    "օoսuհhոnցgզqѕsӏlяrԁdեtլjկlՕOՏSՍUԼL"  # Armenian
    "ᎠDᎡRᎢTᎥiᎩYᎪAᎫJᎬEᎳWᎷMᎻHᏀGᏂhᏃZᏏbᏒRᏔWᏕSᏙVᏚSᏞLᏟCᏢPᏦKᏴB"  # Cherokee
    "נjɑaɩiʊu¢c∂d₳A฿B₵C₣F₲G₭K₥M₦N₱P₴S₮T₩W"  # Hebrew, phonetic, signs that are put for letters
)
"""Each with the letter that it looks like."""
_CHEROKEE: Final = (0x13A0, 0x13F0, 0xAB70)
"""Its capital letters, and where the small ones begin that look the same."""
_NAMED: Final = (
    (0xB2, 0x2B9),  # raised figures, accented, turned, phonetic
    (0x1D00, 0x1DC0),  # small capitals, raised
    (0x1E00, 0x1F00),  # accented
    (0x2070, 0x209D),  # raised and lowered
    (0x2460, 0x2500),  # circled, in brackets
    (0x2776, 0x2794),
    (0x2C60, 0x2C80),
    (0xA730, 0xA732),
    (0x1F110, 0x1F18A),  # in brackets, in squares
)
"""Where letters and figures stand that are so named. Every sign there has had its name since Unicode 6.0."""
_NAME = re.compile(
    r"(?:LATIN|MODIFIER|SUPERSCRIPT LATIN|LATIN SUBSCRIPT|(?:NEGATIVE )?(?:PARENTHESIZED|CIRCLED|SQUARED) LATIN)"
    r" (?:LETTER )?(?:SMALL |CAPITAL )+(?:LETTER )?(?:SMALL |CAPITAL |DOTLESS |SCRIPT |TURNED |REVERSED |OPEN )*"
    r"([A-Z])(?: WITH .*)?"
)
_MATHEMATICAL: Final = 0x1D400
"""Thirteen alphabets of large and small letters; the few holes hold nothing that could be typed."""
_FIGURES: Final = 0x1D7CE
"""Five sets of digits."""
_SCRIPT_HOLES: Final = "ℂCℊgℋHℌHℍHℎhℐIℑIℒLℓlℕNℙPℚQℛRℜRℝRℤZℨZℬBℭCℯeℰEℱFℳMℴo"


def _plain_letters() -> dict[int, str]:
    found = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for first, end in _NAMED:
        for code in range(first, end):
            letter = _letter(chr(code))
            if letter:
                found[code] = letter
    letters = ascii_uppercase + ascii_lowercase
    for number in range(13 * 52):
        found[_MATHEMATICAL + number] = letters[number % 52]
    for number in range(50):
        found[_FIGURES + number] = digits[number % 10]
    pairs = chain(_OTHER_SCRIPTS, _SCRIPT_HOLES)
    for letter in pairs:
        found[ord(letter)] = next(pairs)
    first, end, small = _CHEROKEE
    for code in range(first, end):
        if code in found:
            found[small + code - first] = found[code].lower()
    return found


def _letter(sign: str) -> str:
    """The Latin letter or the figure that a sign is by its name; empty where it is neither."""
    named = _NAME.fullmatch(name := unicodedata.name(sign, ""))
    if named is not None:
        return named[1] if "SMALL" not in name else named[1].lower()
    figure = unicodedata.digit(sign, None)
    return "" if figure is None else str(figure)


_PLAIN_LETTERS: Final = _plain_letters()
_LOOKALIKES: Final = frozenset(map(chr, _PLAIN_LETTERS))


def plain(text: str) -> str:
    """A text with each look-alike as the letter that it looks like."""
    if text.isascii() or _LOOKALIKES.isdisjoint(text):
        return text
    return text.translate(_PLAIN_LETTERS)
