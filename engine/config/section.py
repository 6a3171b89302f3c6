"""What every table of config.toml is."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of config.toml."""


@cache
def hints_of(kind: type[Section]) -> dict[str, Any]:
    """The type of each setting of a table. Worked out once: every start asks several times, and it is slow."""
    return get_type_hints(kind)


def section_of(hint: Any) -> type[Section] | None:
    """The table that a setting of this type is or holds; None when it holds none."""
    if isinstance(hint, type) and issubclass(hint, Section):
        return hint
    for part in get_args(hint):
        found = section_of(part)
        if found is not None:
            return found
    return None
