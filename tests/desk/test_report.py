"""Plain lines for shells: what keeps the engine from trading, money with its sign in front, one fact a line."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.report import money, plain, price, protection_lines, signed, status_lines, ticket_lines
from engine.clock import SECOND
from engine.model import Flows, Light, TradingState
from engine.model.frames import Snapshot
from tests.desk import made_up
from tests.program import clean

D = Decimal
replace = msgspec.structs.replace
SEEN = made_up.snapshot()


def said(snapshot: Snapshot) -> str:
    lines = status_lines(snapshot)
    assert all("\n" not in line and clean(line) for line in lines)
    return "\n".join(lines)


def with_status(**changes: object) -> Snapshot:
    return replace(SEEN, status=replace(SEEN.status, **changes))


@given(st.decimals(-(10**9), 10**9, places=2))
def test_money_has_its_sign_in_front_and_can_be_read_back(amount: Decimal) -> None:
    for text in (money(amount), signed(amount)):
        assert D(text.replace("$", "").replace(",", "")) == amount
        assert text.lstrip("+-").startswith("$")
    assert signed(amount)[0] == ("-" if amount < 0 else "+")
    assert money(amount).startswith("-") is (amount < 0)


@given(st.decimals(0, 10**12, places=8))
def test_a_quantity_has_no_zeros_behind_it_and_no_exponent(quantity: Decimal) -> None:
    text = plain(quantity)
    assert D(text) == quantity
    assert "E" not in text and not ("." in text and text.endswith("0"))


def test_a_price_keeps_its_own_digits() -> None:
    assert [price(value) for value in (None, D("1234.50"), D("0.00012"))] == ["–", "1,234.50", "0.00012"]


def test_what_came_and_went_today_is_told_beside_the_day() -> None:
    assert "in and out" not in said(SEEN) and "without a reason" not in said(SEEN)
    flows = Flows(taken=D(-30_000), unexplained=D(-500))
    told = said(replace(SEEN, account=replace(SEEN.account, day_flows=flows)))
    assert "in and out today -$30,000.00, no part of the day" in told
    assert "-$500.00 without a reason, counts as a loss" in told
    told = said(replace(SEEN, account=replace(SEEN.account, day_flows=Flows(unexplained=D(500)))))
    assert "+$500.00 without a reason, counts as no gain" in told


def test_what_keeps_it_from_trading_stands_first() -> None:
    halted = with_status(state=TradingState.HALTED, state_reason="smoke", reconciled=False, speed=20.0)
    lines = status_lines(halted)
    assert "HALTED (smoke) · mode confirm · replay at 20× " in lines[0]
    assert "NOT RECONCILED: no new risk" in said(halted)
    assert " · reconciled" in said(SEEN) and "replay" not in said(SEEN)
    assert "replay, no pacing" in said(with_status(speed=0.0))


def test_figures_that_are_not_known_are_dashes() -> None:
    assert "AAPL   mood   –   change   –   volume    3" in said(SEEN)
    assert "TSLA   mood +0.42 change +0.24 volume  124 confidence 0.81 price    191.40 confirm ready" in said(SEEN)
    assert "2 pending: `desk tickets`" in said(SEEN) and "pending" not in said(replace(SEEN, tickets=()))


def test_a_feed_tells_its_age_cost_and_remedy() -> None:
    up, quiet = SEEN.feeds
    assert "feed x: up, last item 0 s ago, 1243 items, spent 6.20 of 20.00 USD today" in said(SEEN)
    late = replace(up, light=Light.DOWN, detail="silent", remedy="wait", last_ns=SEEN.status.clock_ns - 7 * SECOND)
    shown = said(replace(SEEN, feeds=(late, replace(quiet, remedy="nothing", last_ns=0))))
    assert "last item 7 s ago, 1243 items, spent 6.20 of 20.00 USD today · silent → wait" in shown
    assert "feed prices: up, 90211 items\n" in shown, "a feed that is up needs no remedy"


def test_only_open_orders_and_whose_a_position_is() -> None:
    shown = said(SEEN)
    assert shown.count("order desk-") == 1
    own, other = SEEN.positions
    shared = said(replace(SEEN, positions=(replace(own, foreign=D("2.50")), replace(other, external=True))))
    assert ", 2.5 of it EXTERNAL" in shared
    assert shared.count("EXTERNAL") == 2


def test_a_ticket_says_what_would_be_sent_and_how_to_answer() -> None:
    lines = ticket_lines(SEEN)
    first, second = SEEN.tickets
    assert lines[0].startswith(f"{first.id}  BUY TSLA 26 at limit 191.40 ($4,973.80), stop 181.83, target 210.54")
    assert lines[0].endswith("120 s left")
    assert f"  desk confirm {second.id} --fingerprint {second.fingerprint}" in lines
    assert "  controls: 23 passed, 2 failed" in lines
    assert sum(line.startswith("    R") for line in lines) == 2
    bare = replace(SEEN, tickets=(replace(first, draft=None, note="edited", expires_ns=1),))
    assert ticket_lines(bare)[0] == f"{first.id}  BUY TSLA  0 s left"
    assert "  note: edited" in ticket_lines(bare)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "locks META until 2026-11-20 12:15:30.000 NY · exit at 331.20"),
        ({"symbol": ""}, "locks shift until"),
        ({"symbol": "", "strategy": "", "ends_ns": None}, "locks everything until a person lifts it"),
    ],
)
def test_a_lock_says_what_until_when_and_why(changes: dict[str, object], words: str) -> None:
    (line,) = protection_lines(replace(SEEN, protections=(replace(made_up.protection(), **changes),)))
    assert line.startswith("prot-1: cool_down ") and words in line


def test_a_made_up_account_has_no_number_to_arm_by() -> None:
    account = replace(SEEN.account, number="PA3XYZ1234")
    paper = replace(SEEN, account=account, status=replace(SEEN.status, profile="paper"))
    assert "account …1234" in said(paper)
    assert "account" not in said(replace(paper, status=replace(SEEN.status, profile="simulated")))
