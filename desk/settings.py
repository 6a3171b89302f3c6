"""How a person likes the screen: `[screen]` of config.toml, and what was chosen at the desk since, in a small file."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from engine.config import ScreenConfig


class _Chosen(msgspec.Struct, omit_defaults=True):
    """The file: each choice, and the configured value it was chosen over; it holds until that value changes."""

    theme: str = ""
    theme_over: str = ""
    compact: bool | None = None
    compact_over: bool = False


class Settings:
    """The looks in force. Without a path nothing is kept."""

    def __init__(self, config: ScreenConfig, path: Path | None = None, *, kept: bool = True) -> None:
        """A kept file that cannot be read counts as none: looks are no reason not to start. `kept` off: it is read, and
        what is chosen holds for this desk alone."""
        self._config = config
        self._path = path
        self._kept = kept
        self._chosen = _read(path)
        if self._chosen.theme_over != config.theme:
            self._chosen.theme = ""
        if self._chosen.compact_over != config.compact:
            self._chosen.compact = None

    @property
    def theme(self) -> str:
        """Name of the theme; empty means the desk's own, dark."""
        return self._chosen.theme or self._config.theme

    @property
    def compact(self) -> bool:
        """Whether captions and bars make room for rows."""
        return self._config.compact if self._chosen.compact is None else self._chosen.compact

    def choose_theme(self, theme: str) -> str:
        """Keep a theme; why it could not be kept, empty when it was."""
        self._chosen.theme, self._chosen.theme_over = theme, self._config.theme
        return self._write()

    def choose_compact(self, compact: bool) -> str:
        """Keep compact or not; why it could not be kept, empty when it was."""
        self._chosen.compact, self._chosen.compact_over = compact, self._config.compact
        return self._write()

    def _write(self) -> str:
        if not self._kept:
            return "It holds until this desk is left: what only looks changes no other desk."
        if self._path is None:
            return ""
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            draft.write_bytes(msgspec.json.encode(self._chosen))
            draft.replace(self._path)
        except OSError as error:
            return f"it could not be kept in {self._path}: {error.strerror}"
        return ""


def _read(path: Path | None) -> _Chosen:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Chosen) if path is not None else _Chosen()
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return _Chosen()
