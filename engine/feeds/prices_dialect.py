"""The data stream: how to sign in and subscribe, what its errors mean, and when its silence is wrong.

Words and codes: docs.alpaca.markets, "Streaming Market Data" (400 invalid syntax, 402 auth failed, 405 symbol limit,
406 connection limit, 407 slow client, 409 insufficient subscription, 410 a channel that the stream does not have), and
alpaca-trade-api-go's stream errors (411 insufficient scope).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.alpaca.read import Json, decimal, text
from engine.alpaca.sign_in import sign_in
from engine.alpaca.stream import StreamError, Talk, Up
from engine.model import Light

PLAN_SYMBOLS = 30
"""Symbols that the free plan carries for trades and quotes."""
TOLD = 5
"""Most symbols named of those that lack something."""
_TOO_MANY = frozenset({405})
_NOT_HERE = frozenset({400, 405, 409, 410})
"""Refusals of a channel that prices can do without: a feed without halts still has quotes."""


class DataDialect:
    """Authenticates, subscribes to quotes and trades of `symbols`, and to their halts and price bands."""

    setting = "alpaca.data_stream_url"

    def __init__(
        self, url: str, key_id: str, secret_key: str, symbols: tuple[str, ...], silence_s: Callable[[], float | None]
    ) -> None:
        self.url = url
        self._key_id = key_id
        self._secret_key = secret_key
        self._symbols = symbols
        self.silence_s = silence_s

    async def shake_hands(self, talk: Talk) -> Up:
        """Sign in and subscribe to what the plan allows; `Up.detail` says what it does not. Raises StreamError."""
        await sign_in(talk, self._key_id, self._secret_key, self.check)
        missing = await self._prices(talk)
        names = list(self._symbols)
        await talk.send({"action": "subscribe", "statuses": names, "lulds": names})
        refused, held = await self._answered(talk, _NOT_HERE)
        if refused:
            missing.append(f"halts and price bands are not told ({refused})")
        elif untold := [name for name in names if not (_holds(held, "statuses", name) and _holds(held, "lulds", name))]:
            missing.append(f"halts and price bands are not told of {_some(untold)}")
        remedy = "Shorten the watchlist, or take a data plan that carries more." if missing else ""
        return Up("; ".join(missing), remedy)

    def check(self, message: dict[str, Json]) -> None:
        """Raises StreamError for an error message that ends the stream's use."""
        if message.get("T") != "error":
            return
        code = decimal(message.get("code"))
        reason = f"the venue says error {code}: {text(message.get('msg'), 120)}"
        if code in (403, 405):
            return  # signed in twice, or one subscription too many: what there is goes on
        if code == 400:
            raise StreamError(reason, "Perhaps a symbol that is none to the venue: correct [[watchlist]].")
        if code == 402:
            raise StreamError(reason, "Check the keys: desk keys set", light=Light.REFUSED)
        if code == 410:
            raise StreamError(
                reason, "No stream of stock prices: set alpaca.data_stream_url to .../v2/iex", light=Light.REFUSED
            )
        if code == 411:
            raise StreamError(reason, "The key may not read market data: desk keys set", light=Light.REFUSED)
        if code == 409:
            remedy = "The data plan does not carry this feed: set alpaca.data_stream_url to .../v2/iex"
            raise StreamError(reason, remedy, light=Light.REFUSED)
        if code == 406:
            raise StreamError(reason, "Another program uses this account's data stream: stop it.", busy=True)
        if code == 407:
            raise StreamError(reason, "This machine reads too slowly: free it, or shorten the watchlist.")
        raise StreamError(reason)

    async def _prices(self, talk: Talk) -> list[str]:
        total = len(self._symbols)
        for count, trades in _plans(total):
            chosen = list(self._symbols[:count])
            await talk.send({"action": "subscribe", "quotes": chosen, **({"trades": chosen} if trades else {})})
            refused, held = await self._answered(talk, _TOO_MANY)
            if not refused:
                left = [*(name for name in chosen if not _holds(held, "quotes", name)), *self._symbols[count:]]
                missing = [f"{len(left)} of {total} symbols have no prices ({_some(left)})"] if left else []
                untraded = [name for name in chosen if not _holds(held, "trades", name)]
                if not trades:
                    missing.append("quotes without trades")
                elif untraded:
                    missing.append(f"quotes without trades of {_some(untraded)}")
                return missing
        raise StreamError("the venue takes no subscription at all", "Check the data plan.", light=Light.REFUSED)

    async def _answered(self, talk: Talk, bearable: frozenset[int]) -> tuple[str, dict[str, Json]]:
        """Wait for what comes of a subscription: the venue's words for a `bearable` error, else what is subscribed."""
        while True:
            for message in await talk.hear():
                if message.get("T") == "error" and decimal(message.get("code")) in bearable:
                    return text(message.get("msg"), 120) or f"error {message.get('code')}", {}
                self.check(message)
                if message.get("T") == "subscription":
                    return "", message
                talk.early.append(message)


def _holds(subscribed: dict[str, Json], channel: str, symbol: str) -> bool:
    """Whether the venue's list of what is subscribed has a symbol; without the channel it says nothing against it."""
    names = subscribed.get(channel)
    return not isinstance(names, list) or symbol in names or "*" in names


def _some(symbols: Sequence[str]) -> str:
    return ", ".join(symbols[:TOLD]) + (" …" if len(symbols) > TOLD else "")


def _plans(total: int) -> Iterator[tuple[int, bool]]:
    """What to ask for, most first: (symbols, with trades)."""
    yield total, True
    yield total, False
    count = PLAN_SYMBOLS
    while count:
        if count < total:
            yield count, True
            yield count, False
        count //= 2
