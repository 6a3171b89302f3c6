"""Locks: seen while they are in force, ended by time or by a person's typed reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import MINUTE, SECOND
from engine.errors import DeskError
from engine.risk.protections import COOL_DOWN, LOSS_STREAK, Protections, protection

D = Decimal


def test_protections_are_seen_end_and_can_be_lifted(scene):
    risk = scene.risk()
    (lock,) = risk.on_closed("TSLA", D(5), False, scene.now)
    assert risk.protections(scene.now) == (lock,)
    assert risk.protections(lock.ends_ns) == ()
    with pytest.raises(DeskError, match=lock.id):
        risk.lift("p-unknown", "why", "person", scene.now)
    risk.lift(lock.id, "it was a test order", "person", scene.now)
    assert risk.protections(scene.now) == ()
    assert scene.judged("cool_down", risk=risk).passed


def test_a_protection_is_named_after_its_subject_and_start(scene):
    risk = scene.risk(strategy_executions=1, loss_streak=1)
    (strategy,) = risk.on_intent(scene.intent(1))
    cool, streak = risk.on_closed("TSLA", D(-1), True, scene.now + MINUTE)
    assert strategy.id == f"p-strategy_executions-shift-{scene.now}"
    assert cool.id == f"p-cool_down-TSLA-{scene.now + MINUTE}"
    assert streak.id == f"p-loss_streak-all-{scene.now + MINUTE}"
    assert (cool.symbol, cool.strategy, streak.symbol) == ("TSLA", "", "")


def test_a_lift_needs_a_typed_reason_and_keeps_it(scene):
    locks = Protections()
    lock = protection(COOL_DOWN, "an exit", scene.now, None, symbol="TSLA")
    locks.add(lock)
    with pytest.raises(DeskError, match="typed reason"):
        locks.lift(lock.id, "  ", "person", scene.now)
    assert locks.find(COOL_DOWN, scene.now, symbol="TSLA") == lock
    ended, lift = locks.lift(lock.id, " a test order ", "person", scene.now + SECOND)
    assert (ended, lift.reason, lift.by, lift.at_ns) == (lock, "a test order", "person", scene.now + SECOND)
    assert locks.drop(lock.id) is None


subjects = st.tuples(st.sampled_from((COOL_DOWN, LOSS_STREAK)), st.sampled_from(("TSLA", "AAPL", "")))


@given(st.lists(st.tuples(subjects, st.integers(0, 9), st.none() | st.integers(0, 9)), max_size=8), st.integers(0, 10))
def test_of_each_name_and_subject_the_newest_holds_until_its_end(added, now_ns):
    locks, newest = Protections(), {}
    for (name, symbol), started_ns, ends_ns in added:
        newest[name, symbol] = protection(name, "why", started_ns, ends_ns, symbol=symbol)
        locks.add(newest[name, symbol])
    in_force = [lock for lock in newest.values() if lock.ends_ns is None or now_ns < lock.ends_ns]
    assert list(locks.active(now_ns)) == sorted(in_force, key=lambda lock: (lock.started_ns, lock.id))
    for (name, symbol), lock in newest.items():
        assert locks.find(name, now_ns, symbol=symbol) == (lock if lock in in_force else None)
    assert locks.find("another", now_ns) is None
