"""From a fill to an exit through the controls, and from a decision to the wire."""

from __future__ import annotations

import pytest

from engine.clock import SECOND
from engine.kernel.inbox import Answered, Compared
from engine.model import (
    Answer,
    Draft,
    OrderStatus,
    Outcome,
    Role,
    Side,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from engine.orders import Place
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import D, Desk


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


class TestNotToldYet:
    """The venue shows what an order has filled before it tells the execution: the shares are in no position yet."""

    def shown(self, desk: Desk, status: OrderStatus, filled: str) -> None:
        desk.open()
        draft = Draft("TSLA", Side.BUY, D(40), D("100.2"), D(100), NOW, D(95), D(110))
        intent = desk.dealing.orders.intend("s-1", "t-1", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
        desk.dealing.on_answer(intent, Answer(Outcome.ACCEPTED, order=desk.told(intent, status, filled)))
        assert desk.dealing.orders.held("TSLA") == 0

    @pytest.mark.parametrize(
        ("status", "filled"),
        [(OrderStatus.WORKING, "0"), (OrderStatus.PARTIAL, "30"), (OrderStatus.FILLED, "40")],
    )
    def test_it_counts_in_what_the_controls_add_up(self, desk: Desk, status: OrderStatus, filled: str) -> None:
        self.shown(desk, status, filled)
        uses = {(each.control, each.unit): each.value for each in desk.dealing.risk.uses(desk.dealing.book())}
        assert uses["position", "USD"] == 40 * D("100.01")
        assert uses["gross_exposure", "USD"] == 40 * D("100.01")
        assert uses["open_positions", "positions"] == 1

    def test_only_what_was_filled_of_one_that_ended(self, desk: Desk) -> None:
        self.shown(desk, OrderStatus.CANCELED, "30")
        uses = {each.control: each.value for each in desk.dealing.risk.uses(desk.dealing.book())}
        assert uses["position"] == 30 * D("100.01")
        assert uses["open_orders"] == 0, "it stands nowhere any more"
