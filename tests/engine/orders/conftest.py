"""Fixtures of the order tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.clock import SECOND
from engine.config import Config
from engine.model import Answer, Intent, OrderStatus, Outcome, Role
from engine.orders import Orders
from tests.engine.orders.talk import T0, draft, event, fill_entry, leg, legs, ready, told

Enter = Callable[..., Intent]


@pytest.fixture
def orders() -> Orders:
    """A fresh book of orders with the default settings."""
    return Orders(Config())


@pytest.fixture
def enter(orders: Orders) -> Enter:
    """Intend one entry."""

    def enter(signal_id: str = "signal-1", quantity: str = "10", now_ns: int = T0, **kind: object) -> Intent:
        return orders.intend(
            signal_id,
            "ticket-1",
            Role.ENTRY,
            draft(quantity=quantity, **kind),  # type: ignore[arg-type]
            now_ns,
            strategy="shift",
            valid_until_ns=now_ns + 120 * SECOND,
        )

    return enter


@pytest.fixture
def bracketed(orders: Orders, enter: Enter) -> Intent:
    """A filled entry whose legs work at the venue; the stop is `held` beside its target, as Alpaca shows it."""
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent, legs=legs(intent, OrderStatus.HELD))), T0)
    ready(orders)
    fill_entry(orders, intent)
    orders.on_update(event(leg(intent, "target", OrderStatus.WORKING, at_ns=T0 + 2), "new"), T0 + 2)
    return intent


@pytest.fixture
def legless(orders: Orders, enter: Enter) -> Intent:
    """A filled entry whose legs the venue has not told yet."""
    ready(orders)
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    fill_entry(orders, intent)
    return intent


@pytest.fixture
def bare(orders: Orders, enter: Enter) -> Intent:
    """A filled entry of an extended-hours draft: no venue carries its exits."""
    ready(orders)
    intent = enter(extended_hours=True)
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    fill_entry(orders, intent)
    return intent
