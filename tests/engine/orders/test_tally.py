"""Executions are counted once, whatever repeats, overtakes or gets lost."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from engine.orders.tally import Tally, derived_id

parts = st.lists(
    st.tuples(st.integers(1, 50).map(Decimal), st.integers(1, 400).map(Decimal)), min_size=1, max_size=6
)  # fmt: skip


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[str, int]]]:
    """Executions of one order, and what the wire makes of them: events and queries repeated, lost and reordered."""
    executions = draw(parts)
    words = [("event", index) for index in range(len(executions))] + [
        ("query", index) for index in range(len(executions))
    ]
    heard = draw(st.lists(st.sampled_from(words), max_size=15))
    return executions, draw(st.permutations([*heard, *(("event", index) for index in range(len(executions)))]))


@given(stories())
def test_every_story_counts_quantity_and_money_exactly(
    story: tuple[list[tuple[Decimal, Decimal]], list[tuple[str, int]]],
) -> None:
    executions, heard = story
    cumulative = list(accumulate(quantity for quantity, _ in executions))
    notional = list(accumulate(quantity * price for quantity, price in executions))
    tally = Tally()
    told = Decimal(0)
    average = Decimal(0)
    counted = Decimal(0)
    for word, index in heard:
        if cumulative[index] > told:
            told, average = cumulative[index], notional[index] / cumulative[index]
        if word == "event":
            quantity, price = executions[index]
            found = tally.execution(f"e{index}", quantity, price, cumulative[index], told)
            counted += found.quantity if found is not None else 0
        else:
            counted += sum((each.quantity for each in tally.missing("order", told, average)), Decimal(0))
        assert counted == tally.counted <= told
    assert tally.counted == cumulative[-1]
    if not any(word == "query" for word, _ in heard):
        assert tally.notional == notional[-1]
    assert abs(tally.notional - notional[-1]) / cumulative[-1] <= max(price for _, price in executions)


@given(parts, st.data())
def test_in_order_and_with_queries_between_the_average_is_the_venues(
    executions: list[tuple[Decimal, Decimal]], data: st.DataObject
) -> None:
    tally = Tally()
    told = notional = Decimal(0)
    for index, (quantity, price) in enumerate(executions):
        told += quantity
        notional += quantity * price
        if data.draw(st.booleans()):
            tally.missing("order", told, notional / told)
        tally.execution(f"e{index}", quantity, price, told, told)
        if data.draw(st.booleans()):
            tally.execution(f"e{index}", quantity, price, told, told)
        assert tally.counted == told
        assert abs(tally.notional - notional) < Decimal("1e-18")


def test_a_found_execution_is_not_counted_again_when_its_event_comes() -> None:
    tally = Tally()
    (found,) = tally.missing("order", Decimal(5), Decimal(10))
    assert (found.id, found.quantity, found.price) == ("derived-order-5", Decimal(5), Decimal(10))
    assert tally.execution("late", Decimal(5), Decimal(10), Decimal(5), Decimal(5)) is None
    assert tally.execution("next", Decimal(5), Decimal(12), Decimal(10), Decimal(10)) is not None
    assert tally.counted == 10


def test_a_late_event_is_known_by_its_span_even_when_a_newer_one_is_still_missing() -> None:
    tally = Tally()
    tally.missing("order", Decimal(5), Decimal(10))
    tally.execution("third", Decimal(2), Decimal(30), Decimal(12), Decimal(12))
    assert tally.execution("first", Decimal(5), Decimal(10), Decimal(5), Decimal(12)) is None
    second = tally.execution("second", Decimal(5), Decimal(20), Decimal(10), Decimal(12))
    assert second is not None and (second.quantity, second.price) == (5, 20)
    assert tally.notional == 5 * 10 + 5 * 20 + 2 * 30


def test_derived_ids_depend_on_order_and_quantity_only() -> None:
    assert derived_id("a", Decimal("5.00")) == derived_id("a", Decimal(5))
    assert derived_id("a", Decimal(100)) == "derived-a-100"
