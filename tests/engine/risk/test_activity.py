"""R06, R07, R08: how often, at their boundaries."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.clock import MINUTE, SECOND, parse_iso
from engine.errors import DeskError
from engine.model import Role
from engine.risk.memory import Bucket

D = Decimal
NEXT_SESSION = parse_iso("2026-11-23T09:00:00Z")
"""Monday, 04:00 in New York."""


def sent(scene, risk, count, *, at_ns=None, **changes):
    for number in range(count):
        risk.on_intent(scene.intent(100 + number, at_ns=scene.now if at_ns is None else at_ns, **changes))
    return risk


def test_bucket_is_full_then_empty_then_refills_evenly():
    bucket = Bucket(5)
    for left in (4, 3, 2, 1, 0):
        bucket.take(0)
        assert bucket.left(0) == left
    assert bucket.left(12 * SECOND - 1) == 0
    assert bucket.left(12 * SECOND) == 1
    assert bucket.left(MINUTE) == 5
    assert bucket.left(100 * MINUTE) == 5


def test_bucket_refills_exactly_whatever_the_steps():
    bucket = Bucket(7)
    for _ in range(7):
        bucket.take(0)
    for at_ns in range(1, 1000):
        bucket.left(at_ns)
    assert bucket.left(-(-MINUTE // 7) - 1) == 0
    assert bucket.left(-(-MINUTE // 7)) == 1


def test_bucket_ignores_time_that_goes_backwards():
    bucket = Bucket(1)
    bucket.take(MINUTE)
    bucket.take(0)
    assert bucket.left(2 * MINUTE - 1) == 0
    assert bucket.left(2 * MINUTE) == 1


@pytest.mark.parametrize(("before", "passed"), [(4, True), (5, False)])
def test_order_rate_per_minute(scene, before, passed):
    risk = sent(scene, scene.risk(), before)
    result = scene.judged("order_rate", risk=risk)
    assert (result.passed, result.value, result.limit) == (passed, D(before + 1), D(5))


def test_cancels_and_rejects_count(scene):
    risk = sent(scene, scene.risk(), 3)
    risk.on_message(scene.now)
    assert scene.judged("order_rate", risk=risk).passed
    risk.on_message(scene.now)
    assert not scene.judged("order_rate", risk=risk).passed


def test_cancels_and_rejects_count_for_the_day_too(scene):
    risk = sent(scene, scene.risk(orders_per_day=4), 2, at_ns=scene.now - 2 * MINUTE)
    risk.on_message(scene.now - 2 * MINUTE)
    assert scene.judged("order_rate", risk=risk).passed
    risk.on_message(scene.now - 2 * MINUTE)
    result = scene.judged("order_rate", risk=risk)
    assert (result.passed, result.value, result.limit) == (False, D(5), D(4))


def test_another_rate_keeps_the_share_that_is_used(scene):
    risk = sent(scene, scene.risk(orders_per_minute=4), 3)
    for rate, used in ((8, 6), (4, 3), (0, 0), (4, 4)):
        risk.reconfigure(scene.config(orders_per_minute=rate))
        result = scene.judged("order_rate", risk=risk)
        assert (result.value, result.limit) == (D(used + 1), D(rate))


@pytest.mark.parametrize(("before", "passed"), [(29, True), (30, False)])
def test_order_rate_per_day(scene, before, passed):
    risk = sent(scene, scene.risk(), before, at_ns=scene.now - 2 * MINUTE)
    assert scene.judged("order_rate", risk=risk).passed is passed


@pytest.mark.parametrize(("now_ns", "passed"), [(NEXT_SESSION - 1, False), (NEXT_SESSION, True)])
def test_a_day_of_messages_lasts_until_the_next_session_day(scene, now_ns, passed):
    risk = sent(scene, scene.risk(), 30)
    assert scene.judged("order_rate", risk=risk, book=scene.book(now_ns=now_ns)).passed is passed


def test_a_resend_of_one_client_order_id_counts_once(scene):
    risk = scene.risk()
    for _ in range(5):
        risk.on_intent(scene.intent(1))
    assert scene.judged("order_rate", risk=risk).value == D(2)


def test_exits_pass_an_empty_bucket(scene):
    risk = sent(scene, scene.risk(), 40)
    book = scene.book(scene.position(10))
    assert scene.judged("order_rate", risk=risk, book=book, draft=scene.exit_draft(), role=Role.EXIT).passed


@pytest.mark.parametrize(("before", "passed"), [(9, True), (10, False)])
def test_strategy_executions(scene, before, passed):
    risk = sent(scene, scene.risk(), before)
    assert scene.judged("strategy_executions", risk=risk).passed is passed


def test_a_strategy_stays_off_over_days_until_a_person_lifts_it(scene):
    risk = scene.risk()
    locks = [risk.on_intent(scene.intent(number)) for number in range(10)]
    assert [len(lock) for lock in locks] == [0] * 9 + [1]
    (lock,) = locks[-1]
    assert (lock.name, lock.strategy, lock.ends_ns) == ("strategy_executions", "shift", None)
    later = scene.book(now_ns=NEXT_SESSION)
    assert not scene.judged("strategy_executions", risk=risk, book=later).passed
    with pytest.raises(DeskError, match="typed reason"):
        risk.lift(lock.id, "  ", "person", NEXT_SESSION)
    assert risk.lift(lock.id, "checked by hand", "person", NEXT_SESSION).protection_id == lock.id
    assert scene.judged("strategy_executions", risk=risk, book=later).passed


def test_a_limit_that_was_lowered_under_what_was_executed_holds_at_once(scene):
    risk = sent(scene, scene.risk(), 5)
    risk.reconfigure(scene.config(strategy_executions=5))
    assert risk.protections(scene.now) == ()
    assert not scene.judged("strategy_executions", risk=risk).passed
    risk.reconfigure(scene.config(strategy_executions=6))
    assert scene.judged("strategy_executions", risk=risk).passed


def test_a_lifted_strategy_counts_from_nothing_the_same_day(scene):
    risk = sent(scene, scene.risk(), 10)
    risk.lift(risk.protections(scene.now)[0].id, "checked", "person", scene.now)
    assert scene.judged("strategy_executions", risk=risk).value == 0
    for number in range(9):
        assert risk.on_intent(scene.intent(500 + number)) == ()
    assert len(risk.on_intent(scene.intent(600))) == 1


def test_another_strategy_goes_on(scene):
    risk = sent(scene, scene.risk(), 10, strategy="dip")
    assert scene.judged("strategy_executions", risk=risk).passed


def test_a_strategy_that_is_off_may_still_leave_its_positions(scene):
    risk = sent(scene, scene.risk(), 10)
    book = scene.book(scene.position(10))
    assert scene.judged("strategy_executions", risk=risk, book=book, draft=scene.exit_draft(), role=Role.EXIT).passed


@pytest.mark.parametrize(("before", "passed"), [(4, True), (5, False)])
def test_symbol_trades_per_day(scene, before, passed):
    risk = sent(scene, scene.risk(), before)
    assert scene.judged("symbol_trades", risk=risk).passed is passed
    book = scene.book(scene.position(10))
    assert scene.judged("symbol_trades", risk=risk, book=book, draft=scene.exit_draft(), role=Role.EXIT).passed


def test_symbol_trades_are_entries_of_this_symbol_today(scene):
    risk = sent(scene, scene.risk(), 9, role=Role.EXIT)
    assert scene.judged("symbol_trades", risk=risk).value == 0
    risk = sent(scene, scene.risk(), 9, draft=scene.draft(symbol="AAPL"))
    assert scene.judged("symbol_trades", risk=risk).value == 0
    risk = sent(scene, scene.risk(), 9)
    assert scene.judged("symbol_trades", risk=risk, book=scene.book(now_ns=NEXT_SESSION)).value == 0


@pytest.mark.parametrize(("most", "passed"), [(6, True), (5, False)])
def test_symbol_shares_per_month(scene, most, passed):
    risk = sent(scene, scene.risk(symbol_shares_per_month=D(most)), 1)
    assert scene.judged("symbol_trades", risk=risk).passed is passed


def test_a_month_without_an_order_is_what_was_bought(scene):
    risk = sent(scene, scene.risk(symbol_shares_per_month=D(3)), 1)
    refused = risk.judge_refusal(scene.signal(), "TARGET_REACHED: nothing to buy", scene.book())
    assert [result.id for result in refused.failures] == ["R01"]
    (result,) = [
        result
        for result in risk.judge(
            scene.signal(), scene.draft(), scene.book(), role=Role.ENTRY, strategy="shift"
        ).controls
        if result.id == "R08"
    ]
    assert (result.passed, result.value, result.limit) == (False, D(6), D(3))


def test_a_month_of_shares_ends_in_new_york(scene):
    risk = sent(scene, scene.risk(symbol_shares_per_month=D(5)), 1)
    before, after = parse_iso("2026-12-01T04:59:59Z"), parse_iso("2026-12-01T05:00:00Z")
    assert not scene.judged("symbol_trades", risk=risk, book=scene.book(now_ns=before)).passed
    assert scene.judged("symbol_trades", risk=risk, book=scene.book(now_ns=after)).passed
