"""Nothing is sold on a stub quote or on a split; a gap is sold into, at once or after a few seconds."""

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
    Lookup,
    OrderStatus,
    Outcome,
    Position,
    Quote,
    Role,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from engine.orders import Compare, Orders
from engine.orders.doubt import JUMP_NS, SPLIT_NS, STUB_NS, STUB_QUOTES, Doubts, like_split
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import (
    T0,
    buy_unprotected,
    fill_entry,
    legs,
    placed,
    quote,
    ready,
    restarted,
    told,
)

STUB = ("0.01", "100.1", "100")
"""A bid left behind, with trades where they were."""


def at(seconds: float, bid: str, ask: str, last: str | None = None, from_ns: int = T0) -> tuple[Quote, int]:
    now_ns = from_ns + int(seconds * SECOND)
    return quote(bid, ask, now_ns, last=last), now_ns


class TestStub:
    def test_one_stub_bid_sells_nothing_and_is_told(self, orders: Orders, bare: Intent) -> None:
        changes = orders.on_quote(*at(1, *STUB))
        assert not changes.requests
        assert [alert.code for alert in changes.alerts] == ["stop_doubted"]
        over = orders.on_quote(*at(2, "99.9", "100.1", "100"))
        assert not over.requests and "stop_doubted/TSLA" in over.cleared

    def test_one_that_stays_is_believed_and_sold_near_the_trades(self, orders: Orders, bare: Intent) -> None:
        for second in (1, 3, 10.9):
            assert not placed(orders.on_quote(*at(second, *STUB)))
        (exit_,) = placed(orders.on_quote(*at(11, *STUB)))
        assert (exit_.role, exit_.draft.limit_price) == (Role.STOP, Decimal("98.00"))

    def test_a_trade_elsewhere_contradicts_it(self, orders: Orders, bare: Intent) -> None:
        for second in range(1, 60):
            last = str(100 + Decimal(second % 2) / 100)
            assert not placed(orders.on_quote(*at(second, "0.01", "100.1", last)))

    @pytest.mark.parametrize(
        ("bid", "ask", "last"),
        [
            ("60", "61", "100"),  # the whole quote has moved, the trades not yet
            ("60", "94", None),  # nobody asks for more than the stop
            ("60", "100", "94"),  # it traded there
            ("94", "95.5", None),
            ("94", "100", "94.5"),
        ],
    )
    def test_a_gap_that_anything_bears_out_is_sold_into_at_once(
        self, orders: Orders, bare: Intent, bid: str, ask: str, last: str | None
    ) -> None:
        (exit_,) = placed(orders.on_quote(*at(1, bid, ask, last)))
        assert exit_.role is Role.STOP

    def test_an_exit_under_way_is_not_priced_from_a_stub(self, orders: Orders, bare: Intent) -> None:
        (first,) = placed(orders.on_quote(*at(1, "94.9", "95", "94.9")))
        orders.on_quote(*at(2, "0.01", "95", "94.8"))
        changes = orders.on_answer(first, Answer(Outcome.REJECTED, "no"), T0 + 2 * SECOND)
        (second,) = placed(changes) or placed(orders.due(T0 + 4 * SECOND))
        assert second.draft.limit_price > 92

    def test_a_lot_whose_stop_the_trades_have_reached_does_not_wait_for_another(
        self, orders: Orders, enter: Enter
    ) -> None:
        ready(orders)
        lots = []
        for number, stop in enumerate(("90", "99")):
            intent = enter(f"signal-{number}", extended_hours=True, stop=stop)
            orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
            fill_entry(orders, intent)
            lots.append(intent.client_order_id)
        (exit_,) = placed(orders.on_quote(*at(1, "0.01", "101", "98.5")))
        assert exit_.parent == lots[1]

    @given(
        st.lists(
            st.tuples(st.sampled_from(["0.01", "60", "94", "99.9"]), st.sampled_from(["61", "100.1"])),
            min_size=30, max_size=60,
        )
    )  # fmt: skip
    def test_a_bid_that_stays_beyond_the_stop_is_sold_on_in_the_end(self, quotes: list[tuple[str, str]]) -> None:
        orders = Orders(Config())
        buy_unprotected(orders)
        beyond = 0
        for second, (bid, ask) in enumerate(quotes, 1):
            if Decimal(bid) > Decimal(ask):
                bid = ask
            beyond = beyond + 1 if Decimal(bid) <= 95 else 0
            if placed(orders.on_quote(*at(second, bid, ask, "100"))):
                assert beyond
                return
            assert beyond <= STUB_NS // SECOND + STUB_QUOTES, "a quote each second"


class TestJump:
    MORNING = T0 + DAY

    def test_a_price_far_from_yesterdays_asks_the_venue_and_sells_nothing_yet(
        self, orders: Orders, bare: Intent
    ) -> None:
        changes = orders.on_quote(*at(0, "10", "10.01", "10", self.MORNING))
        assert changes.requests == (Compare("jump"),) and orders.jumped("TSLA")
        assert [alert.code for alert in changes.alerts] == ["price_jump"]
        assert not orders.on_quote(*at(1, "10", "10.01", "10", self.MORNING)).requests, "asked once"

    def test_last_evenings_price_told_in_the_morning_hides_no_jump(self, orders: Orders, bare: Intent) -> None:
        """A source's snapshot, asked for at every connection."""
        assert not orders.on_quote(quote("100", "100.1", T0 + SECOND), self.MORNING).requests
        changes = orders.on_quote(*at(1, "10", "10.01", "10", self.MORNING))
        assert changes.requests == (Compare("jump"),) and not placed(changes)

    def test_a_gap_is_sold_into_once_the_venue_has_told_the_same_position(self, orders: Orders, bare: Intent) -> None:
        orders.on_quote(*at(0, "60", "60.1", "60", self.MORNING))
        ready(orders, self.MORNING + SECOND)
        assert not orders.jumped("TSLA")
        (exit_,) = placed(orders.on_quote(*at(2, "60", "60.1", "60", self.MORNING)))
        assert exit_.role is Role.STOP and exit_.draft.quantity == 10

    def test_a_gap_is_sold_into_after_some_seconds_when_the_venue_does_not_answer(
        self, orders: Orders, bare: Intent
    ) -> None:
        for second in (0, JUMP_NS // SECOND - 1):
            assert not placed(orders.on_quote(*at(second, "60", "60.1", "60", self.MORNING)))
        assert placed(orders.on_quote(*at(JUMP_NS // SECOND, "60", "60.1", "60", self.MORNING)))

    def test_a_fall_by_half_waits_for_the_venue_to_split_the_position_but_not_for_long(
        self, orders: Orders, bare: Intent
    ) -> None:
        """The price of a split may be there before the position's is: the old quantity is no answer yet."""
        changes = orders.on_quote(*at(0, "51", "51.1", "51", self.MORNING))
        assert [alert.code for alert in changes.alerts] == ["price_jump"]
        assert f"for up to {SPLIT_NS // SECOND} s" in changes.alerts[0].remedy
        ready(orders, self.MORNING + SECOND)
        assert orders.jumped("TSLA")
        for second in (2, JUMP_NS // SECOND + 1, SPLIT_NS // SECOND - 1):
            assert not placed(orders.on_quote(*at(second, "51", "51.1", "51", self.MORNING)))
        (exit_,) = placed(orders.on_quote(*at(SPLIT_NS // SECOND, "51", "51.1", "51", self.MORNING)))
        assert exit_.role is Role.STOP and exit_.draft.quantity == 10

    def test_a_split_that_the_venue_makes_late_sells_nothing(self, orders: Orders, bare: Intent) -> None:
        orders.on_quote(*at(0, "50", "50.1", "50", self.MORNING))
        ready(orders, self.MORNING + SECOND)
        account = VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000))
        told_ns = self.MORNING + 30 * SECOND
        split = VenueSnapshot(told_ns, account, (VenuePosition("TSLA", Decimal(20), Decimal(50)),), ())
        ours = {"TSLA": Position("TSLA", Decimal(10), Decimal(100))}
        assert not placed(orders.reconcile(split, ours, told_ns).changes)
        assert not orders.jumped("TSLA")
        for second in (31, 61, 90):
            assert not placed(orders.on_quote(*at(second, "50", "50.1", "50", self.MORNING)))
        (exit_,) = placed(orders.on_quote(*at(91, "47", "47.1", "47", self.MORNING)))
        assert exit_.draft.quantity == 20

    def test_one_that_falls_on_past_a_splits_ratio_is_sold_after_the_usual_seconds(
        self, orders: Orders, bare: Intent
    ) -> None:
        orders.on_quote(*at(0, "50", "50.1", "50", self.MORNING))
        assert placed(orders.on_quote(*at(11, "44", "44.1", "44", self.MORNING)))

    @pytest.mark.parametrize(
        ("price", "alike"),
        [("50", True), ("48.5", True), ("52", True), ("33.4", True), ("66", True), ("10", True), ("200", True),
         ("60", False), ("44", False), ("80", False), ("70", False), ("9.7", True), ("8.7", False)],
    )  # fmt: skip
    def test_usual_ratios_are_known_in_both_directions(self, price: str, alike: bool) -> None:
        assert like_split(Decimal(price), Decimal(100)) is alike
        assert like_split(Decimal(100), Decimal(price)) is alike

    def test_a_stop_still_to_be_sold_since_last_evening_waits_for_the_venue_too(
        self, orders: Orders, bare: Intent
    ) -> None:
        (stop,) = placed(orders.on_quote(*at(1, "94", "94.1", "94")))
        orders.on_answer(stop, Answer(Outcome.DENIED, "R19 market_session"), T0 + SECOND)
        assert not placed(orders.on_quote(*at(0, "9.4", "9.41", "9.4", self.MORNING)))
        assert not placed(orders.due(self.MORNING + SECOND))
        account = VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000))
        split = VenueSnapshot(self.MORNING + SECOND, account, (VenuePosition("TSLA", Decimal(100), Decimal(10)),), ())
        ours = {"TSLA": Position("TSLA", Decimal(10), Decimal(100))}
        (again,) = placed(orders.reconcile(split, ours, self.MORNING + SECOND).changes)
        assert again.draft.quantity == 100, "all of what it became"

    def test_a_fall_within_the_day_is_no_jump(self, orders: Orders, bare: Intent) -> None:
        assert not orders.on_quote(*at(1, "99", "99.1", "99")).requests
        assert placed(orders.on_quote(*at(2, "60", "60.1", "60")))

    def test_a_small_gap_is_no_jump(self, orders: Orders, bare: Intent) -> None:
        assert placed(orders.on_quote(*at(0, "94", "94.1", "94", self.MORNING)))

    def test_a_reverse_split_is_no_target(self, orders: Orders, bare: Intent) -> None:
        changes = orders.on_quote(*at(0, "1000", "1000.1", "1000", self.MORNING))
        assert changes.requests == (Compare("jump"),)

    def test_yesterdays_price_is_known_after_a_restart(self, orders: Orders, enter: Enter) -> None:
        intent = enter(extended_hours=True)
        changes = fill_entry(orders, intent)
        again = restarted(intent, changes)
        again.due(self.MORNING)
        assert again.on_quote(*at(1, "10", "10.01", "10", self.MORNING)).requests == (Compare("jump"),)

    def test_the_last_price_of_an_earlier_day_is_known_after_a_restart(self, orders: Orders, enter: Enter) -> None:
        """Bought at 100, and at 125 in the evening before a split: from what was paid it looks like none."""
        intent = enter(extended_hours=True)
        again = restarted(intent, fill_entry(orders, intent))
        again.restore(quote("125", "125.1", T0 + SECOND, last="125"))
        again.due(self.MORNING)
        changes = again.on_quote(*at(1, "62.5", "62.6", "62.5", self.MORNING))
        assert f"for up to {SPLIT_NS // SECOND} s" in changes.alerts[0].remedy

    def test_what_is_doubted_is_forgotten_with_the_holding(self) -> None:
        doubts = Doubts()
        for day in (0, 1):
            at_ns = T0 + day * DAY
            moved = quote("10", "10.1", at_ns) if day else quote("100", "100.1", at_ns)
            doubts.jumps(moved, Decimal("0.02"), at_ns)
        assert doubts.jumped("TSLA")
        doubts.forget("TSLA")
        assert not doubts.jumped("TSLA") and doubts.base("TSLA") is None


def test_a_doubt_ends_when_the_venue_carries_the_stop(orders: Orders, enter: Enter) -> None:
    """The stop was watched while it was missing; a stub was told, and the next quotes reach no level."""
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    ready(orders)
    fill_entry(orders, intent)
    doubted = orders.on_quote(quote("0.01", "100.5", T0 + 2, last="100"), T0 + 2)
    assert [alert.code for alert in doubted.alerts] == ["stop_doubted"]
    shown = told(intent, OrderStatus.FILLED, "10", "100", T0 + 3, legs=legs(intent, OrderStatus.WORKING))
    orders.on_lookup(intent.client_order_id, Lookup(True, shown), T0 + 3)
    assert "stop_doubted/TSLA" in orders.on_quote(quote("100", "100.1", T0 + 4, last="100"), T0 + 4).cleared
