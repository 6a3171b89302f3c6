"""The pretend venue as its own process, driven over `/_venue/`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
HEADERS = {"APCA-API-KEY-ID": "PKSIMULATEDKEYID", "APCA-API-SECRET-KEY": "simulated-secret-key"}
ORDER = {
    "symbol": "TSLA",
    "qty": "1",
    "side": "buy",
    "type": "market",
    "time_in_force": "day",
    "client_order_id": "one",
}


async def test_it_serves_alone_and_is_driven_from_outside() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.venues.alpaca", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        url = line.decode().split("'")[1]
        async with aiohttp.ClientSession(url, headers=HEADERS) as session:

            async def post(path: str, body: dict[str, object]) -> int:
                async with session.post(path, json=body) as response:
                    return response.status

            assert await post("/_venue/quote", {"symbol": "TSLA", "bid": "99", "ask": "100"}) == 200
            assert await post("/_venue/fault", {"route": "POST /v2/orders", "kind": "504", "when": "after"}) == 200
            assert await post("/v2/orders", ORDER) == 504
            assert await post("/v2/orders", ORDER) == 422
            assert await post("/_venue/stream", {"name": "trading", "do": "mute"}) == 200
            assert await post("/_venue/nonsense", {}) == 404
            async with session.get("/_venue/state") as response:
                state = await response.json()
        assert state["positions"] == {"TSLA": "1"}
        assert (len(state["posts"]), len(state["orders"]), state["orders"][0]["status"]) == (2, 1, "filled")
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
