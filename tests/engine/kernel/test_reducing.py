"""REDUCING: what is on its way into the market would add to what is held, so it is called off; what leaves goes on."""

from __future__ import annotations

import msgspec
import pytest

from engine.clock import SECOND
from engine.model import Answer, Draft, Intent, Lookup, OrderStatus, Outcome, Role, Side, TradingState
from engine.model.frames import Command
from engine.orders import Cancel
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import D, Desk


def working(desk: Desk, signal_id: str = "s-2") -> Intent:
    """An entry that the venue has, and that nobody fills."""
    draft = Draft("TSLA", Side.BUY, D(5), D("100.2"), D(100), NOW, D(95), D(110))
    intent = desk.dealing.orders.intend(signal_id, "t-2", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
    desk.stages.journal.append("intent", intent.client_order_id, intent, NOW)
    desk.dealing.on_answer(intent, Answer(Outcome.ACCEPTED, order=desk.told(intent, OrderStatus.WORKING)))
    desk.dealing.requests.clear()
    return intent


def cancels(desk: Desk) -> list[str]:
    return [each.order.client_order_id for each in desk.dealing.requests if isinstance(each, Cancel)]


def test_a_pause_cancels_the_entries_that_work(desk: Desk) -> None:
    desk.open()
    entry = working(desk)
    reply = desk.stages.commands.carry_out(Command("pause", reason="lunch"))
    assert reply.ok and "entries are being cancelled" in reply.text
    assert cancels(desk) == [entry.client_order_id]


@pytest.mark.parametrize("by", ["daily_loss", "watchdog", "reconciliation", "config"])
def test_so_does_whatever_else_makes_it_reducing(desk: Desk, by: str) -> None:
    desk.open()
    entry = working(desk)
    desk.dealing.enter(desk.dealing.risk.change_state(TradingState.REDUCING, "because", by, NOW))
    assert cancels(desk) == [entry.client_order_id]


def test_an_entry_of_which_nothing_is_known_is_called_off_once_the_venue_shows_it(desk: Desk) -> None:
    desk.open()
    draft = Draft("TSLA", Side.BUY, D(5), D("100.2"), D(100), NOW, D(95), D(110))
    intent = desk.dealing.orders.intend("s-2", "t-2", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
    desk.dealing.on_answer(intent, Answer(Outcome.UNRESOLVED, "no answer"))
    desk.stages.commands.carry_out(Command("pause", reason="lunch"))
    desk.stages.commands.carry_out(Command("resume", reason="back"))
    desk.dealing.on_answer(intent, Answer(Outcome.ACCEPTED, order=desk.told(intent, OrderStatus.WORKING)))
    desk.dealing.due()
    assert cancels(desk) == [intent.client_order_id], "a resume wants back what is decided from now on"


def test_what_leaves_and_what_protects_goes_on(desk: Desk) -> None:
    desk.open()
    desk.buy("5.5")
    desk.quote("94", "94.02")
    (stop,) = desk.placed()
    desk.stages.commands.carry_out(Command("pause", reason="lunch"))
    assert cancels(desk) == []
    assert desk.dealing.withheld(stop) == ""


def test_what_an_entry_filled_before_its_cancel_is_held_and_protected(desk: Desk) -> None:
    desk.open()
    entry = working(desk)
    desk.stages.commands.carry_out(Command("pause", reason="lunch"))
    ended = msgspec.structs.replace(desk.told(entry, OrderStatus.CANCELED, "2"), legs=())
    desk.dealing.requests.clear()
    desk.dealing.on_lookup(entry.client_order_id, Lookup(known=True, order=ended))
    assert desk.dealing.orders.held("TSLA") == 2
    desk.later(10)
    desk.dealing.due()
    (stop,) = desk.placed()
    assert (stop.role, stop.draft.quantity, stop.draft.side) == (Role.STOP, D(2), Side.SELL)


def test_active_again_cancels_nothing(desk: Desk) -> None:
    desk.open()
    desk.stages.commands.carry_out(Command("pause", reason="lunch"))
    desk.stages.commands.carry_out(Command("resume", reason="back"))
    working(desk)
    desk.dealing.enter(desk.dealing.risk.change_state(TradingState.ACTIVE, "again", "person", NOW))
    assert cancels(desk) == []
