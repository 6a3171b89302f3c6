"""A price that may be that of a split, or one of before it: nothing is sold at it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import DAY, SECOND
from engine.config import Config
from engine.model import (
    Answer,
    Intent,
    Outcome,
    Position,
    Role,
    Side,
)
from engine.orders import Changes, Compare, Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import (
    T0,
    buy_unprotected,
    cancelled,
    draft,
    end,
    fill_entry,
    placed,
    quote,
    ready,
    restarted,
    split_told,
    told,
)

MORNING = T0 + DAY
D = Decimal


class TestPriceOfBefore:
    """A source may tell a price of before the split after it: the last trade, asked for at a connection."""

    @pytest.fixture
    def split(self, orders: Orders, bare: Intent) -> Orders:
        """Ten at 100 became a hundred; the venue's position was split before any price was. Stop 9.5, target 11."""
        orders.on_quote(quote("100", "100.1", T0 + SECOND), T0 + SECOND)
        assert split_told(orders, "100", "10").ok
        return orders

    def at(self, orders: Orders, seconds: int, bid: str, quoted_ns: int | None = None) -> Changes:
        now_ns = MORNING + seconds * SECOND
        return orders.on_quote(quote(bid, bid, now_ns if quoted_ns is None else quoted_ns), now_ns)

    def test_reaches_no_target_and_counts_for_nothing(self, split: Orders) -> None:
        assert not placed(self.at(split, 1, "100", T0 + SECOND))
        assert split.jumped("TSLA")
        assert not placed(self.at(split, 2, "10"))
        assert not split.jumped("TSLA")

    def test_one_quoted_before_the_venue_told_is_never_believed(self, split: Orders) -> None:
        first = self.at(split, 1, "100", MORNING - SECOND)
        assert [alert.text for alert in first.alerts] == [
            "TSLA: bid 100, ask 100, 10.005 since the split: a price of before it"
        ]
        for second in range(2, 300, 7):
            assert not placed(self.at(split, second, "100", MORNING - SECOND))
            split_told(split, "100", "10", ours="100", at_ns=MORNING + second * SECOND)
            assert split.jumped("TSLA")

    def test_the_day_s_second_one_is_doubted_too(self, split: Orders) -> None:
        assert not placed(self.at(split, 1, "10"))
        assert not placed(self.at(split, 2, "100"))
        assert split.jumped("TSLA")
        assert not placed(self.at(split, 3, "10.1"))
        assert not split.jumped("TSLA")

    def test_one_quoted_since_is_believed_after_a_minute(self, split: Orders) -> None:
        assert not placed(self.at(split, 1, "100", MORNING - SECOND))
        for second in range(100, 160):
            assert not placed(self.at(split, second, "100"))
        (exit_,) = placed(self.at(split, 160, "100"))
        assert exit_.role is Role.TARGET

    def test_the_price_that_had_jumped_before_the_venue_told_is_the_level_after_it(
        self, orders: Orders, bare: Intent
    ) -> None:
        orders.on_quote(quote("100", "100.1", T0 + SECOND), T0 + SECOND)
        self.at(orders, -5, "10")
        split_told(orders, "100", "10")
        assert not placed(self.at(orders, 1, "10.1")) and not orders.jumped("TSLA")
        assert not placed(self.at(orders, 2, "100", MORNING - 10 * SECOND)) and orders.jumped("TSLA")

    def test_one_believed_after_a_minute_is_the_level_after_a_split_told_later(
        self, orders: Orders, enter: Enter
    ) -> None:
        ready(orders)
        intent = enter(extended_hours=True, stop="5")
        orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
        fill_entry(orders, intent)
        self.at(orders, -100, "10")
        self.at(orders, -30, "10")
        assert not orders.jumped("TSLA")
        split_told(orders, "100", "10")
        assert not placed(self.at(orders, 1, "10.1")) and not orders.jumped("TSLA")

    def test_after_a_restart_too(self, enter: Enter, orders: Orders) -> None:
        intent = enter(extended_hours=True)
        changes = fill_entry(orders, intent)
        again = restarted(intent, changes)
        for difference in split_told(orders, "100", "10").differences:
            again.adopt(difference, MORNING)
        again.due(MORNING)
        assert not placed(self.at(again, 1, "100", T0 + SECOND)) and again.jumped("TSLA")

    @given(st.lists(st.tuples(st.sampled_from(["10", "10.4", "100", "98"]), st.booleans()), max_size=40))
    def test_a_second_apart_and_in_any_order_nothing_is_sold(self, quotes: list[tuple[str, bool]]) -> None:
        orders = Orders(Config())
        buy_unprotected(orders)
        orders.on_quote(quote("100", "100.1", T0 + SECOND), T0 + SECOND)
        split_told(orders, "100", "10")
        for second, (bid, late) in enumerate(quotes, 1):
            assert not placed(self.at(orders, second, bid, MORNING - SECOND if late else None))

    def test_told_late_does_not_end_the_doubt_about_a_newer_one(self, orders: Orders, bare: Intent) -> None:
        """At last evening's price the target was reached; the market has opened at another since."""
        orders.on_quote(quote("100", "100.1", T0 + SECOND), T0 + SECOND)
        assert not placed(self.at(orders, 1, "50")) and orders.jumped("TSLA")
        assert not placed(self.at(orders, 2, "111", T0 + 2 * SECOND))
        assert orders.jumped("TSLA")
        assert not placed(self.at(orders, 3, "100"))
        assert not orders.jumped("TSLA"), "a newer one does"

    @pytest.mark.parametrize("told_late", [True, False])
    def test_prices_no_flatten(self, split: Orders, told_late: bool) -> None:
        """A sale at a hundred would rest while the market is at ten."""
        if told_late:
            assert not placed(self.at(split, 1, "100", T0 + SECOND))
        now_ns = MORNING + 2 * SECOND
        old = quote("100", "100.1", T0 + SECOND)
        position = Position("TSLA", D(100), D(10), D(10), T0 + SECOND)
        assert not placed(split.flatten(position, old, "kill", now_ns))
        alerts = split.due(now_ns + 60 * SECOND).alerts
        assert ["no price to close it at" in alert.text for alert in alerts] == [True], "a person is called"
        (exit_,) = placed(self.at(split, 70, "10"))
        assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 100)
        assert D(9) < exit_.draft.limit_price < D(10)

    def test_nor_one_that_began_before_the_split(self, orders: Orders, bare: Intent) -> None:
        old = quote("100", "100.1", T0 + SECOND)
        (first,) = placed(orders.flatten(Position("TSLA", D(10), D(100)), old, "kill", T0 + 2 * SECOND))
        orders.on_answer(first, Answer(Outcome.ACCEPTED, order=told(first)), T0 + 2 * SECOND)
        assert cancelled(split_told(orders, "100", "10").changes) == [first.client_order_id]
        assert not placed(end(orders, first.client_order_id, MORNING + SECOND))
        (exit_,) = placed(self.at(orders, 5, "10"))
        assert exit_.draft.quantity == 100 and exit_.draft.limit_price < 10


class TestAFlattenWhileThePriceMayBeThatOfASplit:
    """At the old quantity it would sell a part, and leave the rest to nobody."""

    POSITION = Position("TSLA", D(10), D(100))

    def at(self, orders: Orders, second: int, bid: str) -> Changes:
        now_ns = MORNING + second * SECOND
        return orders.on_quote(quote(bid, f"{D(bid) * D('1.001')}", now_ns), now_ns)

    def test_waits_for_the_venue_and_sells_all_of_it(self, orders: Orders, bare: Intent) -> None:
        self.at(orders, 1, "10")
        assert orders.jumped("TSLA")
        changes = orders.flatten(self.POSITION, None, "kill", MORNING + 2 * SECOND)
        assert not placed(changes) and not placed(self.at(orders, 3, "10"))
        (exit_,) = placed(split_told(orders, "100", "10", at_ns=MORNING + 4 * SECOND).changes)
        assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 100)

    def test_but_not_for_long(self, orders: Orders, bare: Intent) -> None:
        self.at(orders, 1, "10")
        assert not placed(orders.flatten(self.POSITION, None, "kill", MORNING + 2 * SECOND))
        assert not placed(self.at(orders, 60, "10"))
        (exit_,) = placed(self.at(orders, 61, "10"))
        assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 10)

    def test_and_the_venue_is_asked_all_the_while(self, orders: Orders, bare: Intent) -> None:
        """It may have split its positions just before the wait ends."""
        asked = [second for second in range(1, 62) if Compare("jump") in self.at(orders, second, "10").requests]
        assert asked == [1, 11, 21, 31, 41, 51]

    def test_nor_at_a_fall_that_no_split_makes(self, orders: Orders, bare: Intent) -> None:
        self.at(orders, 1, "60")
        assert orders.jumped("TSLA")
        (exit_,) = placed(orders.flatten(self.POSITION, None, "kill", MORNING + 2 * SECOND))
        assert exit_.draft.quantity == 10


def test_a_price_of_a_day_before_the_purchase_and_far_from_it_sells_nothing(orders: Orders, enter: Enter) -> None:
    """It was split while nothing was held: nobody tells that."""
    ready(orders, MORNING)
    intent = enter(extended_hours=True, now_ns=MORNING)
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent, at_ns=MORNING)), MORNING)
    fill_entry(orders, intent, at_ns=MORNING + 1)
    for second, bid in ((1, "1000"), (20, "1000"), (40, "10"), (300, "10")):
        changes = orders.on_quote(quote(bid, bid, T0 + second), MORNING + second * SECOND)
        assert not placed(changes) and orders.jumped("TSLA")
    position = Position("TSLA", D(10), D(100))
    assert not placed(orders.flatten(position, None, "kill", MORNING + 301 * SECOND))
    now_ns = MORNING + 310 * SECOND
    (exit_,) = placed(orders.on_quote(quote("100", "100.1", now_ns), now_ns))
    assert exit_.role is Role.FLATTEN and not orders.jumped("TSLA")


class TestAnExitThatWaitsForItsWayToBeClear:
    """Its legs are being cancelled while the split is told."""

    def split_and_clear(self, orders: Orders, ids: list[str]) -> list[Intent]:
        assert len(ids) == 2
        result = split_told(orders, "100", "10")
        self.told = [alert.text for alert in result.changes.alerts if alert.code == "exit_failed"]
        return [
            intent for number, order_id in enumerate(ids) for intent in placed(end(orders, order_id, MORNING + number))
        ]

    def test_is_not_placed_as_it_was_approved(self, orders: Orders, bracketed: Intent) -> None:
        ids = cancelled(orders.exit("sell-1", "t", draft(Side.SELL, "4", "104"), T0 + 5))
        assert not self.split_and_clear(orders, ids)
        assert ["approved at a price of before the split" in text for text in self.told] == [True]

    def test_without_quotes_goes_by_what_one_is_worth_after_it(self, orders: Orders, bracketed: Intent) -> None:
        position = Position("TSLA", D(10), D(100), D(100), T0)
        ids = cancelled(orders.flatten(position, None, "kill", T0 + 5))
        (exit_,) = self.split_and_clear(orders, ids)
        assert (exit_.draft.quantity, exit_.draft.limit_price) == (100, D("9.80"))


def test_no_stop_is_placed_while_the_price_may_be_that_of_a_split(orders: Orders, enter: Enter) -> None:
    """The venue would execute it at once, at a price on which nothing may be sold yet."""
    ready(orders)
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    fill_entry(orders, intent)
    orders.on_quote(quote("100", "100.1", T0 + SECOND), T0 + SECOND)
    orders.on_quote(quote("50", "50.1", MORNING), MORNING)
    assert not placed(orders.due(MORNING + 15 * SECOND))
    changes = split_told(orders, "20", "50", at_ns=MORNING + 20 * SECOND).changes
    (stop,) = placed(changes) or placed(orders.due(MORNING + 40 * SECOND))
    assert (stop.draft.quantity, stop.draft.stop_price) == (20, D("47.50"))
