"""Figures and symbols set against each other, put in words that the scorers know.

"EPS $0.95 vs. $1.10 expected" says what "misses estimates" says, "target to $150 from $200" what "target cut" says,
"RSI 82" what "overbought" says, and "out of $A, into $B" what "sold $A, bought $B" says. A list under a heading
("Shorts: $A, $B") says of each symbol what the heading says, and "$A ripping, $B not so much" of the second the
opposite. A rating that is kept is no news beside a target that is cut: prices follow the target (Brav, A. & Lehavy, R.
2003, "An Empirical Analysis of Analysts' Target Prices", Journal of Finance 58:1933–1967). Nothing else changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from engine.scoring.marks import Marks, folded

PUTS_TO_CALLS: Final = ("put/call", "put-call", "puts/calls", "p/c")
FIGURES: Final = (" vs", "versus", "consensus", " est", "(est", "from ", "rsi ", "rsi(", "rsi:", *PUTS_TO_CALLS)
"""A text without any of these in lower case sets no figures against each other, nor against an indicator's limits."""
BETWEEN: Final = (
    *("from $", "over $", "> $", "of $", "lunch", "than $", "buy $", "bought $", " for $", ": $"),
    "so much",
)
"""A text without any of these in lower case sets no symbols against each other."""
LEAST_SYMBOLS: Final = 2

_DIGIT = re.compile(r"\d")
_AMOUNT: Final = (
    r"((?<![\d,])\(?-?\$?(?:\d[\d,]{0,14}(?:\.\d{1,6})?|\.\d{1,6})\)?)\s?(bn|mln|billion|million|[bmkc¢%])?(?![\w])"
)
_RANGE: Final = rf"{_AMOUNT}(?:\s?-\s?\$?\d[\d,.]{{0,14}}\w?)?"
_EXPECTED: Final = r"(?:est(?:imates?|s)?|cons(?:ensus)?|expected|expectations|forecasts?|street|whisper|views?)\b\.?"
_AGAINST = re.compile(
    rf"{_RANGE},?\s+(?:vs\.?|versus|against|compared to)\s+(?:an?\s+|the\s+)?(?:{_EXPECTED}\s+(?:of\s+)?{_AMOUNT}"
    rf"|{_AMOUNT}\s+(?:\w+\s+)?{_EXPECTED})"
    rf"|{_RANGE}[,;]?\s+\(?(?:consensus|est\.?|estimates?)\s+(?:of\s+|was\s+|is\s+|at\s+)?{_AMOUNT}",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(\d[\d,.]{0,12})(\s?-\s?\$?\d[\d,.]{0,12})(bn|mln|[bmk])\b", re.IGNORECASE)
"""A range whose unit stands once: "1.10-1.15B"."""
_AGAINST_BY: Final = ("vs", "versus", "against", "compared to", "consensus", "est")
"""A text without any of these in lower case sets no figure against another."""
_APART = re.compile(r"\s\(?(?:vs|versus|against|compared|consensus|est)")
"""A folded text without this does not, either."""
_MEASURE: Final = (
    r"(\b(?:targets?|pt|guidance|outlook|forecast|eps|earnings|revenues?|sales|margins?|dividend|stock|shares|price"
    r"|went|gone|goes|ran|run|fell|rose|raised|lifted|cut|lowered|moved)\b[^.;!?]{0,40}?)"
)
_YEAR_AGO = re.compile(
    rf"{_MEASURE}{_AMOUNT},?\s+(?:vs\.?|versus|against|compared (?:to|with))\s+{_AMOUNT}\s+"
    r"(?:in the\s+)?(?:(?:a|one) year ago|last (?:year|quarter)|year-ago|prior|previous|y/?y)\b",
    re.IGNORECASE,
)
_AGO_BY: Final = ("year", "prior", "previous", "last ", "y/y", "yy")
"""A text without any of these in lower case compares nothing with a time before."""
_FROM = re.compile(r"from\s+\(?-?\$?\.?\d")
"""A text without this in lower case tells of nothing that moved from one figure to another."""
_FROM_TO = re.compile(rf"{_MEASURE}(?:up\s+|down\s+)?\bfrom\s+{_AMOUNT}\s+to\s+{_AMOUNT}", re.IGNORECASE)
_TO_FROM = re.compile(rf"{_MEASURE}\bto\s+{_AMOUNT}\s+from\s+{_AMOUNT}", re.IGNORECASE)
_TARGET_FROM = re.compile(
    rf"(\b(?:targets?|pt)\b)\s?(?:(?:is|now|at|of|to)\s|[:=]\s?)?{_AMOUNT},?\s+\(?from\s+{_AMOUNT}", re.IGNORECASE
)
_TARGET: Final = ("target", "pt ")
_KEPT = re.compile(
    r"\b(?:reiterat|maintain|keep|kept|reaffirm|affirm)\w*\s+(?:at\s+|an?\s+|its\s+|the\s+)?[\"“]?(?:strong )?"
    r"(?:buy|outperform|overweight|hold|neutral|equal[- ]?weight|market perform|sell|underperform|underweight)[\"”]?"
    r"(?:\s+rating)?\b",
    re.IGNORECASE,
)
_RSI = re.compile(
    r"\brsi(?:\s?\(\d{1,3}\))?:?\s?(?:(?:is|at|of|now|hits?|reading|under|below|over|above|near|around)\s){0,2}"
    r"(\d{1,3})(?:\.\d+)?\b(?!\s?(?:%|-|days?|periods?|min|hours?|[dhm]\b))",
    re.IGNORECASE,
)
_OVERBOUGHT: Final = 70
_OVERSOLD: Final = 30
"""Wilder, J.W. (1978), "New Concepts in Technical Trading Systems": the limits of the relative strength index."""
_RATIO = re.compile(
    r"\b(?:puts?[/-]calls?|p/c)(?:\s+(?:\w+\s+)?ratio)(?:(?:\s+|:\s?)(?:is|at|of|now|hits?|jumps?|falls?|to)\b){0,3}"
    r"(?:\s+|:\s?)(\d{1,2}(?:\.\d{1,4})?)(?![\d.]*[\d%])",
    re.IGNORECASE,
)
_MANY_PUTS: Final = 1.0
_FEW_PUTS: Final = 0.7
"""Volume of puts to that of calls: more puts than calls is what those buy who expect a fall, and stocks of few puts do
better after (Pan, J. & Poteshman, A. 2006, "The Information in Option Volume for Future Stock Prices", Review of
Financial Studies 19:871–908). Between the two is an ordinary day."""
_UNITS: Final = {
    **{"k": 1e3, "m": 1e6, "mln": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9},
    **{"c": 0.01, "¢": 0.01},
}
_MOST_APART: Final = 20.0
"""Figures further apart than this are of different things, or one of them is a year."""

_SYMBOL: Final = r"(\$[A-Za-z][A-Za-z.]{0,9})"
_RELATIONS: Final = (
    (
        ("prefer", "like", "rather", "sooner"),
        re.compile(
            rf"\b(?:prefer\w*|like|(?:rather|sooner)\s+(?:own|hold|buy|have|be in))\s+{_SYMBOL}\s+"
            rf"(?:over|to|than|(?:\w+\s+)?(?:better|more) than)\s+{_SYMBOL}",
            re.IGNORECASE,
        ),
        r"buy \1, avoid \2",
    ),
    (
        ("over", ">", "instead", "rather"),
        re.compile(rf"{_SYMBOL}\s+(?:over|>|instead of|rather than)\s+{_SYMBOL}", re.IGNORECASE),
        r"long \1, short \2",
    ),
    (
        ("sold", "sell"),
        re.compile(rf"\b(?:sold|selling|sell)\s+{_SYMBOL}\s+(?:to|and)\s+(?:buy|bought)\s+{_SYMBOL}", re.IGNORECASE),
        r"dumped \1, bought \2",
    ),
    (
        ("out of",),
        re.compile(rf"\bout of\s+{_SYMBOL}[.,;]?\s+(?:and\s+)?(?:back\s+)?(?:in|to|into)\s+{_SYMBOL}", re.IGNORECASE),
        r"dumped \1, bought \2",
    ),
    (
        ("from $",),
        re.compile(
            r"\b(?:switch|mov|rotat|swapp|shift|roll|went)\w*\b[^.;!?$]{0,30}?"
            rf"\bfrom\s+{_SYMBOL}\s+(?:in)?to\s+{_SYMBOL}",
            re.IGNORECASE,
        ),
        r"dumped \1, bought \2",
    ),
    (
        (" for $",),
        re.compile(rf"\b(?:swap|trad|exchang|switch)\w*\s+(?:\w+\s+)?{_SYMBOL}\s+for\s+{_SYMBOL}", re.IGNORECASE),
        r"dumped \1, bought \2",
    ),
    (
        ("from $",),
        re.compile(
            rf"{_SYMBOL}\s+(?:(?:is|are|keeps?|has been)\s+)?(?:tak|steal|grabb|gain|winn|won|took|stole)\w*\s+"
            rf"(?:market\s+)?(?:share|customers|users|business)\s+from\s+{_SYMBOL}",
            re.IGNORECASE,
        ),
        r"\1 strong, \2 weak",
    ),
    (
        ("so much",),
        re.compile(
            rf"{_SYMBOL}(\s[^.;,!?$]{{2,60}})[,;]\s+(?:(?:but|and|while)\s+)?{_SYMBOL}\s+not so much", re.IGNORECASE
        ),
        r"\1\2; \3 not\2",
    ),
    (
        ("lunch",),
        re.compile(rf"{_SYMBOL}\s+(?:is\s+|are\s+)?eat(?:s|ing)\s+{_SYMBOL}'?s?\s+lunch", re.IGNORECASE),
        r"\1 strong, \2 weak",
    ),
)
"""What a text in lower case must contain, the passage, and the words for it."""
_RELATED_BY: Final = Marks(*(mark for marks, _, _ in _RELATIONS for mark in marks))

_HEADINGS: Final = {
    **dict.fromkeys(("long", "longs", "buy", "buys", "bought", "bullish", "bulls", "adds", "added"), "long"),
    **dict.fromkeys(("short", "shorts", "sell", "sells", "sold", "bearish", "bears", "avoid", "trimmed"), "short"),
    **dict.fromkeys(("winner", "winners", "gainer", "gainers", "leaders", "strong", "green", "up"), "winners"),
    **dict.fromkeys(("loser", "losers", "decliner", "decliners", "laggards", "weak", "red", "down"), "losers"),
    **dict.fromkeys(("upgrade", "upgrades", "upgraded"), "upgrades"),
    **dict.fromkeys(("downgrade", "downgrades", "downgraded"), "downgrades"),
    **dict.fromkeys(("calls",), "bought calls"),
    **dict.fromkeys(("puts",), "bought puts"),
}
"""What a heading over a list of cashtags says, in words that the scorers know."""
_HEADING: Final = 40
"""Characters of a heading that are looked at."""
_LIST = re.compile(
    rf"\b({'|'.join(_HEADINGS)})\b((?:\s+\w+){{0,2}})\s?:\s*((?:\$[A-Za-z][A-Za-z.]*[\s,&/+|]*(?:and\s+)?)+)",
    re.IGNORECASE,
)


def in_words(text: str) -> str:
    """The text with what its figures and comparisons say. Work is proportional to its length."""
    lower = text.lower()
    if text.count("$") >= LEAST_SYMBOLS and any(map(lower.__contains__, BETWEEN)):
        related_by = _RELATED_BY.all_in(lower)
        for marks, pattern, words in _RELATIONS:
            if not related_by.isdisjoint(marks):
                text = pattern.sub(words, text)
        if _headed(lower):
            text = _LIST.sub(_under_heading, text)
    if not any(map(lower.__contains__, FIGURES)):
        return text
    if not _DIGIT.search(text):
        return text
    if "rsi" in lower:
        text = _RSI.sub(_beyond, text)
    if any(map(lower.__contains__, PUTS_TO_CALLS)):
        text = _RATIO.sub(_bought, text)
    if _FROM.search(lower):
        told = text
        if "to" in lower:
            text = _FROM_TO.sub(partial(_moved, order=-1), text)
            text = _TO_FROM.sub(partial(_moved, order=1), text)
        if any(map(lower.__contains__, _TARGET)):
            text = _TARGET_FROM.sub(partial(_moved, order=1), text)
            if text != told:
                text = _KEPT.sub("", text)
    if not any(map(lower.__contains__, _AGAINST_BY)) or not _APART.search(folded(text)):
        return text
    if any(map(lower.__contains__, _AGO_BY)):
        text = _YEAR_AGO.sub(partial(_moved, order=1), text)
    spelt = _SPAN.sub(r"\1\3\2\3", text)
    found = [_verdict(match.groups(), "beats estimates", "misses estimates") for match in _AGAINST.finditer(spelt)]
    said = " ".join(filter(None, dict.fromkeys(found)))
    return f"{text} {said}" if said else text


def _headed(lower: str) -> bool:
    """Whether a cashtag follows a colon with a heading in the three words before it. The text is in lower case."""
    *befores, _ = lower.split(": $")
    return any(not _HEADINGS.keys().isdisjoint(before[-_HEADING:].split()[-3:]) for before in befores)


def _under_heading(match: re.Match[str]) -> str:
    """The heading in known words before its symbols, set apart from what stands around it."""
    heading, more, symbols = match.groups()
    names = [name.rstrip(".") for name in symbols.replace(",", " ").split() if name.startswith("$")]
    return f";{more} {_HEADINGS[folded(heading)]} {' '.join(names)}; "


def _moved(match: re.Match[str], order: int) -> str:
    """What stands for two figures of one thing, the new one first for order 1; the passage itself if they are not."""
    what, *figures = match.groups()
    verdict = _verdict(figures, "rises", "falls", order)
    return f"{what} {verdict}" if verdict else match[0]


def _beyond(match: re.Match[str]) -> str:
    """An index of relative strength with what it says, where it is beyond its limits."""
    value = int(match[1])
    return (
        f"{match[0]} overbought" if value >= _OVERBOUGHT else f"{match[0]} oversold" if value <= _OVERSOLD else match[0]
    )


def _bought(match: re.Match[str]) -> str:
    """A ratio of puts to calls with which of them are bought, where it is beyond its limits."""
    value = float(match[1])
    return (
        f"{match[0]}; bought puts"
        if value > _MANY_PUTS
        else f"{match[0]}; bought calls"
        if value < _FEW_PUTS
        else match[0]
    )


def _verdict(groups: Sequence[str | None], above: str, below: str, order: int = 1) -> str:
    """The words for the first figure above or below the second; the other way round for order −1.

    `groups` are amounts and units in turn, two of them and else None. Nothing for equals, and for figures that cannot
    be of one thing.
    """
    figures = [_figure(amount, unit or "") for amount, unit in zip(groups[::2], groups[1::2], strict=True) if amount]
    first, second = figures
    if (first < 0) == (second < 0) and not 1 / _MOST_APART < abs(first / second if second else 0.0) < _MOST_APART:
        return ""
    difference = (first - second) * order
    return above if difference > 0 else below if difference < 0 else ""


def _figure(amount: str, unit: str) -> float:
    """A figure as a number: "(0.05)" and "-$0.05" are below zero, "45c" is 0.45."""
    digits = "".join([sign for sign in amount if sign == "." or sign.isdecimal()])
    value = float(digits) * _UNITS.get(unit.lower(), 1.0)
    return -value if amount[0] in "(-" else value
