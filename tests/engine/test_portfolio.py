"""The book: average cost, valuation, the venue's word, the day."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.model import Account, Fill, Quote, Role, Side, VenueAccount, VenuePosition, VenueSnapshot
from engine.portfolio import Portfolio

T0 = 1_700_000_000 * SECOND
TINY = Decimal("1e-15")

symbols = st.sampled_from(["TSLA", "META"])
prices = st.decimals("0.01", "2000", places=2)
quantities = st.decimals("0.01", "500", places=2)
fills = st.builds(
    lambda symbol, side, quantity, price, fee, role: Fill("x", "o", symbol, side, quantity, price, fee, T0, "s", role),
    symbols,
    st.sampled_from(Side),
    st.sampled_from([Decimal("0.01"), Decimal("0.5"), Decimal(1), Decimal(2), Decimal(3)]) | quantities,
    prices,
    st.decimals("0", "5", places=3),
    st.sampled_from([Role.ENTRY, Role.STOP, Role.EXIT, Role.EXTERNAL]),
)
quotes = st.builds(
    lambda symbol, bid, later: Quote(symbol, T0 + later, T0 + later, bid, bid + 1, bid), symbols, prices, st.integers(1)
)


def fill(side: Side, quantity: str, price: str, *, fee: str = "0", role: Role = Role.ENTRY, at_ns: int = T0) -> Fill:
    return Fill("x", "o", "TSLA", side, Decimal(quantity), Decimal(price), Decimal(fee), at_ns, "s", role)


def quoted(bid: str, ask: str) -> Quote:
    return Quote("TSLA", T0 + 5, T0 + 5, Decimal(bid), Decimal(ask), None)


@given(st.lists(st.one_of(fills, quotes), max_size=25))
def test_the_identities_hold_after_any_fills_and_quotes(events: list[Fill | Quote]) -> None:
    portfolio = Portfolio(Decimal(100_000))
    held: dict[str, Decimal] = {}
    began_by: dict[str, Role] = {}
    priced_ns: dict[str, int] = {}
    realised = fees = Decimal(0)
    for event in events:
        if isinstance(event, Quote):
            portfolio.on_quote(event)
            if event.symbol in priced_ns:
                priced_ns[event.symbol] = event.at_ns
            continue
        closed = portfolio.on_fill(event)
        before = held.get(event.symbol, Decimal(0))
        held[event.symbol] = before + event.quantity * event.side.sign
        priced_ns.setdefault(event.symbol, event.at_ns)
        if not before:
            began_by[event.symbol] = event.role
        assert (closed is not None) == (before * event.side.sign < 0)
        realised += closed.realised if closed is not None else 0
        fees += event.fee
        if closed is not None:
            assert closed.quantity == min(abs(before), event.quantity)
            assert closed.stopped_out == (event.role is Role.STOP)
    account = portfolio.account(T0)
    positions = portfolio.positions()
    assert {position.symbol: position.quantity for position in positions} == {
        symbol: quantity for symbol, quantity in held.items() if quantity
    }
    assert abs(account.equity - account.cash - sum(position.value for position in positions)) < TINY
    assert abs(account.equity - 100_000 - (account.realised_day + account.unrealised - account.fees_day)) < TINY
    assert account.realised_day == realised and account.fees_day == fees
    assert abs(sum(position.unrealised for position in positions) - account.unrealised) < TINY
    assert account.peak_equity >= account.equity
    assert account.day_pnl == account.equity - 100_000
    for position in positions:
        assert position.average_price > 0
        assert position.price_ns == priced_ns[position.symbol]
        assert position.external == (began_by[position.symbol] is Role.EXTERNAL)


def test_average_cost_and_what_a_sale_closes() -> None:
    portfolio = Portfolio(Decimal(10_000))
    assert portfolio.on_fill(fill(Side.BUY, "10", "100")) is None
    portfolio.on_fill(fill(Side.BUY, "10", "110"))
    closed = portfolio.on_fill(fill(Side.SELL, "5", "95", fee="1", role=Role.STOP))
    assert closed is not None
    assert (closed.quantity, closed.realised, closed.entry_price) == (5, -50, 105)
    assert closed.stopped_out
    position = portfolio.position("TSLA")
    assert position is not None and (position.quantity, position.average_price, position.realised) == (15, 105, -50)
    assert portfolio.account(T0).cash == 10_000 - 1000 - 1100 + 475 - 1


def test_a_fill_through_zero_closes_one_side_and_opens_the_other() -> None:
    portfolio = Portfolio(Decimal(10_000))
    portfolio.on_fill(fill(Side.BUY, "10", "100"))
    closed = portfolio.on_fill(fill(Side.SELL, "15", "120"))
    assert closed is not None and (closed.quantity, closed.realised) == (10, 200)
    position = portfolio.position("TSLA")
    assert position is not None and (position.quantity, position.average_price) == (-5, 120)


@pytest.mark.parametrize(
    ("quote", "price"),
    [
        (quoted("101", "103"), "102"),
        (Quote("TSLA", T0, T0, Decimal(103), Decimal(101), Decimal(99)), "99"),
        (Quote("TSLA", T0, T0, None, None, Decimal(99)), "99"),
        (Quote("TSLA", T0, T0, None, None, Decimal("0.0001")), "0.0001"),
        (Quote("TSLA", T0, T0, None, Decimal(101), None), "100"),
        (Quote("TSLA", T0, T0, Decimal(0), Decimal(0), Decimal(0)), "100"),
    ],
)
def test_valued_at_the_mid_else_the_last_else_as_before(quote: Quote, price: str) -> None:
    portfolio = Portfolio(Decimal(10_000))
    portfolio.on_fill(fill(Side.BUY, "10", "100"))
    portfolio.on_quote(quote)
    position = portfolio.position("TSLA")
    assert position is not None and position.price == Decimal(price)
    assert portfolio.equity == 9_000 + 10 * Decimal(price)


def test_the_peak_is_kept_and_restored() -> None:
    portfolio = Portfolio(Decimal(10_000))
    portfolio.on_fill(fill(Side.BUY, "10", "100"))
    portfolio.on_quote(quoted("119", "121"))
    high = portfolio.account(T0)
    portfolio.mark()
    portfolio.on_quote(quoted("89", "91"))
    low = portfolio.account(T0)
    assert (high.peak_equity, low.peak_equity, low.equity) == (10_200, 10_200, 9_900)
    again = Portfolio()
    again.restore(fill(Side.BUY, "10", "100"))
    again.restore(low)
    again.on_quote(quoted("89", "91"))
    assert again.account(T0) == low
    assert again.positions() == portfolio.positions()


def test_what_is_bought_anew_is_not_valued_at_what_was_sold_long_ago() -> None:
    """A restart reads the fills of days, and no quotes."""
    book = Portfolio(Decimal(10_000))
    book.on_fill(fill(Side.BUY, "10", "140"))
    book.on_fill(fill(Side.SELL, "10", "139"))
    book.on_fill(fill(Side.BUY, "2", "70", at_ns=T0 + 100 * SECOND))
    position = book.position("TSLA")
    assert position is not None and (position.price, position.price_ns) == (70, T0 + 100 * SECOND)
    assert book.equity == 10_000 - 10
    book.on_fill(fill(Side.BUY, "1", "60", at_ns=T0 + 200 * SECOND))
    assert book.equity == 10_000 - 10 + 10


def test_a_quantity_taken_over_keeps_the_identities() -> None:
    book = Portfolio(Decimal(1000))
    book.on_fill(fill(Side.BUY, "10", "20"))
    book.hold("TSLA", Decimal(6))
    position = book.position("TSLA")
    assert position is not None
    assert (position.quantity, position.average_price) == (6, 20)
    assert book.equity == 800 + 6 * 20
    book.protect("TSLA", Decimal(15), Decimal(30))
    book.hold("TSLA", Decimal(0))
    assert book.position("TSLA") is None
    assert book.equity == 800
    book.hold("TSLA", Decimal(1))
    position = book.position("TSLA")
    assert position is not None and (position.average_price, position.stop_price) == (0, None)


def test_a_quantity_taken_over_from_a_split_cost_what_it_had() -> None:
    book = Portfolio(Decimal(10_000))
    book.on_fill(fill(Side.BUY, "10", "100"))
    book.on_quote(quoted("119", "121"))
    book.hold("TSLA", Decimal(40), Decimal("0.25"))
    position = book.position("TSLA")
    assert position is not None
    assert (position.quantity, position.average_price, position.price) == (40, 25, 30)
    assert book.equity == 9_000 + 40 * 30


def test_a_new_day_starts_from_the_equity_it_finds() -> None:
    portfolio = Portfolio(Decimal(10_000))
    portfolio.on_fill(fill(Side.BUY, "10", "100", fee="2"))
    portfolio.on_fill(fill(Side.SELL, "5", "110"))
    portfolio.new_day()
    account = portfolio.account(T0 + 1)
    assert (account.day_start_equity, account.day_pnl) == (account.equity, 0)
    assert (account.realised_day, account.fees_day) == (0, 0)
    position = portfolio.position("TSLA")
    assert position is not None and position.realised == 0


def test_a_symbol_left_yesterday_is_valued_at_today_s_first_fill() -> None:
    portfolio = Portfolio(Decimal(10_000))
    portfolio.on_fill(fill(Side.BUY, "10", "100"))
    portfolio.on_fill(fill(Side.SELL, "10", "90"))
    portfolio.new_day()
    portfolio.on_fill(fill(Side.BUY, "10", "50"))
    position = portfolio.position("TSLA")
    assert position is not None and (position.price, position.realised) == (50, 0)
    assert portfolio.equity == 9_900


def test_a_day_that_began_without_us_starts_from_what_the_venue_tells() -> None:
    portfolio = Portfolio(Decimal(10_000))
    portfolio.on_fill(fill(Side.BUY, "10", "100", fee="2"))
    portfolio.on_fill(fill(Side.SELL, "5", "90"))
    portfolio.forget_day()
    account = portfolio.account(T0)
    assert (account.day_pnl, account.realised_day, account.fees_day) == (0, 0, 0)
    portfolio.adopt(TestAdopt.snapshot(T0, "10000", "9500", "9900", TSLA="10"))
    assert portfolio.account(T0).day_start_equity == 9_900


class TestAdopt:
    @staticmethod
    def snapshot(at_ns: int, equity: str, cash: str, last_equity: str | None = None, **held: str) -> VenueSnapshot:
        account = VenueAccount(
            Decimal(equity), Decimal(cash), Decimal(cash), None if last_equity is None else Decimal(last_equity),
            number="PA123456", blocked="margin call",
        )  # fmt: skip
        positions = tuple(VenuePosition(symbol, Decimal(quantity), Decimal(50)) for symbol, quantity in held.items())
        return VenueSnapshot(at_ns, account, positions, ())

    def test_the_venue_is_right(self) -> None:
        portfolio = Portfolio()
        assert portfolio.adopt(self.snapshot(T0, "10600", "9000", "10500", IBM="20", TSLA="10"))
        account = portfolio.account(T0)
        assert (account.equity, account.cash, account.day_start_equity) == (10_600, 9_000, 10_500)
        assert (account.number, account.blocked) == ("PA123456", "margin call")
        assert [(position.symbol, position.external) for position in portfolio.positions()] == [
            ("IBM", True),
            ("TSLA", True),
        ]
        assert {position.price_ns for position in portfolio.positions()} == {0}

    def test_the_day_starts_from_what_is_there_where_the_venue_does_not_tell(self) -> None:
        portfolio = Portfolio()
        portfolio.adopt(self.snapshot(T0, "10600", "9000", IBM="20"))
        assert portfolio.account(T0).day_start_equity == 10_600
        portfolio.adopt(self.snapshot(T0, "10700", "9000", "1", IBM="20"))
        assert portfolio.account(T0).day_pnl == 100

    def test_what_nobody_quotes_is_valued_as_the_venue_values_it_each_time(self) -> None:
        portfolio = Portfolio()
        portfolio.adopt(self.snapshot(T0, "10500", "9000", IBM="20", TSLA="10"))
        portfolio.on_quote(quoted("60", "60"))
        for equity, price in (("10000", 20), ("9700", 5), ("10600", 50)):
            portfolio.adopt(self.snapshot(T0 + 1, equity, "9000", IBM="20", TSLA="10"))
            ibm, tsla = portfolio.positions()
            assert (portfolio.equity, ibm.price, tsla.price) == (Decimal(equity), price, 60)

    @pytest.mark.parametrize(("average", "equity"), [("0", "9100"), ("0.5", "9060"), ("0.5", "9059"), ("-0.5", "9070")])
    def test_what_cannot_be_shared_out_by_cost_stays_valued_at_cost(self, average: str, equity: str) -> None:
        portfolio = Portfolio()
        portfolio.adopt(self.snapshot(T0, "9000", "9000"))
        portfolio.on_fill(fill(Side.BUY, "1", "50"))
        portfolio.on_quote(quoted("60", "60"))
        told = self.snapshot(T0, equity, "9000", TSLA="1")
        unquoted = VenuePosition("IBM", Decimal(1).copy_sign(Decimal(average)), abs(Decimal(average)))
        portfolio.adopt(VenueSnapshot(T0, told.account, (*told.positions, unquoted), ()))
        position = portfolio.position("IBM")
        assert position is not None and (position.price, position.value) == (None, Decimal(average))
        assert portfolio.equity == 9060 + Decimal(average)

    def test_what_is_cheap_is_shared_out_too_and_what_is_sold_is_not(self) -> None:
        portfolio = Portfolio(Decimal(10_000))
        portfolio.on_fill(fill(Side.BUY, "10", "100"))
        portfolio.on_fill(fill(Side.SELL, "10", "100"))
        told = self.snapshot(T0, "9000.75", "9000").account
        portfolio.adopt(VenueSnapshot(T0, told, (VenuePosition("IBM", Decimal(1), Decimal("0.5")),), ()))
        assert [(position.symbol, position.price) for position in portfolio.positions()] == [("IBM", Decimal("0.75"))]
        portfolio.on_fill(fill(Side.BUY, "1", "90"))
        position = portfolio.position("TSLA")
        assert position is not None and position.price == 100

    def test_no_order_is_priced_by_what_the_equity_makes_of_one(self) -> None:
        """The venue's positions are older than its equity: somebody else has bought twenty since."""
        portfolio = Portfolio(Decimal(10_000))
        portfolio.on_fill(fill(Side.BUY, "10", "50"))
        portfolio.adopt(self.snapshot(T0 + 1, "10500", "9000", TSLA="10"))
        position = portfolio.position("TSLA")
        assert position is not None and (portfolio.equity, position.price) == (10_500, 150)
        assert portfolio.to_close(position).price == 50

    def test_a_first_price_that_is_paid_values_what_was_counted_at_its_cost(self) -> None:
        portfolio = Portfolio()
        portfolio.adopt(self.snapshot(T0 - 1, "9000", "9000", TSLA="10"))
        portfolio.on_fill(fill(Side.BUY, "1", "60"))
        (position,) = portfolio.positions()
        assert (position.price, portfolio.equity) == (60, 9000 - 60 + 11 * 60)

    def test_what_our_fills_explain_is_not_external(self) -> None:
        portfolio = Portfolio(Decimal(10_000))
        portfolio.on_fill(fill(Side.BUY, "10", "50"))
        portfolio.adopt(self.snapshot(T0 + 1, "10000", "9500", TSLA="10"))
        position = portfolio.position("TSLA")
        assert position is not None and not position.external and position.quantity == 10

    def test_a_position_the_venue_does_not_hold_is_gone(self) -> None:
        portfolio = Portfolio(Decimal(10_000))
        portfolio.on_fill(fill(Side.BUY, "10", "50"))
        portfolio.protect("TSLA", Decimal(45), Decimal(60))
        portfolio.adopt(self.snapshot(T0 + 1, "9000", "9000"))
        assert portfolio.positions() == () and portfolio.equity == 9_000
        portfolio.on_fill(fill(Side.BUY, "10", "50"))
        position = portfolio.position("TSLA")
        assert position is not None and (position.stop_price, position.target_price) == (None, None)

    def test_a_snapshot_older_than_a_fill_changes_nothing(self) -> None:
        portfolio = Portfolio(Decimal(10_000))
        portfolio.on_fill(fill(Side.BUY, "10", "50", at_ns=T0 + 9))
        assert not portfolio.adopt(self.snapshot(T0 + 8, "1", "1"))
        assert portfolio.equity == 10_000
        assert portfolio.adopt(self.snapshot(T0 + 9, "1", "1"))
        assert portfolio.equity == 1

    def test_buying_power_follows_cash_until_the_venue_tells_it_again(self) -> None:
        portfolio = Portfolio()
        portfolio.adopt(self.snapshot(T0, "10000", "10000"))
        portfolio.on_fill(fill(Side.BUY, "10", "50", fee="1"))
        assert portfolio.account(T0).buying_power == 9_499
        portfolio.adopt(self.snapshot(T0, "9999", "9499", TSLA="10"))
        assert portfolio.account(T0).buying_power == 9_499


def test_the_exits_shown_are_those_it_was_told() -> None:
    portfolio = Portfolio(Decimal(10_000))
    portfolio.on_fill(fill(Side.BUY, "10", "50"))
    portfolio.protect("TSLA", Decimal(45), Decimal(60))
    position = portfolio.position("TSLA")
    assert position is not None and (position.stop_price, position.target_price) == (45, 60)
    portfolio.on_fill(fill(Side.SELL, "10", "50"))
    portfolio.on_fill(fill(Side.BUY, "1", "50"))
    position = portfolio.position("TSLA")
    assert position is not None and position.stop_price is None


def test_an_account_restores_before_any_fill() -> None:
    portfolio = Portfolio()
    portfolio.restore(
        Account(
            *(Decimal(5), Decimal(5), Decimal(5), Decimal(4), Decimal(7), Decimal(1)),
            fees_day=Decimal(2),
            currency="EUR",
            number="PA1",
            blocked="margin call",
        )
    )
    account = portfolio.account(T0)
    assert (account.currency, account.number, account.blocked) == ("EUR", "PA1", "margin call")
    assert portfolio.position("TSLA") is None
    assert (account.equity, account.day_start_equity, account.peak_equity) == (5, 4, 7)
    assert (account.realised_day, account.fees_day) == (1, 2)


@pytest.mark.parametrize("newest", ["100", "10"])
def test_a_split_changes_no_value(newest: str) -> None:
    """Whether the newest price is from before the split or after it."""
    book = Portfolio()
    account = VenueAccount(Decimal(2000), Decimal(1000), Decimal(1000))
    book.adopt(VenueSnapshot(1, account, (VenuePosition("TSLA", Decimal(10), Decimal(100)),), ()))
    book.on_quote(Quote("TSLA", 2, 2, None, None, Decimal(newest)))
    book.adopt(VenueSnapshot(3, account, (VenuePosition("TSLA", Decimal(100), Decimal(10)),), ()))
    assert book.equity == Decimal(2000)
