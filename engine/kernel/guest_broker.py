"""A venue of another package, held to its word: no call lasts for ever, and no word is believed that cannot be true.

What became of an order that such a venue does not answer for, or answers with nonsense, is not known: it is unresolved,
and looked up. A snapshot, an instrument or the market's clock that cannot be had is `VenueUnavailable`, and a stream of
updates that breaks is down and opened anew; until then nothing new is traded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from engine.clock import SECOND, Clock, stopwatch_ns
from engine.errors import CredentialsError, DeskError, VenueUnavailable
from engine.kernel.guest_orders import (
    checked_answer,
    checked_instrument,
    checked_lookup,
    checked_market,
    checked_snapshot,
    checked_update,
)
from engine.kernel.guest_values import Misfit, checked_name
from engine.kernel.guests import REMEDY, STEP_LIMIT_S, Steps, words_of
from engine.model import (
    Answer,
    Broker,
    FeedState,
    Fill,
    Halt,
    Instrument,
    Intent,
    Light,
    Lookup,
    Market,
    Order,
    OrderUpdate,
    Outcome,
    Quote,
    VenueSnapshot,
)
from engine.model.ports import Valuing
from engine.scoring.deadline import Overdue, deadline
from engine.text import display_text

log = logging.getLogger(__name__)

ANSWER_S: Final = 10.0
"""Longest wait for the answer about one order, a symbol, the clock: before an order without one is looked up."""
READ_S: Final = 60.0
"""Longest wait for a connection, or for everything the account holds."""
MOST_LEFT: Final = 32
"""Calls that may go on after they were called off; with as many nothing more is asked."""
MOST_UPDATES: Final = 2_000
"""Updates that a stream may bring within a second."""
MOST_WORDS: Final = 500
"""Updates that a simulated venue may answer one price with."""
PAUSES_S: Final = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Before a stream that broke is opened anew; the last one repeats."""

_T = TypeVar("_T")
_THEIRS = (Exception, Overdue, SystemExit, KeyboardInterrupt)
"""What foreign code may raise."""
_END: Final = object()


class _Failed(Exception):
    """A call came to nothing, in words; `error` where the venue itself has said why."""

    def __init__(self, words: str, error: DeskError | None = None) -> None:
        super().__init__(words)
        self.error = error


class GuestBroker:
    """Speaks Broker for a venue of another package."""

    def __init__(self, broker: Broker, clock: Clock) -> None:
        """Raises Misfit for one that is no Broker."""
        missing = [name for name in _CALLS if not callable(getattr(broker, name, None))]
        if missing:
            raise Misfit("a Broker (engine.model.ports)", f"one without `{missing[0]}`")
        self.name = checked_name(getattr(broker, "name", None))
        self.simulated = getattr(broker, "simulated", None) is True
        self._broker = broker
        self._clock = clock
        self._left: set[asyncio.Task[object]] = set()
        """Calls that were called off and go on."""
        self._problems: dict[str, str] = {}
        """Per call beside the asked ones what it last came to, while that was wrong."""
        if isinstance(broker, Valuing):
            last_quoted = broker.last_quoted
            self.last_quoted: Callable[[Quote], None] = lambda quote: self._told(
                "last_quoted", lambda: last_quoted(quote), None
            )

    async def start(self) -> None:
        """Connect. Raises CredentialsError and VenueUnavailable."""
        await self._read("start", self._broker.start, READ_S, lambda given: None)

    async def close(self) -> None:
        """Leave; what that comes to is told in the log."""
        try:
            await self._asked("close", self._broker.close, READ_S, lambda given: None)
        except _Failed as failed:
            log.error("venue %s: %s", self.name, failed)

    async def submit(self, intent: Intent) -> Answer:
        """Send one order, once."""
        broker = self._broker
        return await self._answered("submit", lambda: broker.submit(intent), intent.client_order_id)

    async def cancel(self, order: Order) -> Answer:
        """Ask to cancel."""
        broker = self._broker
        return await self._answered("cancel", lambda: broker.cancel(order), order.client_order_id)

    async def lookup(self, client_order_id: str) -> Lookup:
        """Whether the venue knows this id."""
        try:
            return await self._asked(
                "lookup",
                lambda: self._broker.lookup(client_order_id),
                ANSWER_S,
                lambda given: checked_lookup(given, client_order_id, self._clock.now_ns()),
            )
        except _Failed as failed:
            return Lookup(known=None, reason=f"{self.name}: {failed}")

    async def snapshot(self, since_ns: int) -> VenueSnapshot:
        """Everything the account holds. Raises VenueUnavailable, also while a call beside this one came to nothing."""
        if self._problems:
            name, problem = next(iter(self._problems.items()))
            raise VenueUnavailable(f"`{name}`: {problem}", where=self.name, remedy=REMEDY)
        asked_ns = self._clock.now_ns()
        return await self._read(
            "snapshot",
            lambda: self._broker.snapshot(since_ns),
            READ_S,
            lambda given: checked_snapshot(given, asked_ns, self._clock.now_ns()),
        )

    async def instrument(self, symbol: str) -> Instrument | None:
        """What the symbol is. Raises VenueUnavailable."""
        broker = self._broker
        return await self._read(
            "instrument", lambda: broker.instrument(symbol), ANSWER_S, lambda given: checked_instrument(given, symbol)
        )

    async def market(self) -> Market:
        """The venue's clock and session. Raises VenueUnavailable."""
        return await self._read(
            "market", self._broker.market, ANSWER_S, lambda given: checked_market(given, self._clock.now_ns())
        )

    async def updates(self) -> AsyncIterator[OrderUpdate | FeedState]:
        """Order updates, and the stream's state. One that ends, breaks or brings nonsense is down, and opened anew."""
        tries, since_ns = 0, self._clock.now_ns()
        while True:
            second, count = 0, 0
            stream: AsyncIterator[object] | None = None
            try:
                with deadline(STEP_LIMIT_S):
                    stream = aiter(self._broker.updates())
                while (given := await Steps(_next(stream))) is not _END:
                    update = checked_update(given, self.name + "-orders", self._clock.now_ns())
                    now = stopwatch_ns() // SECOND
                    second, count = now, count + 1 if now == second else 1
                    if count > MOST_UPDATES:
                        raise Misfit(f"at most {MOST_UPDATES:,} updates within a second", "more")
                    if isinstance(update, FeedState) and update.light is Light.UP:
                        tries = 0
                    yield update
                problem = "the stream of updates ended"
            except _THEIRS as error:
                problem = f"`updates`: {words_of(error)}"
            finally:
                await self._end(stream)
            log.error("venue %s: %s", self.name, problem)
            now_ns = self._clock.now_ns()
            yield FeedState(self.name + "-orders", Light.DOWN, since_ns, now_ns, problem, REMEDY)
            await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries, since_ns = tries + 1, now_ns

    def on_quote(self, quote: Quote) -> Sequence[OrderUpdate]:
        """What a simulated venue makes of a price."""
        return self._told("on_quote", lambda: self._updates(self._broker.on_quote(quote)), ())

    def on_time(self, now_ns: int) -> Sequence[OrderUpdate]:
        """What a simulated venue makes of the time."""
        return self._told("on_time", lambda: self._updates(self._broker.on_time(now_ns)), ())

    def on_halt(self, halt: Halt) -> None:
        """Pass it on."""
        self._told("on_halt", lambda: self._broker.on_halt(halt), None)

    def restore(self, values: Iterable[Intent | Order | Fill]) -> None:
        """Pass it on."""
        known = tuple(values)
        self._told("restore", lambda: self._broker.restore(known), None)

    # --- inside

    async def _answered(self, name: str, call: Callable[[], object], client_order_id: str) -> Answer:
        try:
            return await self._asked(
                name, call, ANSWER_S, lambda given: checked_answer(given, client_order_id, self._clock.now_ns())
            )
        except _Failed as failed:
            return Answer(Outcome.UNRESOLVED, f"{self.name}: {failed}")

    async def _read(self, name: str, call: Callable[[], object], limit_s: float, check: Callable[[object], _T]) -> _T:
        try:
            return await self._asked(name, call, limit_s, check)
        except _Failed as failed:
            error = failed.error
            if error is None:
                raise VenueUnavailable(str(failed), where=self.name, remedy=REMEDY) from failed
            kind = CredentialsError if isinstance(error, CredentialsError) else VenueUnavailable
            message, remedy = (display_text(words, 300) for words in (error.message, error.remedy))
            raise kind(message, where=self.name, remedy=remedy) from failed

    async def _asked(self, name: str, call: Callable[[], object], limit_s: float, check: Callable[[object], _T]) -> _T:
        """What a call gives, as it should be. Raises _Failed for everything else."""
        if len(self._left) >= MOST_LEFT:
            raise _Failed(f"`{name}` is not asked: {MOST_LEFT} calls of before have not ended")
        asking = asyncio.create_task(_given(call), name=f"venue-{name}")
        try:
            await asyncio.wait((asking,), timeout=limit_s)
        finally:
            if not asking.done():
                asking.cancel()
                self._left.add(asking)
                asking.add_done_callback(self._left.discard)
        try:
            if not asking.done():
                raise Misfit(f"an answer within {limit_s:g} s", "none")
            if asking.cancelled():
                raise Misfit("an answer", "a call that was called off")
            given = asking.result()
            if isinstance(given, _Broke):
                raise given.error
            return check(given)
        except _THEIRS as error:
            said = error if isinstance(error, DeskError) else None
            words = f"`{name}`: {words_of(error)}"
            if said is None:
                log.error("venue %s: %s", self.name, words)
            raise _Failed(words, said) from error

    async def _end(self, stream: AsyncIterator[object] | None) -> None:
        """Nobody reads it any more."""
        if isinstance(stream, AsyncGenerator):
            with suppress(_Failed):
                await self._asked("updates", lambda: _closed(stream), ANSWER_S, lambda given: None)

    def _updates(self, given: object) -> tuple[OrderUpdate, ...]:
        if not isinstance(given, tuple | list) or len(given) > MOST_WORDS:
            raise Misfit(f"a sequence of at most {MOST_WORDS} updates", display_text(type(given).__name__, 60))
        now_ns = self._clock.now_ns()
        checked = tuple(checked_update(update, self.name + "-orders", now_ns) for update in given)
        return tuple(update for update in checked if isinstance(update, OrderUpdate))

    def _told(self, name: str, call: Callable[[], _T], instead: _T) -> _T:
        """A call beside the asked ones; what it comes to stands in the way of the next snapshot until it is mended."""
        try:
            with deadline(STEP_LIMIT_S):
                given = call()
        except _THEIRS as error:
            words = words_of(error)
            if self._problems.get(name) != words:
                log.error("venue %s: `%s`: %s", self.name, name, words)
            self._problems[name] = words
            return instead
        self._problems.pop(name, None)
        return given


class _Broke:
    """What foreign code raised in a task of its own: some of it, raised there, would end the loop."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


async def _given(call: Callable[[], object]) -> object:
    try:
        with deadline(STEP_LIMIT_S):
            work = call()
        if not isinstance(work, Coroutine):
            raise Misfit("`async def`", type(work).__name__)
        return await Steps(work)
    except _THEIRS as error:
        return _Broke(error)


async def _next(stream: AsyncIterator[object]) -> object:
    return await anext(stream, _END)


async def _closed(stream: AsyncGenerator[object, None]) -> None:
    await stream.aclose()


_CALLS: Final = (
    "start",
    "close",
    "submit",
    "cancel",
    "lookup",
    "snapshot",
    "instrument",
    "market",
    "updates",
    "on_quote",
    "on_halt",
    "on_time",
    "restore",
)
