"""Each thing that happens in plain words: nothing that a screen reader would spell, nothing unknown as a number."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk import event_text
from engine.clock import SECOND
from engine.model import (
    DecisionKind,
    FeedState,
    Fill,
    Light,
    Market,
    Order,
    OrderStatus,
    Role,
    Session,
    Side,
    TradingState,
)
from tests.desk import made_up
from tests.desk.made_up import NOW

D = Decimal
replace = msgspec.structs.replace


def test_a_state_and_a_session() -> None:
    assert event_text.state_text(made_up.status()) == "trading is ACTIVE"
    halted = made_up.status(state=TradingState.HALTED, state_reason="smoke")
    assert event_text.state_text(halted) == "trading is HALTED: smoke"
    until = " until 2026-11-20T16:45:30.000Z"
    assert event_text.market_text(Market(Session.PRE, 1, changes_ns=NOW)) == f"market session pre{until}"
    assert event_text.market_text(Market(Session.UNKNOWN, 1)) == "market session unknown"


def test_a_remedy_is_told_where_something_is_to_be_done() -> None:
    down = FeedState("x", Light.DOWN, NOW, NOW, "silent", "check the network")
    assert event_text.feed_text(down) == "x is down: silent → check the network"
    assert event_text.feed_text(replace(down, light=Light.UP, detail="")) == "x is up"
    alert = made_up.alert()
    assert event_text.alert_text(alert).endswith("is back → check the network (alert-1)")
    assert "→" not in event_text.alert_text(replace(alert, remedy=""))


def test_a_lock_names_what_it_locks_and_who_ends_it() -> None:
    lock = made_up.protection()
    said = event_text.protection_text(lock)
    assert said == "cool_down locks META until 2026-11-20T17:15:30.000Z: exit at 331.20 (prot-1)"
    assert "locks shift" in event_text.protection_text(replace(lock, symbol=""))
    everything = event_text.protection_text(replace(lock, symbol="", strategy="", ends_ns=None))
    assert "locks everything until a person lifts it" in everything


def test_a_mood_that_is_not_known_is_called_so() -> None:
    row = made_up.symbol_row("TSLA")
    said = "TSLA +0.42, change +0.24, 124 posts by 61, confidence 0.81, price 191.40"
    assert event_text.mood_text(row) == said
    cold = replace(row, price=None, mood=replace(row.mood, change=None, warm=False, missing="5 min"))
    assert "change unknown" in event_text.mood_text(cold)
    assert event_text.mood_text(cold).endswith("price unknown, warming up: 5 min")
    assert event_text.mood_text(made_up.symbol_row("AAPL")) == "AAPL unknown: previous window: 41 min more"
    bare = replace(made_up.symbol_row("AAPL"), mood=replace(made_up.symbol_row("AAPL").mood, missing=""))
    assert event_text.mood_text(bare) == "AAPL unknown, no posts in the window"


def test_a_ticket_is_the_order_the_verdict_and_the_time_left() -> None:
    ticket = made_up.ticket(1)
    said = event_text.ticket_text(ticket, NOW + 20 * SECOND)
    assert said.startswith("BUY 26 TSLA at limit 191.40 ($4,973.80), stop 181.83, target 210.54, all controls passed, ")
    assert said.endswith(f"100 s left ({ticket.id} {ticket.fingerprint})")
    refused = made_up.ticket(2, failed=("R17", "R22"), note="moved")
    said = event_text.ticket_text(replace(refused, draft=None), ticket.expires_ns + SECOND)
    assert said.startswith(
        "BUY TSLA, R17 stale_price rejects: STALE_PRICE_OVER: value=1.2, limit=15, 0 s left, moved ("
    )


def test_signals_decisions_orders_fills_and_posts() -> None:
    ticket = made_up.ticket(1, side=Side.SELL)
    assert event_text.signal_text(ticket.signal) == (
        "SELL TSLA by shift, strength 0.74, confidence 0.81: change -0.24 over 0.15, 124 posts (sig-0001)"
    )
    rejected = made_up.decision(ticket, DecisionKind.REJECTED, reason="old news")
    assert event_text.decision_text(rejected, ticket) == "SELL TSLA rejected by person: old news (tkt-0001)"
    assert event_text.decision_text(replace(rejected, reason=""), None) == "rejected by person (tkt-0001)"
    order = made_up.order(made_up.ticket(1))
    assert event_text.order_text(order) == (
        "entry buy 26 TSLA at 191.40 is working, filled 0 (desk-tkt-0001-e1)"
    )  # fmt: skip
    stop = Order(
        "", "v-7", "TSLA", Side.SELL, D("2.50"), OrderStatus.REJECTED, Role.STOP, stop_price=D(95), reason="no"
    )
    assert event_text.order_text(stop) == "stop sell 2.5 TSLA, stop 95 is rejected, filled 0: no (v-7)"
    fill = Fill("x", "desk-1", "TSLA", Side.SELL, D("10.0"), D("191.2"), D("-0.05"), NOW, role=Role.STOP)
    assert event_text.fill_text(fill) == "stop sell 10 TSLA at 191.2, fee -$0.05 (desk-1)"
    post = replace(made_up.post(0), symbols=("TSLA", "NVDA"))
    assert event_text.post_text(post).startswith("TSLA NVDA +0.00 @marketwire_ed: Tesla beats")
