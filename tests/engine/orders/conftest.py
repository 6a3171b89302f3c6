"""Fixtures of the order tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.clock import SECOND
from engine.config.schema import Config
from engine.model import Intent, Role
from engine.orders import Orders
from tests.engine.orders.talk import T0, draft

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
