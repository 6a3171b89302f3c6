"""A plan to close a quantity: what its orders fill lowers what is left, and never below nothing."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.model import Role, Side
from engine.orders.plan import ExitPlan

quantities = st.decimals(0, 1000, places=4)


@given(quantities, st.lists(quantities, max_size=6))
def test_what_is_left_is_the_quantity_less_what_was_filled(quantity: Decimal, filled: list[Decimal]) -> None:
    plan = ExitPlan(
        symbol="TSLA",
        side=Side.SELL,
        role=Role.FLATTEN,
        quantity=quantity,
        signal_id="s-1",
        reason="kill",
        entry_id="e",
    )
    assert plan.key == ("TSLA", "e")
    for number, each in enumerate(filled):
        plan.order_id = f"o-{number}"
        plan.closed(each)
        assert plan.order_id == "", "it is clearing again"
    assert plan.left == max(Decimal(0), quantity - sum(filled))
