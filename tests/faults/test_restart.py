"""A restart with ten thousand orders behind it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psutil
import pytest

from engine.clock import DAY, SECOND, SystemClock
from engine.config import JournalConfig
from engine.journal import Journal
from engine.model import Draft, Fill, Intent, Order, OrderStatus, Role, Side, client_order_id
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import SYMBOLS, Street
from tests.venues.alpaca.wire import SimOrder

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("faults-start"), pytest.mark.slow]

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


def at_the_venue(order: Order) -> SimOrder:
    """The order as the venue keeps it."""
    return SimOrder(
        order.venue_id, order.client_order_id, order.symbol, order.side.value, "market", "day", order.quantity,
        order.submitted_ns, status="filled", filled_qty=order.filled, filled_cost=order.filled * Decimal(100),
        updated_ns=order.updated_ns, filled_ns=order.updated_ns,
    )  # fmt: skip


def test_ten_thousand_orders_in_the_journal(folder: Path, street: Street, row: Row) -> None:
    row.where, row.fault = "start", f"{ORDERS:,} orders in the journal and at the venue, a tenth of them today's"
    row.must = "reconciled, positions equal"
    with ending(Machine(folder, street, ALPACA__TIMEOUT_S="8")) as machine:  # as shipped: pages of 500 orders are large
        assert isinstance(machine, Machine)
        journal = Journal(machine.journal, JournalConfig(), profile="paper")
        journal.open()
        first_ns = SystemClock().now_ns() - 10 * DAY
        apart_ns = 10 * DAY // (ORDERS // 2)
        past: list[SimOrder] = []
        kinds = {Intent: "intent", Order: "order", Fill: "fill"}
        for number in range(ORDERS // 2):
            at_ns = first_ns + number * apart_ns
            for value in round_trip(number, at_ns):
                journal.append(kinds[type(value)], value.client_order_id, value, at_ns)
                if isinstance(value, Order):
                    past.append(at_the_venue(value))
            if number % 500 == 0:
                journal.flush()
        journal.close()
        street.ask(lambda venue: [venue.exchange.add(order) for order in past])
        for _ in range(3):
            machine.begin()
            took_s = machine.reconciled(240.0)
            assert machine.process is not None
            cpu = psutil.Process(machine.process.pid).cpu_times()
            print(f"reconciled after {took_s:.2f} s, {cpu.user + cpu.system:.2f} s of them on the processor")
            row.tried(took_s)
            machine.equal()
            machine.kill()
        machine.check_chain()
