"""Which journal a command reads, and what is said where it may be another than the one that is meant.

An engine knows its journal by its own settings: a recording that was named to it in its environment has one of its own,
and the shell in which somebody asks later knows nothing of that.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from desk.context import load_context
from engine.errors import JournalError
from engine.text import display_text

if TYPE_CHECKING:
    from engine.paths import Paths

MOST: Final = 6
"""Journals that are named where the one that was looked for is not there, the newest first."""


def journal_path(ctx: click.Context, file: Path | None, name: str = "") -> Path:
    """The journal a command reads: `--journal`, else that of the engine of this name or of the profile.

    That is the one which the engine writes, where it runs, else the configuration's. Raises JournalError where there
    is none, naming those that there are.
    """
    from engine.kernel.lock import journal_of
    from engine.paths import Paths

    if file is not None:
        return file
    paths = Paths.of(load_context(ctx).config, name)
    path = journal_of(paths)
    if not path.exists():
        raise JournalError(
            "expected a journal, found no such file",
            where=str(path),
            remedy=others(paths)
            or "check the profile, or name the file with --journal; the engine begins one when it starts",
        )
    if path != paths.journal:
        _note(f"this is {path}, which the engine that runs writes; the configuration here names {paths.journal}")
    elif (other := _sibling(paths)) is not None and _written(other) > _written(path):
        _note(f"this is {path}; {other} was written later: {_way(other, paths)}")
    return path


def others(paths: Paths) -> str:
    """The journals in the state directory and how each is named to a command, the newest first; empty without any."""
    found = [path for path in paths.state_dir.glob("*.journal") if path != paths.journal and path.is_file()]
    found.sort(key=_written, reverse=True)
    ways = [_way(path, paths) for path in found[:MOST]]
    more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
    return f"in {paths.state_dir} there are others: add {', or '.join(ways)}{more}" if ways else ""


def _sibling(paths: Paths) -> Path | None:
    """The profile's other journal: of what it traded, or of the recordings that a configuration named."""
    from engine.config import PROFILES
    from engine.paths import recorded_journal

    if paths.name not in PROFILES:
        return None
    traded, replayed = paths.state_dir / f"{paths.name}.journal", recorded_journal(paths.state_dir, paths.name)
    other = traded if paths.journal == replayed else replayed
    return other if other.is_file() else None


def _way(journal: Path, paths: Paths) -> str:
    """How a command is told to read this journal of the state directory."""
    from engine.config import PROFILES
    from engine.paths import NAME

    if journal.stem in PROFILES and journal.stem != paths.name:
        return f"--profile {journal.stem}"
    if journal.stem not in PROFILES and NAME.fullmatch(journal.stem):
        return f"--name {journal.stem}"
    return f"--journal {shlex.quote(str(journal))}"


def _written(journal: Path) -> int:
    """When it was written last: what is new stands in the log beside it first. 0 for one that is gone."""
    times = [0]
    for path in (journal, journal.with_name(f"{journal.name}-wal")):
        with suppress(OSError):
            found = path.stat()
            if found.st_size:  # who reads makes an empty log
                times.append(found.st_mtime_ns)
    return max(times)


def _note(words: str) -> None:
    click.echo(f"note: {display_text(words)}", err=True)
