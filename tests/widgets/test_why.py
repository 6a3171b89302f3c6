"""What keeps a symbol from trading is read by its figure: where there is no room, words go first."""

from __future__ import annotations

import msgspec
import pytest

from engine.clock import MINUTE, SECOND
from engine.config import Config, ShiftConfig, StrategyConfig, WatchRow
from engine.model import Mood
from engine.sentiment.coverage import Coverage
from engine.strategies.shift import Shift
from tests.desk.made_up import symbol_row
from tests.engine.strategies.test_shift import NOW, VIEW, mood
from tests.widgets.harness import COLORS, text
from widgets.gauges import WHY, Gauges
from widgets.why import in_room


def _shift(**settings: object) -> Shift:
    rows = (WatchRow(symbol="TSLA"),)
    return Shift(Config(strategy=StrategyConfig(shift=ShiftConfig(**settings)), watchlist=rows))  # type: ignore[arg-type]


def _why(found: Mood, **settings: object) -> str:
    return _shift(**settings).why_not(found)


def _signalled() -> str:
    strategy = _shift(confidence_floor=0.0)
    assert strategy.on_mood(mood(0.2), VIEW) is not None
    return strategy.why_not(mood(0.2))


def _warming(seconds: int, gap: int = 0) -> str:
    coverage = Coverage(30 * MINUTE, 60 * MINUTE)
    coverage.since(NOW - seconds * SECOND)
    if gap:
        coverage.gap(NOW - gap * SECOND, NOW)
    return f"warming up: {coverage.missing(NOW)}"


REASONS = [
    (_why(mood(0.2)), "conf 0.600/0.650"),
    (_why(mood(0.123)), "change +0.123/0.150"),
    (_why(mood(-0.1)), "change -0.100/0.150"),
    (_why(mood(-0.3), sell=False), "SELL is off"),
    (_why(mood(volume=9)), "9 posts of 10"),
    (_why(mood(None)), "no opinion"),
    (_why(mood(None, value=0.1)), "no opinion 60m ago"),
    (_why(mood(), enabled=False), "shift is off"),
    (_signalled(), "BUY quiet 90 min"),
    (_warming(60), "warming up 89 min"),
    (_warming(60 * 60), "warming up 30 min"),
    (_warming(3 * 60 * 60, gap=600), "gap 17:03–17:13"),
    ("pre-market is switched off", "pre-market is off"),
    ("not reconciled with the venue yet", "not reconciled"),
    ("market session unknown", "session unknown"),
]


@pytest.mark.parametrize(("why", "shown"), REASONS)
def test_the_figure_of_a_reason_stands_whole_at_80_columns(why: str, shown: str) -> None:
    row = msgspec.structs.replace(symbol_row("META"), why_not=why)
    assert text(Gauges().row("META", row, 80, COLORS)).endswith(f"confirm {shown:<{WHY}}")


def test_a_reason_has_its_room_at_every_width() -> None:
    row = msgspec.structs.replace(symbol_row("META"), why_not=_why(mood(0.123)))
    for width in range(80, 250):
        shown = text(Gauges().row("META", row, width, COLORS))
        assert len(shown) == width
        assert "change +0.123/0.150" in shown or "change +0.123 of ±0.150" in shown


def test_a_reason_with_room_says_how_far_away_it_is() -> None:
    why = "9 posts of 10: 1 more needed"
    assert in_room(why, 28) == why
    assert in_room(why, 27) == "9 posts of 10"


def test_a_strategy_of_somebody_else_keeps_its_words() -> None:
    assert in_room("the moon is in the wrong house", 10) == "the moon is in the wrong house"
    assert in_room("moon: not full", 6) == "moon: not full"
