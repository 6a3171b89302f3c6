"""The session as the venue tells it, and the trading day that begins with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from engine.clock import SECOND, VirtualClock, parse_iso
from engine.config import Config, EngineConfig, WatchRow
from engine.kernel.hours import Hours
from engine.kernel.inbox import MarketTold
from engine.kernel.timers import Timers
from engine.model import Market, Quote, Session, TradingState, VenueAccount, VenueSnapshot
from tests.engine.kernel import bare

FOUR = parse_iso("2026-03-11T08:00:00Z")
"""04:00 in New York: a trading day begins."""


def test_the_day_begins_though_the_venue_told_its_first_session_early(tmp_path: Path) -> None:
    config = Config(
        engine=EngineConfig(profile="paper", state_dir=str(tmp_path / "state"), runtime_dir=str(tmp_path / "run")),
        watchlist=(WatchRow(symbol="TSLA"),),
    )
    clock = VirtualClock(FOUR - 30 * SECOND)
    stages = bare.stages(config, clock)
    stages.journal.open()
    try:
        hours = Hours(clock, ask=lambda: None, alert=stages.alarms.alert, clear_alert=stages.alarms.clear)
        timers = Timers(stages, clock, clock, hours, changed=lambda: None)

        def told(session: Session, ahead_s: int = 2) -> None:
            now_ns = clock.now_ns()
            timers.enter_session(hours.take(MarketTold(Market(session, now_ns + ahead_s * SECOND, source="venue"))))

        def equity(cash: str) -> None:
            account = VenueAccount(Decimal(cash), Decimal(cash), Decimal(cash), number="made-up")
            stages.dealing.portfolio.adopt(VenueSnapshot(clock.now_ns(), account, (), ()))

        equity("1000")
        told(Session.CLOSED)
        clock.advance(FOUR - SECOND)
        told(Session.PRE)
        assert stages.dealing.market.session is Session.PRE
        equity("900")
        assert stages.dealing.portfolio.account(clock.now_ns()).day_start_equity == 1000, "the day before goes on"
        clock.advance(FOUR + 10 * SECOND)
        told(Session.PRE)
        assert stages.dealing.portfolio.account(clock.now_ns()).day_start_equity == 900
    finally:
        stages.journal.close()


def test_the_loss_of_yesterday_takes_nothing_from_today(tmp_path: Path) -> None:
    """A price comes after the day began and before the venue was asked: the new day is counted from there."""
    clock = VirtualClock(FOUR - 30 * SECOND)
    with bare.opened(bare.config(tmp_path), clock) as stages:
        dealing = stages.dealing
        cash = VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000), number="made-up")
        dealing.portfolio.adopt(VenueSnapshot(clock.now_ns(), cash, (), ()))
        Timers(
            stages, clock, clock, Hours(clock, ask=None, alert=stages.alarms.alert, clear_alert=stages.alarms.clear),
            changed=lambda: None,
        ).enter_session(Market(Session.CLOSED, clock.now_ns()))  # fmt: skip
        less = VenueAccount(Decimal(950), Decimal(950), Decimal(950), number="made-up")
        dealing.portfolio.adopt(VenueSnapshot(clock.now_ns(), less, (), ()))
        dealing.judge_account()
        assert dealing.risk.state is TradingState.REDUCING
        states = []
        for second in (1, 2, 3):
            clock.advance(FOUR + second * SECOND)
            dealing.on_quote(Quote("TSLA", clock.now_ns(), clock.now_ns(), Decimal(100), Decimal(101), None))
            states.append(dealing.risk.state)
        assert states == [TradingState.ACTIVE] * 3
        assert dealing.portfolio.account(clock.now_ns()).day_start_equity == 950
