"""A restart with ten thousand orders behind it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import DAY, SECOND, SystemClock
from engine.config.schema import JournalConfig
from engine.journal import Journal
from engine.model import Draft, Fill, Intent, Order, OrderStatus, Role, Side, client_order_id
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import SYMBOLS, Street

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("faults-start"), pytest.mark.slow]

ORDERS = 10_000


def round_trip(number: int, at_ns: int) -> Iterator[Intent | Order | Fill]:
    """An entry and its exit, both filled."""
    signal, symbol = f"s-{number:016x}", SYMBOLS[number % len(SYMBOLS)]
    for role, side in ((Role.ENTRY, Side.BUY), (Role.EXIT, Side.SELL)):
        price = Decimal(100)
        order_id = client_order_id(signal, role, 1)
        draft = Draft(symbol, side, Decimal(10), price, price, at_ns, reduces=role is Role.EXIT)
        yield Intent(order_id, signal, f"t-{number:010x}", 1, role, draft, at_ns, "shift", at_ns + SECOND)
        yield Order(
            order_id, f"v-{order_id}", symbol, side, Decimal(10), OrderStatus.FILLED, role, Decimal(10), price,
            submitted_ns=at_ns, updated_ns=at_ns, signal_id=signal,
        )  # fmt: skip
        yield Fill(f"x-{order_id}", order_id, symbol, side, Decimal(10), price, Decimal(0), at_ns, signal, role)


def test_ten_thousand_orders_in_the_journal(folder: Path, street: Street, row: Row) -> None:
    row.where, row.fault, row.must = "start", f"{ORDERS:,} orders in the journal", "reconciled, positions equal"
    with ending(Machine(folder, street)) as machine:
        assert isinstance(machine, Machine)
        journal = Journal(machine.journal, JournalConfig(), profile="paper")
        journal.open()
        first_ns = SystemClock().now_ns() - 10 * DAY
        kinds = {Intent: "intent", Order: "order", Fill: "fill"}
        for number in range(ORDERS // 2):
            for value in round_trip(number, first_ns + number * SECOND):
                journal.append(kinds[type(value)], value.client_order_id, value, first_ns + number * SECOND)
            if number % 500 == 0:
                journal.flush()
        journal.close()
        for _ in range(3):
            machine.begin()
            row.tried(machine.reconciled())
            machine.equal()
            machine.kill()
        machine.check_chain()
