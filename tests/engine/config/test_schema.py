"""The configuration as types: its rows by symbol, and the sections that decide nothing of what is traded."""

from __future__ import annotations

import msgspec

from engine.config import Config, WatchRow, config_hash
from engine.config.schema import DESK_SECTIONS, UNTRADED_SECTIONS, EngineConfig, ScreenConfig
from engine.config.section import Section


def test_rows_are_found_by_symbol_and_stand_in_their_order() -> None:
    config = Config(watchlist=(WatchRow(symbol="TSLA", name="Tesla"), WatchRow(symbol="BTC/USD")))
    assert config.symbols == ("TSLA", "BTC/USD")
    row = config.row("TSLA")
    assert row is not None and row.name == "Tesla"
    assert config.row("tsla") is None and Config().symbols == ()


def test_the_sections_that_are_set_apart_are_sections() -> None:
    assert set(DESK_SECTIONS) < set(UNTRADED_SECTIONS) < set(Config.__struct_fields__)


def test_only_a_section_that_decides_changes_the_hash() -> None:
    """Each section in turn with one value changed; the profile decides although it stands under [engine]."""
    plain = config_hash(Config())
    for name in Config.__struct_fields__:
        section = getattr(Config(), name)
        if not isinstance(section, Section):
            continue
        field = next((each for each in section.__struct_fields__ if isinstance(getattr(section, each), bool)), "")
        if field:
            value = msgspec.structs.replace(section, **{field: not getattr(section, field)})
            changed = config_hash(msgspec.structs.replace(Config(), **{name: value}))
            assert (changed != plain) is (name not in UNTRADED_SECTIONS), name
    assert config_hash(Config(screen=ScreenConfig(fps="5"))) == plain
    assert config_hash(Config(keys={"desk.help": "x"})) == plain
    assert config_hash(Config(engine=EngineConfig(state_dir="elsewhere"))) == plain
    assert config_hash(Config(engine=EngineConfig(profile="live"))) != plain
    assert config_hash(Config(watchlist=(WatchRow(symbol="TSLA"),))) != plain
