"""What leaves the screen: text for the clipboard, rows for a file, a picture of the screen."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any, Final

import msgspec

from desk.tables import Cell, Table
from engine.clock import iso, utc
from engine.paths import private_dir
from engine.secrets import child_environment

_NATIVE: Final = (
    ("pbcopy",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
    ("tmux", "load-buffer", "-w", "-"),
)
"""Programs that set the clipboard, asked in this order. As it comes, tmux drops an OSC 52 of the programs in it
(`set-clipboard external`, tmux(1)); its own buffer it keeps, and with -w it hands it to the terminal around it."""
_WANTS: Final = {"wl-copy": "WAYLAND_DISPLAY", "xclip": "DISPLAY", "xsel": "DISPLAY", "tmux": "TMUX"}
_COPY_LIMIT_S: Final = 2.0
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def native_copy(text: str, environ: dict[str, str]) -> str:
    """Set the clipboard by a program of the system or of tmux; the program's name, empty when there is none that works.

    A program that needs a display is asked only where there is one, so that nothing hangs over SSH.
    """
    for command in _NATIVE:
        wants = _WANTS.get(command[0])
        if (wants and not environ.get(wants)) or (command[0] == "pbcopy" and sys.platform != "darwin"):
            continue
        program = shutil.which(command[0])
        if program is None:
            continue
        try:
            subprocess.run(
                [program, *command[1:]],
                input=text.encode("utf-8", "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=child_environment(environ),
                timeout=_COPY_LIMIT_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return command[0]
    return ""


def new_file(folder: Path, name: str, at_ns: int, suffix: str) -> Path:
    """A name in a folder of ours, made if need be, that no file has: `ledger-20261120-164530.csv`.

    Raises DeskError when the folder cannot be used.
    """
    private_dir(folder)
    stem = f"{name}-{utc(at_ns):%Y%m%d-%H%M%S}"
    path = folder / f"{stem}.{suffix}"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}.{suffix}"
        number += 1
    return path


def well_formed(svg: str) -> str:
    """The picture without characters that no XML may hold (https://www.w3.org/TR/xml/#charsets): one of them in a post,
    and no browser opens it."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", svg)


def values_table(name: str, values: Iterable[object]) -> Table:
    """Values as rows: a column per field, times as ISO 8601, what is nested as JSON.

    A row of several values has the fields of each, behind the name of its type.
    """
    found = [_fields(value) for value in values]
    columns = tuple(dict.fromkeys(column for row in found for column in row))
    return Table(name, columns, [[row.get(column) for column in columns] for row in found])


def _fields(value: object, prefix: str = "") -> dict[str, Cell]:
    if isinstance(value, tuple):
        parts: dict[str, Cell] = {}
        for each in value:
            parts |= _fields(each, f"{type(each).__name__.lower()}.")
        return parts
    if not isinstance(value, msgspec.Struct):
        return {f"{prefix}value": str(value)}
    return {
        f"{prefix}{name.removesuffix('_ns')}": _cell(name, getattr(value, name)) for name in value.__struct_fields__
    }


def _cell(name: str, value: Any) -> Cell:
    if value is None:
        return None
    if name.endswith("_ns"):
        return iso(value) if value else None
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, msgspec.Struct | tuple | dict | list):
        return msgspec.json.encode(value).decode()
    assert isinstance(value, Cell)
    return value
