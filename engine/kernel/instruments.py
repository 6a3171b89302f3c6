"""What the venue knows of each watched symbol, asked once a start, beside everything else.

A comparison and the exits that hang on it wait for none of it: where hundreds of symbols are watched it takes minutes,
since orders need most of the calls that a venue allows (Alpaca: 200 a minute for an account).
"""

from __future__ import annotations

import asyncio
from typing import Final

from engine.clock import Clock
from engine.errors import DeskError
from engine.kernel.dealing import Dealing
from engine.model import Alert, Broker, Instrument, Level

AT_ONCE: Final = 50
"""Symbols that are asked about one after the other."""
EVERY_S: Final = 0.6
"""After those: half the calls that Alpaca allows."""
RETRY_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits before a venue that does not answer is asked again; the last one repeats."""
SILENT: Final = "symbol:silent"
"""The alert that the venue answers other questions and not this one."""


class Instruments:
    """Fills `Dealing.instruments`: what is not in it yet has its signals refused (R20)."""

    def __init__(self, symbols: tuple[str, ...], clock: Clock, *, broker: Broker, dealing: Dealing) -> None:
        self._symbols = symbols
        self._clock = clock
        self._broker = broker
        self._dealing = dealing

    async def learn(self) -> None:
        """Ask about every symbol, those that are held first, again and again where the venue does not answer."""
        held = {position.symbol for position in self._dealing.held()}
        for number, symbol in enumerate(sorted(self._symbols, key=lambda symbol: symbol not in held)):
            if number >= AT_ONCE and not self._broker.simulated:
                await asyncio.sleep(EVERY_S)
            instrument = await self._asked(symbol)
            if instrument is None:
                self._alert_unknown(symbol)
            else:
                self._dealing.instruments[symbol] = instrument

    async def _asked(self, symbol: str) -> Instrument | None:
        """What the venue says; None when it definitely does not know the symbol."""
        attempt = 0
        while True:
            try:
                instrument = await self._broker.instrument(symbol)
            except DeskError as error:
                if self._dealing.reconciled:  # else it answers nothing, which is told elsewhere
                    self._alert_silent(symbol, error)
                await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                attempt += 1
            else:
                self._dealing.alarms.clear(SILENT)
                return instrument

    def _alert_silent(self, symbol: str, error: DeskError) -> None:
        self._dealing.alarms.alert(
            Alert(
                id=SILENT,
                level=Level.WARNING,
                code="symbol",
                subject="silent",
                text=f"what {symbol} is cannot be learned: {error.message}; until then its signals are refused (R20)",
                remedy="asked again by itself; exits do not wait for it",
                at_ns=self._clock.now_ns(),
            )
        )

    def _alert_unknown(self, symbol: str) -> None:
        self._dealing.alarms.alert(
            Alert(
                id=f"symbol:{symbol}",
                level=Level.WARNING,
                code="symbol",
                subject=symbol,
                text=f"{symbol} does not exist at the venue: its posts are scored, its signals are refused (R20)",
                remedy="correct or remove its [[watchlist]] row",
                at_ns=self._clock.now_ns(),
            )
        )
