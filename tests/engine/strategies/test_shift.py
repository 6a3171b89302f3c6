"""When `shift` speaks, when it does not, and what it says then."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.clock import HOUR, MINUTE, SECOND
from engine.config import Config, ShiftConfig, StrategyConfig, WatchRow
from engine.model import DisplayText, Evidence, Mood, Side, Signal, Strategy
from engine.strategies.shift import Shift, signal_id

NOW = 1_700_000_000 * SECOND


class View:
    """A window with twelve posts."""

    def evidence(self, symbol: str, limit: int = 10) -> tuple[Evidence, ...]:
        row = Evidence("p", DisplayText("ann"), DisplayText("up"), NOW, 0.5, 0.9, 0.4, 0.1, "$" + symbol, "vader")
        return (row,) * min(limit, 12)

    def newest_ns(self, symbol: str) -> int:
        return NOW - 5

    def top_author_share(self, symbol: str) -> float:
        return 0.25

    def top_text_share(self, symbol: str) -> float:
        return 0.125

    def top_cluster(self, symbol: str) -> tuple[str, float]:
        return "p9", 0.375


VIEW = View()


def shift(**changes: Any) -> Shift:
    rows = (WatchRow(symbol="TSLA"), WatchRow(symbol="NVDA", threshold=0.3))
    settings = ShiftConfig(**({"confidence_floor": 0.0} | changes))
    return Shift(Config(strategy=StrategyConfig(shift=settings), watchlist=rows))


def mood(change: float | None = 0.2, **changes: Any) -> Mood:
    previous = changes.pop("previous", 0.1)
    fields: dict[str, Any] = {
        "symbol": "TSLA",
        "at_ns": NOW,
        "value": None if change is None else previous + change,
        "previous": previous,
        "change": change,
        "volume": 40,
        "authors": 31,
        "confidence": 0.6,
        "warm": True,
    }
    return Mood(**(fields | changes))


def test_it_speaks_the_protocol() -> None:
    assert isinstance(shift(), Strategy)


def test_a_signal_has_everything() -> None:
    signal = shift().on_mood(mood(0.2), VIEW)
    assert signal is not None
    assert (signal.side, signal.symbol, signal.strategy, signal.at_ns) == (Side.BUY, "TSLA", "shift", NOW)
    assert signal.id == signal_id("shift", "TSLA", Side.BUY, NOW)
    assert len(signal.id) == 18
    assert signal.expires_ns == NOW + 300 * SECOND
    assert signal.strength == pytest.approx(0.2 * 0.6 / ShiftConfig().full_strength)
    assert signal.confidence == 0.6
    assert len(signal.evidence) == 10
    assert (signal.newest_ns, signal.top_author_share, signal.top_text_share) == (NOW - 5, 0.25, 0.125)
    assert (signal.top_cluster, signal.top_cluster_share) == ("p9", 0.375)
    assert signal.reason == (
        "mood rose by 0.200 (threshold 0.150) to +0.300, +0.100 60 min earlier; 40 posts by 31 authors, confidence 0.60"
    )


def test_a_fall_sells() -> None:
    signal = shift().on_mood(mood(-0.4, confidence=1.0), VIEW)
    assert signal is not None
    assert signal.side is Side.SELL
    assert signal.reason.startswith("mood fell by 0.400 (threshold 0.150) to -0.300")


def test_strength_is_at_most_one() -> None:
    signal = shift().on_mood(mood(1.5, previous=-0.7, confidence=1.0), VIEW)
    assert signal is not None
    assert signal.strength == 1.0


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    "symbol, change, speaks",
    [
        ("TSLA", 0.149999, False),
        ("TSLA", 0.15, True),
        ("TSLA", 0.35 - 0.2, True),
        ("TSLA", 0.150001, True),
        ("NVDA", 0.299999, False),
        ("NVDA", 0.3, True),
    ],
)
def test_threshold(symbol: str, change: float, speaks: bool, sign: int) -> None:
    assert (shift().on_mood(mood(sign * change, symbol=symbol), VIEW) is not None) is speaks


@pytest.mark.parametrize("volume, speaks", [(9, False), (10, True), (11, True)])
def test_volume_floor(volume: int, speaks: bool) -> None:
    assert (shift().on_mood(mood(volume=volume), VIEW) is not None) is speaks


@pytest.mark.parametrize("confidence, speaks", [(0.649999, False), (0.65, True), (0.650001, True)])
def test_confidence_floor(confidence: float, speaks: bool) -> None:
    assert (shift(confidence_floor=0.65).on_mood(mood(confidence=confidence), VIEW) is not None) is speaks


def test_after_a_signal_the_change_must_come_back() -> None:
    strategy = shift(rearm=0.5)
    assert strategy.on_mood(mood(0.2), VIEW)
    assert strategy.on_mood(mood(0.5), VIEW) is None
    assert strategy.on_mood(mood(0.075), VIEW) is None
    assert strategy.on_mood(mood(0.2), VIEW) is None
    assert strategy.on_mood(mood(0.074999), VIEW) is None
    assert strategy.on_mood(mood(0.2), VIEW)


def test_sides_and_symbols_rearm_apart() -> None:
    strategy = shift()
    assert strategy.on_mood(mood(0.2), VIEW)
    assert strategy.on_mood(mood(0.4, symbol="NVDA"), VIEW)
    assert strategy.on_mood(mood(-0.2), VIEW)
    assert strategy.on_mood(mood(0.4, symbol="NVDA"), VIEW) is None
    assert strategy.on_mood(mood(-0.3), VIEW) is None
    assert strategy.on_mood(mood(0.2), VIEW), "the fall re-armed BUY"


def test_a_mood_without_change_does_not_rearm() -> None:
    strategy = shift()
    assert strategy.on_mood(mood(0.2), VIEW)
    assert strategy.on_mood(mood(None, volume=0), VIEW) is None
    assert strategy.on_mood(mood(0.2), VIEW) is None


@pytest.mark.parametrize(
    "settings, found, words",
    [
        ({"enabled": False}, mood(), "shift is switched off"),
        (
            {},
            mood(None, warm=False, missing="previous window: 23 min more"),
            "warming up: previous window: 23 min more",
        ),
        ({}, mood(volume=7), "7 posts of 10: 3 more needed"),
        ({"volume_floor": 0}, mood(None, value=None, volume=0), "no opinion in the window, so no change"),
        ({}, mood(None, value=0.2), "no opinion in the window 60 min earlier, so no change"),
        ({}, mood(0.08), "change +0.080 of ±0.150: 0.070 short"),
        ({}, mood(-0.1), "change -0.100 of ±0.150: 0.050 short"),
        ({"sell": False}, mood(-0.2), "change -0.200 would be a SELL, and sell is switched off"),
        ({"buy": False}, mood(0.2), "change +0.200 would be a BUY, and buy is switched off"),
        ({"confidence_floor": 0.7}, mood(), "confidence 0.600 of 0.700: 0.100 short"),
        ({}, mood(), ""),
    ],
)
def test_why_not(settings: dict[str, Any], found: Mood, words: str) -> None:
    assert shift(**settings).why_not(found) == words


def test_why_not_after_a_signal() -> None:
    strategy = shift()
    strategy.on_mood(mood(-0.2), VIEW)
    words = "SELL already signalled: change -0.300 has to come back to -0.075 first, or 90 min to pass"
    assert strategy.why_not(mood(-0.3)) == words
    assert strategy.why_not(mood(-0.3, at_ns=NOW + 80 * MINUTE - 1)).endswith("or 11 min to pass")
    assert strategy.why_not(mood(-0.3, at_ns=NOW + 90 * MINUTE)) == ""


@pytest.mark.parametrize("restarted", [False, True])
def test_what_was_said_on_friday_does_not_silence_monday(restarted: bool) -> None:
    """Nobody posted meanwhile, so the change never came back. An engine that was restarted has forgotten Friday too."""
    strategy = shift()
    friday = strategy.on_mood(mood(0.4), VIEW)
    assert friday is not None
    if restarted:
        strategy = shift()
        strategy.restore(friday)
    assert strategy.on_mood(mood(0.4, at_ns=NOW + 90 * MINUTE - 1), VIEW) is None
    monday = strategy.on_mood(mood(0.4, at_ns=NOW + 65 * HOUR), VIEW)
    assert monday is not None and monday.id != friday.id
    assert strategy.on_mood(mood(0.4, at_ns=NOW + 65 * HOUR + MINUTE), VIEW) is None


moods = st.builds(
    mood,
    st.one_of(st.none(), st.sampled_from([0.0, 0.15, -0.15, 0.075, -0.075, 0.3]), st.floats(-2, 2)),
    symbol=st.sampled_from(["TSLA", "NVDA"]),
    volume=st.integers(0, 20),
    confidence=st.floats(0, 1),
    warm=st.booleans(),
    missing=st.just("window: 3 min more"),
)


@given(
    st.lists(st.tuples(moods, st.sampled_from([0, 0, 1, 44, 45, 46, 90])), max_size=30),
    st.builds(
        dict,
        enabled=st.sampled_from([True, True, False]),
        threshold=st.sampled_from([0.0, 0.075, 0.15]),
        volume_floor=st.sampled_from([0, 10]),
        buy=st.booleans(),
        sell=st.booleans(),
        rearm=st.sampled_from([0.0, 0.5, 1.0]),
        confidence_floor=st.sampled_from([0.0, 0.5]),
    ),
)
def test_it_speaks_by_the_rule_and_says_what_is_in_the_way(
    found: list[tuple[Mood, int]], settings: dict[str, Any]
) -> None:
    """Each mood comes so many minutes after the one before it."""
    strategy, again = shift(**settings), shift(**settings)
    quiet: dict[tuple[str, Side], int] = {}
    now_ns = NOW
    for timeless, minutes in found:
        now_ns += minutes * MINUTE
        each = replace(timeless, at_ns=now_ns)
        change, least = each.change or 0.0, 0.3 if each.symbol == "NVDA" else settings["threshold"]
        side = Side.BUY if change > 0 else Side.SELL
        if each.change is not None:
            for one in Side:
                if one.sign * change < settings["rearm"] * least - 1e-9:
                    quiet.pop((each.symbol, one), None)
        expected = (
            settings["enabled"]
            and each.warm
            and each.volume >= settings["volume_floor"]
            and change != 0
            and abs(change) >= least - 1e-9
            and settings[side.value]
            and each.confidence >= settings["confidence_floor"] - 1e-9
            and now_ns >= quiet.get((each.symbol, side), 0)
        )
        words = strategy.why_not(each)
        gates = strategy.gates(each)
        signal = strategy.on_mood(each, VIEW)
        assert (signal is not None) == expected == (words == "") == all(gate.passed for gate in gates)
        assert "\n" not in words
        assert again.on_mood(each, VIEW) == signal
        if signal is not None:
            quiet[each.symbol, side] = now_ns + 90 * MINUTE
            assert signal.side is side
            assert signal.strength == min(1.0, abs(change) * each.confidence / ShiftConfig().full_strength)


@pytest.mark.parametrize("sign, side, other", [(1, Side.BUY, Side.SELL), (-1, Side.SELL, Side.BUY)])
def test_every_condition_is_told_with_its_figures(sign: int, side: Side, other: Side) -> None:
    strategy = shift(confidence_floor=0.6)
    strategy.restore(SPENT[other])
    gates = strategy.gates(mood(sign * 0.15, volume=10))
    assert [(gate.name, gate.passed, gate.value, gate.limit, gate.unit, gate.text) for gate in gates] == [
        ("switched on", True, None, None, "", "shift is on"),
        ("warm", True, None, None, "", "the windows are covered"),
        ("volume", True, 10, 10, "posts", "10 posts of 10"),
        ("change", True, 0.15, 0.15, "", f"change {sign * 0.15:+.3f} of ±0.150"),
        ("side", True, None, None, "", f"{side.name} is on"),
        ("confidence", True, 0.6, 0.6, "", "confidence 0.600 of 0.600"),
        ("armed", True, sign * 0.15, sign * 0.075, "", f"{side.name} can signal"),
    ]
    strategy.restore(SPENT[side])
    assert strategy.gates(mood(sign * 0.15))[-1].passed is False
    assert strategy.gates(mood(sign * 0.07))[-1].passed is True


def test_ids_differ_by_every_part() -> None:
    parts = [("shift", "TSLA", Side.BUY, 1), ("trend", "TSLA", Side.BUY, 1), ("shift", "NVDA", Side.BUY, 1)]
    parts += [("shift", "TSLA", Side.SELL, 1), ("shift", "TSLA", Side.BUY, 2)]
    assert len({signal_id(*part) for part in parts}) == 5
    assert signal_id("shift", "TSLA", Side.BUY, 1_700_000_000_000_000_000) == "s-147066468bb7db0c"


def test_a_signal_of_an_earlier_run_is_not_given_again() -> None:
    """After a restart the mood still stands where it stood: the same side stays quiet until the change came back."""
    first = shift()
    signal = first.on_mood(mood(change=0.3), VIEW)
    assert signal is not None
    again = shift()
    again.restore(signal)
    assert again.on_mood(mood(change=0.3), VIEW) is None
    assert again.on_mood(mood(change=0.01), VIEW) is None
    assert again.on_mood(mood(change=0.3), VIEW) is not None


SPENT = {
    side: Signal(
        "s-1", "TSLA", side, "shift", NOW, NOW, 0.5, 0.5, "", Mood("TSLA", NOW, 0.5, 0.1, 0.4, 9, 9, 0.5, True)
    )
    for side in Side
}
"""A signal of each side that an earlier run gave."""


def test_a_restart_between_a_buy_and_a_sell_leaves_the_buy_armed() -> None:
    """The fall that sold had re-armed BUY before the restart."""
    again = shift()
    again.restore(SPENT[Side.BUY])
    again.restore(SPENT[Side.SELL])
    assert again.on_mood(mood(-0.2), VIEW) is None
    other = shift()
    other.restore(SPENT[Side.BUY])
    other.restore(SPENT[Side.SELL])
    for strategy in (again, other):
        assert strategy.why_not(mood(0.2)) == ""
        assert strategy.on_mood(mood(0.2), VIEW) is not None


@given(
    change=st.none() | st.floats(-1, 1),
    volume=st.integers(0, 30),
    confidence=st.floats(0, 1),
    warm=st.booleans(),
    spent=st.none() | st.sampled_from(Side),
)
def test_the_first_gate_that_fails_is_why_not(change, volume, confidence, warm, spent):
    strategy = Shift(Config())
    value = None if change is None else 0.1
    previous = None if change is None else 0.1 - change
    mood = Mood("TSLA", 1, value, previous, change, volume, volume, confidence, warm, "" if warm else "12 min")
    if spent is not None:
        strategy.restore(SPENT[spent])
    gates = strategy.gates(mood)
    failing = [gate for gate in gates if not gate.passed]
    assert strategy.why_not(mood) == (failing[0].text if failing else "")
    assert all(gate.text for gate in gates)
