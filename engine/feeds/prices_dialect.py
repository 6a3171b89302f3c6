"""The data stream: how to sign in and subscribe, what its errors mean, and when its silence is wrong.

Words and codes: docs.alpaca.markets, "Streaming Market Data" (400 invalid syntax, 402 auth failed, 405 symbol limit,
406 connection limit, 407 slow client, 409 insufficient subscription, 410 a channel that the stream does not have), and
alpaca-trade-api-go's stream errors (411 insufficient scope).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from engine.alpaca.read import Json, decimal, text
from engine.alpaca.sign_in import sign_in
from engine.alpaca.stream import StreamError, Talk, Up
from engine.model import Light
from engine.text import some

PLAN_SYMBOLS = 30
"""Symbols that the free plan carries for trades and quotes."""
_TOO_MANY = frozenset({405})
_NOT_HERE = frozenset({400, 405, 409, 410})
"""Refusals of a channel that prices can do without: a feed without halts still has quotes."""
_STOCK: Final = re.compile(r"[A-Z]{1,8}(\.[A-Z]{1,3})?")


def is_stock(symbol: str) -> bool:
    """Whether a stream of stock prices may be asked for it: a contract's name, or a pair's, ends the connection."""
    return _STOCK.fullmatch(symbol) is not None


class DataDialect:
    """Authenticates, subscribes to quotes and trades of `symbols`, and to their halts and price bands.

    What is held comes first where the plan carries fewer, and what is held beside `symbols` is asked for by itself: a
    name that the venue does not take costs no other its prices.
    """

    setting = "alpaca.data_stream_url"

    def __init__(
        self, url: str, key_id: str, secret_key: str, symbols: tuple[str, ...], silence_s: Callable[[], float | None]
    ) -> None:
        self.url = url
        self._key_id = key_id
        self._secret_key = secret_key
        self._symbols = symbols
        self.silence_s = silence_s
        self.held: tuple[str, ...] = ()
        """Stocks that are held, or have an order that works; whoever sets it says so with `keep_up`."""
        self._asked: set[str] = set()
        """Symbols beside the watchlist that the present connection was asked for."""
        self._told: dict[str, Json] = {}
        """The venue's newest list of what is subscribed."""
        self._halts = False
        """Whether the present connection tells halts."""
        self._awaited = 0
        """Answers to what was asked after the handshake that are still to come."""

    @property
    def beside(self) -> tuple[str, ...]:
        """What is held and not on the watchlist."""
        return tuple(name for name in self.held if name not in self._symbols)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What is held beside the watchlist and not subscribed."""
        return tuple(name for name in self.beside if name not in self._asked or not _holds(self._told, "quotes", name))

    async def shake_hands(self, talk: Talk) -> Up:
        """Sign in and subscribe to what the plan allows; `Up.detail` says what it does not. Raises StreamError."""
        self._told, self._halts, self._awaited = {}, False, 0
        await sign_in(talk, self._key_id, self._secret_key, self.check)
        await self._beside(talk)
        missing = await self._prices(talk) if self._symbols else []
        self._told = self._told or {"quotes": []}
        names = [*self._symbols, *(name for name in self.beside if name not in self.unpriced)]
        if not names:
            return Up()
        await talk.send({"action": "subscribe", "statuses": names, "lulds": names})
        refused, held = await self._answered(talk, _NOT_HERE)
        self._halts = not refused
        if refused:
            missing.append(f"halts and price bands are not told ({refused})")
        elif untold := [name for name in names if not (_holds(held, "statuses", name) and _holds(held, "lulds", name))]:
            missing.append(f"halts and price bands are not told of {some(untold)}")
        remedy = "Shorten the watchlist, or take a data plan that carries more." if missing else ""
        return Up("; ".join(missing), remedy)

    async def keep_up(self, send: Callable[[Json], Awaitable[bool]]) -> None:
        """What is held has changed while the connection is up: ask for what is new, leave what is not held any more.

        One by one, for a refusal is of the whole message.
        """
        names = self.beside
        changes = [("unsubscribe", name) for name in self._asked if name not in names]
        changes += [("subscribe", name) for name in names if name not in self._asked]
        self._asked = set(names)
        groups = (("quotes", "trades"), ("statuses", "lulds"))
        for action, name in changes:
            for channels in groups if self._halts else groups[:1]:
                self._awaited += 1
                if not await send({"action": action, **{channel: [name] for channel in channels}}):
                    return

    def check(self, message: dict[str, Json]) -> None:
        """Raises StreamError for an error message that ends the stream's use."""
        if message.get("T") == "subscription":
            self._told, self._awaited = message, max(0, self._awaited - 1)
        if message.get("T") != "error":
            return
        code = decimal(message.get("code"))
        if self._awaited and code in _NOT_HERE:
            self._awaited -= 1
            return
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

    async def _beside(self, talk: Talk) -> None:
        """What is held beside the watchlist: all together, or one by one where that is refused."""
        names = self.beside
        self._asked = set(names)
        if names and await self._refused(talk, names):
            self._asked = {name for name in names if not await self._refused(talk, (name,))}

    async def _refused(self, talk: Talk, names: tuple[str, ...]) -> bool:
        await talk.send({"action": "subscribe", "quotes": list(names), "trades": list(names)})
        refused, _ = await self._answered(talk, _NOT_HERE)
        return bool(refused)

    async def _prices(self, talk: Talk) -> list[str]:
        total = len(self._symbols)
        symbols = sorted(self._symbols, key=lambda name: name not in self.held)
        for count, trades in _plans(total, len(self.beside) - len(self.unpriced)):
            chosen = symbols[:count]
            await talk.send({"action": "subscribe", "quotes": chosen, **({"trades": chosen} if trades else {})})
            refused, held = await self._answered(talk, _TOO_MANY)
            if not refused:
                left = [*(name for name in chosen if not _holds(held, "quotes", name)), *symbols[count:]]
                missing = [f"{len(left)} of {total} symbols have no prices ({some(left)})"] if left else []
                untraded = [name for name in chosen if not _holds(held, "trades", name)]
                if not trades:
                    missing.append("quotes without trades")
                elif untraded:
                    missing.append(f"quotes without trades of {some(untraded)}")
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


def _plans(total: int, taken: int = 0) -> Iterator[tuple[int, bool]]:
    """What to ask for, most first: (symbols, with trades). `taken`: what of the plan other symbols have."""
    yield total, True
    yield total, False
    count = max(1, PLAN_SYMBOLS - taken)
    while count:
        if count < total:
            yield count, True
            yield count, False
        count //= 2
