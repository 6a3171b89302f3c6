"""A pretend Alpaca for the feeds that listen to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.venues.alpaca import AlpacaSimulator


@pytest.fixture
async def venue() -> AsyncIterator[AlpacaSimulator]:
    async with AlpacaSimulator() as simulator:
        yield simulator
