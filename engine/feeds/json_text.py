"""JSON of others, read where a strict reader stops: at half of a surrogate pair, all that is left of a cut emoji."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

T = TypeVar("T")

UNREADABLE = (ValueError, msgspec.MsgspecError, RecursionError)
"""What `decode` raises."""

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.S
)
"""An escape in JSON; `lone` when it is half of a surrogate pair."""


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The value; half a surrogate pair becomes U+FFFD, so that every text in it can be stored.

    Raises msgspec.ValidationError for JSON of another shape, and what else is in UNREADABLE for what is no JSON.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if b"\\u" not in body:
            raise
        return decoder.decode(_ESCAPE.sub(_whole_escape, body))


def _whole_escape(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape["lone"] else escape[0]
