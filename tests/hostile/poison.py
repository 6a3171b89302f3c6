"""A hostile text in every place of a value that can hold text, whatever its type: a new field cannot be forgotten.

What keys something (ids, symbols, names) keeps what it said behind the hostile text, so that a desk made of such values
still hangs together. And what no terminal may be sent, by Unicode's own properties: the desk's own filter is not asked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Any, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from engine.model.frames import Status, SymbolRow
from tests.desk.made_up import NOW

ValueT = TypeVar("ValueT")

OURS = {(Status, "profile"), (SymbolRow, "price")}
"""Fields that the engine makes of nothing foreign and that the desk reads: one of three words, and a Decimal."""

SELECTORS = frozenset(
    map(chr, (*range(0xFE00, 0xFE10), *range(0x180B, 0x1810), 0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0))
)
"""Variation selectors and fillers: invisible, though their category is that of a mark or a letter."""
MARKS = 2
"""Most combining marks that one character may carry: more of them would climb into other lines."""


def poisoned(value: ValueT, text: str, *, bare: bool = True) -> ValueT:
    """The value with this text in every field that holds text; in front of what was there where that is a key."""
    return cast("ValueT", _poisoned(value, text, bare=bare))


def _poisoned(value: object, text: str, *, bare: bool) -> object:
    match value:
        case Enum():
            return value
        case str():
            return text if bare else text + value
        case msgspec.Struct():
            changed = {
                name: _poisoned(getattr(value, name), text, bare=not _keys(name))
                for name in value.__struct_fields__
                if (type(value), name) not in OURS
            }
            return msgspec.structs.replace(value, **changed)
        case tuple() if hasattr(value, "_fields"):
            return type(value)(*(_poisoned(each, text, bare=bare) for each in value))
        case tuple():
            return tuple(_poisoned(each, text, bare=bare) for each in value)
        case list():
            return [_poisoned(each, text, bare=bare) for each in value]
        case dict():
            return {_poisoned(key, text, bare=False): _poisoned(each, text, bare=bare) for key, each in value.items()}
        case _:
            return value


def _keys(name: str) -> bool:
    return name in ("symbol", "symbols", "name", "subject", "control", "stage") or name.endswith(("id", "ids"))


def made(kind: Any, text: str, within: tuple[type, ...] = ()) -> Any:
    """A value of any type of a record, with this text wherever there may be text and something small elsewhere.

    `within` are the values that it is a part of: what may hold others of its own type holds none.
    """
    origin, parts = get_origin(kind), [part for part in get_args(kind) if part is not Ellipsis]
    if isinstance(kind, NewType):
        return made(kind.__supertype__, text)
    if origin in (Union, UnionType):
        return made(parts[0], text, within)
    if origin is tuple:
        return tuple(made(part, text, within) for part in parts if part not in within)
    if origin is dict:
        return {made(parts[0], text): made(parts[1], text, within)}
    if issubclass(kind, msgspec.Struct):
        hints, inside = get_type_hints(kind), (*within, kind)
        fields = {name: hints[name] for name in kind.__struct_fields__}
        return kind(**{name: NOW if name.endswith("_ns") else made(fields[name], text, inside) for name in fields})
    if issubclass(kind, Enum):
        return next(iter(kind))
    plain: dict[type, object] = {str: text, Decimal: Decimal(1), float: 0.5, int: 1, bool: True}
    return plain[kind]


def driving(text: str) -> Iterator[str]:
    """What in a text a terminal would obey, or hide, or draw where it does not belong."""
    marks = 0
    for at, character in enumerate(text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or character in SELECTORS or marks > MARKS:
            yield f"U+{ord(character):04X} in {text[max(0, at - 20) : at + 20]!r}"
