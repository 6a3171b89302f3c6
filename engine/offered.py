"""What other packages offer by entry points: loaded, built and asked for its name.

They may raise anything while they are: a person is told which package it is and what it raised, and nothing is started.
"""

from __future__ import annotations

import reprlib
import traceback
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any, Final

from engine.errors import ConfigError, DeskError
from engine.text import one_line

WORDS: Final = 300
"""Most characters of what a package raised that are told."""


def loaded(point: EntryPoint) -> Any:
    """What an entry point names. Raises ConfigError for one that cannot be loaded."""
    try:
        return point.load()
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"expected {point.group} {point.name!r} to load, found {_words(error)}",
            where=point.value,
            remedy=f"mend or remove the package {_package(point)}, or take what it offers out of the configuration",
        ) from error


def built(group: str, name: str, make: Callable[[], Any]) -> Any:
    """What `make` makes of the class that `group` offers by this name. Raises ConfigError where it cannot, and a
    DeskError of its own as it is."""
    try:
        return make()
    except DeskError:
        raise
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"expected {group.removeprefix('desk.')} {name!r} to start, found {_words(error)}",
            where=group,
            remedy="mend or remove the package that offers it, or take it out of the configuration",
        ) from error


def word_of(group: str, name: str, offered: object, attribute: str) -> str:
    """What an offered object calls itself (`name`, `version`). Raises ConfigError for what can stand in no record."""
    found = built(group, name, lambda: getattr(offered, attribute, None))
    if isinstance(found, str) and found and found == one_line(found):
        return found
    raise ConfigError(
        f"expected {group.removeprefix('desk.')} {name!r} with a `{attribute}`, a short word, "
        f"found {'none' if found is None else _shown(found)}",
        where=group,
        remedy="mend or remove the package that offers it, or take it out of the configuration",
    )


def _package(point: EntryPoint) -> str:
    return "unknown" if point.dist is None else one_line(point.dist.name)


def _words(error: BaseException) -> str:
    # Both of these tell also what raises when it is asked for its words.
    return one_line(" ".join(traceback.format_exception_only(error)), WORDS)


def _shown(found: object) -> str:
    return one_line(reprlib.repr(found), 60)
