"""What the built-in venue refuses: malformed prices and quantities, wash trades, what cannot be paid or delivered."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.brokers.simulated_book import Resting, VenueBook
from engine.brokers.simulated_rules import refusal, step, trades_in
from engine.config import SimulatedConfig
from engine.model import Intent, Quote, Role, Session, Side
from tests.engine.brokers.simulated_desk import Desk

D = Decimal
CONFIG = SimulatedConfig(cash=D(10_000))
DESK = Desk()


def book(held: int = 0, *resting: Intent) -> VenueBook:
    """A book with shares bought at 100, and orders of ours at work."""
    made = VenueBook(CONFIG)
    if held:
        bought = made.accept(DESK.intent(quantity=str(held)), 1, 0)
        made.execute(bought, D(held), D(100), D(0), 1)
    for intent in resting:
        made.accept(intent, 2, 0)
    return made


def said(intent: Intent, found: VenueBook | None = None, **config: float) -> str:
    return refusal(intent, book() if found is None else found, msgspec.structs.replace(CONFIG, **config))


def changed(intent: Intent, **draft: object) -> Intent:
    return msgspec.structs.replace(intent, draft=msgspec.structs.replace(intent.draft, **draft))


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "NaN", "Infinity"])
def test_a_quantity_is_a_positive_multiple_of_its_step(quantity: str) -> None:
    assert said(changed(DESK.intent(), quantity=D(quantity))).startswith("qty must be a positive multiple of 1")


@given(st.integers(1, 10**9))
def test_pairs_trade_in_millionths(millionths: int) -> None:
    assert step("TSLA") == 1
    intent = changed(DESK.intent(limit="1"), symbol="BTC/USD", quantity=D(millionths) / 10**6)
    assert said(intent) == ""
    assert "multiple" in said(changed(intent, quantity=intent.draft.quantity + D("0.0000001")))


@pytest.mark.parametrize(
    ("limit", "words"),
    [("0", "above 0"), ("-1", "above 0"), ("NaN", "above 0"), ("10.001", "sub-penny"), ("0.98765", "sub-penny")],
)
def test_a_price_is_a_price_on_the_venues_grid(limit: str, words: str) -> None:
    assert words in said(changed(DESK.intent(), limit_price=D(limit)))
    assert said(changed(DESK.intent(quantity="1"), limit_price=D("0.9876"))) == ""
    assert said(changed(DESK.intent(quantity="1"), symbol="BTC/USD", limit_price=D("10.001"))) == ""


@pytest.mark.parametrize(
    ("stop", "target", "refused"),
    [("95", "110", False), ("100", "110", True), ("95", "100", True), ("110", "95", True)],
)
def test_a_bracket_stands_around_its_limit(stop: str, target: str, refused: bool) -> None:
    assert bool(said(DESK.intent(stop=stop, target=target))) is refused
    assert ("sub-penny" in said(DESK.intent(stop="95.001", target="110"))) is True
    assert ("take_profit" in said(DESK.intent(stop="95", target="110.001"))) is True


@pytest.mark.parametrize(("stop", "refused"), [("99", False), ("100", True), ("101", True)])
def test_a_stop_that_would_fire_at_once_is_none(stop: str, refused: bool) -> None:
    found = book(10)
    intent = DESK.intent(Side.SELL, role=Role.STOP, stop=stop)
    assert said(intent, found) == "", "without a price nobody can tell"
    found.quotes["TSLA"] = Quote("TSLA", 1, 1, D(99), D(101), D(100))
    assert (said(intent, found) == "stop price must be less than current price") is refused


@pytest.mark.parametrize(("limit", "crosses"), [("99", False), ("100", True), ("101", True)])
def test_an_order_never_trades_with_one_of_our_own(limit: str, crosses: bool) -> None:
    selling = DESK.intent(Side.SELL, "5", limit="100")
    assert ("wash trade" in said(DESK.intent(limit=limit), book(10, selling))) is crosses
    assert said(DESK.intent(limit="100"), book(10, DESK.intent(limit="100"))) == "", "the same side is none"


def test_a_resting_stop_stands_in_the_way_of_all_but_a_bracket() -> None:
    found = book(10, DESK.intent(Side.SELL, "5", role=Role.STOP, stop="95"))
    assert "market/stop order exists" in said(DESK.intent(), found)
    assert said(DESK.intent(stop="95", target="110"), found) == ""


@given(st.integers(1, 200))
def test_a_buy_is_paid_from_what_other_buys_leave(quantity: int) -> None:
    assert (said(DESK.intent(quantity=str(quantity))) == "") is (quantity * 100 <= 10_000)
    working = book(0, DESK.intent(quantity="40"))
    assert (said(DESK.intent(quantity=str(quantity)), working) == "") is (quantity * 100 <= 6_000)


@given(st.integers(1, 20), st.integers(0, 10))
def test_a_sale_delivers_what_is_held_and_not_promised_elsewhere(quantity: int, selling: int) -> None:
    promised = [DESK.intent(Side.SELL, str(selling))] if selling else []
    words = said(DESK.intent(Side.SELL, str(quantity)), book(10, *promised))
    assert (words == "") is (quantity <= 10 - selling)
    if words:
        assert words.endswith(f"available={10 - selling}, held_for_orders={selling}")


def test_nobody_goes_short() -> None:
    assert said(DESK.intent(Side.SELL)) == "account is not allowed to short"
    assert said(DESK.intent(Side.SELL, role=Role.ENTRY), book(10)) == "account is not allowed to short"


def test_rejections_can_be_drawn_and_are_the_same_each_time() -> None:
    intents = [DESK.intent() for _ in range(200)]
    drawn = [said(intent, reject_chance=0.25) for intent in intents]
    assert drawn == [said(intent, reject_chance=0.25) for intent in intents]
    assert 20 < sum(map(bool, drawn)) < 80
    assert not any(said(intent, reject_chance=0.0) for intent in intents)
    assert all(said(intent, reject_chance=1.0) for intent in intents)


@pytest.mark.parametrize("session", Session)
@pytest.mark.parametrize("extended", [True, False])
def test_orders_wait_for_their_hours(session: Session, extended: bool) -> None:
    resting = book().accept(changed(DESK.intent(), extended_hours=extended), 1, 0)
    assert isinstance(resting, Resting)
    outside = session in (Session.PRE, Session.POST) and extended
    assert trades_in(session, resting) is (session is Session.REGULAR or outside)
