"""What results are measured from, while money comes and goes: a book with a venue's words given by hand."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import DAY, HOUR, MINUTE, SECOND
from engine.model import Account, Activity, Quote, VenueAccount, VenuePosition, VenueSnapshot
from engine.model.records import FlowRecord
from engine.portfolio import Portfolio

D = Decimal
T0 = 1_773_236_000 * SECOND
CLOSE = T0 - 18 * HOUR


def snapshot(
    cash: str, *listed: Activity, at_ns: int = T0, last: str | None = None, shares: str = "0"
) -> VenueSnapshot:
    worth = D(cash) + D(shares) * 100
    account = VenueAccount(worth, D(cash), D(cash), None if last is None else D(last), CLOSE, number="made-up")
    held = (VenuePosition("TSLA", D(shares), D(100)),) if D(shares) else ()
    return VenueSnapshot(at_ns, account, held, (), listed)


def entry(amount: str, *, kind: str = "CSD", created_ns: int = T0, day_ns: int = 0, quantity: str = "0") -> Activity:
    external = kind not in ("DIV", "FEE")
    return Activity(f"a{amount}", kind, external, D(amount), "TSLA", D(quantity), created_ns, day_ns)


def record(amount: str, *, kind: str = "CSD", happened_ns: int = T0, id: str = "") -> FlowRecord:
    external = kind not in ("DIV", "FEE")
    return FlowRecord(id or f"a{amount}", kind, external, D(amount), D(amount), happened_ns, happened_ns)


def book(cash: str = "100000", shares: str = "0") -> Portfolio:
    made = Portfolio()
    assert made.adopt(snapshot(cash, shares=shares))
    made.mark()
    return made


def account(made: Portfolio) -> Account:
    made.mark()
    return made.account(T0)


def test_a_withdrawal_is_no_loss_and_a_deposit_no_gain() -> None:
    made = book()
    made.adopt(snapshot("70000"))
    made.listed(record("-30000", kind="CSW"))
    seen = account(made)
    assert (seen.equity, seen.day_pnl, seen.day_pct, seen.drawdown, seen.day_flow) == (70_000, 0, 0, 0, -30_000)
    made.adopt(snapshot("90000"))
    made.listed(record("20000"))
    seen = account(made)
    assert (seen.day_pnl, seen.drawdown, seen.peak_equity, seen.day_flow) == (0, 0, 90_000, -10_000)


def test_what_has_been_lost_stays_the_same_loss_whatever_comes_or_goes() -> None:
    made = book("10000", "900")
    made.on_quote(Quote("TSLA", T0, T0, D(90), D(90), D(90)))
    before = account(made)
    assert (before.day_pnl, before.day_pct, before.drawdown) == (-9000, -9, D("0.09"))
    for cash, amount in (("5000", "-5000"), ("105000", "100000")):
        made.adopt(snapshot(cash, shares="900"))
        made.listed(record(amount, kind="CSW" if amount < "0" else "CSD"))
        seen = account(made)
        assert seen.day_pnl == -9000 and seen.day_pct is not None
        assert abs(seen.day_pct + 9) < D("1e-20") and abs(seen.drawdown - D("0.09")) < D("1e-20")


def test_what_leaves_without_a_reason_is_a_loss_until_it_has_one() -> None:
    made = book()
    made.adopt(snapshot("95000"))
    assert (account(made).day_pnl, account(made).drawdown, account(made).unexplained) == (-5000, D("0.05"), -5000)
    made.listed(record("-5000", kind="JNLC"))
    assert (account(made).day_pnl, account(made).drawdown, account(made).unexplained) == (0, 0, 0)


def test_what_comes_in_without_a_reason_hides_no_loss_and_lifts_no_peak() -> None:
    made = book("10000", "900")
    made.on_quote(Quote("TSLA", T0, T0, D(99), D(99), D(99)))
    made.adopt(snapshot("60000", shares="900"))
    seen = account(made)
    assert (seen.day_pnl, seen.unexplained) == (-900, 50_000)
    assert abs(seen.drawdown - D("0.009")) < D("1e-20")
    made.listed(record("50000"))
    assert (account(made).day_pnl, account(made).unexplained) == (-900, 0)
    assert account(made).drawdown == seen.drawdown


def test_a_dividend_is_a_result_once_it_is_listed() -> None:
    made = book()
    made.adopt(snapshot("100200"))
    assert account(made).day_pnl == 0
    made.listed(record("200", kind="DIV"))
    seen = account(made)
    assert (seen.day_pnl, seen.day_flow, seen.peak_equity) == (200, 0, 100_200)
    made.adopt(snapshot("100190"))
    made.listed(record("-10", kind="FEE"))
    assert (account(made).day_pnl, account(made).unexplained) == (190, 0)


def test_a_price_that_moved_is_a_result_and_shares_that_came_are_not() -> None:
    made = book("90000", "100")
    made.on_quote(Quote("TSLA", T0, T0, D(110), D(110), D(110)))
    made.adopt(snapshot("90000", shares="150"))
    assert (account(made).day_pnl, account(made).unexplained) == (1000, 5500)
    came = Activity("s", "JNLS", True, symbol="TSLA", quantity=D(50))
    assert made.worth(came) == 5500 and made.worth(msgspec.structs.replace(came, symbol="IBM")) is None
    made.listed(record("5500", kind="JNLS"))
    assert (account(made).day_pnl, account(made).unexplained) == (1000, 0)


def test_what_was_booked_before_the_first_look_is_in_it_already() -> None:
    made = book()
    made.listed(record("-30000", kind="CSW", happened_ns=T0 - HOUR))
    assert (account(made).day_pnl, account(made).unexplained) == (0, 0)
    made.adopt(snapshot("90000"))
    assert account(made).day_pnl == -10_000, "an old withdrawal excuses no new drop"


@pytest.mark.parametrize(
    ("entries", "day"),
    [
        ([], 10_000),
        ([entry("10000", created_ns=CLOSE + HOUR)], 0),
        ([entry("10000", created_ns=CLOSE - HOUR)], 10_000),
        ([entry("-5000", kind="CSW", created_ns=CLOSE + HOUR)], 15_000),
        # only a day is told: a deposit of the close's own day may have come after it, a withdrawal before
        ([entry("10000", created_ns=0, day_ns=CLOSE - 16 * HOUR)], 0),
        ([entry("-5000", kind="CSW", created_ns=0, day_ns=CLOSE - 16 * HOUR)], 10_000),
        ([entry("-5000", kind="CSW", created_ns=0, day_ns=CLOSE + 8 * HOUR)], 15_000),
        ([entry("200", kind="DIV", created_ns=CLOSE + HOUR)], 10_000),
        ([msgspec.structs.replace(entry("10000", created_ns=CLOSE + HOUR), canceled=True)], 10_000),
    ],
)
def test_a_day_starts_from_the_close_and_what_came_since(entries: list[Activity], day: int) -> None:
    made = Portfolio()
    made.adopt(snapshot("110000", *entries, last="100000"))
    for each in entries:
        if not each.canceled:
            made.listed(record(str(each.amount), kind=each.type, happened_ns=each.created_ns or each.day_ns))
    assert account(made).day_pnl == day
    assert account(made).peak_equity == 110_000


def test_what_is_listed_late_of_the_time_before_the_first_look_still_moves_the_day() -> None:
    made = Portfolio()
    made.adopt(snapshot("110000", last="100000"))
    assert account(made).day_pnl == 10_000
    made.listed(record("10000", happened_ns=CLOSE + HOUR))
    assert (account(made).day_pnl, account(made).peak_equity) == (0, 110_000)


def test_yesterday_s_withdrawal_that_is_listed_today_excuses_no_loss_of_today() -> None:
    made = book()
    made.adopt(snapshot("70000", at_ns=T0 + HOUR))
    assert account(made).drawdown == D("0.3")
    made.new_day()
    made.adopt(snapshot("69000", at_ns=T0 + 12 * HOUR))
    made.listed(record("-30000", kind="CSW", happened_ns=T0 + 30 * MINUTE))
    seen = account(made)
    assert (seen.day_pnl, seen.day_flow) == (-1000, 0)
    assert abs(seen.drawdown - D("0.01")) < D("1e-20"), "of 31,000 that are gone, 30,000 were withdrawn"


def test_a_venue_without_a_list_is_taken_as_before() -> None:
    made = Portfolio(D(1000))
    made.adopt(msgspec.structs.replace(snapshot("900"), activities=None))
    assert (account(made).day_pnl, account(made).day_flows, account(made).peak_flows) == (-100, None, None)


def test_all_is_as_it_was_after_a_restart() -> None:
    made = book()
    made.adopt(snapshot("65000", at_ns=T0 + MINUTE))
    made.listed(record("-30000", kind="CSW"))
    before = account(made)
    again = Portfolio()
    again.restore(record("-30000", kind="CSW"))
    again.restore(msgspec.json.decode(msgspec.json.encode(before), type=Account))
    assert account(again) == before and again.amount_listed("a-30000") == -30_000
    assert (before.day_pnl, before.unexplained) == (-5000, -5000)
    again.adopt(snapshot("65000", at_ns=T0 + 2 * MINUTE))
    again.listed(record("-5000", kind="CSW", happened_ns=T0 + MINUTE))
    assert (account(again).day_pnl, account(again).drawdown) == (0, 0)


def test_what_left_while_no_engine_ran_is_known_after_a_restart() -> None:
    made = book()
    again = Portfolio()
    again.restore(account(made))
    again.restored()
    again.forget_day()
    again.adopt(snapshot("60000", entry("-40000", kind="CSW", created_ns=T0 + HOUR), at_ns=T0 + DAY, last="60000"))
    again.listed(record("-40000", kind="CSW", happened_ns=T0 + HOUR))
    assert (account(again).drawdown, account(again).peak_equity) == (0, 60_000)


def test_an_account_of_before_this_was_told_opens() -> None:
    old = b'{"equity":"9","cash":"9","buying_power":"9","day_start_equity":"10","peak_equity":"11","at_ns":5}'
    made = Portfolio()
    made.restore(msgspec.json.decode(old, type=Account))
    seen = account(made)
    assert (seen.day_pnl, seen.peak_equity, seen.day_flows, seen.day_base) == (-1, 11, None, None)
    made.adopt(snapshot("9", at_ns=T0))
    assert account(made).peak_flows is not None


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("parts", [("-90000",), ("-40000", "-50000")])
@pytest.mark.parametrize("between", ["110", "95"])
def test_a_withdrawal_that_is_listed_late_is_of_the_account_as_it_was_then(
    between: str, parts: tuple[str, ...], restart: bool
) -> None:
    """What was won and lost since was on the rest alone: else a later loss would look like another than it is."""
    seen = []
    for late in (False, True):
        made = book("98500", "15")
        made.on_quote(Quote("TSLA", T0, T0, D(90), D(90), D(90)))
        made.mark()
        records = [record(part, kind="CSW", id=f"w{part}") for part in parts]
        cash = D(98500)
        for each in records:
            cash += each.amount
            made.adopt(snapshot(str(cash), shares="15"))
            if not late:
                made.listed(each)
        made.on_quote(Quote("TSLA", T0, T0, D(between), D(between), D(between)))
        if restart and late:
            told = account(made)
            made = Portfolio()
            made.restore(told)
            made.hold("TSLA", D(15))
            made.on_quote(Quote("TSLA", T0, T0, D(between), D(between), D(between)))
            made.restored()
        if late:
            for each in records:
                made.listed(each)
        made.on_quote(Quote("TSLA", T0, T0, D(100), D(100), D(100)))
        seen.append(made.account(T0))
    in_time, late_ = seen
    assert late_.day_pnl == in_time.day_pnl and late_.day_pct is not None and in_time.day_pct is not None
    assert abs(late_.day_pct - in_time.day_pct) < D("1e-6")
    assert abs(late_.day_base - in_time.day_base) < D("1e-5")  # type: ignore[operator]


def test_a_fee_that_is_listed_late_leaves_the_withdrawal_beside_it_its_share() -> None:
    made = book("100000")
    made.adopt(snapshot("49990"))
    made.listed(record("-10", kind="FEE"))
    made.listed(record("-50000", kind="CSW"))
    seen = account(made)
    assert seen.day_pnl == -10 and seen.unexplained == 0
    assert seen.day_pct is not None and abs(seen.day_pct + D("0.02")) < D("1e-4")
    assert seen.day_flows is not None and seen.day_flows.left is None
