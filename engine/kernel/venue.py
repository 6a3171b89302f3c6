"""The kernel's line to the venue: carries out requests, reads updates, reconciles. Answers come back by the inbox.

Nothing here decides anything. A simulated venue answers at once and in order, which keeps a replay exact; a real one is
asked in tasks of its own, so that a venue that hangs delays only its own answer.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from itertools import count

import msgspec

from engine.clock import HOUR, Clock, from_seconds
from engine.config import Config
from engine.errors import CredentialsError, DeskError, JournalError
from engine.journal import Journal
from engine.journal.pending import Pending
from engine.kernel.dealing import Dealing
from engine.kernel.inbox import (
    Answered,
    CancelAnswered,
    Compared,
    Inbox,
    LookedUp,
    MarketTold,
    Unrecorded,
    Updated,
    Urgent,
    Wake,
)
from engine.kernel.instruments import RETRY_S, Instruments
from engine.model import Answer, Broker, FeedState, Intent, Light, Lookup, Order, Outcome, Role
from engine.model.ports import Preparing
from engine.orders import Cancel, Compare, LookUp, Place, Request, Resend

log = logging.getLogger(__name__)

LOOK_BACK_NS = 24 * HOUR
"""Orders closed this long before the last one we know of are asked for in a reconciliation."""

OURS = "a request to the venue failed in our own code"

LEARN_S = 1.0
"""How long a start waits at most for what the watched symbols are: of a few the first signal finds all known."""


class _Permit:
    """An order may leave once its intent is on the disk, unless it must not be sent any more by then."""

    def __init__(self, pending: Pending, withheld: Callable[[], str]) -> None:
        """`withheld` is asked in the thread that sends: it only reads."""
        self._pending = pending
        self._withheld = withheld
        self._given_up = ""

    def wait(self) -> str:
        failure = self._pending.wait()
        if self._given_up:
            return self._given_up
        return self._withheld() if failure is None else failure.told

    def give_up(self, reason: str) -> None:
        self._given_up = reason
        self._pending.give_up()

    async def known(self) -> None:
        await self._pending.known()


class VenueLink:
    """Sends what `Dealing.requests` asks for, after the journal has made it durable."""

    def __init__(
        self, config: Config, clock: Clock, *, broker: Broker, journal: Journal, inbox: Inbox, dealing: Dealing
    ) -> None:
        self._instruments = Instruments(config.symbols, clock, broker=broker, dealing=dealing)
        self._clock = clock
        self._broker = broker
        self._journal = journal
        self._inbox = inbox
        self._dealing = dealing
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_open = False
        """Whether a connection has been made since the start."""
        self.asked = asyncio.Event()
        """Set once the venue has been asked for everything, or could not be."""
        self._reconciling: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._learning: asyncio.Task[None] | None = None
        self._asked_again = ""
        """Why another comparison was asked for while one ran; empty when none was."""
        self._reader: asyncio.Task[None] | None = None
        self._every_ns = from_seconds(config.orders.reconcile_s)
        self._light = Light.OFF
        self._since_ns = 0
        self._answered_ns = 0
        """When a real venue last answered what it was asked; 0 when it never has."""
        self.next_ns = 0
        """When the next periodic reconciliation is due."""

    # connecting ------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect, again and again while the venue cannot be asked; wrong keys wait for a person."""
        for attempt in count():
            try:
                await self._broker.start()
                break
            except CredentialsError as error:
                self._report(Light.REFUSED, error)
                self.asked.set()
                return
            except DeskError as error:
                self._report(Light.DOWN, error)
                self.asked.set()
                await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
        self.is_open = True
        gc.freeze()  # the packages that a venue's client brings along stay too
        self._follow()
        self.ask_market()
        self._learning = self._spawn(self.learn())
        self.reconcile("start", persist=True)

    async def learn(self) -> None:
        """Ask what each watched symbol is. A simulated venue says so at once, before the first post."""
        await self._instruments.learn()

    def _report(self, light: Light, error: DeskError | None = None) -> None:
        """Show how a real venue answers: refused, down with the reason, or up again. A simulated one always does."""
        if self._broker.simulated:
            return
        now_ns = self._clock.now_ns()
        if light is not self._light:
            self._light, self._since_ns = light, now_ns
        if light is Light.UP:
            self._answered_ns = now_ns
        detail, remedy = (error.message, error.remedy) if error else ("", "")
        self._inbox.report(
            FeedState(self._broker.name, light, self._since_ns, now_ns, detail, remedy, last_ns=self._answered_ns)
        )

    # requests --------------------------------------------------------------------------------------------------------

    async def carry_out(self) -> None:
        """Carry out everything that is asked for, and what that leads to, in order.

        A real venue is asked in tasks of their own, which wait for the disk: posts do not.
        """
        requests = self._dealing.requests
        while requests:
            batch = tuple(requests)
            requests.clear()
            if not self._broker.simulated:
                for request in batch:
                    self._spawn(self._work(request), request)
                continue
            if any(isinstance(request, Place | Cancel) for request in batch):
                await self._journal.commit()
            for request in batch:
                try:
                    await self._now(request)
                except JournalError:
                    raise
                except Exception as error:  # noqa: BLE001 - told there
                    self._broke(request, error)

    def _work(self, request: Request) -> Coroutine[object, object, None]:
        """What carries a request out. What breaks in its beginning, which is here, is raised where it is awaited."""
        try:
            return self._begun(request) or self._later(request)
        except Exception as error:  # noqa: BLE001
            return _raised(error)

    async def _now(self, request: Request) -> None:
        dealing = self._dealing
        match request:
            case Place(intent) | Resend(intent):
                dealing.on_answer(intent, self._kept_back(intent) or await self._broker.submit(intent))
            case Cancel(order):
                dealing.on_cancel(order, await self._broker.cancel(order))
                for update in self._broker.on_time(self._clock.now_ns()):
                    dealing.on_update(update)
            case LookUp(client_order_id):
                dealing.on_lookup(client_order_id, await self._lookup(client_order_id))
            case Compare():
                return  # a simulated venue knows neither splits nor fees in coins: its book is ours

    async def _later(self, request: Request) -> None:
        if isinstance(request, Place | Cancel):
            try:
                await self._journal.commit()
            except JournalError as error:
                self._inbox.urgent(Unrecorded(error))
                return
        match request:
            case Place(intent) | Resend(intent):
                self._inbox.urgent(Answered(intent, self._kept_back(intent) or await self._broker.submit(intent)))
            case Cancel(order):
                await self._cancel(order)
            case LookUp(client_order_id):
                self._inbox.urgent(LookedUp(client_order_id, await self._lookup(client_order_id)))
            case Compare(why):
                self.reconcile(why, persist=False)

    def _begun(self, request: Request) -> Coroutine[object, object, None] | None:
        """What is left of an order that its venue makes ready already; None for what begins once the disk has it."""
        if not isinstance(request, Place) or not isinstance(self._broker, Preparing):
            return None
        intent = request.intent
        if self._dealing.withheld(intent):
            return None
        try:
            pending = self._journal.pending()
        except JournalError:
            return None  # told there
        permit = _Permit(pending, lambda: self._dealing.withheld(intent))
        try:
            answering = self._broker.submit_when(intent, permit)
        except BaseException:
            permit.give_up(OURS)
            raise
        return self._ordered(intent, pending, answering)

    async def _ordered(self, intent: Intent, pending: Pending, answering: Awaitable[Answer]) -> None:
        answer = await answering
        failure = pending.failure
        self._inbox.urgent(Answered(intent, answer) if failure is None else Unrecorded(failure))

    def _kept_back(self, intent: Intent) -> Answer | None:
        """The denial of an order that must not be sent any more; None when it may be."""
        why = self._dealing.withheld(intent)
        return Answer(Outcome.DENIED, f"not sent: {why}") if why else None

    async def _lookup(self, client_order_id: str) -> Lookup:
        """What the venue says, as of when it was asked: an order may reach it before the answer reaches us."""
        asked_ns = self._clock.now_ns()
        return msgspec.structs.replace(await self._broker.lookup(client_order_id), asked_ns=asked_ns)

    async def _cancel(self, order: Order) -> None:
        self._inbox.urgent(CancelAnswered(order, await self._broker.cancel(order)))

    def call_off_entries(self) -> None:
        """Ask a real venue once to cancel every entry that works there, though the journal cannot record it."""
        for order in self._dealing.orders.open:
            if order.role is Role.ENTRY and order.venue_id and not self._broker.simulated:
                self._spawn(self._cancel(order))

    # updates and reconciliation --------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Read the venue's update stream until closed."""
        if not self._broker.simulated:
            self._reader = self._spawn(self._read_updates())

    async def _read_updates(self) -> None:
        async for update in self._broker.updates():
            self._inbox.urgent(Updated(update))

    def reconcile(self, why: str, *, persist: bool) -> None:
        """Ask the venue for everything; the answer comes as `Compared`. One comparison runs at a time.

        Asked while one runs, it runs again after: what that one has read may be older than what was asked about.
        With `persist` it is asked again until it answers (start, reconnect); else once (the periodic one).
        """
        self.next_ns = self._clock.now_ns() + self._every_ns
        if self._reconciling is None or self._reconciling.done():
            self._reconciling = self._spawn(self._compare(why, persist))
        elif why != "periodic":
            self._asked_again = why

    def look_again(self, why: str, times: int) -> None:
        """Ask the venue for everything once more, because `times` comparisons in a row found a difference.

        After a pause that grows: a difference that stays must not use up the calls that orders need.
        """
        if self._reconciling is None or self._reconciling.done():
            self._reconciling = self._spawn(self._compare(why, True, RETRY_S[min(times, len(RETRY_S)) - 1]))

    async def _compare(self, why: str, persist: bool, pause_s: float = 0.0) -> None:
        if pause_s:
            await asyncio.sleep(pause_s)
        attempt = 0
        while True:
            self._asked_again, why = "", self._asked_again or why
            compared = await self.compare(why)
            if why == "start" and self._learning is not None:
                await asyncio.wait({self._learning}, timeout=LEARN_S)
            self._inbox.urgent(compared)
            self.asked.set()
            if self._asked_again:
                persist = True
            elif compared.snapshot is not None or not persist:
                return
            if compared.snapshot is None:
                await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                attempt += 1

    def ask_market(self) -> None:
        """Ask the venue's clock and session, once it is connected; the answer comes as `MarketTold`."""
        if not self.is_open:
            return
        if self._asking is None or self._asking.done():
            self._asking = self._spawn(self._ask_market())

    async def _ask_market(self) -> None:
        try:
            self._inbox.urgent(MarketTold(await self._broker.market()))
        except DeskError as error:
            self._inbox.urgent(MarketTold(None, error.told))

    async def compare(self, why: str) -> Compared:
        """The venue's snapshot, or why it could not be had."""
        try:
            since = max(0, self._clock.now_ns() - LOOK_BACK_NS)
            snapshot = await self._broker.snapshot(since)
        except DeskError as error:
            self._report(Light.DOWN, error)
            return Compared(None, error.told, why)
        self._report(Light.UP)
        return Compared(snapshot, "", why)

    # tasks -----------------------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[object, object, None], request: Request | None = None) -> asyncio.Task[None]:
        """Run it beside the loop; `request` is what it carries out."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(partial(self._finished, request))
        return task

    def _finished(self, request: Request | None, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broke(request, error)

    def _broke(self, request: Request | None, error: BaseException) -> None:
        """A defect of ours: trading halts, and what was asked for has an outcome all the same. It is not known."""
        log.critical(OURS, exc_info=error)
        words, remedy = f"{type(error).__name__}: {error}", ""
        if isinstance(error, DeskError):
            words, remedy = error.told, error.remedy
        why = f"{OURS}: {words}"
        self._inbox.urgent(_unknown(request, why))
        self._dealing.fail(why, remedy)

    async def finish(self, limit_s: float) -> None:
        """Wait for answers under way, at most `limit_s`, then leave the rest unresolved: the journal knows them."""
        pending = self._tasks - {self._reconciling, self._asking, self._learning, self._reader}
        if pending:
            await asyncio.wait(pending, timeout=limit_s)
        for task in tuple(self._tasks):
            task.cancel()

    async def leave(self, limit_s: float) -> None:
        """Close the connection; a venue that does not let go within `limit_s` is left as it is."""
        closing = asyncio.create_task(self._broker.close(), name="venue-close")
        await asyncio.wait((closing,), timeout=limit_s)
        if closing.done():
            closing.result()
        else:
            log.critical("the venue %s has not closed within %g s", self._broker.name, limit_s)


def _unknown(request: Request | None, why: str) -> Urgent:
    """What the kernel is told of a request that came to nothing here: an order may have reached the venue."""
    match request:
        case Place(intent) | Resend(intent):
            return Answered(intent, Answer(Outcome.UNRESOLVED, why))
        case Cancel(order):
            return CancelAnswered(order, Answer(Outcome.UNRESOLVED, why))
        case LookUp(client_order_id):
            return LookedUp(client_order_id, Lookup(known=None, reason=why))
        case _:
            return Wake()  # what a halt calls off is carried out after it


async def _raised(error: Exception) -> None:
    raise error
