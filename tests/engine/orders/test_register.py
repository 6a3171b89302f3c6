"""The register: what is intended, what is filled and not told, whose an order is."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.errors import DeskError
from engine.model import Intent, Order, OrderStatus, Role, Side
from engine.orders.changes import Outbox
from engine.orders.register import Register
from tests.engine.orders.talk import T0, draft, event, legs, told

D = Decimal


def intend(register: Register, signal_id: str = "s-1", role: Role = Role.ENTRY, **kind: str) -> Intent:
    side = Side.BUY if role is Role.ENTRY else Side.SELL
    wanted = draft(side, kind.get("quantity", "10"))
    return register.intend(
        signal_id, "t-1", role, wanted, T0, strategy="shift", valid_until_ns=T0, parent=kind.get("parent", "")
    )


def test_a_signal_enters_once_and_exits_count_their_attempts() -> None:
    register = Register()
    intend(register)
    with pytest.raises(DeskError, match="at most one entry per signal"):
        intend(register)
    first, second = intend(register, role=Role.EXIT), intend(register, role=Role.EXIT)
    assert (first.attempt, second.attempt, register.attempts("s-1", Role.EXIT)) == (1, 2, 2)
    assert first.client_order_id != second.client_order_id


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity"])
def test_a_quantity_that_no_venue_takes_is_refused(quantity: str) -> None:
    with pytest.raises(DeskError, match="expected a quantity above 0"):
        intend(Register(), quantity=quantity)


def test_nothing_of_ours_is_external() -> None:
    with pytest.raises(DeskError, match="expected a role of ours"):
        intend(Register(), role=Role.EXTERNAL)


def test_an_execution_counts_once_and_one_that_is_not_told_is_a_gap() -> None:
    register, out = Register(), Outbox()
    intent = intend(register)
    shown = legs(intent, OrderStatus.HELD)
    register.absorb(told(intent, OrderStatus.PARTIAL, "4", "100", legs=shown), T0, out, derive=False)
    assert register.uncounted("TSLA", Side.BUY) == 4 and intent.client_order_id in register.gaps
    update = event(told(intent, OrderStatus.PARTIAL, "4", "100", at_ns=T0 + 1), "partial_fill", "x-1", "4", "100")
    for _ in range(3):
        register.execute(update, T0 + 1, out)
    assert [fill.quantity for fill in out.fills] == [4]
    assert register.holdings.held("TSLA", Side.BUY) == 4
    assert register.uncounted("TSLA", Side.BUY) == 0 and not register.gaps


def test_a_leg_that_comes_before_its_entry_becomes_ours_with_it() -> None:
    register, out = Register(), Outbox()
    intent = intend(register)
    target, stop = legs(intent, OrderStatus.HELD)
    foreign = register.absorb(stop, T0, out, derive=False)
    assert not foreign.ours
    register.absorb(told(intent, legs=(target, stop)), T0, out, derive=False)
    assert foreign.ours
    assert (foreign.order.role, foreign.order.parent_id) == (Role.STOP, intent.client_order_id)
    assert {track.order.role for track in register.exits(intent.client_order_id, "TSLA")} == {Role.STOP, Role.TARGET}


def test_the_successor_of_a_replaced_order_is_the_same_order_of_ours() -> None:
    register, out = Register(), Outbox()
    intent = intend(register)
    old = told(intent, OrderStatus.REPLACED)
    other = Order("venue-made", "v-new", "TSLA", Side.BUY, D(8), OrderStatus.WORKING, Role.EXTERNAL, updated_ns=T0)
    register.absorb(msgspec.structs.replace(old, replaced_by="v-new"), T0, out, derive=False)
    track = register.absorb(other, T0 + 1, out, derive=False)
    assert track.ours and track.order.role is Role.ENTRY
    old_track = register.track(intent.client_order_id)
    assert register.successor(old_track.order) is track
