"""What is known of each symbol's price, put together from the venue's messages. Synchronous, reads no clock.

Message fields: docs.alpaca.markets, "Real-time Stock Data" (q quote, t trade, s trading status, l price bands) and the
market data specification (`stock_snapshot`). Status codes: UTP tape C/O `H` halt, `P` volatility pause, `Q` quotation
resumption (trading still halted), `T` trading resumption; CTA tapes A/B `2` halt, `3` resume. c and x take a trade
back or put another price on it; they come unasked with trades.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec

from engine.alpaca.read import Json, decimal, fields, identifier, instant, rows, text
from engine.clock import SECOND
from engine.model import Halt, Quote

HALTED_CODES = frozenset({"H", "P", "Q", "2"})
RESUMED_CODES = frozenset({"T", "3"})
PRICED_ELSEWHERE = frozenset("CHNPRUVWZ47")
"""Trade conditions whose price is not the market's of that moment, so that no tape takes it for the last sale: cash,
price variation, next day, prior reference price, seller's option, sold out of sequence (U in extended hours, Z),
contingent, average price, derivatively priced, qualified contingent (CTS and UTP specifications, "sale conditions")."""
PRICED_ELSEWHERE_ON = {"A": "B", "B": "B", "C": "G", "O": "G"}
"""What more there is by tape: B is an average price on A and B, G is sold in bunches, late, on C and O."""
WITHDRAWN = frozenset({"canceled", "incorrect"})
"""What the snapshot's `u` says of a trade that does not count."""
AHEAD_NS = 5 * SECOND
"""A known time further ahead of our clock than this is wrong, and no reason to drop what comes after it."""
LEFT_BEHIND_NS = 15 * SECOND
"""A quote that is so much older than the last trade stands no longer: quotes come more often than trades. R17 has it so
too, by default."""
HALTS_WAITING = 1_000
"""Most halt messages kept for passing on; older ones of a flood give way."""


class _Symbol:
    """One symbol's state."""

    __slots__ = ("ask", "at_ns", "band_down", "band_ns", "band_up", "bid", "connection", "dirty", "last", "limit",
                 "quote_ns", "received_ns", "status", "status_ns", "trade", "trade_ns")  # fmt: skip

    def __init__(self) -> None:
        self.bid: Decimal | None = None
        self.ask: Decimal | None = None
        self.last: Decimal | None = None
        self.quote_ns = self.trade_ns = self.received_ns = self.status_ns = self.band_ns = 0
        self.trade: tuple[str, Json] = ("", None)
        """Exchange and id of the last trade: what a correction names."""
        self.band_up: Decimal | None = None
        self.band_down: Decimal | None = None
        self.status = ""
        """The code of the halt that holds; empty while trading is open."""
        self.limit = ""
        """`LIMIT_UP` or `LIMIT_DOWN` while the quote stands at a band."""
        self.connection = 0
        """On which connection the halt was told."""
        self.dirty = False

    def told(self, name: str) -> Quote:
        """As of the time of its price: that of bid and ask where there is a mid, else that of the last trade.

        A bid and an ask that trades have long left behind are nobody's: where quotes stop and trades go on, exits
        follow the trades.
        """
        behind = self.last is not None and self.trade_ns - self.quote_ns > LEFT_BEHIND_NS
        behind = behind and self.trade_ns <= self.received_ns + AHEAD_NS
        bid, ask = (None, None) if behind else (self.bid, self.ask)
        quote = Quote(name, self.quote_ns, self.received_ns, bid, ask, self.last)
        return quote if quote.mid is not None else msgspec.structs.replace(quote, at_ns=self.trade_ns or self.quote_ns)


class PriceBook:
    """Latest quote per symbol, halts in order; `take` hands over what changed since the last time."""

    def __init__(self, symbols: Iterable[str], banded: Callable[[int], bool] = lambda _: True) -> None:
        """`banded`: whether price bands hold at an instant; they are of one regular session and end with it."""
        self._symbols = {symbol: _Symbol() for symbol in symbols}
        self._banded = banded
        self._dirty: dict[str, None] = {}
        self._halts: deque[Halt] = deque(maxlen=HALTS_WAITING)
        self._connection = 0
        self.items = 0
        """Messages with news."""
        self.merged = 0
        """Price messages that a newer one overtook before they were passed on."""
        self.late = 0
        """Price messages older than what was known: not used."""
        self.malformed = 0

    def add(self, symbol: str) -> None:
        """Take messages on this symbol too."""
        self._symbols.setdefault(symbol, _Symbol())

    def restore(self, halt: Halt) -> None:
        """A halt told in an earlier run: it may have ended unheard, the next trade tells; bands are told again."""
        if halt.halted:
            symbol = self._symbols.setdefault(halt.symbol, _Symbol())
            symbol.status, symbol.status_ns, symbol.connection = halt.code or "?", halt.at_ns, -1

    def connected(self) -> None:
        """A new connection: halts may have ended unheard, the next trade tells; bands are told again."""
        self._connection += 1
        for symbol in self._symbols.values():
            symbol.band_up = symbol.band_down = None
            symbol.band_ns = 0

    def snapshot(self, body: Json, now_ns: int) -> None:
        """GET /v2/stocks/snapshots: symbol → latestQuote, latestTrade."""
        for symbol, row in fields(body).items():
            if symbol in self._symbols:
                given = fields(row)
                for kind, name in (("q", "latestQuote"), ("t", "latestTrade")):
                    told = fields(given.get(name))
                    if told and identifier(told.get("u")) not in WITHDRAWN:
                        self.message({**told, "T": kind, "S": symbol}, now_ns)

    def message(self, message: dict[str, Json], now_ns: int) -> None:
        """One message of the data stream. Others than q, t, c, x, s, l, and unknown symbols, are passed over."""
        kind = message.get("T")
        if kind not in ("q", "t", "c", "x", "s", "l"):
            return
        name = identifier(message.get("S"))
        symbol = self._symbols.get(name)
        at_ns = instant(message.get("t"))
        if symbol is None or not at_ns:
            self.malformed += 1
            return
        if kind == "q":
            self._quote(name, symbol, message, at_ns, now_ns)
        elif kind == "t":
            self._trade(name, symbol, message, at_ns, now_ns)
        elif kind == "c":
            self._corrected(name, symbol, message, message.get("oi"), decimal(message.get("cp")), now_ns)
        elif kind == "x":
            self._corrected(name, symbol, message, message.get("i"), None, now_ns)
        elif kind == "s":
            self._status(name, symbol, message, at_ns, now_ns)
        elif not _overtaken(at_ns, symbol.band_ns, now_ns):
            symbol.band_up, symbol.band_down = _positive(message.get("u")), _positive(message.get("d"))
            symbol.band_ns = at_ns
            self.items += 1
            self._bands(name, symbol, at_ns, now_ns)

    def take(self) -> list[Quote | Halt]:
        """Halts in order, then the newest quote of every symbol that changed."""
        events: list[Quote | Halt] = list(self._halts)
        self._halts.clear()
        for name in self._dirty:
            symbol = self._symbols[name]
            symbol.dirty = False
            events.append(symbol.told(name))
        self._dirty.clear()
        return events

    def _changed(self, name: str, symbol: _Symbol, now_ns: int) -> None:
        self.items += 1
        self.merged += symbol.dirty
        symbol.dirty, symbol.received_ns = True, now_ns
        self._dirty[name] = None

    def _quote(self, name: str, symbol: _Symbol, message: dict[str, Json], at_ns: int, now_ns: int) -> None:
        if _overtaken(at_ns, symbol.quote_ns, now_ns):
            self.late += 1
            return
        symbol.bid, symbol.ask, symbol.quote_ns = decimal(message.get("bp")), decimal(message.get("ap")), at_ns
        self._changed(name, symbol, now_ns)
        self._bands(name, symbol, at_ns, now_ns)

    def _trade(self, name: str, symbol: _Symbol, message: dict[str, Json], at_ns: int, now_ns: int) -> None:
        if _elsewhere(message):
            return
        if _overtaken(at_ns, symbol.trade_ns, now_ns):
            self.late += 1
            return
        symbol.last, symbol.trade_ns = decimal(message.get("p")), at_ns
        symbol.trade = identifier(message.get("x")), message.get("i")
        self._changed(name, symbol, now_ns)
        if symbol.status and symbol.connection != self._connection and at_ns > symbol.status_ns:
            symbol.status = ""
            self._tell(name, symbol, at_ns, now_ns, "TRADED", "trades are printed again; the resumption was not heard")

    def _corrected(
        self, name: str, symbol: _Symbol, message: dict[str, Json], trade: Json, price: Decimal | None, now_ns: int
    ) -> None:
        """The last trade has another price, or is taken back: then the last price is not known until the next trade."""
        if trade is None or symbol.trade != (identifier(message.get("x")), trade):
            return
        symbol.last = price
        symbol.trade = identifier(message.get("x")), message.get("ci")
        self._changed(name, symbol, now_ns)

    def _status(self, name: str, symbol: _Symbol, message: dict[str, Json], at_ns: int, now_ns: int) -> None:
        code, words = identifier(message.get("sc")), text(message.get("sm"), 120)
        halted = _halted(code, words)
        if halted is None or _overtaken(at_ns, symbol.status_ns, now_ns):
            return
        self.items += 1
        symbol.status, symbol.status_ns, symbol.connection = code or "?" if halted else "", at_ns, self._connection
        why = " ".join(part for part in (words, identifier(message.get("rc")), text(message.get("rm"), 160)) if part)
        self._tell(name, symbol, at_ns, now_ns, code or "?", why)

    def _bands(self, name: str, symbol: _Symbol, at_ns: int, now_ns: int) -> None:
        limit, why = "", ""
        if (symbol.band_up or symbol.band_down) and not self._banded(at_ns):
            symbol.band_up = symbol.band_down = None
        if symbol.band_up is not None and symbol.bid is not None and symbol.bid >= symbol.band_up:
            limit, why = "LIMIT_UP", f"bid {symbol.bid} at the upper band {symbol.band_up}"
        elif symbol.band_down is not None and symbol.ask is not None and 0 < symbol.ask <= symbol.band_down:
            limit, why = "LIMIT_DOWN", f"ask {symbol.ask} at the lower band {symbol.band_down}"
        if limit != symbol.limit:
            code = limit or symbol.limit
            symbol.limit = limit
            self._tell(name, symbol, at_ns, now_ns, code, why or "the quote is inside the bands again")

    def _tell(self, name: str, symbol: _Symbol, at_ns: int, now_ns: int, code: str, why: str) -> None:
        self._halts.append(Halt(name, at_ns, now_ns, bool(symbol.status or symbol.limit), code, why))


def _overtaken(at_ns: int, known_ns: int, now_ns: int) -> bool:
    """Whether something newer is known: a known time that has not come yet is not newer, it is wrong."""
    return at_ns < known_ns <= now_ns + AHEAD_NS


def _elsewhere(message: dict[str, Json]) -> bool:
    """Whether a trade was not made at the market's price of its moment."""
    on_tape = PRICED_ELSEWHERE_ON.get(identifier(message.get("z")), "")
    return any(code in PRICED_ELSEWHERE or code == on_tape for code in rows(message.get("c")) if isinstance(code, str))


def _halted(code: str, words: str) -> bool | None:
    """Whether the status means halted; None when it says nothing about it. An unknown code is read by its words."""
    if code in HALTED_CODES:
        return True
    if code in RESUMED_CODES:
        return False
    folded = words.lower()
    return True if ("halt" in folded or "pause" in folded) and "resum" not in folded else None


def _positive(value: Json) -> Decimal | None:
    number = decimal(value)
    return number if number is not None and number > 0 else None
