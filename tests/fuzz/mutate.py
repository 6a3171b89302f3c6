"""Bytes made worse: a seed and one or more changes, drawn from a seeded generator; the same seed gives the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

MOST = 200_000
"""Bytes of an input at most: growth is looked for in what comes out, not made going in."""

TOKENS = (
    b"null", b"true", b"false", b"{}", b"[]", b'""', b"NaN", b"Infinity", b"-Infinity", b"-0", b"1e999", b"-1e-999",
    b"9" * 400, b"0." + b"3" * 400, b"18446744073709551616", b"-9223372036854775809", b"1.7976931348623157e308",
    b"\\ud800", b"\\udc00\\ud800", b"\\u0000", b"\xf0\x9f\x92\xa9", b"\xed\xa0\x80", b"\xff\xfe", b"\x00", b"\x1b[2J",
    b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\r\n", b"\n", b",", b":", b'"', b"\\", b"2026-02-30T25:61:61Z",
    b"0001-01-01T00:00:00Z",
    b"9999-12-31T23:59:59.999999999Z", b"1970-01-01T00:00:00+99:99", b"__proto__", b"nan", b"inf", b"1_000", b"0x10",
    b"\xc1", b"\xd9\xff", b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xc7\x0c\xff", b"\xd4\xff",
)  # fmt: skip
"""What parsers trip over: edges of JSON, TOML, msgpack, numbers, times and UTF-8."""

NESTS = ((b"[", b"]"), (b'{"a":', b"}"), (b"\x91", b"\xc0"), (b"\x81\xa1a", b"\xc0"))


class Mutator:
    """Draws inputs from a corpus."""

    def __init__(self, seeds: Sequence[bytes], seed: int) -> None:
        self._seeds = list(seeds)
        self._draw = random.Random(seed)
        self._changes: tuple[Callable[[bytearray], None], ...] = (
            self._flip, self._flip, self._set, self._cut, self._drop, self._repeat, self._insert, self._insert,
            self._replace_number, self._splice, self._nest, self._swap, self._grow,
        )  # fmt: skip

    def next(self) -> bytes:
        """A seed with one to six changes; now and then a seed as it is, or bytes of no seed at all."""
        draw = self._draw
        if draw.random() < 0.01:
            return draw.randbytes(draw.randrange(300))
        data = bytearray(draw.choice(self._seeds))
        for _ in range(draw.choice((0, 1, 1, 2, 3, 6))):
            draw.choice(self._changes)(data)
            del data[MOST:]
        return bytes(data)

    def pieces(self, data: bytes) -> list[bytes]:
        """The bytes as a connection may deliver them."""
        cuts = sorted(self._draw.randrange(len(data) + 1) for _ in range(self._draw.randrange(6)))
        return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    def _at(self, data: bytearray) -> int:
        return self._draw.randrange(len(data) + 1)

    def _span(self, data: bytearray) -> tuple[int, int]:
        start = self._at(data)
        return start, min(len(data), start + int(self._draw.expovariate(1 / 20)))

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self._draw.randrange(len(data))] ^= 1 << self._draw.randrange(8)

    def _set(self, data: bytearray) -> None:
        if data:
            data[self._draw.randrange(len(data))] = self._draw.choice((0, 9, 10, 34, 92, 127, 128, 255))

    def _cut(self, data: bytearray) -> None:
        del data[self._at(data) :]

    def _drop(self, data: bytearray) -> None:
        start, end = self._span(data)
        del data[start:end]

    def _repeat(self, data: bytearray) -> None:
        start, end = self._span(data)
        data[end:end] = bytes(data[start:end]) * self._draw.choice((1, 2, 50))

    def _insert(self, data: bytearray) -> None:
        at = self._at(data)
        data[at:at] = self._draw.choice(TOKENS)

    def _replace_number(self, data: bytearray) -> None:
        """A run of digits becomes another one, or something that is none."""
        digits = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
        if not digits:
            return
        start = end = self._draw.choice(digits)
        while start and 48 <= data[start - 1] <= 57:
            start -= 1
        while end < len(data) and 48 <= data[end] <= 57:
            end += 1
        data[start:end] = self._draw.choice((b"0", b"-1", b"9" * 30, b"1e400", b"null", b'"x"', b"1" * 5_000))

    def _splice(self, data: bytearray) -> None:
        other = self._draw.choice(self._seeds)
        start = self._draw.randrange(len(other) + 1)
        data[self._at(data) :] = other[start:]

    def _nest(self, data: bytearray) -> None:
        opening, closing = self._draw.choice(NESTS)
        depth = self._draw.choice((3, 60, 3_000))
        at = self._at(data)
        data[at:at] = opening * depth + b"1" + closing * depth

    def _swap(self, data: bytearray) -> None:
        start, end = self._span(data)
        part = bytes(data[start:end])
        del data[start:end]
        at = self._at(data)
        data[at:at] = part

    def _grow(self, data: bytearray) -> None:
        at = self._at(data)
        data[at:at] = self._draw.choice((b"A", b" ", b"\xf0\x9f\x98\x80", b"\\u00e9")) * self._draw.choice((10, 5_000))
