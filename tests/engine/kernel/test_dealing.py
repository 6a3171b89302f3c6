"""From a fill to an exit through the controls: the real stages of a paper engine, its venue's words given by hand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import SECOND, VirtualClock
from engine.kernel.inbox import Answered, Compared
from engine.kernel.stages import Stages
from engine.model import (
    Answer,
    Draft,
    Instrument,
    Intent,
    Market,
    Order,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Quote,
    Role,
    Session,
    Side,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from engine.orders import Place
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW

D = Decimal


class Desk:
    """Stages in regular hours, reconciled with an account that holds `theirs` shares of TSLA already."""

    def __init__(self, stages: Stages, clock: VirtualClock) -> None:
        self.stages = stages
        self.dealing = stages.dealing
        self.clock = clock

    def open(self, theirs: int = 0) -> None:
        self.dealing.market = Market(Session.REGULAR, NOW)
        self.dealing.instruments["TSLA"] = Instrument("TSLA", fractionable=True, quantity_step=D("0.1"))
        self.dealing.heard_since_ns = 0
        self.quote("100", "100.02")
        account = VenueAccount(D(100_000), D(100_000), D(100_000), number="made-up")
        held = (VenuePosition("TSLA", D(theirs), D(100)),) if theirs else ()
        self.stages.reckoning.take(Compared(VenueSnapshot(NOW, account, held, ()), "", "start"))
        assert self.dealing.reconciled

    def quote(self, bid: str, ask: str, last: str | None = None) -> None:
        now_ns = self.clock.now_ns()
        quote = Quote("TSLA", now_ns, now_ns, D(bid), D(ask), None if last is None else D(last))
        self.stages.view.quotes["TSLA"] = quote
        self.dealing.on_quote(quote)

    def later(self, seconds: float) -> None:
        self.clock.advance(self.clock.now_ns() + int(seconds * SECOND))

    def buy(self, quantity: str) -> Intent:
        """An entry that fills at once; its fraction means that no venue carries its exits."""
        draft = Draft("TSLA", Side.BUY, D(quantity), D("100.2"), D(100), NOW, D(95), D(110))
        intent = self.dealing.orders.intend("s-1", "t-1", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
        self.dealing.on_answer(intent, Answer(Outcome.ACCEPTED, order=self.told(intent, OrderStatus.WORKING)))
        self.fill(intent, quantity)
        return intent

    def told(self, intent: Intent, status: OrderStatus, filled: str = "0") -> Order:
        draft = intent.draft
        return Order(
            intent.client_order_id, f"v-{intent.client_order_id}", draft.symbol, draft.side, draft.quantity, status,
            Role.EXTERNAL, D(filled), D(100) if filled != "0" else None, submitted_ns=NOW,
            updated_ns=self.clock.now_ns(),
        )  # fmt: skip

    def fill(self, intent: Intent, quantity: str) -> None:
        whole = D(quantity) == intent.draft.quantity
        order = self.told(intent, OrderStatus.FILLED if whole else OrderStatus.PARTIAL, quantity)
        now_ns = self.clock.now_ns()
        update = OrderUpdate("fill", order, now_ns, f"x-{intent.client_order_id}-{quantity}", D(quantity), D(100))
        self.dealing.on_update(update)

    def placed(self) -> list[Intent]:
        """What is to be sent now; the list is emptied."""
        requests = [request.intent for request in self.dealing.requests if isinstance(request, Place)]
        self.dealing.requests.clear()
        return requests

    def statuses(self, role: Role) -> list[OrderStatus]:
        return [order.status for order in self.dealing.orders.all() if order.role is role]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = VirtualClock(NOW)
    with bare.opened(bare.config(tmp_path), clock) as stages:
        yield Desk(stages, clock)


class TestSharedPosition:
    """The account holds shares of the symbol that are not ours."""

    def test_it_shows_what_is_not_ours(self, desk: Desk) -> None:
        desk.open(theirs=10)
        (before,) = desk.dealing.positions()
        assert before.external and before.ours == 0
        desk.buy("5.5")
        (shared,) = desk.dealing.positions()
        assert (shared.quantity, shared.foreign, shared.ours, shared.external) == (D("15.5"), D(10), D("5.5"), False)

    def test_our_stop_goes_out_for_what_is_ours(self, desk: Desk) -> None:
        desk.open(theirs=10)
        desk.buy("5.5")
        desk.quote("94", "94.02")
        (stop,) = desk.placed()
        assert (stop.role, stop.draft.side, stop.draft.quantity) == (Role.STOP, Side.SELL, D("5.5"))

    def test_flatten_sells_ours_and_leaves_theirs(self, desk: Desk) -> None:
        desk.open(theirs=10)
        desk.buy("5.5")
        assert desk.dealing.flatten("*", "drill").text == "closing TSLA"
        (flatten,) = desk.placed()
        assert (flatten.role, flatten.draft.quantity) == (Role.FLATTEN, D("5.5"))
        desk.dealing.on_answer(flatten, Answer(Outcome.ACCEPTED, order=desk.told(flatten, OrderStatus.WORKING)))
        desk.fill(flatten, "5.5")
        (left,) = desk.dealing.positions()
        assert left.quantity == 10 and left.external
        assert desk.dealing.flatten("*", "drill").text == "nothing to close in any symbol"


def test_a_flatten_in_a_wide_market_waits_at_the_collar_and_is_not_denied(desk: Desk) -> None:
    desk.open()
    desk.buy("5.5")
    desk.quote("96.9", "103.1", "100")
    desk.dealing.flatten("TSLA", "drill")
    (flatten,) = desk.placed()
    assert (flatten.role, flatten.draft.limit_price) == (Role.FLATTEN, D(98))


def test_a_stop_reached_during_a_reconnect_goes_out_right_after_it(desk: Desk) -> None:
    desk.open()
    desk.buy("5.5")
    desk.dealing.reconciled = False
    desk.quote("94", "94.02")
    assert desk.placed() == [] and desk.statuses(Role.STOP) == [OrderStatus.DENIED]
    desk.dealing.reconciled = True
    desk.later(0.5)
    desk.dealing.due()
    (stop,) = desk.placed()
    assert (stop.role, stop.draft.quantity) == (Role.STOP, D("5.5"))


class TestBetweenTheDecisionAndTheWire:
    """The disk is slow: what happened meanwhile counts."""

    async def sent(self, desk: Desk) -> list[tuple[Outcome, str]]:
        """What came of the requests; the venue itself cannot be asked here, which is UNRESOLVED."""
        await desk.stages.link.carry_out()
        await desk.stages.link.finish(10.0)
        answers = []
        while (item := desk.stages.inbox.take_urgent()) is not None:
            if isinstance(item, Answered):
                answers.append((item.answer.outcome, item.answer.reason))
        await desk.stages.broker.close()
        return answers

    def decided(self, desk: Desk) -> None:
        desk.open()
        draft = Draft("TSLA", Side.BUY, D(5), D("100.2"), D(100), NOW, D(95), D(110))
        intent = desk.dealing.orders.intend("s-1", "t-1", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
        desk.dealing.requests.append(Place(intent))

    async def test_an_entry_goes_out(self, desk: Desk) -> None:
        self.decided(desk)
        assert [outcome for outcome, _ in await self.sent(desk)] == [Outcome.UNRESOLVED]

    async def test_an_entry_does_not_go_out_after_the_kill_switch(self, desk: Desk) -> None:
        self.decided(desk)
        desk.dealing.enter(desk.dealing.risk.kill("now", "person", NOW))
        assert await self.sent(desk) == [(Outcome.DENIED, "not sent: trading is halted")]

    async def test_an_entry_does_not_go_out_once_its_time_is_over(self, desk: Desk) -> None:
        self.decided(desk)
        desk.later(61)
        assert await self.sent(desk) == [(Outcome.DENIED, "not sent: its time is over")]

    async def test_an_exit_goes_out_all_the_same(self, desk: Desk) -> None:
        desk.open()
        desk.buy("5.5")
        desk.quote("94", "94.02")
        desk.dealing.enter(desk.dealing.risk.kill("now", "person", NOW))
        desk.later(61)
        assert [outcome for outcome, _ in await self.sent(desk)] == [Outcome.UNRESOLVED]


class TestFlattenWithAnEntryUnderWay:
    """Nothing is held yet; the entry may fill before its cancel arrives."""

    def entry(self, desk: Desk) -> Intent:
        desk.open()
        draft = Draft("TSLA", Side.BUY, D("5.5"), D("100.2"), D(100), NOW, D(95), D(110))
        intent = desk.dealing.orders.intend("s-1", "t-1", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
        desk.dealing.on_answer(intent, Answer(Outcome.ACCEPTED, order=desk.told(intent, OrderStatus.WORKING)))
        desk.dealing.enter(desk.dealing.risk.kill("drill", "person", NOW))
        assert desk.dealing.flatten("*", "drill").text == "closing TSLA"
        assert desk.placed() == []
        return intent

    def test_what_it_fills_is_sold(self, desk: Desk) -> None:
        intent = self.entry(desk)
        desk.later(1)
        desk.fill(intent, "5.5")
        (flatten,) = desk.placed()
        assert (flatten.role, flatten.draft.side, flatten.draft.quantity) == (Role.FLATTEN, Side.SELL, D("5.5"))

    def test_one_that_is_cancelled_leaves_nothing_to_do(self, desk: Desk) -> None:
        intent = self.entry(desk)
        desk.later(1)
        gone = desk.told(intent, OrderStatus.CANCELED)
        desk.dealing.on_update(OrderUpdate("canceled", gone, desk.clock.now_ns()))
        desk.later(30)
        desk.dealing.due()
        assert desk.placed() == [] and desk.dealing.orders.next_due_ns is None


class TestWhileOrderUpdatesAreNotHeard:
    """For hours maybe: another program holds the stream's place."""

    def lost(self, desk: Desk) -> None:
        desk.open()
        desk.buy("5.5")
        desk.later(1)
        desk.dealing.heard_since_ns, desk.dealing.unheard_ns = None, desk.clock.now_ns()
        desk.dealing.reconciled = False

    def compared(self, desk: Desk, quantity: str) -> None:
        account = VenueAccount(D(100_000), D(100_000), D(100_000), number="made-up")
        held = VenuePosition("TSLA", D(quantity), D(100))
        snapshot = VenueSnapshot(desk.clock.now_ns(), account, (held,), ())
        desk.stages.reckoning.take(Compared(snapshot, "", "lost"))
        assert not desk.dealing.reconciled, "nothing new is traded"

    def test_a_stop_goes_out_once_a_comparison_has_shown_what_is_held(self, desk: Desk) -> None:
        self.lost(desk)
        self.compared(desk, "5.5")
        desk.quote("94", "94.02")
        (stop,) = desk.placed()
        assert stop.role is Role.STOP

    def test_not_before_it(self, desk: Desk) -> None:
        self.lost(desk)
        desk.quote("94", "94.02")
        assert desk.placed() == [] and desk.statuses(Role.STOP) == [OrderStatus.DENIED]

    def test_nor_when_it_differed_or_is_long_ago(self, desk: Desk) -> None:
        self.lost(desk)
        self.compared(desk, "3")
        desk.quote("94", "94.02")
        assert desk.placed() == []
        self.compared(desk, "5.5")
        desk.later(91)
        desk.dealing.due()
        assert desk.placed() == []
