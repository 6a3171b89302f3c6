"""What goes out over the control socket, as bytes."""

from __future__ import annotations

import msgspec

_encode = msgspec.json.Encoder().encode


def encoded(message: msgspec.Struct) -> bytes:
    """A message as JSON.

    A lone surrogate, which a file's name may hold and UTF-8 cannot carry, is sent as a question mark: no text keeps a
    desk from its picture, or the engine from its work.
    """
    try:
        return _encode(message)
    except UnicodeEncodeError:
        return _encode(_carried(msgspec.to_builtins(message)))


def _carried(value: object) -> object:
    """A tree of builtins with every lone surrogate replaced."""
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case list() | tuple():
            return [_carried(each) for each in value]
        case dict():
            return {_carried(key): _carried(each) for key, each in value.items()}
        case _:
            return value
