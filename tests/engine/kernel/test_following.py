"""What is held has prices: the feeds are told of it also off the watchlist, and a person where none comes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from engine.clock import SECOND, VirtualClock
from engine.feeds.prices import AlpacaPriceFeed
from engine.kernel.following import MOST, SILENT_NS, UNPRICED_NS
from engine.kernel.inbox import Compared
from engine.kernel.stages import Stages
from engine.model import Level, Session, VenueAccount, VenuePosition, VenueSnapshot
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import Desk

D = Decimal


class Feeds:
    """A feed of prices that keeps what it was told."""

    name = "prices"

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def follow(self, symbols: tuple[str, ...]) -> None:
        self.told.append(symbols)


def followed(stages: Stages) -> Feeds:
    feed = Feeds()
    stages.following._feeds = [feed]
    return feed


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.open()
    return desk


def hold(desk: Desk, *held: VenuePosition) -> None:
    """The venue tells these positions."""
    account = VenueAccount(D(100_000), D(100_000), D(100_000), number="made-up")
    snapshot = VenueSnapshot(desk.clock.now_ns(), account, held, ())
    desk.stages.reckoning.take(Compared(snapshot, "", "periodic"))


def test_ours_come_before_what_others_hold_and_no_more_than_a_plan_carries(desk: Desk) -> None:
    feed = followed(desk.stages)
    desk.buy("1.5")
    desk.later(60)
    others = [VenuePosition(f"A{number:02}", D(1), D(10)) for number in range(MOST + 5)]
    hold(desk, VenuePosition("TSLA", D("1.5"), D(100)), *others)
    desk.stages.following.tell()
    desk.stages.following.tell()
    (told,) = feed.told
    assert told[0] == "TSLA" and len(told) == MOST


def test_a_restart_without_it_on_the_watchlist_asks_for_its_prices(tmp_path: Path) -> None:
    with bare.opened(bare.config(tmp_path), VirtualClock(NOW)) as before:
        first = Desk(before, VirtualClock(NOW))
        first.open()
        first.buy("1.5")
    after = bare.stages(bare.config(tmp_path, "paper", "AAPL"), VirtualClock(NOW + 60 * SECOND))
    assert [type(each) for each in after.following._feeds] == [AlpacaPriceFeed]
    feed = followed(after)
    after.restore(NOW)
    assert feed.told == [("TSLA",)]


class TestNoPriceComes:
    @pytest.fixture
    def blind(self, desk: Desk) -> Desk:
        """A fraction of TSLA, whose stop and target the engine watches; its quotes have stopped."""
        followed(desk.stages)
        desk.buy("1.5")
        desk.later(60)
        hold(desk, VenuePosition("TSLA", D("1.5"), D(100)))
        desk.stages.view.quotes.clear()
        desk.stages.following.look()
        return desk

    def alert(self, desk: Desk) -> tuple[Level, str] | None:
        told = desk.stages.view.alerts.get("unpriced/TSLA")
        return None if told is None else (told.level, told.text)

    def test_a_stop_that_the_engine_cannot_see_reached_is_told_until_a_price_comes(self, blind: Desk) -> None:
        assert self.alert(blind) is None, "a feed has just begun"
        blind.later(UNPRICED_NS / SECOND)
        blind.stages.following.look()
        told = self.alert(blind)
        assert told is not None and told[0] is Level.CRITICAL
        assert "stop 95" in told[1] and "target 110" in told[1]
        blind.quote("100", "100.02")
        blind.stages.following.look()
        assert self.alert(blind) is None

    def test_prices_that_have_stopped_are_told_later(self, blind: Desk) -> None:
        blind.quote("100", "100.02")
        blind.later(SILENT_NS / SECOND - 1)
        blind.stages.following.look()
        assert self.alert(blind) is None
        blind.later(1)
        blind.stages.following.look()
        assert self.alert(blind) is not None

    def test_what_others_hold_is_theirs(self, desk: Desk) -> None:
        followed(desk.stages)
        hold(desk, VenuePosition("IBM", D(10), D(100)))
        desk.stages.following.look()
        desk.later(2 * UNPRICED_NS / SECOND)
        desk.stages.following.look()
        assert not [alert for alert in desk.stages.view.alerts.values() if alert.code == "unpriced"]

    def test_a_closed_market_has_no_prices_to_tell(self, blind: Desk) -> None:
        blind.dealing.market = msgspec.structs.replace(blind.dealing.market, session=Session.CLOSED)
        blind.later(3600)
        blind.stages.following.look()
        assert self.alert(blind) is None
