"""Halts and price bands as the price feed tells them."""

from __future__ import annotations

from engine.model import Light, Session
from tests.engine.feeds.alpaca_harness import feeding
from tests.venues.alpaca import AlpacaSimulator


async def test_halts_pauses_and_resumptions_are_told_in_order(venue: AlpacaSimulator) -> None:
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        venue.halt("TSLA", "H", "Trading Halt", "T12")
        venue.halt("TSLA", "Q", "Quotation Resumption", "")
        venue.resume("TSLA")
        venue.halt("AAPL", "2", "Trading Halt")
        venue.resume("AAPL", "3", "Resume")
        venue.halt("AAPL", "6", "Trading Range Indication", "")
        venue.halt("AAPL", "Z9", "A new kind of trading pause", "")
        await kept.until(lambda: len(kept.halts) == 6)
    assert [(halt.symbol, halt.halted, halt.code) for halt in kept.halts] == [
        ("TSLA", True, "H"),
        ("TSLA", True, "Q"),
        ("TSLA", False, "T"),
        ("AAPL", True, "2"),
        ("AAPL", False, "3"),
        ("AAPL", True, "Z9"),
    ]
    assert kept.halts[0].reason == "Trading Halt T12"


async def test_a_halt_that_ended_unheard_ends_with_the_next_trade(venue: AlpacaSimulator) -> None:
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        venue.halt("TSLA")
        await kept.until(lambda: len(kept.halts) == 1)
        venue.trade("TSLA", "250")
        await kept.until(lambda: bool(kept.quotes()))
        assert len(kept.halts) == 1
        venue.data_stream.abort_all()
        await kept.light(Light.UP, 2)
        venue.trade("TSLA", "251")
        await kept.until(lambda: len(kept.halts) == 2)
    assert (kept.halts[1].halted, kept.halts[1].code) == (False, "TRADED")


async def test_a_quote_at_a_price_band_counts_as_halted_until_it_leaves(venue: AlpacaSimulator) -> None:
    async with feeding(venue, session=Session.REGULAR, silence_s=30) as kept:
        await kept.light(Light.UP)
        venue.quote("TSLA", "100.00", "100.10")
        venue.luld("TSLA", down="95", up="105")
        venue.quote("TSLA", "105.00", "105.00")
        venue.quote("TSLA", "101.00", "101.10")
        venue.quote("TSLA", "94.90", "95.00")
        venue.luld("TSLA", down="90", up="100")
        await kept.until(lambda: len(kept.halts) == 4)
    assert [(halt.halted, halt.code) for halt in kept.halts] == [
        (True, "LIMIT_UP"),
        (False, "LIMIT_UP"),
        (True, "LIMIT_DOWN"),
        (False, "LIMIT_DOWN"),
    ]
    assert "105" in kept.halts[0].reason
