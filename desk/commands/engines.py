"""Where no engine answers: who holds its lock, which others run, and how each is reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from engine.errors import EXIT_NO_ENGINE, DeskError

if TYPE_CHECKING:
    from engine.paths import Paths


@contextmanager
def asking(paths: Paths) -> Iterator[None]:
    """Around a question to this engine: an error that says that none answers says what runs instead."""
    try:
        yield
    except DeskError as error:
        raise explained(error, paths) from error


def explained(error: DeskError, paths: Paths) -> DeskError:
    """The same error; where no engine answers it names the one that holds the lock, else those that run beside."""
    from engine.kernel.lock import holder

    if error.exit_code != EXIT_NO_ENGINE:
        return error
    pid = None
    with suppress(DeskError, OSError):
        pid = holder(paths.lock)
    if pid:
        return DeskError(
            f"{error.message}, but one (pid {pid}) starts, stops or hangs",
            where=error.where,
            remedy=f"ask again in a moment; its log is {paths.log}; `kill {pid}` ends it in order",
            exit_code=EXIT_NO_ENGINE,
        )
    remedy = "; or ".join(filter(None, (beside(paths), _starting(paths.name) or error.remedy)))
    return DeskError(error.message, where=error.where, remedy=remedy, exit_code=EXIT_NO_ENGINE)


def _starting(name: str) -> str:
    """How an engine comes to run that is no profile's and no demo's; empty for those."""
    from engine.config import PROFILES

    if name in PROFILES or name == "demo":
        return ""
    return "`desk replay` runs as replay while it lasts, `desk demo` as demo; without --name the profile's is asked"


def beside(paths: Paths) -> str:
    """Which other engines run in the same run-time directory and how to ask them; empty where none does."""
    from engine.config import PROFILES
    from engine.kernel.lock import holder

    running = []
    with suppress(OSError):
        for lock in sorted(paths.runtime_dir.glob("*.lock")):
            with suppress(DeskError, OSError):
                if lock != paths.lock and holder(lock) is not None:
                    running.append(lock.stem)
    if not running:
        return ""
    ways = (f"--profile {name}" if name in PROFILES else f"--name {name}" for name in running)
    return f"{' and '.join(running)} run{'s' if len(running) == 1 else ''} here: add {' or '.join(ways)}"
