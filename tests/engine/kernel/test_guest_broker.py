"""A venue of another package that hangs, blocks, raises or talks nonsense: nothing of it reaches the book."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.clock import VirtualClock
from engine.config import BrokerConfig
from engine.errors import ConfigError, CredentialsError, VenueUnavailable
from engine.kernel import guest_broker, guests
from engine.kernel.guest_broker import GuestBroker
from engine.kernel.guest_values import Misfit
from engine.kernel.plugins import build_broker
from engine.model import (
    Answer,
    Draft,
    FeedState,
    Intent,
    Light,
    Lookup,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Quote,
    Role,
    Side,
)
from engine.model.ports import Broker, Preparing, Valuing
from tests.engine.kernel import bare, packages
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.test_guest_orders import ORDER, SNAPSHOT, UPDATE, with_

INTENT = Intent("desk-1", "s", "t", 1, Role.ENTRY, Draft("TSLA", Side.BUY, D(10), D(100), D(100), NOW), NOW)
QUOTE = Quote("TSLA", NOW, NOW, D(99), D(101), D(100))


class Theirs:
    """A venue that does what it is given, whatever it is asked."""

    name = "theirs"
    simulated = False

    def __init__(self, does: Callable[..., Any]) -> None:
        self._does = does

    async def _do(self, *given: object) -> Any:
        made = self._does()
        return await made if asyncio.iscoroutine(made) else made

    start = close = submit = cancel = lookup = snapshot = instrument = market = _do

    def updates(self) -> Any:
        return self._does()

    def on_quote(self, quote: Quote) -> Any:
        return self._does()

    on_halt = on_time = restore = last_quoted = on_quote


def venue(does: Callable[..., Any]) -> GuestBroker:
    return GuestBroker(Theirs(does), VirtualClock(NOW))  # type: ignore[arg-type]


def raising(error: BaseException) -> Callable[..., Any]:
    def does() -> Any:
        raise error

    return does


def blocking() -> None:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        pass


async def deaf() -> None:
    """Goes on when it is called off."""
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            continue


@pytest.fixture(autouse=True)
def hardly_pausing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_broker, "PAUSES_S", (0.01,))


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits for what is to run into them: what is right has the shipped ones, however busy the machine is."""
    monkeypatch.setattr(guest_broker, "ANSWER_S", 0.2)
    monkeypatch.setattr(guest_broker, "READ_S", 0.2)
    monkeypatch.setattr(guest_broker, "STEP_LIMIT_S", 0.2)
    monkeypatch.setattr(guests, "STEP_LIMIT_S", 0.2)


NONSENSE = {
    "never returns": (lambda: asyncio.sleep(60), "within 0.2 s"),
    "goes on when called off": (deaf, "within 0.2 s"),
    "blocks": (blocking, "blocking the engine"),
    "raises": (raising(ValueError("\x1b[31mno")), "ValueError: no"),
    "leaves the process": (raising(SystemExit(3)), "SystemExit"),
    "is called off by itself": (raising(asyncio.CancelledError()), "called off"),
    "is nothing": (lambda: None, "found NoneType"),
    "is another type": (lambda: QUOTE, "found Quote"),
}


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("what", NONSENSE)
async def test_what_became_of_an_order_is_not_known(what: str) -> None:
    does, words = NONSENSE[what]
    theirs = venue(does)
    async with asyncio.timeout(20):
        for answer in (await theirs.submit(INTENT), await theirs.cancel(ORDER)):
            assert answer.outcome is Outcome.UNRESOLVED and words in answer.reason and "\x1b" not in answer.reason
        looked = await theirs.lookup("desk-1")
        assert looked.known is None and words in looked.reason


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("what", NONSENSE)
async def test_what_cannot_be_read_is_unavailable(what: str) -> None:
    does, words = NONSENSE[what]
    theirs = venue(does)
    async with asyncio.timeout(20):
        with pytest.raises(VenueUnavailable, match=words):
            await theirs.snapshot(0)
        with pytest.raises(VenueUnavailable, match=words):
            await theirs.market()
        if what != "is nothing":  # a symbol that the venue does not know
            with pytest.raises(VenueUnavailable, match=words):
                await theirs.instrument("TSLA")


async def test_an_answer_with_a_number_that_is_none_leaves_the_outcome_open() -> None:
    theirs = venue(lambda: Answer(Outcome.REJECTED, "no", with_(ORDER, filled=D("NaN"))))
    answer = await theirs.submit(INTENT)
    assert answer.outcome is Outcome.UNRESOLVED and "Order.filled" in answer.reason


async def test_what_is_right_passes() -> None:
    assert await venue(lambda: Answer(Outcome.ACCEPTED, "", ORDER)).submit(INTENT) == Answer(
        Outcome.ACCEPTED, "", ORDER
    )
    assert await venue(lambda: Lookup(False)).lookup("x") == Lookup(False)
    assert await venue(lambda: SNAPSHOT).snapshot(0) == SNAPSHOT
    assert venue(lambda: [UPDATE]).on_quote(QUOTE) == (UPDATE,)
    await venue(lambda: None).start()


async def test_refused_keys_stay_refused_keys() -> None:
    with pytest.raises(CredentialsError, match="no such key"):
        await venue(raising(CredentialsError("no such key"))).start()
    with pytest.raises(VenueUnavailable, match="not now"):
        await venue(raising(VenueUnavailable("not now"))).snapshot(0)


@pytest.mark.usefixtures("soon")
async def test_no_more_is_asked_while_too_many_calls_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_broker, "MOST_LEFT", 2)
    theirs = venue(deaf)
    await asyncio.gather(theirs.submit(INTENT), theirs.submit(INTENT))
    answer = await theirs.submit(INTENT)
    assert answer.outcome is Outcome.UNRESOLVED and "2 calls of before have not ended" in answer.reason
    async with asyncio.timeout(20):
        while "have not ended" in (await theirs.submit(INTENT)).reason:
            await asyncio.sleep(0.05)


async def told(theirs: GuestBroker, most: int) -> list[OrderUpdate | FeedState]:
    found: list[OrderUpdate | FeedState] = []
    async with asyncio.timeout(20), aclosing(theirs.updates()) as updates:  # type: ignore[type-var]
        async for update in updates:
            found.append(update)
            if len(found) == most:
                break
    return found


STREAMS: dict[str, tuple[Callable[[], Any], str]] = {
    "a number that is none": (lambda: with_(UPDATE, price=D("NaN")), "OrderUpdate.price"),
    "another type": (lambda: QUOTE, "found Quote"),
    "raises": (raising(ValueError("no")), "ValueError: no"),
    "blocks": (blocking, "blocking the engine"),
}


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("what", STREAMS)
async def test_a_stream_that_breaks_is_down_and_opened_anew(what: str) -> None:
    does, words = STREAMS[what]
    closed = []

    async def stream() -> AsyncIterator[object]:
        try:
            yield FeedState("theirs", Light.UP, NOW, NOW)
            yield UPDATE
            yield does()
        finally:
            closed.append(True)

    up, update, down, again, *_ = await told(venue(stream), 4)
    assert isinstance(up, FeedState) and isinstance(down, FeedState) and isinstance(again, FeedState)
    assert update == UPDATE and (up.light, down.light, again.light) == (Light.UP, Light.DOWN, Light.UP)
    assert words in down.detail and down.remedy and up.name == down.name == "theirs-orders"
    assert closed


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("does", [lambda: None, raising(ValueError("no")), blocking], ids=["none", "raises", "blocks"])
async def test_a_stream_that_cannot_be_opened_is_down(does: Callable[[], Any]) -> None:
    (down,) = await told(venue(does), 1)
    assert isinstance(down, FeedState) and down.light is Light.DOWN


async def test_a_stream_that_ends_is_down_and_one_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ends() -> AsyncIterator[object]:
        yield UPDATE

    async def floods() -> AsyncIterator[object]:
        while True:
            yield UPDATE

    monkeypatch.setattr(guest_broker, "MOST_UPDATES", 3)
    for stream, words in ((ends, "ended"), (floods, "at most 3 updates")):
        down = next(each for each in await told(venue(stream), 9) if isinstance(each, FeedState))
        assert words in down.detail


async def test_a_call_beside_that_breaks_keeps_the_venue_from_being_known() -> None:
    broken = [True]

    def does() -> Any:
        if broken:
            raise ValueError("no")
        return ()

    theirs = venue(does)
    assert theirs.on_quote(QUOTE) == () and theirs.on_time(NOW) == ()
    theirs.restore(())
    with pytest.raises(VenueUnavailable, match="`on_quote`: ValueError: no"):
        await theirs.snapshot(0)
    broken.clear()
    theirs.on_quote(QUOTE), theirs.on_time(NOW), theirs.restore(())
    with pytest.raises(VenueUnavailable, match="VenueSnapshot"):
        await theirs.snapshot(0)


def test_it_is_a_broker_with_the_calls_that_the_venue_has() -> None:
    made = venue(lambda: None)
    assert isinstance(made, Broker) and isinstance(made, Valuing) and not isinstance(made, Preparing)
    with pytest.raises(Misfit, match="one without `start`"):
        GuestBroker(object(), VirtualClock(NOW))  # type: ignore[arg-type]


BODY = """
from engine.brokers.simulated import SimulatedBroker
class Theirs(SimulatedBroker):
    name = "theirs"
class Half:
    name = "half"
    def __init__(self, config, clock): pass
"""


def test_one_of_a_package_is_held_to_its_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages.install(tmp_path, "their_venue", BODY, brokers={"theirs": "Theirs", "half": "Half"})
    packages.at_hand(tmp_path, "their_venue", monkeypatch)

    def built(name: str) -> Broker:
        config = msgspec.structs.replace(bare.config(tmp_path, "simulated"), broker=BrokerConfig(name=name))
        return build_broker(config, VirtualClock(NOW), lambda secret: secret)

    made = built("theirs")
    assert isinstance(made, GuestBroker) and made.simulated and made.name == "theirs"
    assert not isinstance(built("simulated"), GuestBroker)
    with pytest.raises(ConfigError, match="one without `start`, in brokers 'half'"):
        built("half")


@pytest.mark.usefixtures("soon")
async def test_an_order_that_its_venue_swallows_is_unresolved_in_the_book(tmp_path: Path) -> None:
    with bare.opened(bare.config(tmp_path), VirtualClock(NOW)) as stages:
        stages.link._broker = venue(lambda: asyncio.sleep(60))
        intent = stages.dealing.orders.intend("s", "t", Role.EXIT, INTENT.draft, NOW)
        answer = await stages.link._broker.submit(intent)
        stages.dealing.on_answer(intent, answer)
        order = stages.dealing.orders.get(intent.client_order_id)
        assert order is not None and order.status is OrderStatus.UNRESOLVED and "within 0.2 s" in order.reason
