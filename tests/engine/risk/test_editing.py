"""Editing a sized order: only what the venue and the controls take, in exact steps; anything else says why."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import Config, WatchRow
from engine.model import Edits, Instrument, Role, price_step
from engine.risk import Risk

D = Decimal
CONFIG = Config(watchlist=(WatchRow(symbol="TSLA"),))
numbers = st.one_of(
    st.none(),
    st.decimals(-100_000, 100_000, places=4),
    st.sampled_from([D("NaN"), D("Infinity"), D("-Infinity"), D(0), D("1e30")]),
)


def sized(scene):
    risk, book, signal = Risk(CONFIG), scene.book(), scene.signal(strength=1.0)
    draft = risk.size(signal, book).draft
    assert draft is not None
    return risk, book, signal, draft


@settings(max_examples=200)
@given(data=st.data())
def test_whatever_is_asked_the_order_stands_or_the_reason_does(scene, data):
    risk, book, signal, draft = sized(scene)
    edits = Edits(*(data.draw(numbers) for _ in range(4)))
    found = risk.edit(signal, draft, edits, book)
    if found.draft is None:
        assert found.reason.partition(":")[0] in (
            "EDIT_INVALID",
            "EDIT_STEP",
            "EDIT_STOP",
            "EDIT_TARGET",
            "SIZE_BELOW_MINIMUM",
        )
        return
    edited = found.draft
    assert edited.quantity == (draft.quantity if edits.quantity is None else edits.quantity)
    assert edited.quantity % 1 == 0
    assert edited.stop_price < min(edited.limit_price, edited.reference_price)
    assert edited.target_price > max(edited.limit_price, edited.reference_price)
    for name in ("limit_price", "stop_price", "target_price"):
        price = getattr(edited, name)
        assert price % price_step(price) == 0
    assert (edited.symbol, edited.side, edited.reference_price) == (draft.symbol, draft.side, draft.reference_price)


def test_no_edit_changes_nothing(scene):
    risk, book, signal, draft = sized(scene)
    assert risk.edit(signal, draft, Edits(), book).draft == draft


def test_what_goes_beyond_a_limit_is_made_and_then_rejected_by_its_control(scene):
    risk, book, signal, draft = sized(scene)
    edited = risk.edit(signal, draft, Edits(quantity=D(900)), book).draft
    assert edited is not None
    verdict = risk.judge(signal, edited, book, role=Role.ENTRY, strategy="shift")
    assert {result.control for result in verdict.failures} >= {"order_notional"}
    far = risk.edit(signal, draft, Edits(limit_price=draft.limit_price * 2, target_price=D(5000)), book).draft
    assert far is not None
    verdict = risk.judge(signal, far, book, role=Role.ENTRY, strategy="shift")
    assert {result.control for result in verdict.failures} >= {"price_collar"}


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        (Edits(quantity=D("1.5")), "EDIT_STEP"),
        (Edits(stop_price=D(100_000)), "EDIT_STOP"),
        (Edits(target_price=D("0.01")), "EDIT_TARGET"),
        (Edits(quantity=D(0)), "EDIT_INVALID"),
        (Edits(limit_price=D("NaN")), "EDIT_INVALID"),
    ],
    ids=["step", "stop", "target", "nothing", "nan"],
)
def test_what_cannot_be_is_refused_with_figures(scene, edits, why):
    risk, book, signal, draft = sized(scene)
    found = risk.edit(signal, draft, edits, book)
    assert found.draft is None
    assert found.reason.startswith(why)


def test_an_exit_closes_what_is_held_so_only_its_limit_can_be_changed(scene):
    risk, book, signal, draft = sized(scene)
    exit_draft = msgspec.structs.replace(draft, reduces=True, stop_price=None, target_price=None)
    assert risk.edit(signal, exit_draft, Edits(quantity=D(1)), book).reason.startswith("EDIT_OF_AN_EXIT")
    assert risk.edit(signal, exit_draft, Edits(stop_price=D(1)), book).reason.startswith("EDIT_OF_AN_EXIT")
    changed = risk.edit(signal, exit_draft, Edits(limit_price=D("240.004")), book).draft
    assert changed == msgspec.structs.replace(
        exit_draft,
        limit_price=D("240.00"),
        sizing=f"{exit_draft.sizing}; by hand: limit_price {exit_draft.limit_price} → 240.00",
    )


def test_an_order_without_exits_can_be_edited_and_given_them(scene):
    risk, book, signal, draft = sized(scene)
    bare = msgspec.structs.replace(draft, stop_price=None, target_price=None)
    fewer = risk.edit(signal, bare, Edits(quantity=D(1)), book).draft
    assert (fewer.quantity, fewer.stop_price, fewer.target_price, fewer.time_in_force) == (1, None, None, "day")
    given = risk.edit(signal, bare, Edits(stop_price=D(240), target_price=D(260)), book).draft
    assert (given.stop_price, given.target_price, given.time_in_force) == (D(240), D(260), "gtc")


@pytest.mark.parametrize(
    ("limit", "stop", "target", "why"),
    [
        ("251", "249.99", "251.01", None),
        ("251", "250", "251.01", "EDIT_STOP"),
        ("251", "249.99", "251", "EDIT_TARGET"),
        ("249", "248.99", "250.01", None),
        ("249", "249", "250.01", "EDIT_STOP"),
        ("249", "248.99", "250", "EDIT_TARGET"),
    ],
)
def test_stop_and_target_stand_outside_limit_and_price(scene, limit, stop, target, why):
    risk, book, signal, draft = sized(scene)
    found = risk.edit(signal, draft, Edits(limit_price=D(limit), stop_price=D(stop), target_price=D(target)), book)
    assert (found.draft is None and found.reason.partition(":")[0]) == (why or False)


@pytest.mark.parametrize(
    ("instrument", "quantity", "why"),
    [
        (None, "1", None),
        (None, "0.5", "EDIT_STEP"),
        (Instrument("TSLA", quantity_step=D("0.5")), "0.5", None),
        (Instrument("TSLA", quantity_step=D("0.5")), "0.3", "EDIT_STEP"),
        (Instrument("TSLA", quantity_step=D("NaN")), "1", None),
        (Instrument("TSLA", quantity_step=D("0.01")), "0.04", None),
        (Instrument("TSLA", quantity_step=D("0.01"), min_notional=D("NaN")), "0.03", "SIZE_BELOW_MINIMUM"),
        (Instrument("TSLA", min_notional=D(250)), "1", None),
        (Instrument("TSLA", min_notional=D("250.01")), "1", "SIZE_BELOW_MINIMUM"),
    ],
)
def test_the_steps_and_the_minimum_are_the_instrument_s(scene, instrument, quantity, why):
    risk, _, signal, draft = sized(scene)
    book = scene.book(instruments={} if instrument is None else {"TSLA": instrument})
    found = risk.edit(signal, draft, Edits(quantity=D(quantity)), book)
    assert (found.draft is None and found.reason.partition(":")[0]) == (why or False)


@given(st.lists(st.builds(Edits, numbers, numbers, numbers, numbers), min_size=1, max_size=4))
def test_later_edits_stand_over_earlier_ones(made):
    merged = None
    for edits in made:
        merged = edits.over(merged)
    for name in Edits.__struct_fields__:
        last = next((getattr(edits, name) for edits in reversed(made) if getattr(edits, name) is not None), None)
        assert getattr(merged, name) is last
