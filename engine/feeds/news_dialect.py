"""The news stream: how to sign in and subscribe, and what its errors mean.

Words and codes: docs.alpaca.markets, "Streaming Market Data" and "Real-time News" (`{"action":"subscribe","news":[…]}`;
402 auth failed, 405 symbol limit, 406 connection limit, 407 slow client, 409 insufficient subscription, 410 a channel
that the stream does not have), and alpaca-trade-api-go's stream errors (411 insufficient scope).
"""

from __future__ import annotations

from engine.alpaca.read import Json, decimal, text
from engine.alpaca.sign_in import sign_in
from engine.alpaca.stream import StreamError, Talk, Up
from engine.model import Light
from engine.text import some

REFUSALS = {
    400: "Perhaps a symbol that is none to the venue: correct [[watchlist]].",
    402: "Check the keys: desk keys set",
    405: "The news stream takes fewer symbols than the watchlist has: shorten it.",
    409: 'The data plan does not carry news: take one that does, or remove "news" from feeds.posts.',
    410: "No stream of news: set alpaca.news_stream_url to .../v1beta1/news",
    411: "The key may not read market data: desk keys set",
}
"""Errors that only a person can mend, each with how."""


class NewsDialect:
    """Authenticates, and subscribes to the news of `symbols`, written as the news writes them."""

    setting = "alpaca.news_stream_url"

    def __init__(self, url: str, key_id: str, secret_key: str, symbols: tuple[str, ...]) -> None:
        self.url = url
        self._key_id = key_id
        self._secret_key = secret_key
        self._symbols = symbols

    def silence_s(self) -> float | None:
        """None: hours without an article are no fault, and a dead connection answers no ping."""
        return None

    async def shake_hands(self, talk: Talk) -> Up:
        """Sign in and subscribe; `Up.detail` says what the venue did not take. Raises StreamError."""
        await sign_in(talk, self._key_id, self._secret_key, self.check)
        await talk.send({"action": "subscribe", "news": list(self._symbols)})
        while True:
            taken: dict[str, Json] | None = None
            for message in await talk.hear():
                self.check(message)
                if message.get("T") == "subscription":
                    taken = message
                else:
                    talk.early.append(message)
            if taken is not None:
                return self._compared(taken)

    def _compared(self, taken: dict[str, Json]) -> Up:
        """What the venue says that is subscribed, against what was asked for; an answer without a list says nothing."""
        names = taken.get("news")
        if not isinstance(names, list) or "*" in names:
            return Up()
        held = {name.upper().replace("/", "") for name in names if isinstance(name, str)}
        untold = [symbol for symbol in self._symbols if symbol not in held]
        if not untold:
            return Up()
        return Up(
            f"the venue streams no news of {len(untold)} of {len(self._symbols)} symbols ({some(untold)})",
            "Correct [[watchlist]], or take a data plan that carries more.",
        )

    def check(self, message: dict[str, Json]) -> None:
        """Raises StreamError for an error message that ends the stream's use."""
        if message.get("T") != "error":
            return
        code = decimal(message.get("code"))
        reason = f"the venue says error {code}: {text(message.get('msg'), 120)}"
        if code == 403:
            return  # signed in twice
        if code == 406:
            raise StreamError(reason, "Another program uses this account's news stream: stop it.", busy=True)
        if code == 407:
            raise StreamError(reason, "This machine reads too slowly: free it.")
        remedy = REFUSALS.get(int(code), "") if code is not None else ""
        raise StreamError(reason, remedy, light=Light.REFUSED if remedy else Light.DOWN)
