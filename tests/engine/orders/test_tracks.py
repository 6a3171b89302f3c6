"""Orders as they are found: what open exits may still sell, and what is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import ZERO, OrderStatus, Role, Side
from engine.orders import tracks
from engine.orders.changes import Outbox
from engine.orders.register import Register
from tests.engine.orders.talk import T0, told
from tests.engine.orders.test_register import intend

exits = st.lists(
    st.tuples(
        st.sampled_from([Role.STOP, Role.TARGET, Role.EXIT]), st.sampled_from(["e1", "e2", ""]), st.integers(1, 9)
    ),
    max_size=10,
)


@settings(max_examples=40)
@given(exits)
def test_stop_and_target_of_one_entry_count_once(told_: list[tuple[Role, str, int]]) -> None:
    register = Register()
    pairs: dict[str, dict[Role, int]] = {}
    plain = 0
    for number, (role, parent, quantity) in enumerate(told_):
        intend(register, f"s-{number}", role, quantity=str(quantity), parent=parent)
        if parent and role is not Role.EXIT:
            pair = pairs.setdefault(parent, {})
            pair[role] = pair.get(role, 0) + quantity
        else:
            plain += quantity
    assert register.committed("TSLA", Side.SELL) == plain + sum(max(pair.values()) for pair in pairs.values())
    assert register.committed("TSLA", Side.BUY) == register.committed("AAPL", Side.SELL) == 0


def test_the_oldest_closed_orders_are_forgotten_and_open_ones_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "KEPT", 20)
    register, out = Register(), Outbox()
    kept = intend(register, "open")
    for number in range(60):
        intent = intend(register, f"s-{number}")
        register.absorb(told(intent, OrderStatus.CANCELED), T0, out, derive=False)
        register.prune()
        assert len(register.newest(1000)) <= 20 + 20 // 10 + 1
    assert register.get(kept.client_order_id) is not None
    assert [track.order.client_order_id for track in register.open()] == [kept.client_order_id]
    assert register.newest(0) == [] and register.committed("TSLA", Side.SELL) == ZERO
