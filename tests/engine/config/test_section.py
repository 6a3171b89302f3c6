"""A setting's type tells whether it is a table, holds tables, or is a value."""

from __future__ import annotations

import pytest

from engine.config.schema import Config, EngineConfig, WatchRow
from engine.config.section import Section, hints_of, section_of


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (EngineConfig, EngineConfig),
        (tuple[WatchRow, ...], WatchRow),
        (WatchRow | None, WatchRow),
        (dict[str, list[EngineConfig]], EngineConfig),
        (int, None),
        (tuple[str, ...], None),
        (dict[str, str | tuple[str, ...]], None),
        (str | None, None),
    ],
)
def test_the_table_that_a_setting_is_or_holds(hint: object, kind: type[Section] | None) -> None:
    assert section_of(hint) is kind


def tables(kind: type[Section]) -> set[type[Section]]:
    found = {kind}
    for hint in hints_of(kind).values():
        inner = section_of(hint)
        if inner is not None:
            found |= tables(inner)
    return found


def test_every_setting_of_every_table_has_a_type_and_a_default_but_a_rows_symbol() -> None:
    needed = {
        (kind.__name__, name)
        for kind in tables(Config)
        for name in hints_of(kind)
        if name in kind.__struct_fields__[: len(kind.__struct_fields__) - len(kind.__struct_defaults__)]
    }
    for kind in tables(Config):
        assert tuple(hints_of(kind)) == kind.__struct_fields__
    assert needed <= {("WatchRow", "symbol")}


def test_the_types_are_worked_out_once() -> None:
    assert hints_of(EngineConfig) is hints_of(EngineConfig)
