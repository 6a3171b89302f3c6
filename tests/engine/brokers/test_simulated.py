"""The built-in venue: what it fills, what it refuses, what it remembers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.brokers.simulated import SimulatedBroker
from engine.clock import DAY, HOUR, MINUTE, SECOND
from engine.model import (
    Broker,
    Fill,
    Halt,
    Intent,
    OrderStatus,
    Outcome,
    Quote,
    Role,
    Session,
    Side,
)
from tests.engine.brokers.simulated_desk import NOON, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_it_speaks_broker(desk: Desk) -> None:
    broker: Broker = desk.broker
    assert isinstance(broker, Broker) and broker.simulated
    await broker.start()
    assert (await broker.market()).session is Session.REGULAR
    instrument = await broker.instrument("TSLA")
    assert instrument is not None and instrument.tradable and instrument.quantity_step == 1
    await broker.close()
    assert [update async for update in broker.updates()] == []


class TestFills:
    async def test_never_on_the_quote_that_led_to_the_order(self, desk: Desk) -> None:
        desk.quote("99", "100")
        await desk.submit(desk.intent())
        assert desk.quote("99", "100", after_ns=0) == []
        (update,) = desk.quote("99", "100")
        assert (update.event, update.quantity, update.price) == ("fill", 10, 100)

    async def test_price_improvement_and_limits(self, desk: Desk) -> None:
        await desk.submit(desk.intent(limit="100"))
        assert desk.quote("100.01", "100.02") == []
        (update,) = desk.quote("97", "98")
        assert update.price == 98
        await desk.submit(desk.intent(Side.SELL, limit="99"))
        assert desk.quote("98.99", "99.5") == []
        (update,) = desk.quote("99.2", "99.5")
        assert update.price == Decimal("99.2")

    async def test_a_source_with_last_prices_only_gets_a_spread(self, desk: Desk) -> None:
        await desk.submit(desk.intent(limit="101"))
        (update,) = desk.quote(None, None, "100")
        assert update.price == Decimal("100.02")

    @pytest.mark.parametrize("bad", [("100", "90"), (None, None), ("0", "0"), ("NaN", "NaN")])
    async def test_a_bad_quote_fills_nothing(self, desk: Desk, bad: tuple[str | None, str | None]) -> None:
        await desk.submit(desk.intent())
        assert desk.quote(*bad) == []

    async def test_parts_add_up_and_cost_a_fee_each(self) -> None:
        desk = Desk(partial_fill_chance=1.0, fee_per_share=Decimal("0.01"))
        await desk.submit(desk.intent(quantity="100"))
        (first,) = desk.quote("99", "100")
        (second,) = desk.quote("98", "99")
        assert first.event == "partial_fill" and first.quantity is not None and 25 <= first.quantity < 100
        assert second.event == "fill" and second.quantity == 100 - first.quantity
        assert first.fee + second.fee == 1
        snapshot = await desk.broker.snapshot(0)
        assert snapshot.account.cash == 100_000 - first.quantity * 100 - second.quantity * 99 - 1

    async def test_a_halted_symbol_rests(self, desk: Desk) -> None:
        await desk.submit(desk.intent())
        desk.broker.on_halt(Halt("TSLA", NOON, NOON, True, "T1", "news pending"))
        assert desk.quote("99", "100") == []
        desk.broker.on_halt(Halt("TSLA", NOON, NOON, False, "T3", "resumed"))
        assert desk.quote("99", "100")


class TestBrackets:
    async def bracket(self, desk: Desk, quantity: str = "10") -> Intent:
        intent = desk.intent(quantity=quantity, stop="95", target="110")
        answer = await desk.submit(intent)
        assert answer.order is not None
        assert [leg.status for leg in answer.order.legs] == [OrderStatus.HELD, OrderStatus.HELD]
        return intent

    async def test_legs_go_to_work_when_the_entry_has_filled_and_one_cancels_the_other(self, desk: Desk) -> None:
        await self.bracket(desk)
        assert desk.quote("94", "101") == []
        assert [update.event for update in desk.quote("99", "100")] == ["fill", "new", "new"]
        assert desk.quote("96", "97") == []
        updates = desk.quote("110", "110.1")
        assert [(update.event, update.order.role) for update in updates] == [
            ("fill", Role.TARGET),
            ("canceled", Role.STOP),
        ]
        assert await desk.held() == 0

    async def test_a_stop_takes_the_price_after_a_gap(self, desk: Desk) -> None:
        await self.bracket(desk)
        desk.quote("99", "100")
        updates = desk.quote("80", "81")
        assert (updates[0].order.role, updates[0].price, updates[1].event) == (Role.STOP, 80, "canceled")

    async def test_legs_are_held_while_the_entry_is_partly_filled_and_end_with_it(self) -> None:
        desk = Desk(partial_fill_chance=1.0)
        intent = await self.bracket(desk, "100")
        desk.quote("99", "100")
        assert desk.quote("90", "101") == []
        order = (await desk.broker.lookup(intent.client_order_id)).order
        assert order is not None and order.status is OrderStatus.PARTIAL
        answer = await desk.broker.cancel(order)
        assert answer.order is not None and answer.order.status is OrderStatus.CANCELED
        assert {leg.status for leg in answer.order.legs} == {OrderStatus.CANCELED}
        assert len(desk.time(0)) == 3

    async def test_a_leg_filled_in_part_leaves_its_sibling_the_rest(self) -> None:
        desk = Desk(partial_fill_chance=1.0)
        intent = await self.bracket(desk, "100")
        desk.quote("99", "100")
        desk.quote("99", "100")
        updates = desk.quote("94", "94.1")
        assert [update.event for update in updates] == ["partial_fill", "restated"]
        assert updates[0].quantity is not None
        assert updates[1].order.quantity == 100 - updates[0].quantity
        assert [update.event for update in desk.quote("93", "93.1")] == ["fill", "canceled"]
        order = (await desk.broker.lookup(intent.client_order_id)).order
        assert order is not None and not any(leg.status.open for leg in order.legs)
        assert await desk.held() == 0


class TestRefusals:
    async def test_an_id_it_knows_answers_with_its_order(self, desk: Desk) -> None:
        intent = desk.intent()
        await desk.submit(intent)
        desk.quote("99", "100")
        answer = await desk.broker.submit(intent)
        assert answer.outcome is Outcome.ACCEPTED and "unique" in answer.reason
        assert answer.order is not None and answer.order.status is OrderStatus.FILLED
        assert desk.quote("99", "100") == []

    @pytest.mark.parametrize(
        ("kind", "why"),
        [
            ({"limit": "100.001"}, "sub-penny"),
            ({"limit": "0"}, "above 0"),
            ({"limit": "NaN"}, "above 0"),
            ({"quantity": "0.5"}, "multiple of 1"),
            ({"quantity": "5000"}, "insufficient buying power"),
            ({"side": Side.SELL}, "not allowed to short"),
            ({"stop": "101", "target": "110"}, "must stand in this order"),
            ({"stop": "95", "target": "99"}, "must stand in this order"),
        ],
    )
    async def test_in_the_brokers_words(self, desk: Desk, kind: dict[str, str], why: str) -> None:
        intent = desk.intent(**kind)  # type: ignore[arg-type]
        answer = await desk.submit(intent)
        assert answer.outcome is Outcome.REJECTED and why in answer.reason
        assert (await desk.broker.lookup(intent.client_order_id)).known is False

    async def test_buying_power_counts_what_works(self, desk: Desk) -> None:
        assert (await desk.submit(desk.intent(quantity="600"))).outcome is Outcome.ACCEPTED
        assert "buying_power=40000" in (await desk.submit(desk.intent(quantity="401"))).reason
        assert (await desk.submit(desk.intent(quantity="400"))).outcome is Outcome.ACCEPTED

    async def test_shares_under_other_orders_are_not_available(self, desk: Desk) -> None:
        await desk.buy()
        assert (await desk.submit(desk.intent(Side.SELL, "6", "120"))).outcome is Outcome.ACCEPTED
        assert "available=4, held_for_orders=6" in (await desk.submit(desk.intent(Side.SELL, "5", "120"))).reason

    async def test_legs_of_a_bracket_hold_its_shares_once(self, desk: Desk) -> None:
        await desk.submit(desk.intent(stop="95", target="110"))
        desk.quote("99", "100")
        await desk.submit(desk.intent(quantity="5", stop="95", target="110"))
        desk.quote("99", "100")
        assert "held_for_orders=15" in (await desk.submit(desk.intent(Side.SELL, "1", "120"))).reason

    async def test_wash_trades(self, desk: Desk) -> None:
        await desk.buy()
        await desk.submit(desk.intent(Side.SELL, "5", "105"))
        assert "wash trade" in (await desk.submit(desk.intent(limit="105"))).reason
        assert (await desk.submit(desk.intent(limit="104"))).outcome is Outcome.ACCEPTED
        stop = desk.intent(Side.SELL, "5", "90", stop="90", role=Role.STOP)
        assert "wash trade" in (await desk.submit(stop)).reason

    async def test_a_stop_on_the_wrong_side_of_the_price(self, desk: Desk) -> None:
        await desk.buy()
        stop = desk.intent(Side.SELL, "5", "101", stop="101", role=Role.STOP)
        assert "less than current price" in (await desk.submit(stop)).reason

    async def test_drawn_by_chance_and_always_the_same(self) -> None:
        outcomes = []
        for _ in range(2):
            desk = Desk(reject_chance=0.5)
            outcomes.append([(await desk.submit(desk.intent(quantity="1"))).outcome for _ in range(30)])
        assert outcomes[0] == outcomes[1] and set(outcomes[0]) == {Outcome.ACCEPTED, Outcome.REJECTED}


class TestSessions:
    async def test_a_day_order_ends_with_its_session(self, desk: Desk) -> None:
        await desk.submit(desk.intent(limit="90", stop="85", target="95"))
        assert desk.time(4 * HOUR - SECOND) == []
        updates = desk.time(SECOND)
        assert [update.event for update in updates] == ["expired", "canceled", "canceled"]

    async def test_a_standing_order_does_not(self, desk: Desk) -> None:
        await desk.buy()
        await desk.submit(desk.intent(Side.SELL, "10", "90", stop="90", role=Role.STOP, tif="gtc"))
        assert desk.time(2 * DAY) == []

    async def test_after_the_close_it_waits_for_the_next_regular_session(self) -> None:
        desk = Desk(NOON + 5 * HOUR)
        await desk.submit(desk.intent())
        assert desk.quote("99", "100") == []
        assert desk.quote("99", "100", after_ns=14 * HOUR) == []
        assert desk.quote("99", "100", after_ns=3 * HOUR)

    async def test_extended_hours_fill_before_and_after_but_never_at_night(self) -> None:
        desk = Desk(NOON + 5 * HOUR)
        await desk.submit(desk.intent(quantity="1", extended_hours=True))
        assert desk.quote("99", "100")
        night = Desk(NOON + 9 * HOUR)
        await night.submit(night.intent(quantity="1", extended_hours=True))
        assert night.quote("99", "100") == []
        assert night.quote("99", "100", after_ns=8 * HOUR)


class TestMemory:
    async def test_a_restart_finds_cash_positions_and_orders_again(self) -> None:
        desk = Desk(partial_fill_chance=0.5, fee_per_share=Decimal("0.01"))
        for quantity in ("100", "50", "30"):
            await desk.submit(desk.intent(quantity=quantity, stop="95", target="110"))
            desk.quote("99", "100")
            desk.quote("96", "97")
        desk.quote("110", "111")
        await desk.submit(desk.intent(limit="90", extended_hours=True))
        again = SimulatedBroker(desk.config, desk.clock)
        again.restore(desk.journal)
        now = Quote("TSLA", desk.clock.now_ns(), desk.clock.now_ns(), Decimal(98), Decimal(99), None)
        for broker in (desk.broker, again):
            broker.on_quote(now)
        assert await again.snapshot(0) == await desk.broker.snapshot(0)
        later = Quote("TSLA", now.at_ns + 9, now.at_ns + 9, Decimal(80), Decimal(81), None)
        assert list(again.on_quote(later)) == list(desk.broker.on_quote(later))
        end_ns = NOON + 8 * HOUR
        assert sorted(map(repr, again.on_time(end_ns))) == sorted(map(repr, desk.broker.on_time(end_ns)))

    async def test_an_intent_that_never_reached_it_is_not_known(self, desk: Desk) -> None:
        intent = desk.intent()
        desk.broker.restore([intent])
        assert (await desk.broker.lookup(intent.client_order_id)).known is False


steps = st.lists(
    st.one_of(
        st.tuples(st.just("quote"), st.integers(80, 120)),
        st.tuples(st.just("buy"), st.integers(1, 50)),
        st.tuples(st.just("sell"), st.integers(1, 50)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("time"), st.integers(1, 240)),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(steps)
@example([("buy", 1), ("buy", 4), *[("quote", 80)] * 3, ("quote", 110)])
async def test_its_books_always_balance(moves: list[tuple[str, int]]) -> None:
    desk = Desk(partial_fill_chance=0.5, fee_per_share=Decimal("0.01"))
    for move, number in moves:
        if move == "quote":
            desk.quote(str(number), str(number + 1))
        elif move == "buy":
            await desk.submit(desk.intent(quantity=str(number), stop="95", target="110"))
        elif move == "sell":
            await desk.submit(desk.intent(Side.SELL, str(number), "100"))
        elif move == "cancel":
            snapshot = await desk.broker.snapshot(desk.clock.now_ns() + 1)
            if number < len(snapshot.orders):
                answer = await desk.broker.cancel(snapshot.orders[number])
                desk.note(answer.order or snapshot.orders[number])
                desk.time(0)
        else:
            desk.time(number * MINUTE)
    fills = [value for value in desk.journal if isinstance(value, Fill)]
    cash = 100_000 - sum(fill.quantity * fill.side.sign * fill.price + fill.fee for fill in fills)
    held = sum((fill.quantity * fill.side.sign for fill in fills), Decimal(0))
    snapshot = await desk.broker.snapshot(0)
    assert snapshot.account.cash == cash
    assert await desk.held() == held >= 0
    told = [order for parent in snapshot.orders for order in (parent, *parent.legs)]
    for order in told:
        mine = [fill for fill in fills if fill.client_order_id == order.client_order_id]
        assert order.filled == sum((fill.quantity for fill in mine), Decimal(0)) <= order.quantity
    again = SimulatedBroker(desk.config, desk.clock)
    again.restore(desk.journal)
    ours, theirs = await again.snapshot(0), snapshot
    assert (ours.account.cash, ours.positions) == (theirs.account.cash, theirs.positions)
    assert {order.client_order_id: order for order in ours.orders} == {
        order.client_order_id: order for order in theirs.orders
    }
