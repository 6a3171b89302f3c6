"""What a model may answer: exactly one score in range for each symbol it was asked about. Anything else is refused."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

import msgspec

from engine.model import Score, SymbolScore
from engine.text import display_text

Impact = Literal["none", "low", "medium", "high"]
IMPACTS: Final[tuple[str, ...]] = get_args(Impact)
"""How much such news usually moves a price."""
REASON_LIMIT: Final = 400
"""Longest reason of a symbol, in characters; the prompt asks for far less."""
SHOWN_LIMIT: Final = 280
"""Longest reason that is kept, of all symbols together."""


class SymbolAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model says of one symbol."""

    symbol: str
    score: Annotated[float, msgspec.Meta(ge=-1, le=1)]
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    reason: Annotated[str, msgspec.Meta(max_length=REASON_LIMIT)]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole answer."""

    scores: Annotated[tuple[SymbolAnswer, ...], msgspec.Meta(min_length=1, max_length=64)]
    impact: Impact


_decoder = msgspec.json.Decoder(Answer)


def read(answer: bytes, symbols: tuple[str, ...]) -> Score:
    """The score that an answer gives. Raises ValueError, naming what is wrong, when it is not what was asked for, and
    RecursionError when it is nested without end.

    The post's own score is the mean of its symbols' by confidence. The reasons are foreign text and cleaned as such.
    """
    if not answer:
        raise ValueError("expected an answer, found that the model gave none")
    found = _decoder.decode(answer)
    named = [entry.symbol for entry in found.scores]
    if sorted(named) != sorted(symbols):
        raise ValueError(f"expected one score for each of {', '.join(symbols)}, found {', '.join(named)[:200]}")
    by_symbol = {entry.symbol: entry for entry in found.scores}
    entries = [by_symbol[symbol] for symbol in symbols]
    weight = sum(entry.confidence for entry in entries)
    value = sum(entry.score * entry.confidence for entry in entries) / weight if weight else 0.0
    own = tuple(SymbolScore(each.symbol, round(each.score, 6), round(each.confidence, 6)) for each in entries)
    reason = "; ".join(f"{each.symbol}: {each.reason}" if len(entries) > 1 else each.reason for each in entries)
    return Score(
        round(max(-1.0, min(1.0, value)), 6),
        round(weight / len(entries), 6),
        own if len(own) > 1 else (),
        display_text(f"impact {found.impact}: {display_text(reason)}", SHOWN_LIMIT),
    )
