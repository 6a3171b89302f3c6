"""Finds feeds, scorers, strategies and brokers by name, ours and those of other packages."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from engine.errors import ConfigError


def find(group: str, name: str) -> Any:
    """The class that the entry point `name` of `desk.<group>` names.

    Raises ConfigError when there is none, naming those there are.
    """
    points = entry_points(group=f"desk.{group}")
    for point in points:
        if point.name == name:
            return point.load()
    known = ", ".join(sorted({point.name for point in points})) or "none"
    raise ConfigError(
        f"expected a known name among {known}, found {name!r}",
        where=group,
        remedy=f"correct the name, or install the package that offers it as an entry point of desk.{group}",
    )
