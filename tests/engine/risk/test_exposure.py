"""R09–R12 at their boundaries. The draft is 3 × 250.52 = 751.56 at the dearest price."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.model import OrderStatus, Role, Side

D = Decimal


def flat(scene):
    """A book whose bid, ask and last are all 250."""
    return scene.quote(bid=D(250), ask=D(250), last=D(250))


@pytest.mark.parametrize(("quantity", "passed"), [("40", True), ("40.001", False)])
def test_position(scene, quantity, passed):
    draft = scene.draft(quantity=D(quantity), limit_price=D(250))
    result = scene.judged("position", book=scene.book(quote=flat(scene)), draft=draft)
    assert (result.id, result.passed, result.limit) == ("R09", passed, D(10_000))


@pytest.mark.parametrize(("working", "passed"), [(7, True), (8, False)])
def test_position_counts_what_is_held_and_working(scene, working, passed):
    half_filled = scene.order(Side.BUY, working + 5, filled=D(5), status=OrderStatus.PARTIAL)
    book = scene.book(scene.position(30), quote=flat(scene), orders=(half_filled,))
    draft = scene.draft(quantity=D(3), limit_price=D(250))
    assert scene.judged("position", book=book, draft=draft).passed is passed


@pytest.mark.parametrize(("working", "passed"), [(7, True), (8, False)])
def test_position_of_a_sale_beyond_what_is_held_counts_working_sales(scene, working, passed):
    orders = (scene.order(Side.SELL, working, Role.EXIT), scene.order(Side.BUY, 30))
    book = scene.book(quote=flat(scene), orders=orders)
    assert scene.judged("position", book=book, draft=scene.exit_draft(33, limit_price=D(250))).passed is passed


@pytest.mark.parametrize("status", [OrderStatus.INTENT, OrderStatus.UNRESOLVED, OrderStatus.CANCELING])
def test_orders_whose_outcome_is_not_known_count(scene, status):
    book = scene.book(quote=flat(scene), orders=(scene.order(Side.BUY, 40, status=status),))
    assert not scene.judged("position", book=book).passed


@pytest.mark.parametrize(("external", "passed"), [(76, True), (78, False)])
def test_concentration_counts_external_holdings_which_position_does_not(scene, external, passed):
    book = scene.book(scene.position(external, external=True), quote=flat(scene))
    draft = scene.draft(limit_price=D(250))
    assert scene.judged("concentration", book=book, draft=draft).passed is passed
    assert scene.judged("position", book=book, draft=draft).passed


@pytest.mark.parametrize(
    ("ours", "foreign", "quantity", "passed"),
    [(20, 10, "40", True), (20, 10, "40.001", False), (-20, -10, "40", True), (40, -10, "40.001", False)],
)
def test_concentration_adds_up_everything_in_the_symbol(scene, ours, foreign, quantity, passed):
    """Half of 20 % of equity are 40 shares: held, not ours, working; the other half is the order."""
    position = scene.position(ours + foreign, foreign=D(foreign))
    orders = (scene.order(Side.BUY, 3), scene.order(Side.BUY, 7, Role.EXTERNAL))
    draft = scene.draft(quantity=D(quantity), limit_price=D(250))
    result = scene.judged("concentration", book=scene.book(position, quote=flat(scene), orders=orders), draft=draft)
    assert (result.passed, result.value, result.limit) == (passed, (40 + D(quantity)) * 250, D(20_000))


UNKNOWN = {"position": "R09", "gross_exposure": "R10", "concentration": "R10", "buying_power": "R11"}


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("lacks", ["quantity", "price", "equity"])
def test_what_cannot_be_known_rejects_and_has_no_value(scene, name, lacks):
    draft, book = scene.draft(), scene.book()
    if lacks == "quantity":
        draft = scene.draft(quantity=D("NaN"))
    elif lacks == "price":
        draft, book = scene.draft(limit_price=D("NaN")), scene.book(quotes={})
    else:
        book = scene.book(account=scene.account(equity=D("NaN")))
    result = scene.judged(name, book=book, draft=draft)
    assert (result.id, result.passed, result.value) == (UNKNOWN[name], False, None)
    held = msgspec.structs.replace(book, positions={"TSLA": scene.position(10)})
    sale = scene.exit_draft(5, limit_price=draft.limit_price)
    assert scene.judged(name, book=held, draft=sale, role=Role.EXIT).passed


@pytest.mark.parametrize(("held", "passed"), [(237, True), (238, False)])
def test_gross_exposure(scene, held, passed):
    book = scene.book(scene.position(held, symbol="AAPL"), quote=flat(scene))
    draft = scene.draft(limit_price=D(250))
    assert scene.judged("gross_exposure", book=book, draft=draft).passed is passed


def test_gross_exposure_counts_shorts_and_working_buys_as_they_are(scene):
    book = scene.book(scene.position(-100, symbol="AAPL"), orders=(scene.order(Side.BUY, 100, symbol="GOOG"),))
    result = scene.judged("gross_exposure", book=book)
    assert result.value == D(25_000) + D(25_000) + D("751.56")


def test_gross_exposure_is_unknown_when_something_cannot_be_valued(scene):
    order = scene.order(Side.BUY, 1, symbol="GOOG", limit_price=None)
    assert not scene.judged("gross_exposure", book=scene.book(orders=(order,))).passed
    assert not scene.judged("buying_power", book=scene.book(orders=(order,))).passed


@pytest.mark.parametrize(("cash", "passed"), [("10751.56", True), ("10751.55", False)])
def test_cash_floor(scene, cash, passed):
    book = scene.book(account=scene.account(cash=D(cash)))
    assert scene.judged("buying_power", book=book).passed is passed


@pytest.mark.parametrize(("power", "passed"), [("751.56", True), ("751.55", False), ("-1", False)])
def test_buying_power(scene, power, passed):
    book = scene.book(account=scene.account(buying_power=D(power)))
    result = scene.judged("buying_power", book=book)
    assert (result.passed, result.limit) == (passed, max(D(0), D(power)))


@pytest.mark.parametrize(("working", "passed"), [("349", True), ("350", False)])
def test_cash_counts_working_orders_of_every_symbol(scene, working, passed):
    order = scene.order(Side.BUY, D(working), symbol="GOOG", limit_price=D("255.6"))
    assert scene.judged("buying_power", book=scene.book(orders=(order,))).passed is passed


@pytest.mark.parametrize(("held", "passed"), [(9, True), (10, False)])
def test_open_positions(scene, held, passed):
    book = scene.book(*(scene.position(1, symbol=f"S{number}") for number in range(held)))
    result = scene.judged("open_positions", book=book)
    assert (result.passed, result.value, result.limit) == (passed, held + 1, 10)


def test_open_positions_let_one_add_to_a_symbol_and_count_those_being_bought(scene):
    others = tuple(scene.position(1, symbol=f"S{number}") for number in range(9))
    assert scene.judged("open_positions", book=scene.book(scene.position(1), *others)).passed
    buying = (scene.order(Side.BUY, 1, symbol="GOOG"),)
    assert not scene.judged("open_positions", book=scene.book(*others, orders=buying)).passed
    emptied = scene.position(0, symbol="GME")
    assert scene.judged("open_positions", book=scene.book(emptied, *others)).passed


@pytest.mark.parametrize(("working", "passed"), [(9, True), (10, False)])
def test_open_orders(scene, working, passed):
    orders = tuple(scene.order(Side.BUY, 1, symbol="GOOG") for _ in range(working))
    assert scene.judged("open_orders", book=scene.book(orders=orders)).passed is passed


def test_open_orders_leave_out_protective_legs_and_external_orders(scene):
    legs = tuple(scene.order(Side.SELL, 1, role) for role in (Role.STOP, Role.TARGET, Role.EXTERNAL) for _ in range(9))
    assert scene.judged("open_orders", book=scene.book(orders=legs)).value == D(1)


@pytest.mark.parametrize(
    "name", ["position", "gross_exposure", "concentration", "buying_power", "open_positions", "open_orders"]
)
def test_reducing_passes_whatever_is_held(scene, name):
    others = tuple(scene.position(100, symbol=f"S{number}") for number in range(12))
    orders = tuple(scene.order(Side.BUY, 1, symbol="GOOG") for _ in range(12))
    account = scene.account(equity=D(1000), cash=D(-5), buying_power=D(0))
    book = scene.book(scene.position(100), *others, orders=orders, account=account)
    for sold in (100, 1):
        assert scene.judged(name, book=book, draft=scene.exit_draft(sold), role=Role.EXIT).passed
