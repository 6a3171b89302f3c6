"""The ledger's arithmetic, and the ledger of a journal against one worked out by hand from the same records."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import HOUR, MINUTE, SECOND, parse_iso
from engine.journal import Journal, Reader, read_ledger
from engine.journal.ledger import (
    PRICE_AGE_NS,
    crossing_price,
    end_of_utc_day,
    gain,
    groups,
    move_bps,
    valued,
)
from engine.journal.ledger_read import newest_at
from engine.model import Alert, Decision, DecisionKind, Draft, Fill, Level, Quote, Role, Side, Ticket
from engine.model.ledger import HORIZONS, LedgerRow, Mark
from tests.desk import made_up
from tests.engine.journal.conftest import Opened
from tests.engine.journal.made_up import T0

replace = msgspec.structs.replace
PRICES = st.decimals("0.01", "5000", places=2)
SIDES = st.sampled_from(Side)


def row(kind: DecisionKind = DecisionKind.REJECTED, side: Side = Side.BUY, **changes: object) -> LedgerRow:
    made = LedgerRow(
        1, T0, "TSLA", side, "shift", kind, "person", "", (), "t-1", "s-1", 0.8, 0.2, Decimal(10), Decimal(100)
    )
    return replace(made, **changes)


# arithmetic ----------------------------------------------------------------------------------------------------------


@given(SIDES, PRICES, PRICES, st.integers(1, 1000))
def test_both_sides_of_a_trade_cancel(side: Side, entry: Decimal, price: Decimal, quantity: int) -> None:
    assert gain(side, entry, price, Decimal(quantity)) == -gain(side.opposite, entry, price, Decimal(quantity))
    assert move_bps(side, entry, price) == -move_bps(side.opposite, entry, price)
    assert (gain(side, entry, price, Decimal(quantity)) > 0) is (side.sign * (price - entry) > 0)


@given(PRICES, PRICES, st.integers(1, 1000), st.sampled_from(DecisionKind), SIDES)
def test_worth_is_the_gain_of_a_sent_order_and_its_opposite_otherwise(
    entry: Decimal, price: Decimal, quantity: int, kind: DecisionKind, side: Side
) -> None:
    mark = valued(row(kind, side, entry=entry, quantity=Decimal(quantity)), Mark("5m", T0, price, T0))
    assert mark.gain is not None
    assert mark.worth == (mark.gain if kind.sends else -mark.gain)
    assert not mark.why


def test_fees_are_paid_only_by_what_was_filled() -> None:
    sent = row(DecisionKind.CONFIRMED, fees=Decimal("1.50"))
    assert valued(sent, Mark("5m", T0, Decimal(101), T0)).gain == Decimal("8.50")


@pytest.mark.parametrize(
    ("changes", "moved", "why"),
    [
        ({"entry": None}, None, "no price was known at the decision"),
        ({"entry": Decimal(0)}, None, "no price was known at the decision"),
        ({"quantity": None}, Decimal("100.00"), "nothing could be sized"),
        ({"kind": DecisionKind.AUTO, "quantity": Decimal(0)}, Decimal("100.00"), "nothing was filled"),
    ],
)
def test_what_is_not_known_is_said_and_never_zero(changes: dict[str, object], moved: Decimal | None, why: str) -> None:
    mark = valued(replace(row(), **changes), Mark("5m", T0, Decimal(101), T0))
    assert (mark.move_bps, mark.gain, mark.worth, mark.why) == (moved, None, None, why)
    unknown = Mark("5m", T0, why="not yet")
    assert valued(row(), unknown) == unknown


def test_prices_of_a_quote() -> None:
    quote = Quote("TSLA", T0, T0, Decimal("99.9"), Decimal("100.1"), Decimal(95))
    assert crossing_price(quote, Side.BUY) == Decimal("100.1")
    assert crossing_price(quote, Side.SELL) == Decimal("99.9")
    assert quote.price == Decimal(100)
    crossed = replace(quote, ask=Decimal(99))
    assert crossing_price(crossed, Side.BUY) == crossed.price == Decimal(95)
    assert replace(crossed, last=Decimal(0)).price is replace(crossed, last=None).price is None
    assert (
        replace(crossed, last=Decimal("NaN")).price
        is crossing_price(replace(crossed, last=Decimal("NaN")), Side.BUY)
        is None
    )


ROWS = st.lists(
    st.builds(
        lambda kind, by, rules, price, entry, quantity: (kind, by, rules, price, entry, quantity),
        st.sampled_from(DecisionKind),
        st.sampled_from(["person", "clock", "risk"]),
        st.lists(st.sampled_from(["R04", "R17", "R18"]), unique=True, max_size=3),
        PRICES | st.none(),
        PRICES | st.none(),
        st.integers(0, 50) | st.none(),
    ),
    max_size=25,
)


@given(ROWS)
def test_groups_add_up_and_nothing_unknown_counts(drawn: list[tuple[object, ...]]) -> None:
    rows = []
    for kind, by, rules, price, entry, quantity in drawn:
        made = row(
            kind, by=by, rules=tuple(rules), entry=entry, quantity=None if quantity is None else Decimal(quantity)
        )
        bare = [Mark(name, T0, price, T0) if price else Mark(name, T0, why="not yet") for name in HORIZONS]
        rows.append(replace(made, marks=tuple(valued(made, mark) for mark in bare)))
    found = groups(rows)
    if not rows:
        assert found == ()
        return
    everything = found[0]
    assert (everything.by, everything.decisions) == ("all", len(rows))
    for horizon in HORIZONS:
        whole = everything.total(horizon)
        assert whole.right <= whole.measured <= len(rows)
        assert whole.known <= whole.measured
        assert (whole.worth is None) is (whole.gain is None) is (whole.known == 0)
        assert (whole.mean_bps is None) is (whole.measured == 0)
        for by in ("outcome", "who", "symbol", "strategy"):
            parts = [each for each in found if each.by == by]
            assert sum(each.decisions for each in parts) == len(rows)
            totals = [each.total(horizon) for each in parts]
            assert sum(total.known for total in totals) == whole.known
            assert sum(total.worth for total in totals if total.worth is not None) == (whole.worth or 0)


@given(st.lists(st.integers(0, 100), unique=True).map(sorted), st.lists(st.integers(0, 100)).map(sorted))
def test_newest_at_is_the_newest_at_or_before(instants: list[int], times: list[int]) -> None:
    from engine.journal.chain import Record

    records = [Record(seq, at_ns, "quote", "TSLA", b"{}", b"") for seq, at_ns in enumerate(times)]
    found = dict(newest_at(instants, iter(records)))
    for instant in instants:
        before = [record for record in records if record.at_ns <= instant]
        assert found.get(instant) == (before[-1] if before else None)


def test_the_end_of_the_utc_day() -> None:
    assert end_of_utc_day(parse_iso("2026-11-20T23:59:59Z")) == parse_iso("2026-11-21T00:00:00Z")
    assert end_of_utc_day(parse_iso("2026-11-20T00:00:00Z")) == parse_iso("2026-11-21T00:00:00Z")


# from a journal ------------------------------------------------------------------------------------------------------

NOON = parse_iso("2026-11-20T17:00:00Z")
"""Noon in New York on a Friday; the market closes at 21:00 UTC."""
CLOSE = parse_iso("2026-11-20T21:00:00Z")


class Book:
    """Writes a journal record by record, with the time it is told."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def quote(self, at_ns: int, bid: str, ask: str, symbol: str = "TSLA") -> None:
        self._journal.append("quote", symbol, Quote(symbol, at_ns, at_ns, Decimal(bid), Decimal(ask), None), at_ns)

    def decide(self, number: int, kind: DecisionKind, at_ns: int, by: str = "person", **changes: object) -> Ticket:
        ticket = made_up.ticket(number, at_ns=at_ns - SECOND, **changes)  # type: ignore[arg-type]
        self._journal.append("ticket", ticket.id, ticket, at_ns - SECOND)
        decision = Decision(ticket.id, ticket.signal.id, kind, by, "", at_ns, ticket.fingerprint)
        self._journal.append("decision", decision.signal_id, decision, at_ns)
        return ticket

    def fill(self, ticket: Ticket, quantity: int, price: str, at_ns: int, role: Role = Role.ENTRY) -> None:
        side = ticket.signal.side if role is Role.ENTRY else ticket.signal.side.opposite
        fill = Fill(
            f"{ticket.id}-{role.value}-{quantity}", f"desk-{role.value}", "TSLA", side, Decimal(quantity),
            Decimal(price), Decimal("0.10"), at_ns, ticket.signal.id, role,
        )  # fmt: skip
        self._journal.append("fill", fill.client_order_id, fill, at_ns)

    def end(self, at_ns: int) -> None:
        self._journal.append("alert", "a", Alert("a", Level.INFO, "c", "s", "t", "", at_ns), at_ns)
        self._journal.close()


@pytest.fixture
def book(opened: Opened) -> Book:
    return Book(opened())


def test_a_day_of_decisions(book: Book, path: Path) -> None:
    book.quote(NOON - 3 * SECOND, "99.90", "100.10")
    rejected = book.decide(1, DecisionKind.REJECTED, NOON)
    book.quote(NOON + 5 * MINUTE - SECOND, "100.90", "101.10")
    book.quote(NOON + 5 * MINUTE + 1, "500", "501")
    confirmed = book.decide(2, DecisionKind.CONFIRMED, NOON + 10 * MINUTE)
    book.fill(confirmed, 10, "100.00", NOON + 11 * MINUTE)
    book.fill(confirmed, 6, "101.00", NOON + 12 * MINUTE)
    book.fill(confirmed, 16, "110.00", NOON + 13 * MINUTE, Role.TARGET)
    blocked = book.decide(3, DecisionKind.BLOCKED, NOON + 14 * MINUTE, "risk", failed=("R17", "R22"))
    book.quote(NOON + 15 * MINUTE, "104", "106")
    book.quote(NOON + HOUR, "109", "111")
    book.quote(NOON + HOUR + 10 * MINUTE - SECOND, "89.90", "90.10")
    book.quote(CLOSE - MINUTE, "119.90", "120.10")
    book.end(CLOSE + MINUTE)
    with Reader(path) as reader:
        ledger = read_ledger(reader)
    first, second, third = ledger.rows
    assert (first.ticket_id, first.entry, first.quantity) == (rejected.id, Decimal("100.10"), Decimal(26))
    assert [mark.price for mark in first.marks] == [Decimal("101.00"), Decimal(110), Decimal(120)]
    assert first.mark("5m").worth == -Decimal("23.40")
    assert first.mark("5m").move_bps == Decimal("89.91")
    assert (second.entry, second.quantity, second.fees) == (Decimal("100.375"), Decimal(16), Decimal("0.20"))
    assert second.mark("5m").gain == second.mark("5m").worth == Decimal("73.80")
    assert second.mark("1h").gain == Decimal("-166.20")
    assert second.mark("close").gain == Decimal("313.80")
    assert (third.ticket_id, third.rules, third.entry) == (blocked.id, ("R17", "R22"), None)
    assert {mark.why for mark in third.marks} == {
        "no price was known at the decision", "no price was recorded in the 2 minutes before 2026-11-20T17:19:00.000Z",
        "no price was recorded in the 2 minutes before 2026-11-20T18:14:00.000Z",
    }  # fmt: skip
    assert {group.name for group in ledger.groups if group.by == "rule"} == {"R17", "R22"}
    assert not ledger.more
    with Reader(path) as reader:
        assert read_ledger(reader) == ledger
        assert [row.ticket_id for row in read_ledger(reader, outcome=DecisionKind.BLOCKED).rows] == [blocked.id]
        assert read_ledger(reader, symbol="NVDA").rows == ()
        newest = read_ledger(reader, limit=1)
        assert (newest.more, [row.ticket_id for row in newest.rows]) == (True, [blocked.id])
        assert len(read_ledger(reader, since_ns=NOON + MINUTE).rows) == 2


def test_what_has_not_come_yet_is_not_known(book: Book, path: Path) -> None:
    book.quote(NOON, "99.90", "100.10")
    book.decide(1, DecisionKind.EXPIRED, NOON, "clock")
    book.quote(NOON + 5 * MINUTE, "100.90", "101.10")
    book.end(NOON + 6 * MINUTE)
    with Reader(path) as reader:
        ledger = read_ledger(reader)
    (row,) = ledger.rows
    assert row.mark("5m").gain is not None
    assert [row.mark(name).why for name in ("1h", "close")] == ["not yet", "not yet"]
    total = ledger.groups[0].total("close")
    assert (total.known, total.gain, total.worth, total.mean_bps) == (0, None, None, None)


def test_a_price_that_is_too_old_says_nothing(book: Book, path: Path) -> None:
    book.quote(NOON - PRICE_AGE_NS, "99.90", "100.10")
    book.decide(1, DecisionKind.REJECTED, NOON)
    book.decide(2, DecisionKind.REJECTED, NOON + 1)
    book.end(NOON + MINUTE)
    with Reader(path) as reader:
        assert [row.entry for row in read_ledger(reader).rows] == [Decimal("100.10"), None]


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-11-20T17:00:00Z", "2026-11-20T21:00:00Z"),
        ("2026-11-20T21:00:00Z", "2026-11-23T21:00:00Z"),
        ("2026-11-26T17:00:00Z", "2026-11-27T18:00:00Z"),
    ],
    ids=["in the session", "at the close of a Friday", "Thanksgiving, then an early close"],
)
def test_the_next_close(book: Book, path: Path, at: str, due: str) -> None:
    book.decide(1, DecisionKind.REJECTED, parse_iso(at))
    book.end(parse_iso(at) + SECOND)
    with Reader(path) as reader:
        (row,) = read_ledger(reader).rows
    assert row.mark("close").due_ns == parse_iso(due)


def test_a_pair_has_no_close_and_an_unsized_ticket_no_quantity(book: Book, path: Path, opened: object) -> None:
    base = made_up.ticket(1, at_ns=NOON)
    pair = replace(base, signal=replace(base.signal, symbol="BTC/USD"), draft=None)
    book._journal.append("ticket", pair.id, pair, NOON)
    book._journal.append(
        "decision", pair.signal.id, Decision(pair.id, pair.signal.id, DecisionKind.BLOCKED, "risk", "", NOON, ""), NOON
    )
    book._journal.append("decision", "engine", Decision("", "engine", DecisionKind.AUTO, "engine", "", NOON, ""), NOON)
    book.end(NOON + MINUTE)
    with Reader(path) as reader:
        (row,) = read_ledger(reader).rows
    assert row.quantity is None
    assert row.mark("close").due_ns == parse_iso("2026-11-21T00:00:00Z")


def test_a_draft_shown_anew_counts_as_it_was_last_shown(book: Book, path: Path) -> None:
    book.quote(NOON, "99.90", "100.10")
    ticket = made_up.ticket(1, at_ns=NOON - 2 * SECOND)
    book._journal.append("ticket", ticket.id, ticket, NOON - 2 * SECOND)
    assert isinstance(ticket.draft, Draft)
    again = replace(ticket, revision=2, draft=replace(ticket.draft, quantity=Decimal(5)))
    book._journal.append("ticket", ticket.id, again, NOON - SECOND)
    decision = Decision(ticket.id, ticket.signal.id, DecisionKind.REJECTED, "person", "", NOON, "")
    book._journal.append("decision", ticket.signal.id, decision, NOON)
    book.end(NOON + MINUTE)
    with Reader(path) as reader:
        assert [row.quantity for row in read_ledger(reader).rows] == [Decimal(5)]
