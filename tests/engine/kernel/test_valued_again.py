"""What is held is worth after a restart what it was before, until it is quoted again: no loss that nobody has made."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import msgspec
import pytest

from engine.clock import SECOND, VirtualClock
from engine.config import BrokerConfig
from engine.kernel.stages import Stages
from engine.model import (
    Account,
    Draft,
    Fill,
    Quote,
    Role,
    Side,
    TradingState,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW

SYMBOLS = ("IBM", "TSLA")
DAY = NOW - 3600 * SECOND


def quote(symbol: str, price: str, at_ns: int) -> Quote:
    return Quote(symbol, at_ns, at_ns, D(price), D(price), D(price))


def restarted(home: Path, prices: dict[str, str], later_s: int = 600) -> Stages:
    """The stages after a restart: a hundred of each symbol were bought at 100, and were worth this when it ended."""
    with bare.opened(bare.config(home, "paper", *SYMBOLS), VirtualClock(NOW)) as before:
        dealing = before.dealing
        dealing.portfolio.restore(Account(D(30_000), D(30_000), D(30_000), D(30_000), D(30_000)))
        for symbol in SYMBOLS:
            dealing._on_fill(Fill(f"x-{symbol}", f"o-{symbol}", symbol, Side.BUY, D(100), D(100), D(0), NOW))
        for symbol, price in prices.items():
            before.intake.take(quote(symbol, price, NOW))
        dealing.portfolio.new_day()
        dealing.judge_account()
        dealing.record_account()
    after = bare.stages(bare.config(home, "paper", *SYMBOLS), VirtualClock(NOW + later_s * SECOND))
    after.restore(DAY)
    after.journal.open()
    return after


@pytest.mark.parametrize("first", SYMBOLS)
def test_the_first_quote_of_one_symbol_makes_no_loss_of_the_others(tmp_path: Path, first: str) -> None:
    stages = restarted(tmp_path, {"IBM": "120", "TSLA": "120"})
    dealing = stages.dealing
    assert dealing.portfolio.equity == D(34_000)
    dealing.on_quote(quote(first, "120", NOW + 600 * SECOND))
    account = dealing.portfolio.account(NOW)
    assert account.day_pnl == 0 and account.peak_equity == D(34_000)
    assert dealing.risk.state is TradingState.ACTIVE, dealing.risk.state_reason
    stages.journal.close()


def test_what_was_never_quoted_counts_for_what_it_cost(tmp_path: Path) -> None:
    stages = restarted(tmp_path, {"IBM": "120"})
    assert stages.dealing.portfolio.equity == D(10_000) + D(12_000) + D(10_000)
    stages.journal.close()


def test_a_fill_is_a_price_too_where_it_is_newer_than_the_quote(tmp_path: Path) -> None:
    with bare.opened(bare.config(tmp_path, "paper", *SYMBOLS), VirtualClock(NOW)) as before:
        before.intake.take(quote("IBM", "90", NOW - 60 * SECOND))
        fill = Fill("x", "o", "IBM", Side.BUY, D(100), D(100), D(0), NOW, role=Role.ENTRY)
        before.dealing._on_fill(fill)
        before.dealing.record_account()
    after = bare.stages(bare.config(tmp_path, "paper", *SYMBOLS), VirtualClock(NOW + SECOND))
    after.restore(DAY)
    (position,) = after.dealing.portfolio.positions()
    assert position.price == D(100)


def test_what_others_hold_is_no_loss_while_the_venue_cannot_be_asked(tmp_path: Path) -> None:
    with bare.opened(bare.config(tmp_path, "paper", *SYMBOLS), VirtualClock(NOW)) as before:
        account = VenueAccount(D(100_000), D(30_000), D(30_000))
        held = (VenuePosition("KO", D(1_000), D(60)),)
        before.dealing.portfolio.adopt(VenueSnapshot(NOW, account, held, ()))
        before.dealing.judge_account()
        before.dealing.record_account()
    after = bare.stages(bare.config(tmp_path, "paper", *SYMBOLS), VirtualClock(NOW + 600 * SECOND))
    after.restore(DAY)
    after.journal.open()
    after.dealing.on_quote(quote("IBM", "120", NOW + 600 * SECOND))
    assert after.dealing.risk.state is TradingState.ACTIVE, after.dealing.risk.state_reason
    assert after.dealing.portfolio.equity == D(100_000)
    account = VenueAccount(D(99_000), D(30_000), D(30_000))
    after.dealing.portfolio.adopt(VenueSnapshot(NOW + 601 * SECOND, account, held, ()))
    assert after.dealing.portfolio.equity == D(99_000), "the venue's word"
    after.journal.close()


def test_the_venues_value_is_spread_by_what_each_was_last_worth(tmp_path: Path) -> None:
    stages = restarted(tmp_path, {"IBM": "140", "TSLA": "100"})
    account = VenueAccount(D(34_000), D(10_000), D(10_000))
    held = tuple(VenuePosition(symbol, D(100), D(100)) for symbol in SYMBOLS)
    stages.dealing.portfolio.adopt(VenueSnapshot(NOW + 600 * SECOND, account, held, ()))
    assert [position.price for position in stages.dealing.portfolio.positions()] == [D(140), D(100)]
    stages.journal.close()


@pytest.mark.parametrize("price", ["80", "120"])
async def test_nor_does_the_simulated_venue_value_it_at_its_cost(tmp_path: Path, price: str) -> None:
    """It has no prices but the engine's: until one comes, those of the last run are the newest."""
    config, clock = bare.config(tmp_path, "simulated", "IBM"), VirtualClock(NOW)
    config = msgspec.structs.replace(config, broker=BrokerConfig(name="simulated"))
    with bare.opened(config, clock) as before:
        dealing = before.dealing
        before.reckoning.take(await before.link.compare("start"))
        before.intake.take(quote("IBM", "100", NOW))
        bought = Draft("IBM", Side.BUY, D(300), D(101), D(100), NOW, D(70), D(130), "gtc")
        intent = dealing.orders.intend("s-1", "t-1", Role.ENTRY, bought, NOW, valid_until_ns=NOW + 60 * SECOND)
        before.journal.append("intent", intent.client_order_id, intent, NOW)
        dealing.on_answer(intent, await before.broker.submit(intent))
        for second, at in ((1, "100"), (2, "100"), (60, price)):
            clock.advance(NOW + second * SECOND)
            before.intake.take(quote("IBM", at, clock.now_ns()))
        dealing.record_account()
        worth = dealing.portfolio.equity
        assert abs(worth - 100_000) > 3_000
    after = bare.stages(config, VirtualClock(NOW + 600 * SECOND))
    after.restore(DAY)
    after.journal.open()
    after.reckoning.take(await after.link.compare("start"))
    assert after.dealing.portfolio.equity == worth
    after.journal.close()


def test_a_split_is_looked_for_from_the_last_price_of_an_earlier_day(tmp_path: Path) -> None:
    """One of the day itself may have been doubted when the last run ended."""
    home = bare.config(tmp_path, "paper", *SYMBOLS)
    later = VirtualClock(NOW)
    with bare.opened(home, later) as before:
        before.dealing._on_fill(Fill("x", "o", "TSLA", Side.BUY, D(100), D(100), D(0), NOW))
        before.intake.take(quote("TSLA", "125", NOW + SECOND))
        later.advance(NOW + 86_400 * SECOND)
        before.intake.take(quote("TSLA", "62.5", NOW + 86_400 * SECOND))
    after = bare.stages(home, VirtualClock(NOW + 86_410 * SECOND))
    after.restore(NOW + 80_000 * SECOND)
    doubts = after.dealing.orders._protector._watch.doubts
    assert doubts.jumps(quote("TSLA", "62.5", NOW + 86_410 * SECOND), D("0.02"), NOW + 86_410 * SECOND)
    assert doubts.base("TSLA") == 125 and doubts.split_alike("TSLA")
