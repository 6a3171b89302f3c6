"""What the engine and the worker say to each other: JSON messages, each after its length in four bytes.

The engine sends a `Setup` first and then one `Ask` at a time; the worker answers the first with `Ready` or `Refused`
and each other with `Logits`.
"""

from __future__ import annotations

from typing import Final

import msgspec

LENGTH: Final = 4
"""Bytes of a message's length, big-endian."""
LONGEST: Final = 8 << 20
"""Longest message, in bytes. A batch of the longest texts is far smaller; more means that nobody speaks this."""


class Setup(msgspec.Struct, frozen=True, tag="setup"):
    """Load this model."""

    directory: str
    file: str
    """The ONNX file inside; empty: the weights as transformers reads them."""
    device: str
    """`cpu`, `cuda`, `mps`, or `auto` for the best there is."""
    max_length: int
    """In word pieces."""
    inputs: tuple[str, ...]
    """What the model takes: `input_ids`, `attention_mask`, perhaps `token_type_ids`."""
    pad_id: int
    pad_token: str
    alone: bool
    """One text at a time: dynamic int8 scales a whole batch, so a text's score would depend on its neighbours."""
    threads: int
    """0: every core but one."""


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """Classify these."""

    texts: tuple[str, ...]


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The model is loaded."""

    backend: str
    """What computes, in words: `onnxruntime 1.31 on cpu, 3 threads`."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The model cannot be had; asking again does not help until a person has acted."""

    message: str
    remedy: str


class Logits(msgspec.Struct, frozen=True, tag="logits"):
    """One row per text, one number per class. What is no number is None."""

    rows: tuple[tuple[float | None, ...], ...]


ToWorker = Setup | Ask
FromWorker = Ready | Refused | Logits

_encode = msgspec.json.Encoder().encode
_to_worker: msgspec.json.Decoder[ToWorker] = msgspec.json.Decoder(ToWorker)
_from_worker: msgspec.json.Decoder[FromWorker] = msgspec.json.Decoder(FromWorker)


def packed(message: ToWorker | FromWorker) -> bytes:
    """The message with its length before it."""
    body = _encode(message)
    return len(body).to_bytes(LENGTH, "big") + body


def length(head: bytes) -> int:
    """The length that a message's first four bytes tell. Raises ValueError when nobody sends so much."""
    found = int.from_bytes(head, "big")
    if found > LONGEST:
        raise ValueError(f"expected a message of at most {LONGEST} bytes, found {found}")
    return found


def asked(body: bytes) -> ToWorker:
    """A message to the worker. Raises ValueError when it is none."""
    return _to_worker.decode(body)


def answered(body: bytes) -> FromWorker:
    """A message from the worker. Raises ValueError when it is none."""
    return _from_worker.decode(body)
