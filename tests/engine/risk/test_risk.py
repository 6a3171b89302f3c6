"""Risk as a whole: complete verdicts, hostile numbers, refusals, and a restart that judges as before."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import HOUR, MINUTE, SECOND
from engine.errors import ConfigError
from engine.model import Answer, Outcome, Role, Session, Side, TradingState
from engine.model.records import AnswerRecord, Lift
from engine.risk import CONTROLS, Risk

D = Decimal
REASON = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*: .+")
NASTY = [
    D(text) for text in ("NaN", "sNaN", "Infinity", "-Infinity", "0", "-0", "1e30", "-1e30", "1e-30", "1e999", "7e-13")
]
IDS = [f"R{number:02d}" for number in range(1, 26)]


def test_all_25_controls_in_order():
    assert sorted({control.id for control in CONTROLS}) == IDS
    assert len({(control.id, control.name) for control in CONTROLS}) == len(CONTROLS) == 28


def test_a_good_signal_passes_every_control(scene):
    risk, signal, book = scene.risk(), scene.signal(), scene.book()
    verdict = risk.judge(signal, risk.size(signal, book).draft, book, role=Role.ENTRY, strategy="shift")
    assert verdict.failures == ()
    assert verdict.passed
    assert (verdict.at_ns, verdict.state, verdict.limits_hash) == (book.now_ns, TradingState.ACTIVE, risk.limits_hash)
    assert [(result.id, result.control) for result in verdict.controls] == [(c.id, c.name) for c in CONTROLS]


def test_a_verdict_holds_every_failure_not_only_the_first(scene):
    risk = scene.risk()
    risk.kill("test", "person", scene.now)
    book = scene.book(quotes={}, session=Session.CLOSED, reconciled=False, account=scene.account(equity=D(1)))
    verdict = risk.judge(scene.signal(confidence=0.1), scene.draft(), book, role=Role.ENTRY, strategy="shift")
    assert not verdict.passed
    assert len(verdict.controls) == len(CONTROLS)
    assert {"R02", "R03", "R04", "R13", "R14", "R17", "R19", "R22", "R24", "R25"} <= {r.id for r in verdict.failures}


@settings(max_examples=100)
@given(data=st.data())
def test_numbers_that_are_none_never_pass_and_never_raise(scene, data):
    bad = st.sampled_from([D("NaN"), D("sNaN"), D("Infinity"), D("-Infinity"), D(-1), D(0)])
    field = data.draw(
        st.sampled_from(["quantity", "limit_price", "reference_price", "equity", "cash", "buying_power", "quote"])
    )
    value = data.draw(bad)
    draft, book = scene.draft(), scene.book()
    if field in ("quantity", "limit_price", "reference_price"):
        draft = scene.draft(**{field: value})
    elif field == "quote":
        book = scene.book(quote=scene.quote(bid=value, ask=value, last=value))
    else:
        book = scene.book(account=scene.account(**{field: value}))
    role = data.draw(st.sampled_from(list(Role)))
    verdict = scene.risk().judge(scene.signal(), draft, book, role=role, strategy="shift")
    assert not verdict.passed


@settings(max_examples=100)
@given(data=st.data())
def test_hostile_books_are_judged_without_raising(scene, data):
    number = st.none() | st.sampled_from(NASTY) | st.integers(-(10**6), 10**6).map(lambda value: D(value) / 100)
    some = st.sampled_from(NASTY) | st.integers(-(10**6), 10**6).map(lambda value: D(value) / 100)
    book = scene.book(
        msgspec.structs.replace(
            scene.position(1), quantity=data.draw(some), price=data.draw(number), average_price=data.draw(some)
        ),
        quote=scene.quote(
            bid=data.draw(number),
            ask=data.draw(number),
            last=data.draw(number),
            at_ns=data.draw(st.integers(-(2**62), 2**62)),
        ),
        account=scene.account(
            equity=data.draw(some),
            cash=data.draw(some),
            buying_power=data.draw(some),
            day_start_equity=data.draw(some),
            peak_equity=data.draw(some),
        ),
        orders=(
            scene.order(
                data.draw(st.sampled_from(Side)),
                data.draw(some),
                data.draw(st.sampled_from(Role)),
                filled=data.draw(some),
                limit_price=data.draw(number),
                stop_price=data.draw(number),
                order_type=data.draw(st.sampled_from(["limit", "stop", "market", "nonsense"])),
            ),
        ),
        session=data.draw(st.sampled_from(Session)),
    )
    draft = data.draw(st.sampled_from([scene.draft(), scene.exit_draft(1)]))
    draft = msgspec.structs.replace(
        draft, quantity=data.draw(some), stop_price=data.draw(number), target_price=data.draw(number)
    )
    signal = scene.signal(draft.side, strength=data.draw(st.floats()), confidence=data.draw(st.floats()))
    risk = scene.risk()
    verdict = risk.judge(signal, draft, book, role=data.draw(st.sampled_from(Role)), strategy="shift")
    assert all(REASON.fullmatch(result.reason) for result in verdict.controls)
    assert all(result.value is None or not result.value.is_nan() for result in verdict.controls)
    risk.size(signal, book)
    risk.size_exit("TSLA", book)
    risk.uses(book)
    risk.on_account(book.account, book.now_ns)


def test_one_book_is_judged_for_each_symbol_by_what_that_symbol_holds(scene):
    risk = scene.risk()
    book = scene.book(scene.position(7), scene.position(3, symbol="AAPL"))
    for symbol, held in (("TSLA", 7), ("AAPL", 3), ("TSLA", 7)):
        assert risk.size_exit(symbol, book).draft.quantity == held
    assert risk.size_exit("TSLA", scene.book(scene.position(2))).draft.quantity == 2


def test_judging_changes_nothing(scene):
    risk, fresh, signal, book = scene.risk(), scene.risk(), scene.signal(), scene.book()
    draft = risk.size(signal, book).draft
    first = risk.judge(signal, draft, book, role=Role.ENTRY, strategy="shift")
    assert risk.judge(signal, draft, book, role=Role.ENTRY, strategy="shift") == first
    risk.uses(book)
    assert risk == fresh


def test_a_refusal_names_the_sizers_reason_and_judges_the_rest(scene):
    risk, signal, book = scene.risk(), scene.signal(confidence=0.1), scene.book(quotes={})
    sized = risk.size(signal, book)
    verdict = risk.judge_refusal(signal, sized.reason, book)
    assert not verdict.passed
    assert verdict.controls[0].reason == sized.reason
    first = verdict.controls[0]
    assert (first.id, first.control, first.passed, first.value, first.limit) == (
        "R01",
        "order_quantity",
        False,
        0,
        1000,
    )
    assert {control.name for control in CONTROLS} - {result.control for result in verdict.controls} == {
        *("order_notional", "price_collar", "position", "gross_exposure", "concentration", "buying_power"),
        *("self_trade", "protective_exit"),
    }
    assert {"stale_price", "confidence"} <= {result.control for result in verdict.failures}


@pytest.mark.parametrize("held", [(), (5,)])
def test_a_sale_of_what_is_not_there_is_refused_by_r20_and_by_no_size(scene, held):
    risk, sell = scene.risk(), scene.signal(Side.SELL)
    book = scene.book(*[scene.position(quantity, external=True) for quantity in held])
    sized = risk.size(sell, book)
    verdict = risk.judge_refusal(sell, sized.reason, book)
    assert not verdict.passed
    assert [(result.id, result.reason) for result in verdict.failures] == [("R20", sized.reason)]
    assert "order_quantity" not in [result.control for result in verdict.controls]


@pytest.mark.parametrize("held", [0, 10])
def test_a_refused_buy_is_judged_as_a_buy(scene, held):
    book = scene.book(*([scene.position(held)] if held else []))
    verdict = scene.risk().judge_refusal(scene.signal(confidence=0.1), "SIZE_BELOW_MINIMUM: quantity=0", book)
    assert [result.control for result in verdict.failures] == ["order_quantity", "confidence"]
    assert "STATE_ACTIVE: role=entry" in [result.reason for result in verdict.controls]
    exits = scene.risk().judge_refusal(scene.signal(Side.SELL, confidence=0.1), "POSITION_BEING_SOLD: held=1", book)
    assert "STATE_ACTIVE: role=exit" in [result.reason for result in exits.controls]
    assert ("confidence" in [result.control for result in exits.failures]) is not held


def test_kill_flatten_goes_through_and_only_that(scene):
    risk = scene.risk()
    risk.kill("test", "file", scene.now)
    book = scene.book(scene.position(1500), prices_mute=True, reconciled=False, account=scene.account(equity=D(60_000)))
    draft = risk.size_exit("TSLA", book).draft
    assert risk.judge(None, draft, book, role=Role.FLATTEN, strategy="").failures == ()
    assert not risk.judge(None, draft, book, role=Role.EXIT, strategy="").passed
    assert not risk.judge(scene.signal(), scene.draft(), book, role=Role.ENTRY, strategy="shift").passed


def test_protective_legs_are_placed_whatever_the_state(scene):
    risk = scene.risk()
    risk.kill("test", "file", scene.now)
    working = (scene.order(Side.BUY, 1, limit_price=D(250)),)
    book = scene.book(scene.position(10), orders=working, session=Session.CLOSED, halted=frozenset({"TSLA"}))
    stop = scene.exit_draft(10, limit_price=D("237.50"), reference_price=D("237.50"), stop_price=D("237.50"))
    old = scene.signal(expires_ns=1, newest_ns=1)
    assert risk.judge(old, stop, book, role=Role.STOP, strategy="shift").failures == ()


def test_limits_hash_names_the_limits(scene):
    known = scene.risk().limits_hash
    assert re.fullmatch(r"[0-9a-f]{16}", known)
    assert scene.risk(order_notional=D("5000.00")).limits_hash == known
    assert scene.risk(order_notional=D(5001)).limits_hash != known
    assert scene.risk(drift_bps=D(21)).limits_hash != known
    changed = scene.risk()
    changed.reconfigure(scene.config(drift_bps=D(21)))
    assert changed.limits_hash == scene.risk(drift_bps=D(21)).limits_hash
    with pytest.raises(ConfigError):
        changed.reconfigure(scene.config(drift_bps=D(-1)))


@pytest.mark.parametrize("bad", [D("NaN"), D("Infinity"), D(-1)])
def test_limits_that_are_no_numbers_are_refused(scene, bad):
    with pytest.raises(ConfigError, match=r"risk\.position_pct"):
        scene.risk(position_pct=bad)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0])
def test_durations_that_are_no_numbers_are_refused(scene, bad):
    with pytest.raises(ConfigError, match=r"risk\.stale_price_s"):
        scene.risk(stale_price_s=bad)


def test_an_unknown_sizer_is_refused(scene):
    with pytest.raises(ConfigError, match="fixed, strength, kelly"):
        scene.risk(sizing={"sizer": "all in"})


def live(scene, risk: Risk, steps):
    """Carry out steps as the engine would; returns what it would journal, in order."""
    records = []
    for number, (step, _) in enumerate(steps):
        at_ns = scene.now + sum(gap for _, gap in steps[: number + 1]) * MINUTE
        if step in ("entry", "exit"):
            intent = scene.intent(number, at_ns=at_ns, role=Role.ENTRY if step == "entry" else Role.EXIT)
            records += [intent, *risk.on_intent(intent)]
        elif step == "cancel":
            records.append(AnswerRecord(f"desk-{number}", "cancel", Answer(Outcome.ACCEPTED), at_ns))
            risk.on_message(at_ns)
        elif step == "rejected":
            records.append(AnswerRecord(f"desk-{number}", "submit", Answer(Outcome.REJECTED, "403"), at_ns))
            risk.on_message(at_ns)
        elif step in ("stopped", "closed"):
            records.append(("closed", f"S{number % 3}", step == "stopped", at_ns))
            records += risk.on_closed(f"S{number % 3}", D(-5), step == "stopped", at_ns)
        elif step == "lift":
            for lock in risk.protections(at_ns)[:1]:
                records.append(risk.lift(lock.id, "looked at it", "person", at_ns))
        elif step == "kill":
            records.append(risk.kill("test", "person", at_ns))
        elif step == "resume":
            records.append(risk.change_state(TradingState.ACTIVE, "looked at it", "person", at_ns))
        else:
            equity = {"fine": D(100_000), "loss": D(98_000), "drawdown": D(90_000)}[step]
            change = risk.on_account(scene.account(equity=equity), at_ns)
            records += [] if change is None else [change]
    return records


STEPS = (
    "entry",
    "exit",
    "cancel",
    "rejected",
    "stopped",
    "closed",
    "lift",
    "kill",
    "resume",
    "fine",
    "loss",
    "drawdown",
)


@settings(max_examples=100)
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 900)), max_size=30))
def test_restored_is_as_it_was(scene, steps):
    first, second = scene.risk(), scene.risk()
    for record in live(scene, first, steps):
        if isinstance(record, tuple):
            _, symbol, stopped_out, at_ns = record
            second.on_closed(symbol, D(-5), stopped_out, at_ns)
        else:
            second.restore(record)
    now_ns = scene.now + sum(gap for _, gap in steps) * MINUTE
    for risk in (first, second):
        risk.on_account(scene.account(), now_ns)
    assert second == first
    book = scene.book(scene.position(5), now_ns=now_ns)
    for draft, role in ((scene.draft(), Role.ENTRY), (scene.exit_draft(5), Role.EXIT)):
        verdicts = [
            risk.judge(scene.signal(draft.side), draft, book, role=role, strategy="shift") for risk in (first, second)
        ]
        assert verdicts[0] == verdicts[1]
    assert first.protections(now_ns) == second.protections(now_ns)


def test_a_lift_is_restored_with_what_it_re_enabled(scene):
    first, second = scene.risk(strategy_executions=1), scene.risk(strategy_executions=1)
    intent = scene.intent(1)
    (lock,) = first.on_intent(intent)
    for record in (intent, lock, first.lift(lock.id, "looked at it", "person", scene.now)):
        second.restore(record)
    assert second.protections(scene.now) == ()
    assert scene.judged("strategy_executions", risk=second).value == 0
    second.restore(Lift("p-unknown", "gone", "person", scene.now))
    assert second == first


def test_memory_stays_bounded(scene):
    risk = scene.risk()
    for number in range(3000):
        risk.on_closed(f"S{number % 5}", D(-1), True, scene.now + number * SECOND)
        order = scene.draft(quantity=D(1 + number))
        risk.on_intent(scene.intent(number, at_ns=scene.now + number * SECOND, draft=order))
    assert len(risk._memory._twins) == 60, "those of the window"
    assert len(risk.protections(scene.now + HOUR)) <= 5 + 1 + 1


def test_verdicts_survive_the_journal(scene):
    risk, signal, book = scene.risk(), scene.signal(), scene.book()
    verdict = risk.judge(signal, scene.draft(), book, role=Role.ENTRY, strategy="shift")
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=type(verdict)) == verdict
