"""A pretend Alpaca that quotes TSLA."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.venues.alpaca import AlpacaSimulator


@pytest.fixture
async def venue() -> AsyncIterator[AlpacaSimulator]:
    async with AlpacaSimulator() as simulator:
        simulator.quote("TSLA", "249.90", "250.10")
        yield simulator
