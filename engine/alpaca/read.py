"""Reading what Alpaca sends: fields may be missing, null, numbers or text, and nothing here raises for any of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from engine.clock import SECOND, parse_iso
from engine.text import display_text

TEXT_LIMIT = 300
"""Longest piece of the venue's text that goes into a reason."""

LATEST_NS = 7_258_118_400 * SECOND
"""The year 2200."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERS = (str, int, float)

Json = Any
"""A decoded JSON (or msgpack) value: what it holds is for the reader to find out."""


def decode(text: str | bytes) -> Json:
    """JSON text to values, numbers with a point as exact Decimal. NaN, infinities and endless exponents become None.

    Raises ValueError when it is not JSON, or nested too deeply.
    """
    try:
        return _STRICT.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _decode_tolerantly(text)


def _decode_tolerantly(text: str | bytes) -> Json:
    """The standard library takes what venues were seen to send though it is no JSON: NaN, half a surrogate pair."""
    try:
        return json.loads(text, parse_float=_number, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _no_number(_: str) -> None:
    return None


_STRICT = msgspec.json.Decoder(float_hook=_number)


def decimal(value: Json) -> Decimal | None:
    """A finite number from text, int, float or Decimal; None for anything else."""
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, bool) or not isinstance(value, _NUMBERS) or (isinstance(value, str) and len(value) > 64):
        return None
    else:
        try:
            number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        except (InvalidOperation, ValueError):
            return None
    return number if number.is_finite() and -30 <= number.adjusted() <= 30 else None


def text(value: Json, limit: int = TEXT_LIMIT) -> str:
    """Text as cleaned, capped, single-line text; empty for anything else."""
    return display_text(value, limit) if isinstance(value, str) else ""


def identifier(value: Json) -> str:
    """An id, symbol or word of the venue, as sent when it is plain ASCII of at most 128 characters; else empty."""
    return value if isinstance(value, str) and len(value) <= 128 and value.isascii() and value.isprintable() else ""


def instant(value: Json) -> int:
    """RFC 3339 text, or a msgpack timestamp (microseconds), in nanoseconds; 0 for anything else.

    No time of a venue's is before 1970, or of the year 2200 or later: one that is, is none.
    """
    at_ns = 0
    if isinstance(value, str) and len(value) <= 64:
        try:
            at_ns = parse_iso(value)
        except (ValueError, OverflowError):
            return 0
    elif isinstance(value, datetime) and value.tzinfo is not None:
        at_ns = (value - _EPOCH) // timedelta(microseconds=1) * 1000
    return at_ns if 0 < at_ns < LATEST_NS else 0


def fields(value: Json) -> dict[str, Json]:
    """An object's fields; none when it is not an object."""
    return value if isinstance(value, dict) else {}


def rows(value: Json) -> list[Json]:
    """An array's items; none when it is not an array."""
    return value if isinstance(value, list) else []
