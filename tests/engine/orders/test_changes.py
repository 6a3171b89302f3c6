"""What one event did: an order that changed twice is told once, as it ends."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import Config
from engine.model import Fill, Level, OrderStatus, Role
from engine.orders import Orders
from engine.orders.changes import NOTHING, Changes, Compare, Outbox, alert_id
from tests.engine.orders.talk import T0, draft, told

INTENT = Orders(Config()).intend("s-1", "t-1", Role.ENTRY, draft(), T0)
ORDER = told(INTENT)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([OrderStatus.WORKING, OrderStatus.CANCELED])), max_size=9
    )
)
def test_each_order_is_told_once_as_it_ends_in_the_order_of_its_last_change(
    moves: list[tuple[str, OrderStatus]],
) -> None:
    out = Outbox()
    for order_id, status in moves:
        out.order(msgspec.structs.replace(ORDER, client_order_id=order_id, status=status))
    last = dict(reversed(moves))
    told_ = [(order.client_order_id, order.status) for order in out.changes().orders]
    ends = {}
    for order_id, status in moves:
        ends.pop(order_id, None)
        ends[order_id] = status
    assert told_ == list(ends.items())
    assert len(last) == len(told_)
    assert out.symbols == ({"TSLA"} if moves else set())


def test_nothing_is_false_and_anything_is_true() -> None:
    assert not NOTHING and not Outbox().changes()
    assert Changes(cleared=("x",)) and Changes(requests=(Compare("fill"),)) and Changes(orders=(ORDER,))


def test_a_fill_and_an_alert_are_kept_in_order() -> None:
    out = Outbox()
    fill = Fill("x-1", "a", "AAPL", ORDER.side, ORDER.quantity, ORDER.quantity, ORDER.filled, T0)
    out.fill(fill)
    out.alert(Level.WARNING, "order_refused", "a", "refused", "look", T0, stays=True)
    changes = out.changes()
    assert changes.fills == (fill,) and out.symbols == {"AAPL"}
    (alert,) = changes.alerts
    assert (alert.id, alert.until_acknowledged) == (alert_id("order_refused", "a"), True)
    assert alert_id("a", "b") != alert_id("b", "a")
