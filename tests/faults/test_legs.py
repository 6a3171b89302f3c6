"""Protective legs that a person replaces, and legs that the venue holds back while their entry fills in parts."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.model import TradingState
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import Street
from tests.venues.alpaca import AlpacaSimulator

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("faults-updates"), pytest.mark.slow]

WATCHED_S = 4.0
"""How long nothing may be added to what protects a position."""


@pytest.fixture(scope="module")
def machine(folder: Path, street: Street) -> Iterator[Machine]:
    with ending(Machine(folder, street, ORDERS__ENTRY_TIMEOUT_S="60")) as made:
        assert isinstance(made, Machine)
        yield made


def legs(street: Street, symbol: str) -> list[tuple[str, str, str]]:
    """Open sell orders of a symbol at the venue: id, type, status."""
    return street.ask(
        lambda venue: [
            (each.id, each.type, each.status)
            for each in venue.exchange.orders.values()
            if each.open and each.symbol == symbol and each.side == "sell"
        ]
    )


def replace_by_hand(street: Street, order_id: str, **body: str) -> None:
    """What a person does at the venue's own screen."""
    venue = street.venue
    request = urllib.request.Request(
        f"{venue.trading_url}/v2/orders/{order_id}",
        data=json.dumps(body).encode(),
        method="PATCH",
        headers={
            "APCA-API-KEY-ID": venue.key_id,
            "APCA-API-SECRET-KEY": venue.secret_key,
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200


def stop_of(machine: Machine, symbol: str) -> Decimal | None:
    seen = machine.seen()
    if seen is None:
        return None
    return next((held.stop_price for held in seen.positions if held.symbol == symbol), None)


def protected(machine: Machine, symbol: str) -> bool:
    """One stop and one target at the venue, and the engine shows the stop."""
    kinds = sorted(kind for _, kind, _ in legs(machine.street, symbol))
    return kinds == ["limit", "stop"] and stop_of(machine, symbol) is not None


def test_a_leg_that_a_person_replaces(machine: Machine, row: Row) -> None:
    row.where, row.fault = "updates", "a protective leg replaced by a person at the venue"
    row.must = "the successor is followed; nothing is placed or cancelled besides; no drift"
    machine.trading()
    street = machine.street
    symbol = next(each for each in sorted(street.positions()) if protected(machine, each))
    for times in range(2):
        target = next(id for id, kind, _ in legs(street, symbol) if kind == "limit")
        posts = street.ask(lambda venue: len(venue.posts()))
        price = Decimal(900 + times)
        replace_by_hand(street, target, limit_price=str(price))

        def followed(price: Decimal = price) -> bool:
            seen = machine.seen()
            return seen is not None and any(
                order.symbol == symbol and order.limit_price == price and order.status.open for order in seen.orders
            )

        row.tried(machine.wait(followed, "the successor"))
        time.sleep(WATCHED_S)
        assert street.ask(lambda venue: len(venue.posts())) == posts
        assert protected(machine, symbol), legs(street, symbol)
    machine.kill()
    machine.begin()
    machine.reconciled()
    machine.equal()
    assert protected(machine, symbol), legs(street, symbol)
    assert not machine.alerts("drift")
    row.orders += machine.check_intents()
    machine.check_fills()


def test_legs_that_are_held_back_while_the_entry_fills_in_parts(machine: Machine, row: Row) -> None:
    row.where, row.fault = "updates", "entry filled in part, its legs held; kill −9 meanwhile"
    row.must = "found again, filled, protected once; positions equal"
    street = machine.street
    machine.trading()
    street.size = Decimal(1)
    street.turning = True

    def partly(venue: AlpacaSimulator) -> list[str]:
        return [
            each.symbol
            for each in venue.exchange.orders.values()
            if each.status == "partially_filled" and any(leg.status == "held" for leg in venue.exchange.orders.values()
                                                         if leg.parent is each)
        ]  # fmt: skip

    machine.wait(lambda: street.ask(partly), "an entry filled in part", 60.0)
    street.freeze()
    machine.kill()
    row.orders += machine.check_intents()
    symbol = street.ask(partly)[0]
    machine.begin()
    took = machine.reconciled()
    took += machine.equal()
    street.size = None
    took += machine.wait(lambda: stop_of(machine, symbol) is not None, "a stop", 30.0)
    row.tried(took)
    time.sleep(WATCHED_S)
    machine.equal()
    assert machine.snapshot().status.state is TradingState.ACTIVE
    machine.check_fills()
