"""Bytes of a stream to lines, whatever the pieces they arrive in, with a bound on the length of a line."""

from __future__ import annotations

LINE_LIMIT = 1 << 20
"""Longest line kept, in bytes: a 25,000-character post, fully escaped, with the post it quotes, is a third of it."""


class LineSplitter:
    """Splits at `\\n` only (U+2028 and the like are text). A longer line than `limit` is dropped whole and counted."""

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self.limit = limit
        self.oversized = 0
        self._parts: list[bytes] = []
        self._length = 0
        self._skipping = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk completes, without their line ends, in order."""
        pieces = chunk.split(b"\n")
        lines = []
        for piece in pieces[:-1]:
            line = self._complete(piece)
            if line is not None:
                lines.append(line)
        self._keep(pieces[-1])
        return lines

    @property
    def pending(self) -> int:
        """Bytes of the unfinished line."""
        return self._length

    def end(self) -> list[bytes]:
        """The unfinished line, once nothing follows it; none where there is none."""
        line = self._complete(b"")
        return [line] if line else []

    def _complete(self, piece: bytes) -> bytes | None:
        self._keep(piece)
        line = None if self._skipping else b"".join(self._parts).rstrip(b"\r")
        self._parts.clear()
        self._length = 0
        self._skipping = False
        return line

    def _keep(self, piece: bytes) -> None:
        if self._skipping or not piece:
            return
        self._length += len(piece)
        if self._length > self.limit:
            self.oversized += 1
            self._skipping = True
            self._parts.clear()
            self._length = 0
        else:
            self._parts.append(piece)
