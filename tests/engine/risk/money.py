"""Amounts of money to draw from."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st


def money(low: int, high: int) -> st.SearchStrategy[Decimal]:
    """From `low` to `high` dollars, in whole cents."""
    return st.integers(low * 100, high * 100).map(lambda cents: Decimal(cents) / 100)
