"""A sparkline is sent when it has another sample, and not with every price."""

from __future__ import annotations

from engine.config import Config, WatchRow
from engine.kernel.view import View
from engine.model import Mode
from tests.desk.made_up import NOW, symbol_row


def test_a_sparkline_goes_out_once_for_each_sample() -> None:
    config = Config(watchlist=(WatchRow(symbol="TSLA"), WatchRow(symbol="NVDA")))
    view = View(config)
    moods = {symbol: symbol_row("TSLA").mood for symbol in config.symbols}
    assert not view.take_sparks()
    view.sample(moods, NOW)
    assert view.take_sparks()
    assert not view.take_sparks()
    mood = moods["TSLA"]
    assert view.symbol_row(mood, Mode.CONFIRM, 0.15, "").spark == (mood.value,)
    assert view.symbol_row(mood, Mode.CONFIRM, 0.15, "", spark=False).spark == ()
