"""Settings that may change while the engine runs: every key exists, directions hold, nothing looser slips through."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config, WatchRow, load
from engine.config.live import (
    LIVE,
    ROW_LIVE,
    Effect,
    Tighter,
    changed_settings,
    compare,
    fixed_settings,
    live_settings,
    take_over,
    with_settings,
)
from engine.config.section import Section
from engine.model import Mode
from engine.risk import Risk

CONFIG = load(profile="paper", env={}).config


def value_of(config: Config, key: str) -> Any:
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def changed(config: Config, key: str, value: object) -> Config:
    section, _, name = key.rpartition(".")
    holder = value_of(config, section) if section else config
    replaced = msgspec.structs.replace(holder, **{name: value})
    return changed(config, section, replaced) if section else replaced


def other(value: object, step: int) -> object:
    """Another value of the same type, higher for step 1 and lower for −1."""
    if isinstance(value, bool):
        return step > 0
    if value is None:
        return Decimal(100)
    if isinstance(value, Mode):
        return Mode.AUTO if step > 0 else Mode.OFF
    if isinstance(value, str):
        return f"{value}{step}"
    if isinstance(value, tuple):
        return (*value, "more")
    if isinstance(value, dict):
        return {**value, "more": 0.5}
    assert isinstance(value, int | float | Decimal)
    return type(value)(value + step) if value else type(value)(1)


@pytest.mark.parametrize("key", sorted(LIVE))
def test_each_key_exists_and_its_direction_holds(key: str) -> None:
    before = value_of(CONFIG, key)
    for step in (1, -1):
        new = other(before, step)
        if new == before:
            continue
        (change,) = compare(CONFIG, changed(CONFIG, key, new))
        higher = before is not None and (step > 0 if isinstance(before, Mode | str) else new > before)  # type: ignore[operator]
        expected = {
            Tighter.LOWER: Effect.LOOSER if higher else Effect.TIGHTER,
            Tighter.HIGHER: Effect.TIGHTER if higher else Effect.LOOSER,
            Tighter.NEITHER: Effect.LOOSER,
        }[LIVE[key]]
        assert (change.key, change.effect) == (key, expected)
        assert take_over(CONFIG, changed(CONFIG, key, new), [key]) == changed(CONFIG, key, new)


@given(st.lists(st.tuples(st.sampled_from(sorted(LIVE)), st.integers(-1, 1)), max_size=8))
def test_what_is_taken_over_leaves_only_what_waits(steps: list[tuple[str, int]]) -> None:
    wanted = CONFIG
    for key, step in steps:
        if step:
            wanted = changed(wanted, key, other(value_of(wanted, key), step))
    changes = compare(CONFIG, wanted)
    tighter = [change.key for change in changes if change.effect is Effect.TIGHTER]
    now = take_over(CONFIG, wanted, tighter)
    assert all(change.effect is Effect.TIGHTER for change in compare(CONFIG, now))
    assert {change.key for change in compare(now, wanted)} == {
        change.key for change in changes if change.effect is not Effect.TIGHTER
    }
    assert take_over(now, wanted, [change.key for change in changes]) == wanted


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (0, 3, Effect.TIGHTER),
        (3, 0, Effect.LOOSER),
        (3, 5, Effect.LOOSER),
        (5, 3, Effect.TIGHTER),
    ],
)
def test_no_loss_streak_at_all_allows_most(before: int, after: int, effect: Effect) -> None:
    key = "risk.loss_streak"
    (change,) = compare(changed(CONFIG, key, before), changed(CONFIG, key, after))
    assert change.effect is effect


def test_no_limit_is_more_than_any() -> None:
    limited = changed(CONFIG, "risk.symbol_shares_per_month", Decimal(10))
    assert compare(CONFIG, limited)[0].effect is Effect.TIGHTER
    assert compare(limited, CONFIG)[0].effect is Effect.LOOSER


def row(config: Config, **values: object) -> Config:
    first = msgspec.structs.replace(config.watchlist[0], **values)
    return msgspec.structs.replace(config, watchlist=(first, *config.watchlist[1:]))


def test_a_rows_own_setting_counts_against_the_general_one() -> None:
    symbol = CONFIG.watchlist[0].symbol
    stricter = row(CONFIG, threshold=CONFIG.strategy.shift.threshold + 0.1)
    (change,) = compare(CONFIG, stricter)
    assert (change.key, change.effect) == (f"watchlist[{symbol}].threshold", Effect.TIGHTER)
    assert compare(stricter, CONFIG)[0].effect is Effect.LOOSER
    assert compare(CONFIG, row(CONFIG, allocation_pct=Decimal(1)))[0].effect is Effect.TIGHTER
    assert take_over(CONFIG, stricter, [change.key]) == stricter


def test_everything_else_waits_for_a_restart() -> None:
    words = row(CONFIG, keywords=("Tesla",))
    assert [change.effect for change in compare(CONFIG, words)] == [Effect.RESTART]
    more = msgspec.structs.replace(CONFIG, watchlist=(*CONFIG.watchlist, WatchRow(symbol="AMZN", threshold=0.2)))
    assert {change.effect for change in compare(CONFIG, more)} == {Effect.RESTART}
    fewer = msgspec.structs.replace(CONFIG, watchlist=CONFIG.watchlist[1:])
    assert {change.effect for change in compare(CONFIG, fewer)} == {Effect.RESTART}
    assert set(ROW_LIVE) == {"threshold", "allocation_pct", "mode"}


LIMITS = ("risk", "sizing", "tickets", "strategy.shift", "watchdog")
"""Sections that say what may be done: every setting in them may change while the engine runs."""
AT_RESTART = (
    "engine", "feeds", "x", "alpaca", "replay", "guards", "scoring", "sentiment", "strategy", "orders", "broker",
    "simulated", "journal",
)  # fmt: skip
"""Sections that are built into connections, windows and workers, and say where files lie."""
DESKS = ("screen", "keys")
"""Sections that only desks read."""


def schema(kind: type[Section] = Config, prefix: str = "") -> Iterator[str]:
    """Every setting there is, dotted."""
    for name, hint in get_type_hints(kind).items():
        inner = hint if isinstance(hint, type) and issubclass(hint, Section) else None
        yield from schema(inner, f"{prefix}{name}.") if inner else (f"{prefix}{name}",)


@pytest.mark.parametrize("key", [key for key in schema() if key != "watchlist"])
def test_every_setting_of_the_schema_has_an_answer(key: str) -> None:
    """One that is added to a section of limits has to be given its direction, and a new section its place."""
    section = key.rpartition(".")[0] or key
    before = value_of(CONFIG, key)
    (change,) = compare(CONFIG, changed(CONFIG, key, other(before, -1 if before is True else 1)))
    assert change.key in (key, f"{key}.more")
    assert change.decides is (section.partition(".")[0] not in ("engine", "replay", *DESKS))
    if section in LIMITS or key in LIVE:
        assert change.effect in (Effect.TIGHTER, Effect.LOOSER)
        assert key in LIVE
    elif section in DESKS:
        assert change.effect is Effect.DESK
    else:
        assert section.partition(".")[0] in AT_RESTART
        assert change.effect is Effect.RESTART


@pytest.mark.parametrize("name", WatchRow.__struct_fields__)
def test_every_key_of_a_row_has_an_answer(name: str) -> None:
    before = CONFIG.watchlist[0]
    new = {"symbol": "ZZZZ", "threshold": 0.9, "allocation_pct": Decimal(1), "mode": Mode.OFF}
    after = row(CONFIG, **{name: new.get(name, other(getattr(before, name), 1))})
    effects = {change.effect for change in compare(CONFIG, after)}
    assert effects == ({Effect.TIGHTER} if name in ROW_LIVE else {Effect.RESTART})


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (Mode.CONFIRM, Mode.AUTO, Effect.LOOSER),
        (Mode.OFF, Mode.CONFIRM, Effect.LOOSER),
        (Mode.AUTO, Mode.CONFIRM, Effect.TIGHTER),
        (Mode.CONFIRM, Mode.OFF, Effect.TIGHTER),
    ],
)
def test_the_autopilot_allows_most(before: Mode, after: Mode, effect: Effect) -> None:
    (change,) = compare(changed(CONFIG, "tickets.mode", before), changed(CONFIG, "tickets.mode", after))
    assert change.effect is effect
    assert compare(CONFIG, row(CONFIG, mode=Mode.AUTO))[0].effect is Effect.LOOSER
    assert compare(CONFIG, row(CONFIG, mode=Mode.CONFIRM))[0].effect is Effect.TIGHTER, "as in general"


def test_where_files_lie_and_how_a_desk_looks_decides_nothing() -> None:
    elsewhere = changed(changed(CONFIG, "engine.state_dir", "elsewhere"), "screen.theme", "paper")
    keys = msgspec.structs.replace(elsewhere, keys={"confirm": "ctrl+y"})
    changes = {change.key: (change.effect, change.decides) for change in compare(CONFIG, keys)}
    assert changes == {
        "engine.state_dir": (Effect.RESTART, False),
        "screen.theme": (Effect.DESK, False),
        "keys.confirm": (Effect.DESK, False),
    }


def test_risk_goes_on_with_what_it_remembers() -> None:
    risk = Risk(CONFIG)
    before = risk.limits_hash
    risk.reconfigure(changed(CONFIG, "risk.order_notional", Decimal(1)))
    assert risk.limits_hash != before
    risk.reconfigure(CONFIG)
    assert risk.limits_hash == before
    assert risk == Risk(CONFIG)


def test_the_guide_names_every_key() -> None:
    guide = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    for key in LIVE:
        assert key.rpartition(".")[2] in guide, key


@pytest.mark.parametrize("key", sorted(LIVE))
def test_a_setting_is_told_and_taken_back_as_it_was(key: str) -> None:
    before = value_of(CONFIG, key)
    for value in (before, other(before, 1), other(before, -1)):
        told = live_settings(changed(CONFIG, key, value))
        assert value_of(with_settings(CONFIG, told), key) == value
        assert with_settings(CONFIG, {key: told[key]}) == changed(CONFIG, key, value)


def test_a_rows_settings_are_told_and_what_is_unknown_is_left_out() -> None:
    config = row(CONFIG, threshold=0.4, allocation_pct=None)
    symbol = CONFIG.watchlist[0].symbol
    assert with_settings(CONFIG, live_settings(config)) == config
    assert with_settings(config, live_settings(CONFIG)) == CONFIG
    automatic = changed(row(CONFIG, mode=Mode.AUTO), "tickets.mode", Mode.OFF)
    assert with_settings(CONFIG, live_settings(automatic)) == automatic
    for unknown in ({"risk.gone": "1"}, {"watchlist[GONE].threshold": "1"}, {f"watchlist[{symbol}].gone": "1"}):
        assert with_settings(CONFIG, unknown) == CONFIG
    for unfit in ("", "many", "[1]"):
        assert with_settings(CONFIG, {"risk.open_orders": unfit}) == CONFIG


def test_every_setting_that_decides_is_live_or_fixed_and_a_change_of_it_is_told() -> None:
    fixed = fixed_settings(CONFIG)
    assert not fixed.keys() & LIVE.keys()
    assert {key.partition(".")[0] for key in fixed}.isdisjoint({"screen", "keys", "engine", "replay"})
    assert changed_settings(fixed, fixed) == ()
    for key in ("guards.enabled", "guards.ring_weight", "sentiment.window_s", "orders.entry_timeout_s", "x.reposts"):
        value = value_of(CONFIG, key)
        after = changed(CONFIG, key, not value if isinstance(value, bool) else value + 1)
        (told,) = changed_settings(fixed, fixed_settings(after))
        assert told.startswith(f"{key}: ")


def test_a_new_row_is_told_one_that_is_gone_and_what_may_change_is_not() -> None:
    first, *rest = CONFIG.watchlist
    fewer = msgspec.structs.replace(CONFIG, watchlist=tuple(rest))
    assert changed_settings(fixed_settings(CONFIG), fixed_settings(fewer)) == ()
    assert changed_settings(fixed_settings(fewer), fixed_settings(CONFIG)) == (f"watchlist[{first.symbol}]: new",)
    heard = row(CONFIG, influencers=("made_up",))
    assert changed_settings(fixed_settings(CONFIG), fixed_settings(heard)) == (f"watchlist[{first.symbol}]: changed",)
    assert fixed_settings(row(CONFIG, threshold=0.4)) == fixed_settings(CONFIG)
    assert changed_settings({}, fixed_settings(CONFIG))[0].endswith(": new")
