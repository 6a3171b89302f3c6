"""How much of a limit is used."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.model import LimitUse

amounts = st.decimals(0, 10**6, places=2)


@given(amounts, amounts)
def test_use_is_the_part_of_the_limit_and_nothing_of_no_limit(value: Decimal, limit: Decimal) -> None:
    use = LimitUse("position", value, limit, "%").use
    assert use >= 0.0
    if not limit:
        assert use == 0.0
    else:
        assert (use >= 1.0) is (value >= limit), "full exactly where the control rejects"
