"""Authors that a person does not want to see: on this desk only, kept in a small file.

Muting hides; it changes no weight and no mood. Whose posts weigh less, and why, is the guards' business.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

MOST = 1_000
"""Most authors kept; the oldest go first."""


class Muted:
    """Screen names in lower case. Without a path nothing is kept."""

    def __init__(self, path: Path | None = None, *, kept: bool = True) -> None:
        """A kept file that cannot be read counts as none. `kept` off: it is read, and what changes holds for this desk
        alone."""
        self._path = path
        self.kept = kept and path is not None
        """Whether what changes outlives this desk."""
        self._names = dict.fromkeys(_read(path))

    @property
    def names(self) -> frozenset[str]:
        """Who is muted."""
        return frozenset(self._names)

    def turn(self, author: str) -> bool:
        """Mute an author, or unmute a muted one; True when they are muted now. Raises OSError when it is not kept."""
        name = author.lower()
        muted = name not in self._names
        if muted:
            self._names[name] = None
            while len(self._names) > MOST:
                del self._names[next(iter(self._names))]
        else:
            del self._names[name]
        if self._path is not None and self.kept:
            draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            draft.write_bytes(msgspec.json.encode(list(self._names)))
            draft.replace(self._path)
        return muted


def _read(path: Path | None) -> list[str]:
    try:
        return [] if path is None else msgspec.json.decode(path.read_bytes(), type=list[str])[-MOST:]
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return []
