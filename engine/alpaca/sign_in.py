"""How one signs in to a market data stream: the same words for prices and for news.

docs.alpaca.markets, "Streaming Market Data": `[{"T":"success","msg":"connected"}]`, then auth, then
`[{"T":"success","msg":"authenticated"}]`.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.alpaca.read import Json
from engine.alpaca.stream import Talk

Check = Callable[[dict[str, Json]], None]
"""Raises StreamError for a message that ends the stream's use."""


async def sign_in(talk: Talk, key_id: str, secret_key: str, check: Check) -> None:
    """Greeted, authenticate, and wait until that is taken. Raises StreamError by `check`."""
    await _until(talk, "connected", check)
    await talk.send({"action": "auth", "key": key_id, "secret": secret_key})
    await _until(talk, "authenticated", check)


async def _until(talk: Talk, words: str, check: Check) -> None:
    while True:
        for message in await talk.hear():
            check(message)
            if message.get("T") == "success" and message.get("msg") == words:
                return
