"""The hash chain: what exactly is hashed, and the record as it is read back.

Layout of what SHA-256 is taken over, all integers big-endian, nothing optional, so that no two records give the same
bytes:

    32 bytes  hash of the record before (GENESIS for record 1)
     8 bytes  seq, unsigned
     8 bytes  at_ns, signed
     2 bytes  length of kind in bytes, unsigned
     4 bytes  length of key in bytes, unsigned
     8 bytes  length of body in bytes, unsigned
              kind, key (UTF-8), body (UTF-8 JSON as `encode` writes it)

GENESIS depends on the version of this layout only. Neither grouping into transactions, nor the process, the machine or
the wall clock leaves a trace in a hash: the same calls give the same chain.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import JournalError
from engine.journal.kinds import KINDS
from engine.model import Value

LAYOUT: Final = 1
"""Version of the layout above; kept in the journal's meta table."""
GENESIS: Final = hashlib.sha256(b"desk journal, layout %d" % LAYOUT).digest()
"""What record 1 is chained to."""
KEY_LIMIT: Final = 512
"""Longest key, in characters: every one is an id that we or a venue made."""

header = struct.Struct(">QqHIQ").pack
"""seq, at_ns and the lengths of kind, key and body, as they are hashed."""
_sha256 = hashlib.sha256
_encode = msgspec.json.encode


def check_layout(meta: Mapping[str, str], path: Path) -> None:
    """Raises JournalError for a journal of another layout, of which every record would look altered."""
    if meta.get("chain_layout") != str(LAYOUT):
        raise JournalError(
            f"expected hash chain layout {LAYOUT}, found {meta.get('chain_layout')!r}",
            where=str(path),
            remedy="open it with the version of the desk that wrote it, or move the journal away",
        )


def chain(previous: bytes, seq: int, at_ns: int, kind: bytes, key: bytes, body: bytes) -> bytes:
    """Hash of a record (32 bytes) that follows the record whose hash is `previous`."""
    head = header(seq, at_ns, len(kind), len(key), len(body))
    return _sha256(b"".join((previous, head, kind, key, body))).digest()


def encode(value: Value) -> bytes:
    """The body of a record: compact UTF-8 JSON, fields in the order of the type.

    A lone surrogate, which UTF-8 cannot carry and which anybody can post, becomes U+FFFD. Raises TypeError for a value
    that has no JSON form.
    """
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(_mended(msgspec.to_builtins(value)))


def encode_key(key: str) -> bytes:
    """A key as it is stored and hashed; a lone surrogate becomes U+FFFD."""
    try:
        return key.encode()
    except UnicodeEncodeError:
        return _mend(key).encode()


def _mend(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _mended(node: object) -> object:
    """A tree of builtins with lone surrogates replaced."""
    if isinstance(node, str):
        return _mend(node)
    if isinstance(node, dict):
        return {_mended(name): _mended(item) for name, item in node.items()}
    if isinstance(node, list | tuple):
        return [_mended(item) for item in node]
    return node


@cache
def _decoder(expected: type[Value]) -> Callable[[bytes], Value]:
    """Decodes a body as this type; made when the first such record is read."""
    return msgspec.json.Decoder(expected).decode


class Record(Value, frozen=True, gc=False):
    """One record as it stands in the journal. `body` is the JSON as it was hashed."""

    seq: int
    """1, 2, 3 … without gaps."""
    at_ns: int
    """The engine's time when it was appended (the recording's time in a replay)."""
    kind: str
    key: str
    body: bytes
    hash: bytes

    def value(self) -> Value:
        """The body as its type. Raises JournalError for an unknown kind or a body that does not fit its type."""
        return decode(self.seq, self.kind, self.body)


def decode(seq: int, kind: str, body: bytes) -> Value:
    """What the body of record `seq` holds. Raises JournalError for an unknown kind and a body that does not fit it."""
    expected = KINDS.get(kind)
    if expected is None:
        raise JournalError(
            f"expected a kind this version knows, found {kind!r}",
            where=f"record {seq}",
            remedy="read it with the version of the desk that wrote it, or run `desk journal verify`",
        )
    try:
        return _decoder(expected)(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise JournalError(
            f"expected a {expected.__name__}, found a body that is none: {error}",
            where=f"record {seq} ({kind})",
            remedy="run `desk journal verify`",
        ) from error
