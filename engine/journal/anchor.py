"""The anchor: a second, small file that names the newest durable record, so that a missing tail is noticed.

`<journal>.anchor` holds two lines of fixed width, `seq hash check`, written in turn, in place, each after the commit it
names. The valid line with the larger seq counts. Being overwritten in place, without a sync of its own, it costs some
microseconds and follows every group commit:

- kill -9 at any instant leaves at most one line half written, and the other names an older record that exists;
- power loss brings back an older anchor at worst, because a record is synced before the anchor names it.

Who can write both files can forge both. To be safe from that, note what `desk journal verify` prints somewhere else
and give it back with `--expect`.
"""

from __future__ import annotations

import fcntl
import os
import re
import zlib
from pathlib import Path
from typing import Final, Self

from engine.errors import JournalError
from engine.model import Value
from engine.paths import sync_path

LINE: Final = 128
"""Bytes per line, the newline included; both lie in the disk's first sector."""
_LINE = re.compile(rb"([0-9]{20}) ([0-9a-f]{64}) ([0-9a-f]{8}) *\n")


class Anchor(Value, frozen=True, gc=False):
    """The newest record that was durable: its seq and its hash (seq 0: none yet, the hash is GENESIS)."""

    seq: int
    hash: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """`SEQ:HASH` as `desk journal verify` prints it. Raises ValueError."""
        seq, _, digest = text.strip().partition(":")
        if not re.fullmatch(r"[0-9]{1,18}", seq) or not re.fullmatch(r"[0-9a-fA-F]{64}", digest):
            raise ValueError(f"expected SEQ:HASH with a hash of 64 hex digits, found {text!r}")
        return cls(int(seq), bytes.fromhex(digest))

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"

    @property
    def line(self) -> bytes:
        """As written to the file; `check` is the CRC-32 of what stands before it."""
        head = b"%020d %s" % (self.seq, self.hash.hex().encode())
        return (head + b" %08x" % zlib.crc32(head)).ljust(LINE - 1) + b"\n"


def anchor_path(journal: Path) -> Path:
    """The anchor's file beside a journal."""
    return journal.with_name(journal.name + ".anchor")


def read_anchor(journal: Path) -> Anchor | None:
    """The anchor of a journal, or None when there is no file or none of its lines is whole. Raises OSError."""
    try:
        with anchor_path(journal).open("rb") as file:
            content = file.read(2 * LINE)
    except FileNotFoundError:
        return None
    found = [anchor for start in (0, LINE) if (anchor := _parse(content[start : start + LINE]))]
    return max(found, key=lambda anchor: anchor.seq, default=None)


class AnchorFile:
    """The anchor as its one writer holds it, locked against every other writer.

    Every method raises OSError when the disk refuses.
    """

    def __init__(self, journal: Path) -> None:
        """Open and lock the file, creating it empty (0600) where there is none.

        Raises JournalError when another process holds it: only one engine writes a journal.
        """
        self._path = anchor_path(journal)
        self._next = 0
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            if not isinstance(error, BlockingIOError):
                raise
            raise JournalError(
                "another process writes this journal",
                where=str(journal),
                remedy="stop the engine that has it open (`desk stop`), or name another journal",
            ) from error

    def begin(self, anchor: Anchor) -> None:
        """Name `anchor` in both lines, and sync file and directory, before the first record is written.

        The newest valid line is overwritten last, so that one valid line exists throughout.
        """
        older_first = (0, LINE)
        lines = [_parse(os.pread(self._descriptor, LINE, at)) for at in older_first]
        if lines[0] is not None and (lines[1] is None or lines[0].seq > lines[1].seq):
            older_first = (LINE, 0)
        for at in older_first:
            os.pwrite(self._descriptor, anchor.line, at)
            os.fsync(self._descriptor)
        os.ftruncate(self._descriptor, 2 * LINE)
        sync_path(self._path.parent)

    def write(self, anchor: Anchor) -> None:
        """Name a record that is durable."""
        os.pwrite(self._descriptor, anchor.line, self._next)
        self._next ^= LINE

    def close(self) -> None:
        """Sync, unlock and close."""
        try:
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)


def renew_anchor(journal: Path, anchor: Anchor) -> None:
    """Have the anchor name the record that the journal really ends with, after a person accepted what is missing.

    Raises JournalError while an engine writes the journal, OSError when the disk refuses.
    """
    file = AnchorFile(journal)
    try:
        file.begin(anchor)
    finally:
        file.close()


def _parse(line: bytes) -> Anchor | None:
    match = _LINE.fullmatch(line)
    if match is None or int(match[3], 16) != zlib.crc32(match[1] + b" " + match[2]):
        return None
    return Anchor(int(match[1]), bytes.fromhex(match[2].decode()))
