"""The pretend X and the pretend Alpaca on threads of their own, a crowd that keeps changing its mind, prices that move.

A test talks to the venue with `street.ask(lambda venue: …)`: the call runs where the servers run.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Self, TypeVar

from engine.clock import SECOND
from tests.faults.trouble import Trouble, shown
from tests.venues.alpaca import AlpacaSimulator
from tests.venues.x import XSimulator, XUser

T = TypeVar("T")

SYMBOLS = ("TSLA", "GOOG", "NVDA", "META", "AAPL")
BASE = {"TSLA": 250, "GOOG": 180, "NVDA": 140, "META": 590, "AAPL": 230}
BAD = ("${0} terrible awful losses", "${0} is a disaster, horrible", "hate ${0}, very bad news")
GOOD = ("${0} amazing excellent quarter", "${0} is great, love these fantastic gains", "what a win for ${0}, superb")
ASIDES = (
    "table window tuesday morning garden bicycle office train kitchen letter corner harbour island valley "
    "engine carpet pencil lantern bridge market basket button candle chapter closet coffee column copper "
    "cotton county curtain desert dinner drawer eleven fabric farmer feather fiddle forest gallon ginger "
    "glacier hammer helmet jacket kettle ladder magnet marble meadow mirror monday napkin needle notebook "
    "orange orchard oxygen paddle parcel pepper piano pillow planet pocket pottery prairie puddle quarry "
    "radish ribbon river saddle sandal scarf shelf spoon stable teapot thread"
)
"""What people say beside: no two posts are alike, as no two were that people wrote by themselves."""
PEOPLE = 100_000
"""So many speak, one after the other: nobody repeats himself within the guards' window."""

TURN_S = 4.0
"""How long the crowd is of one mind about a symbol."""
TICK_S = 0.15
MANY = 1_000_000
"""Requests allowed in a quarter of an hour: hundreds of engines start against one pretend X in that time."""

SETTINGS = {
    "X__SEARCH_LAG_S": "0",
    "X__DAILY_CAP_USD": "1000000",
    "SENTIMENT__WINDOW_S": "2",
    "SENTIMENT__LOOK_BACK_S": "1.5",
    "STRATEGY__SHIFT__CONFIDENCE_FLOOR": "0.3",
    "STRATEGY__SHIFT__EXPIRES_S": "20",
    "STRATEGY__SHIFT__VOLUME_FLOOR": "5",
    "TICKETS__MODE": "auto",
    "RISK__CONFIDENCE": "0.3",
    "RISK__MIN_POSTS": "5",
    "RISK__DUPLICATE_S": "0.5",
    "RISK__COOL_DOWN_S": "0",
    "RISK__ORDERS_PER_MINUTE": "100000",
    "RISK__ORDERS_PER_DAY": "100000",
    "RISK__STRATEGY_EXECUTIONS": "100000",
    "RISK__SYMBOL_TRADES_PER_DAY": "100000",
    "RISK__LOSS_STREAK": "100000",
    "RISK__POSITION_PCT": "50",
    "RISK__CONCENTRATION_PCT": "50",
    "RISK__GROSS_EXPOSURE_PCT": "100",
    "RISK__OPEN_ORDERS": "60",
    "WATCHDOG__LAG_MS": "60000",
    "ALPACA__TIMEOUT_S": "1.5",
    "ORDERS__RECONCILE_S": "5",
    "ORDERS__UNRESOLVED_GRACE_S": "1.5",
    "ORDERS__LOOKUP_BACKOFF_S": "0.2, 0.4, 0.8, 1.0",
}
"""Windows of seconds, limits that let it trade all the time; else as shipped."""


class Street:
    """Both venues. `with Street() as street:`; `street.turning = True` makes the crowd change its mind for ever."""

    def __init__(self, seed: int = 1) -> None:
        self.luck = random.Random(seed)
        self.turning = False
        """Whether moods change; when not, the crowd stays unhappy and nothing is signalled."""
        self.talking = True
        self.quoting = True
        self.size: Decimal | None = None
        """Shares shown at the touch; None for any number, 0 for none: orders rest."""
        self.troubled = False
        """Whether things go wrong on the wire all the time."""
        self.spoil: Callable[[AlpacaSimulator, str], None] | None = None
        """Called for each symbol instead of telling its price."""
        self.happy: set[str] = set()
        """Symbols about which the crowd is happy now, while `turning` is off."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="street", daemon=True)
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._said = 0
        self._asides = ASIDES.split()
        self._began_s = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(20)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _open(self) -> None:
        self.x = await self._stack.enter_async_context(
            XSimulator(search_lag_s=0, connects=MANY, requests=MANY, usage_requests=MANY, connection_limit=100)
        )
        self.venue = await self._stack.enter_async_context(AlpacaSimulator(cash=1_000_000))
        self.trouble = Trouble(self.luck, self.venue, self.x)
        self._began_s = self._loop.time()
        now_ns = self.x.clock.now_ns()
        for back in range(50, 0, -1):
            self._talk(now_ns - back * SECOND // 5)
        self._tasks = [asyncio.create_task(work()) for work in (self._crowd, self._prices, self._trouble)]

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def ask(self, question: Callable[[AlpacaSimulator], T]) -> T:
        """Run `question(venue)` on the servers' thread; its answer."""

        async def answer() -> T:
            return question(self.venue)

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result(10)

    def stop_venue(self) -> None:
        """Nobody listens at the venue's address any more; its book stays."""
        asyncio.run_coroutine_threadsafe(self.venue.stop(), self._loop).result(10)

    def start_venue(self) -> None:
        """It listens again, at the same address."""
        asyncio.run_coroutine_threadsafe(self.venue.start(), self._loop).result(10)

    def settings(self, **more: str) -> dict[str, str]:
        """The environment of an engine on this street; `more` are settings like `ORDERS__RECONCILE_S="1"`."""
        venue = self.venue
        addresses = {
            "X__BASE_URL": self.x.url,
            "ALPACA__TRADING_URL": venue.trading_url,
            "ALPACA__DATA_URL": venue.data_url,
            "ALPACA__TRADING_STREAM_URL": venue.trading_stream_url,
            "ALPACA__DATA_STREAM_URL": venue.data_stream_url,
        }
        return {
            "DESK_X_BEARER_TOKEN": self.x.token,
            "DESK_ALPACA_KEY_ID": venue.key_id,
            "DESK_ALPACA_SECRET_KEY": venue.secret_key,
            **{f"DESK_{key}": value for key, value in {**SETTINGS, **addresses, **more}.items()},
        }

    # --- what happens ------------------------------------------------------------------------------------------------

    def positions(self) -> dict[str, Decimal]:
        """What the venue holds."""
        return self.ask(lambda venue: {symbol: held.qty for symbol, held in venue.exchange.positions.items()})

    def injected(self) -> Counter[str]:
        """Faults that have happened on the wire so far, by kind."""

        def count(venue: AlpacaSimulator) -> Counter[str]:
            rest = Counter(f"REST answer: {each.split()[2].replace('_', ' ')}" for each in venue.faults.happened)
            return rest + self.trouble.happened

        return self.ask(count)

    def freeze(self) -> None:
        """The crowd stays as it is now about every symbol: no more signals soon."""
        self.happy = {symbol for place, symbol in enumerate(SYMBOLS) if self._is_happy(place)}
        self.turning = False

    def quiet(self) -> None:
        """No more faults, no more changes of mind; orders fill again."""
        if self.turning:
            self.freeze()
        self.calm()

    def calm(self) -> None:
        """No more faults; orders fill again."""
        self.troubled = False
        self.size = self.spoil = None
        self.quoting = self.talking = True
        self.ask(lambda venue: self.trouble.calm())

    async def _crowd(self) -> None:
        while True:
            if self.talking:
                self._talk(self.x.clock.now_ns())
            await asyncio.sleep(TICK_S)

    def _talk(self, at_ns: int) -> None:
        for place, symbol in enumerate(SYMBOLS):
            self._say(place, symbol, at_ns)

    def _say(self, place: int, symbol: str, at_ns: int) -> str:
        """Somebody's opinion of a symbol, in words of his own; the post's id."""
        self._said += 1
        happy = self._is_happy(place) if self.turning else symbol in self.happy
        opinion = self.luck.choice(GOOD if happy else BAD).format(symbol)
        text = f"{opinion}. {' '.join(self.luck.sample(self._asides, 6))} {self._said}"
        person = self._said % PEOPLE
        user = XUser(id=str(7_000 + person), username=f"made_up_{person}")
        return self.x.post(text, at_ns=at_ns, user=user).id

    def _is_happy(self, place: int) -> bool:
        """Whether the crowd is happy about a symbol now, while it keeps turning: each at its own time."""
        return int((self._loop.time() - self._began_s) / TURN_S + place * 2 / len(SYMBOLS)) % 2 == 1

    async def _prices(self) -> None:
        cent = Decimal("0.01")
        while True:
            for symbol in SYMBOLS if self.quoting else ():
                middle = Decimal(BASE[symbol]) + Decimal(self.luck.randint(-10, 10)) / 100
                told = self.spoil is None
                self.venue.quote(
                    symbol, middle - cent, middle + cent, bid_size=self.size, ask_size=self.size, announce=told
                )
                if self.spoil is not None:
                    self.spoil(self.venue, symbol)
            await asyncio.sleep(TICK_S)

    async def _trouble(self) -> None:
        """While `troubled`: something goes wrong on the wire several times a second."""
        while True:
            await asyncio.sleep(0.1)
            if self.troubled:
                self.size = shown(self.luck)
                self.trouble.tick()
