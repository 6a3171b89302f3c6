"""JSON of others, read where a strict reader stops: at half of a surrogate pair, all that is left of a cut emoji, and
at a field that is of another type than was described."""

from __future__ import annotations

import re
from collections.abc import Collection
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")

UNREADABLE = (ValueError, msgspec.MsgspecError, RecursionError)
"""What `decode` raises."""

_ANY = msgspec.json.Decoder()
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


def decode_what_fits(decoder: msgspec.json.Decoder[T], body: bytes, essential: Collection[str]) -> T:
    """The value, where need be without the fields and items that are of another type than theirs.

    Fields with an `essential` name are not left out: what holds them is. Raises what `decode` raises.
    """
    try:
        return decode(decoder, body)
    except msgspec.ValidationError:
        kind: type[T] = decoder.type
        return msgspec.convert(_fitting(decode(_ANY, body), kind, essential), kind, strict=False)


def _fitting(value: Any, kind: Any, essential: Collection[str]) -> Any:
    """What of a decoded value fits a type, at every depth of it."""
    if isinstance(kind, UnionType):  # T | None
        kind = get_args(kind)[0]
    if isinstance(value, list) and get_origin(kind) is list:
        [of] = get_args(kind)
        return [item for each in value if _fits(item := _fitting(each, of, essential), of)]
    if not isinstance(value, dict) or not isinstance(kind, type) or not issubclass(kind, msgspec.Struct):
        return value
    types = get_type_hints(kind)
    fitting = {name: _fitting(value[name], of, essential) for name, of in types.items() if name in value}
    return {name: each for name, each in fitting.items() if name in essential or _fits(each, types[name])}


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def _whole_escape(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape["lone"] else escape[0]
