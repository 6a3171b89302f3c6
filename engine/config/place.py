"""Where a key stands in a configuration file, for whoever has to correct it."""

from __future__ import annotations

import difflib
import os
import re
import stat
from decimal import Decimal, InvalidOperation
from pathlib import Path

from engine.errors import ConfigError

LARGEST = 1 << 20
"""Most bytes of a configuration file."""

_PART = re.compile(r"[^.\[\]]+|\[\d+\]")
_HEADER = re.compile(r"\s*\[(\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r'\s*([A-Za-z0-9_\-"]+(?:\s*\.\s*[A-Za-z0-9_\-"]+)*)\s*=')


def read_text(path: Path, errors: str = "strict") -> str:
    """The file's text with lines ending in a line feed, without the byte order mark that some editors write.

    Raises ConfigError for a file that is too long or none that can be read twice, OSError, UnicodeDecodeError unless
    `errors` says what stands in the place of bytes that are no text.
    """
    # Whoever writes to a pipe may never come, and an engine must not wait for them: it could not even be stopped.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            raise ConfigError(
                "expected a configuration file, found a pipe",
                where=str(path),
                remedy="write it to a file: it is read again while an engine runs",
            )
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ConfigError(
            f"expected a configuration of at most {LARGEST:,} bytes, found a longer one",
            where=str(path),
            remedy="name a configuration file, or take out what is none of its settings",
        )
    return data.decode("utf-8-sig", errors).replace("\r\n", "\n").replace("\r", "\n")


def where_in(source: Path, key: str, profile: str = "") -> str:
    """`file:line: key` of a dotted key such as `risk.open_orders` or `watchlist[1].symbol`.

    What the profile's own table says comes first, as it does for its value. A key that does not stand there by itself
    has the line of what it is a part of (`risk = { … }`, `[risk]`), or none.
    """
    try:
        lines = read_text(source).split("\n")
    except (OSError, UnicodeDecodeError):
        return f"{source}: {key}"
    whole = _PART.findall(key)
    for size in range(len(whole), 0, -1):
        for prefix in (["profile", profile], []) if profile else ([],):
            line = _line_of(lines, [*prefix, *whole[:size]])
            if line is not None:
                return f"{source}:{line}: {'.'.join([*prefix, key])}"
    return f"{source}: {key}"


def _line_of(lines: list[str], parts: list[str]) -> int | None:
    """Line of a key given by its parts, found by walking the headers; None when it is not there."""
    names = [part for part in parts if not part.startswith("[")]
    place = next((at for at, part in enumerate(parts) if part.startswith("[")), None)
    array, index = (None, 0) if place is None else (parts[:place], int(parts[place][1:-1]))
    table: list[str] = []
    seen = -1
    for number, line in enumerate(lines, 1):
        header = _HEADER.match(line)
        if header:
            table = [part.strip().strip('"') for part in header.group(2).split(".")]
            seen += table == array
            if table == names and (array is None or seen == index):
                return number
            continue
        found = _KEY.match(line.replace('".', "."))
        dotted = [*table, *(part.strip() for part in found.group(1).replace('"', "").split("."))] if found else []
        if not found or dotted[: len(names)] != names[: len(dotted)]:
            continue
        if len(names) <= len(dotted) and (array is None or seen == index):
            return number
    return None


def number(text: str) -> Decimal:
    """A number as it is written. Raises ValueError for what is none, and for a NaN that signals."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"no number: {text[:40]}") from error
    if number.is_snan():
        raise ValueError(f"no number: {text[:40]}")
    return number


def nearest(key: str, known: tuple[str, ...]) -> str:
    """The remedy for a name that is not known: the nearest one that is, or all of them."""
    if not known:
        return "there is nothing below it: remove it"
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(sorted(known))}"
