"""At what an exit goes out, and when a price is none: one of an earlier day, in the morning."""

from __future__ import annotations

from decimal import Decimal

from engine.clock import DAY, SECOND
from engine.model import Answer, Intent, Outcome, Position, Role, Side
from engine.orders import Changes, Orders
from tests.engine.orders.talk import T0, cancelled, draft, end, placed, quote, split_told

D = Decimal
MORNING = T0 + DAY
CLOSED = Answer(Outcome.DENIED, "R19 market_session: MARKET_CLOSED: session=closed")


def flattened(orders: Orders, at_ns: int, *, price: str = "", priced_ns: int = T0) -> Changes:
    """A flatten of ten that were bought at 100, without a quote of its own."""
    valued = D(price) if price else None
    return orders.flatten(Position("TSLA", D(10), D(100), valued, priced_ns), None, "kill", at_ns)


class TestAFlattenOfTheEveningBefore:
    """The market closed over it, and each order was denied since."""

    def evening(self, orders: Orders) -> None:
        now_ns = T0 + SECOND
        orders.on_quote(quote("100", "100.1", now_ns), now_ns)
        (exit_,) = placed(flattened(orders, now_ns))
        orders.on_answer(exit_, CLOSED, now_ns)

    def test_is_not_sent_in_the_morning_at_the_price_of_the_evening(self, orders: Orders, bare: Intent) -> None:
        """The quantity of before a split would leave the rest to nobody."""
        self.evening(orders)
        assert not placed(orders.due(MORNING)) and not placed(orders.due(MORNING + 1800 * SECOND))
        assert not placed(split_told(orders, "100", "10", at_ns=MORNING + 1801 * SECOND).changes)
        at_ns = MORNING + 1802 * SECOND
        (exit_,) = placed(orders.on_quote(quote("10", "10.01", at_ns), at_ns))
        assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 100)

    def test_goes_on_with_the_first_price_of_the_day(self, orders: Orders, bare: Intent) -> None:
        self.evening(orders)
        assert not placed(orders.due(MORNING))
        late = quote("99", "99.1", T0 + 2 * SECOND)
        assert not placed(orders.on_quote(late, MORNING + SECOND)), "a price of the evening, told late"
        (exit_,) = placed(orders.on_quote(quote("98", "98.1", MORNING + 2), MORNING + 2))
        assert (exit_.role, exit_.draft.quantity, exit_.draft.reference_ns) == (Role.FLATTEN, 10, MORNING + 2)

    def test_says_each_day_that_it_waits(self, orders: Orders, bare: Intent) -> None:
        self.evening(orders)
        for day in (1, 2):
            (alert,) = [each for each in orders.due(T0 + day * DAY).alerts if each.code == "exit_failed"]
            assert alert.text == "TSLA: 10 not closed yet (kill): no price of today to close it at"
            assert not orders.due(T0 + day * DAY + 60 * SECOND).alerts


class TestAskedInTheMorning:
    """With what the shares were last valued at the day before."""

    def test_waits_for_a_price_of_the_day(self, orders: Orders, bare: Intent) -> None:
        assert not placed(flattened(orders, MORNING, price="100"))
        (exit_,) = placed(orders.on_quote(quote("98", "98.1", MORNING + 2), MORNING + 2))
        assert exit_.draft.limit_price < 98

    def test_but_not_for_long_for_nobody_may_tell_one(self, orders: Orders, bare: Intent) -> None:
        assert not placed(flattened(orders, MORNING, price="100"))
        assert not placed(orders.due(MORNING + 59 * SECOND))
        assert orders.next_due_ns == MORNING + 60 * SECOND
        (exit_,) = placed(orders.due(MORNING + 60 * SECOND))
        assert (exit_.draft.limit_price, exit_.draft.reference_ns) == (98, T0)

    def test_one_of_the_day_itself_will_do(self, orders: Orders, bare: Intent) -> None:
        (exit_,) = placed(flattened(orders, MORNING + SECOND, price="100", priced_ns=MORNING))
        assert exit_.draft.limit_price == 98


def test_what_was_approved_in_the_evening_is_not_sent_in_the_morning(orders: Orders, bracketed: Intent) -> None:
    """The venue confirmed only then that its legs are cancelled."""
    ids = cancelled(orders.exit("sell-1", "t", draft(Side.SELL, "4", "104"), T0 + 5))
    changes = [end(orders, order_id, MORNING + number) for number, order_id in enumerate(ids)]
    assert not any(placed(each) for each in changes)
    alerts = [alert.text for each in changes for alert in each.alerts if alert.code == "exit_failed"]
    assert ["approved at a price of an earlier day" in text for text in alerts] == [True]
