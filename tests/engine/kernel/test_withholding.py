"""What is decided and recorded, and must not be sent any more."""

from __future__ import annotations

import msgspec
import pytest

from engine.clock import SECOND
from engine.model import Draft, Intent, Market, Role, Session, Side, TradingState
from engine.model.frames import Command
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import D, Desk


def entry(desk: Desk, symbol: str = "TSLA", *, extended_hours: bool = False) -> Intent:
    """An entry whose record the disk has not taken yet."""
    desk.open()
    draft = Draft(
        symbol, Side.BUY, D(5), D("100.2"), D(100), NOW, D(95), D(110), extended_hours=extended_hours
    )  # fmt: skip
    return desk.dealing.orders.intend("s-1", "t-1", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)


def test_nothing_keeps_what_was_decided_a_moment_ago(desk: Desk) -> None:
    assert desk.dealing.withheld(entry(desk)) == ""


def test_what_a_person_cancels_before_it_is_sent_is_not_sent(desk: Desk) -> None:
    intent = entry(desk)
    reply = desk.stages.commands.carry_out(Command("cancel", order=intent.client_order_id))
    assert reply.ok and "not sent again" in reply.text
    assert desk.dealing.withheld(intent) == "it was cancelled before it was sent"


def test_nor_an_entry_into_a_symbol_that_is_flattened_meanwhile(desk: Desk) -> None:
    intent = entry(desk)
    desk.dealing.flattening.flatten("TSLA", "drill")
    assert desk.dealing.withheld(intent) == "it was cancelled before it was sent"


@pytest.mark.parametrize("session", [Session.PRE, Session.POST, Session.CLOSED, Session.UNKNOWN])
def test_an_entry_waits_at_no_closed_venue_for_the_next_opening(desk: Desk, session: Session) -> None:
    intent = entry(desk)
    desk.dealing.market = Market(session, NOW)
    assert desk.dealing.withheld(intent) == f"the market is {session.value}"


def test_one_for_extended_hours_goes_out_in_them_and_a_pair_always(desk: Desk) -> None:
    intent = entry(desk, extended_hours=True)
    desk.dealing.market = Market(Session.POST, NOW)
    assert desk.dealing.withheld(intent) == ""
    desk.dealing.market = Market(Session.CLOSED, NOW)
    pair = msgspec.structs.replace(intent, draft=msgspec.structs.replace(intent.draft, symbol="BTC/USD"))
    assert desk.dealing.withheld(pair) == ""


def test_an_entry_does_not_go_out_into_a_halt(desk: Desk) -> None:
    intent = entry(desk)
    desk.dealing.halted.add("TSLA")
    assert desk.dealing.withheld(intent) == "TSLA is halted"


def test_an_exit_goes_out_whatever_the_market_says(desk: Desk) -> None:
    desk.open()
    desk.buy("5.5")
    desk.quote("94", "94.02")
    (stop,) = desk.placed()
    desk.dealing.market = Market(Session.UNKNOWN, NOW)
    desk.dealing.halted.add("TSLA")
    assert desk.dealing.withheld(stop) == ""


def test_halted_sends_no_exit_that_a_signal_asked_for_and_what_protects(desk: Desk) -> None:
    desk.open()
    asked = msgspec.structs.replace(desk.buy("5.5"), role=Role.EXIT)
    assert desk.dealing.withheld(asked) == ""
    desk.quote("94", "94.02")
    (stop,) = (each for each in desk.placed() if each.role is Role.STOP)
    desk.stages.commands.carry_out(Command("kill", reason="drill"))
    assert desk.dealing.risk.state is TradingState.HALTED
    assert desk.dealing.withheld(asked) == "trading is halted"
    assert desk.dealing.withheld(stop) == ""
