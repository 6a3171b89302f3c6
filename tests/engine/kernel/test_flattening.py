"""Flattens: ours and nobody else's, also what fills meanwhile, and not while nothing can be sold."""

from __future__ import annotations

from engine.clock import HOUR, SECOND
from engine.kernel.inbox import Compared
from engine.kernel.resume import resume
from engine.model import (
    Answer,
    Draft,
    Halt,
    Intent,
    Market,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Role,
    Session,
    Side,
    TradingState,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import D, Desk


def test_flatten_sells_ours_and_leaves_theirs(desk: Desk) -> None:
    desk.open(theirs=10)
    desk.buy("5.5")
    assert desk.dealing.flattening.flatten("*", "drill").text == "closing TSLA"
    (flatten,) = desk.placed()
    assert (flatten.role, flatten.draft.quantity) == (Role.FLATTEN, D("5.5"))
    desk.dealing.on_answer(flatten, Answer(Outcome.ACCEPTED, order=desk.told(flatten, OrderStatus.WORKING)))
    desk.fill(flatten, "5.5")
    (left,) = desk.dealing.positions()
    assert left.quantity == 10 and left.external
    assert desk.dealing.flattening.flatten("*", "drill").text == "nothing to close in any symbol"


def test_a_flatten_in_a_wide_market_waits_at_the_collar_and_is_not_denied(desk: Desk) -> None:
    desk.open()
    desk.buy("5.5")
    desk.quote("96.9", "103.1", "100")
    desk.dealing.flattening.flatten("TSLA", "drill")
    (flatten,) = desk.placed()
    assert (flatten.role, flatten.draft.limit_price) == (Role.FLATTEN, D(98))


def test_without_a_quote_it_goes_by_what_was_paid_not_by_what_the_equity_makes_of_one(desk: Desk) -> None:
    """Both are told in requests of their own: somebody else has bought twenty between them."""
    desk.open()
    desk.buy("5.5")
    position = VenuePosition("TSLA", D("5.5"), D(100))
    account = VenueAccount(D(99_450 + 2_550), D(99_450), D(99_450), number="made-up")
    desk.dealing.portfolio._holdings["TSLA"].quoted = False
    desk.stages.view.quotes.clear()
    desk.dealing.orders._closer._watch.forget("TSLA")
    desk.later(30)
    desk.stages.reckoning.take(Compared(VenueSnapshot(desk.clock.now_ns(), account, (position,), ()), "", "periodic"))
    assert desk.dealing.portfolio.equity == account.equity
    desk.dealing.flattening.flatten("TSLA", "drill")
    (flatten,) = desk.placed()
    assert flatten.draft.limit_price == 98


class TestFlattenWithAnEntryUnderWay:
    """Nothing is held yet; the entry may fill before its cancel arrives."""

    def entry(self, desk: Desk) -> Intent:
        desk.open()
        draft = Draft("TSLA", Side.BUY, D("5.5"), D("100.2"), D(100), NOW, D(95), D(110))
        intent = desk.dealing.orders.intend("s-1", "t-1", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
        desk.dealing.on_answer(intent, Answer(Outcome.ACCEPTED, order=desk.told(intent, OrderStatus.WORKING)))
        desk.dealing.enter(desk.dealing.risk.kill("drill", "person", NOW))
        assert desk.dealing.flattening.flatten("*", "drill").text == "closing TSLA"
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


class TestFlattenWhileTheMarketIsClosed:
    """Nothing could be sold: what protects the position stays, and the flatten goes on when the market opens."""

    def asked(self, desk: Desk) -> None:
        desk.open()
        desk.buy("5.5")
        desk.dealing.market = Market(Session.CLOSED, NOW)
        reply = desk.stages.commands.kill("good night", "person", flatten=True)
        assert "closed when it trades again" in reply.text
        assert not desk.dealing.requests and desk.dealing.orders.exits("TSLA").stop_price == 95

    def compared(self, desk: Desk) -> None:
        account = VenueAccount(D(100_000), D(100_000), D(100_000), number="made-up")
        snapshot = VenueSnapshot(desk.clock.now_ns(), account, (VenuePosition("TSLA", D("5.5"), D(100)),), ())
        desk.stages.reckoning.take(Compared(snapshot, "", "periodic"))

    def test_it_goes_on_when_it_opens(self, desk: Desk) -> None:
        self.asked(desk)
        desk.later(20)
        self.compared(desk)
        assert desk.placed() == []
        desk.dealing.market = Market(Session.PRE, NOW)
        self.compared(desk)
        assert desk.placed() == [], "a fraction does not trade then"
        desk.dealing.market = Market(Session.REGULAR, NOW)
        self.compared(desk)
        (flatten,) = desk.placed()
        assert (flatten.role, flatten.draft.quantity) == (Role.FLATTEN, D("5.5"))
        assert not desk.dealing.flattening.waiting

    def test_not_once_a_person_trades_on(self, desk: Desk) -> None:
        self.asked(desk)
        risk = desk.dealing.risk
        desk.dealing.enter(risk.change_state(TradingState.ACTIVE, "false alarm", "person", NOW))
        desk.dealing.market = Market(Session.REGULAR, NOW)
        desk.later(20)
        self.compared(desk)
        assert desk.placed() == []

    def test_one_asked_again_outlives_what_ended_the_first_in_the_journal(self, desk: Desk) -> None:
        """An entry stands there for the end of every flatten before it."""
        self.asked(desk)
        journal, draft = desk.stages.journal, Draft("TSLA", Side.BUY, D(1), D("100.2"), D(100), NOW, D(95), D(110))
        entry = desk.dealing.orders.intend("s-2", "t-2", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
        journal.append("intent", entry.client_order_id, entry, NOW)
        desk.stages.commands.kill("good night", "person", flatten=True)
        journal.flush()
        resume(journal.path, desk.dealing)
        assert desk.dealing.flattening.waiting == {"TSLA": "good night"}


def test_nothing_enters_a_symbol_while_it_is_flattened(desk: Desk) -> None:
    """Else a restart would take the entry for a sign that the flatten was over."""
    entry = Draft("TSLA", Side.BUY, D("5.5"), D("100.2"), D(100), NOW, D(95), D(110))
    sale = Draft("TSLA", Side.SELL, D("5.5"), D("99.8"), D(100), NOW, reduces=True)
    held_up = desk.stages.deciding._held_up
    desk.open()
    desk.buy("5.5")
    assert held_up("TSLA", entry) == ""
    desk.dealing.market = Market(Session.CLOSED, NOW)
    desk.dealing.flattening.flatten("TSLA", "drill")
    assert held_up("TSLA", entry) == "TSLA is being flattened", "it waits"
    desk.dealing.market = Market(Session.REGULAR, NOW)
    desk.dealing.flattening.resume()
    (flatten,) = desk.placed()
    assert held_up("TSLA", entry) == "TSLA is being flattened", "it is under way"
    assert held_up("TSLA", sale) == "an exit of TSLA is under way (drill)", "it sells what the sale would"
    assert held_up("GOOG", entry) == ""
    desk.dealing.on_answer(flatten, Answer(Outcome.ACCEPTED, order=desk.told(flatten, OrderStatus.WORKING)))
    desk.fill(flatten, "5.5")
    assert held_up("TSLA", entry) == held_up("TSLA", sale) == "", "flat"


class TestFlattenOfAHaltedSymbol:
    """Nothing could be sold, and R19 would deny it: what protects the position stays until it trades again."""

    def halt(self, desk: Desk, *, halted: bool) -> None:
        now_ns = desk.clock.now_ns()
        desk.stages.intake.take(Halt("TSLA", now_ns, now_ns, halted, "H" if halted else "T", "news"))

    def test_what_protects_it_stays_and_it_is_sold_when_it_trades_again(self, desk: Desk) -> None:
        desk.open()
        desk.buy("5.5")
        self.halt(desk, halted=True)
        assert "closed when it trades again" in desk.dealing.flattening.flatten("TSLA", "drill").text
        desk.later(60)
        desk.dealing.due()
        assert desk.placed() == [] and desk.dealing.orders.exits("TSLA").watched
        self.halt(desk, halted=False)
        (flatten,) = desk.placed()
        assert (flatten.role, flatten.draft.quantity) == (Role.FLATTEN, D("5.5"))
        assert desk.statuses(Role.FLATTEN) == [OrderStatus.INTENT], "none was denied"

    def test_one_that_a_halt_interrupts_goes_on_at_its_end_and_not_a_minute_later(self, desk: Desk) -> None:
        desk.open()
        desk.buy("5.5")
        desk.dealing.flattening.flatten("TSLA", "drill")
        (flatten,) = desk.placed()
        self.halt(desk, halted=True)
        desk.later(1)
        desk.dealing.on_answer(flatten, Answer(Outcome.REJECTED, "halted"))
        for _ in range(30):
            desk.later(5)
            desk.dealing.due()
        assert desk.placed() == [] and OrderStatus.DENIED in desk.statuses(Role.FLATTEN)
        self.halt(desk, halted=False)
        (flatten,) = desk.placed()
        assert flatten.draft.quantity == D("5.5")


class TestAnExitThatTheCloseInterrupts:
    """Nothing can be sold until the next session: the engine knows when that is, and asks itself nothing meanwhile."""

    def close(self, desk: Desk) -> None:
        desk.dealing.enter_market(Market(Session.CLOSED, NOW, Session.PRE, desk.clock.now_ns() + 8 * HOUR))

    def wait(self, desk: Desk, hours: int) -> None:
        for _ in range(60 * hours):
            desk.later(60)
            desk.dealing.due()

    def failed(self, desk: Desk) -> list[str]:
        return [alert.text for alert in desk.stages.view.alerts.values() if alert.code == "exit_failed"]

    def test_a_flatten_waits_for_the_next_session_and_says_so_once(self, desk: Desk) -> None:
        desk.open()
        desk.buy("5.5")
        desk.dealing.flattening.flatten("TSLA", "drill")
        (flatten,) = desk.placed()
        self.close(desk)
        desk.dealing.on_answer(flatten, Answer(Outcome.REJECTED, "market is closed"))
        desk.later(2)
        desk.dealing.due()
        (text,) = self.failed(desk)
        assert "TSLA: 5.5 not closed yet (drill): denied: R19" in text and "next=pre" in text, "said at once"
        asked = len(desk.statuses(Role.FLATTEN))
        self.wait(desk, 7)
        assert desk.placed() == [] and len(desk.statuses(Role.FLATTEN)) == asked
        desk.dealing.enter_market(Market(Session.REGULAR, desk.clock.now_ns()))
        (flatten,) = desk.placed()
        assert flatten.draft.quantity == D("5.5"), "as soon as it trades, whenever that was to be"
        desk.dealing.on_answer(flatten, Answer(Outcome.ACCEPTED, order=desk.told(flatten, OrderStatus.WORKING)))
        desk.fill(flatten, "5.5")
        assert not self.failed(desk)

    def test_so_does_a_stop_that_the_engine_watches(self, desk: Desk) -> None:
        desk.open()
        desk.buy("5.5")
        self.close(desk)
        desk.quote("94", "94.02", last="94")
        assert desk.placed() == [] and desk.statuses(Role.STOP) == [OrderStatus.DENIED]
        assert len(self.failed(desk)) == 1
        self.wait(desk, 7)
        assert desk.statuses(Role.STOP) == [OrderStatus.DENIED]
        desk.later(HOUR // SECOND)
        desk.dealing.due()
        assert desk.statuses(Role.STOP) == [OrderStatus.DENIED] * 2, "when the session was to change it is asked again"
        desk.dealing.enter_market(Market(Session.REGULAR, desk.clock.now_ns()))
        (stop,) = desk.placed()
        assert stop.role is Role.STOP

    def test_a_target_is_not_denied_again_at_every_price(self, desk: Desk) -> None:
        desk.open()
        desk.buy("5.5")
        self.close(desk)
        for _ in range(90):
            desk.quote("111", "111.02", last="111")
            desk.later(60)
        assert desk.statuses(Role.TARGET) == [OrderStatus.DENIED]
        desk.dealing.enter_market(Market(Session.REGULAR, desk.clock.now_ns()))
        desk.quote("111", "111.02", last="111")
        (target,) = desk.placed()
        assert target.role is Role.TARGET
