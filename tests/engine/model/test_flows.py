"""Money from outside: what a baseline takes of it, in whatever order the account and the list tell it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Flows
from engine.model.flows import scaled

D = Decimal
amounts = st.decimals("-99999", "99999", places=2).filter(bool)
steps = st.lists(st.tuples(st.sampled_from(["moved", "external", "result"]), amounts), max_size=12)


def told(flows: Flows, *steps: tuple[str, str]) -> Flows:
    for step, amount in steps:
        flows = getattr(flows, step)(D(amount))
    return flows


@given(st.lists(st.tuples(st.sampled_from(["external", "result"]), amounts), max_size=6), st.data())
def test_once_all_is_told_only_what_is_from_outside_moves_the_baseline(
    entries: list[tuple[str, Decimal]], data: st.DataObject
) -> None:
    """Each entry moves the account once and is listed once, before or after, with others between."""
    order = data.draw(st.permutations([*entries, *(("moved", amount) for _, amount in entries)]))
    flows = Flows()
    for step, amount in order:
        flows = getattr(flows, step)(amount)
    outside = sum((amount for step, amount in entries if step == "external"), D(0))
    if not flows.awaited:
        assert (flows.unexplained, flows.net) == (0, outside)
    else:  # a withdrawal and a deposit told across each other: what came in is held out all the same
        assert flows.unexplained == flows.awaited and flows.net == outside


@given(steps)
def test_a_drop_is_forgiven_only_as_far_as_withdrawals_are_listed(steps: list[tuple[str, Decimal]]) -> None:
    flows, left, withdrawn = Flows(), D(0), D(0)
    for step, amount in steps:
        before = flows.net
        flows = getattr(flows, step)(amount)
        if step == "moved" and amount < 0:
            left -= amount
        if step == "external" and amount < 0:
            withdrawn -= amount
        if step == "result" and amount > 0:
            left += amount  # income that is listed counts, also before it shows
        if step != "result" and amount > 0:
            assert flows.net >= before, "what comes in is never a gain"
        assert flows.net >= -min(left, withdrawn)


@given(steps, amounts)
def test_what_is_listed_and_did_not_move_makes_no_gain(steps: list[tuple[str, Decimal]], amount: Decimal) -> None:
    flows = Flows()
    for step, each in steps:
        flows = getattr(flows, step)(each)
    if flows.unexplained >= 0 and not flows.awaited:
        assert flows.external(-abs(amount)).net == flows.net


@pytest.mark.parametrize(
    ("steps", "net", "unexplained"),
    [
        ([("moved", "500")], 500, 500),
        ([("moved", "500"), ("external", "500")], 500, 0),
        ([("external", "500")], 0, 0),
        ([("external", "500"), ("moved", "500")], 500, 0),
        ([("moved", "500"), ("result", "500")], 0, 0),
        ([("result", "500"), ("moved", "500")], 0, 0),
        ([("moved", "-500")], 0, -500),
        ([("moved", "-500"), ("external", "-500")], -500, 0),
        ([("external", "-500")], 0, 500),
        ([("external", "-500"), ("moved", "-500")], -500, 0),
        ([("moved", "-5"), ("result", "-5")], 0, 0),
        # a withdrawal that nobody listed, then a deposit: the loss stays
        ([("moved", "-300"), ("moved", "500"), ("external", "500")], 500, -300),
        # of a deposit less came than is listed: the rest is a loss
        ([("external", "500"), ("moved", "300")], 500, -200),
        ([("external", "500"), ("moved", "3")], 3, 3),
        # what the venue shows late, and then right, is neither
        ([("moved", "-2500"), ("moved", "2500")], 0, 0),
        ([("moved", "2500"), ("moved", "-2500")], 0, 0),
        # taken back before and after it came
        ([("external", "500"), ("external", "-500")], 0, 0),
        ([("moved", "500"), ("external", "500"), ("moved", "-500"), ("external", "-500")], 0, 0),
    ],
)
def test_each_way_it_can_be_told(steps: list[tuple[str, str]], net: int, unexplained: int) -> None:
    flows = told(Flows(), *steps)
    assert (flows.net, flows.unexplained) == (net, unexplained)


@given(st.decimals("1", "1e9", places=2), st.decimals("1", "1e9", places=2), amounts)
def test_a_share_is_the_same_after_money_moved(base: Decimal, equity: Decimal, amount: Decimal) -> None:
    after = equity + amount
    if after <= 0:
        return
    moved = scaled(base, after, amount)
    assert abs((moved - after) / moved - (base - equity) / base) < D("1e-12")
    assert abs(scaled(moved, after, -amount, undone=True) - base) < base * D("1e-18")


def test_an_empty_account_has_no_share_to_keep() -> None:
    assert scaled(D(90), D(50), D(50)) == 140
    assert scaled(D(90), D(0), D(-50)) == 0
