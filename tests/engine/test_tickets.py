"""Tickets: approve what you saw, decided exactly once, expired means rejected."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.config import Config, TicketsConfig, WatchRow
from engine.errors import DeskError
from engine.model import (
    ControlResult,
    Decision,
    DecisionKind,
    Draft,
    Edits,
    Mode,
    Mood,
    Side,
    Signal,
    Ticket,
    TicketStatus,
    TradingState,
    Verdict,
)
from engine.tickets import DECIDED_KEPT, Tickets, edited, ticket_id

D = Decimal
NOW = 1_000 * SECOND
CONFIG = Config(
    tickets=TicketsConfig(ttl_s=120.0, drift_bps=D(20)),
    watchlist=(WatchRow(symbol="TSLA"), WatchRow(symbol="NVDA", mode=Mode.OFF)),
)


def signal(id: str = "s-1", life_s: int = 300) -> Signal:
    mood = Mood("TSLA", NOW, 0.5, 0.1, 0.4, 30, 12, 0.9, True)
    return Signal(id, "TSLA", Side.BUY, "shift", NOW, NOW + life_s * SECOND, 0.6, 0.8, "mood 0.10 → 0.50", mood)


def draft(**changes: object) -> Draft:
    known = Draft("TSLA", Side.BUY, D(4), D("250.50"), D("250.00"), NOW, D("237.50"), D("275.00"))
    return msgspec.structs.replace(known, **changes)


def verdict(*failed: str, state: TradingState = TradingState.ACTIVE, limits: str = "a" * 16) -> Verdict:
    results = tuple(
        ControlResult(id, name, id not in failed, D(1), D(2), "USD", f"{name.upper()}_TOLD: value=1, limit=2")
        for id, name in (("R01", "order_quantity"), ("R04", "liquidity"), ("R17", "stale_price"))
    )
    return Verdict(NOW, not failed, state, limits, results)


def opened(tickets: Tickets | None = None, *, id: str = "s-1", life_s: int = 300) -> tuple[Tickets, Ticket]:
    queue = Tickets(CONFIG) if tickets is None else tickets
    return queue, queue.open(signal(id, life_s), draft(), verdict(), Mode.CONFIRM, NOW)


def refused(fresh: Draft | None = None, after: Verdict | None = None, *, now_ns: int = NOW + SECOND) -> tuple[str, ...]:
    tickets, ticket = opened()
    return tickets.refusal(ticket, ticket.fingerprint, fresh or draft(), after or verdict(), now_ns)


def test_a_ticket_is_a_pure_function_of_its_signal():
    _, first = opened()
    _, second = opened()
    assert first == second
    assert re.fullmatch(r"t-[0-9a-f]{10}", first.id)
    assert ticket_id("s-1") == first.id != ticket_id("s-2")


@pytest.mark.parametrize(("life_s", "expires_s"), [(300, 120), (120, 120), (60, 60)])
def test_it_expires_with_its_signal_and_after_its_time_to_live(life_s, expires_s):
    _, ticket = opened(life_s=life_s)
    assert ticket.expires_ns == NOW + expires_s * SECOND


def test_one_signal_has_one_ticket():
    tickets, ticket = opened()
    with pytest.raises(DeskError, match="s-1"):
        opened(tickets)
    tickets.decide(ticket, DecisionKind.REJECTED, "person", "no", NOW)
    with pytest.raises(DeskError, match="s-1"):
        opened(tickets)


def test_nothing_changed_means_go():
    assert refused() == ()


@pytest.mark.parametrize("seen", ["", "0" * 16, "?"])
def test_another_fingerprint_is_refused(seen):
    tickets, ticket = opened()
    (reason,) = tickets.refusal(ticket, seen, draft(), verdict(), NOW)
    assert ticket.fingerprint in reason


def test_an_older_revisions_fingerprint_is_refused():
    tickets, ticket = opened()
    fresh = tickets.refresh(ticket, draft(quantity=D(5)), verdict(), "size 4 → 5", NOW)
    assert (fresh.revision, fresh.note, fresh.expires_ns) == (2, "size 4 → 5", ticket.expires_ns)
    assert fresh.fingerprint != ticket.fingerprint
    assert tickets.refusal(ticket, ticket.fingerprint, draft(quantity=D(5)), verdict(), NOW) != ()
    assert tickets.refusal(ticket, fresh.fingerprint, draft(quantity=D(5)), verdict(), NOW) == ()
    assert tickets.get(ticket.id) == fresh


@pytest.mark.parametrize(("now_ns", "go"), [(NOW + 120 * SECOND - 1, True), (NOW + 120 * SECOND, False)])
def test_expired_is_refused(now_ns, go):
    assert (refused(now_ns=now_ns) == ()) is go


@pytest.mark.parametrize(
    ("price", "go"), [("250.50", True), ("250.51", False), ("249.50", True), ("249.49", False), ("250.01", True)]
)
def test_price_drift(price, go):
    reasons = refused(draft(reference_price=D(price)))
    assert (reasons == ()) is go
    assert go or ("price 250.00 → " in reasons[0] and "limit 20" in reasons[0])


@pytest.mark.parametrize("name", ["limit_price", "stop_price", "target_price"])
def test_limit_stop_and_target_drift(name):
    shown = getattr(draft(), name)
    near, far = shown * D("1.002"), shown * D("1.00201")
    assert refused(draft(**{name: near})) == ()
    assert len(refused(draft(**{name: far}))) == 1


def test_one_price_step_is_never_drift():
    tickets = Tickets(CONFIG)
    cheap = draft(reference_price=D("3.00"), limit_price=D("3.01"), stop_price=D("2.85"), target_price=D("3.30"))
    ticket = tickets.open(signal(), cheap, verdict(), Mode.CONFIRM, NOW)
    moved = msgspec.structs.replace(cheap, stop_price=D("2.86"), target_price=D("3.29"), limit_price=D("3.02"))
    assert tickets.refusal(ticket, ticket.fingerprint, moved, verdict(), NOW) == ()
    further = msgspec.structs.replace(cheap, stop_price=D("2.87"))
    assert tickets.refusal(ticket, ticket.fingerprint, further, verdict(), NOW) != ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"quantity": D(5)}, "size 4 → 5"),
        ({"quantity": D("NaN")}, "size 4 → NaN"),
        ({"side": Side.SELL}, "side buy → sell"),
        ({"symbol": "AAPL"}, "symbol TSLA → AAPL"),
        ({"stop_price": None}, "stop 237.50 → none"),
        ({"target_price": None}, "target 275.00 → none"),
        ({"limit_price": D("NaN")}, "limit 250.50 → NaN"),
        ({"reference_price": D("Infinity")}, "price 250.00 → Infinity"),
        ({"reference_price": D(-1)}, "price 250.00 → -1"),
        ({"time_in_force": "gtc"}, "time in force day → gtc"),
        ({"extended_hours": True}, "extended hours False → True"),
        ({"reduces": True}, "reduces False → True"),
    ],
)
def test_a_changed_order_is_refused_in_words(changes, told):
    assert refused(draft(**changes)) == (told,)


def test_how_the_size_came_about_and_when_the_price_was_quoted_may_differ():
    assert refused(draft(sizing="other words", reference_ns=NOW + 5)) == ()


def test_a_changed_state_and_changed_limits_are_refused():
    assert refused(after=verdict(state=TradingState.REDUCING)) == ("trading state active → reducing",)
    assert len(refused(after=verdict(limits="b" * 16))) == 1


def test_a_control_that_fails_now_is_named_with_its_reason():
    assert refused(after=verdict("R17")) == ("R17 stale_price rejects: STALE_PRICE_TOLD: value=1, limit=2",)
    assert len(refused(after=verdict("R01", "R04", "R17"))) == 3


def test_a_verdict_that_did_not_pass_is_refused_though_no_control_says_why():
    assert refused(after=msgspec.structs.replace(verdict(), passed=False)) == ("the verdict did not pass",)


def test_a_control_that_fails_as_it_did_when_shown_is_told_once():
    tickets = Tickets(CONFIG)
    ticket = tickets.open(signal(), draft(), verdict("R04"), Mode.CONFIRM, NOW)
    (reason,) = tickets.refusal(ticket, ticket.fingerprint, draft(), verdict("R04"), NOW)
    assert reason.startswith("R04 liquidity rejects")


def test_a_control_that_failed_when_shown_and_passes_now_is_shown_anew():
    tickets = Tickets(CONFIG)
    ticket = tickets.open(signal(), draft(), verdict("R04"), Mode.CONFIRM, NOW)
    (reason,) = tickets.refusal(ticket, ticket.fingerprint, draft(), verdict(), NOW)
    assert reason.startswith("R04 liquidity rejected when shown")


def test_nothing_sized_is_refused():
    tickets, ticket = opened()
    assert tickets.refusal(ticket, ticket.fingerprint, None, verdict(), NOW) == ("nothing could be sized now",)
    bare = tickets.open(signal("s-2"), None, verdict("R01"), Mode.CONFIRM, NOW)
    assert "no order was shown" in tickets.refusal(bare, bare.fingerprint, draft(), verdict(), NOW)


def test_off_is_refused():
    tickets = Tickets(CONFIG)
    ticket = tickets.open(signal(), draft(), verdict(), Mode.OFF, NOW)
    assert tickets.refusal(ticket, ticket.fingerprint, draft(), verdict(), NOW) != ()


@pytest.mark.parametrize("symbol", ["TSLA", "*"])
def test_a_ticket_that_was_opened_before_the_mode_was_set_to_off_is_refused_too(symbol):
    tickets, ticket = opened()
    tickets.set_mode(symbol, Mode.OFF)
    assert tickets.refusal(ticket, ticket.fingerprint, draft(), verdict(), NOW) == (
        "mode is off: signals are shown only",
    )


QUANTITIES = st.sampled_from([D(4), D(5), D("0.5"), D(0), D("NaN"), D("sNaN"), D("Infinity")])
PRICES = st.sampled_from(
    [D(price) for price in ("250", "250.2", "250.6", "0.5", "0.5001", "0.5011", "0.0001", "0.0002", "0", "-1", "NaN")]
    + [D("sNaN"), D("Infinity")]
)
DRAFTS = st.builds(
    draft, quantity=QUANTITIES, reference_price=PRICES, limit_price=PRICES, stop_price=st.none() | PRICES
)


@settings(max_examples=200)
@given(
    drafts=st.tuples(DRAFTS, DRAFTS) | DRAFTS.map(lambda order: (order, order)),
    name=st.sampled_from(["quantity", "reference_price", "limit_price", "stop_price"]),
    one_alone=st.booleans(),
    failed=st.sampled_from([(), (), ("R01",)]),
    seen=st.sampled_from([True, True, False]),
    later_s=st.sampled_from([0, 119, 120]),
)
def test_go_only_when_everything_holds(drafts, name, one_alone, failed, seen, later_s):
    shown, fresh = drafts
    if one_alone:
        fresh = msgspec.structs.replace(shown, **{name: getattr(fresh, name)})
    tickets = Tickets(CONFIG)
    ticket = tickets.open(signal(), shown, verdict(), Mode.CONFIRM, NOW)

    def near(before, after, step=0):
        if not (before.is_finite() and after.is_finite() and before > 0 and after > 0):
            return False
        return abs(after - before) <= max(step, before * 20 / 10_000)

    def near_a_step(before, after):
        if before is None or after is None:
            return before is after
        return near(before, after, D("0.01") if before.is_finite() and before >= 1 else D("0.0001"))

    holds = (
        shown.quantity.is_finite()
        and fresh.quantity.is_finite()
        and shown.quantity == fresh.quantity
        and near(shown.reference_price, fresh.reference_price)
        and near_a_step(shown.limit_price, fresh.limit_price)
        and near_a_step(shown.stop_price, fresh.stop_price)
        and not failed
        and seen
        and later_s < 120
    )
    now_ns = NOW + later_s * SECOND
    reasons = tickets.refusal(ticket, ticket.fingerprint if seen else "x", fresh, verdict(*failed), now_ns)
    assert (reasons == ()) is holds


def test_what_a_person_changed_stays_until_it_is_changed_again():
    tickets, ticket = opened()
    edits = Edits(quantity=D(5))
    edited = tickets.refresh(ticket, draft(quantity=D(5)), verdict(), "edited", NOW, edits)
    assert edited.edits == edits
    assert tickets.refresh(edited, draft(quantity=D(5)), verdict(), "moved", NOW).edits == edits
    assert tickets.refresh(edited, draft(), verdict(), "edited", NOW, Edits(quantity=D(4))).edits == Edits(
        quantity=D(4)
    )


@pytest.mark.parametrize(
    ("asked", "changes", "told"),
    [
        (Edits(quantity=D(2)), {"quantity": D(2)}, "edited by person: size 4 → 2"),
        (
            Edits(quantity=D(2)),
            {"quantity": D(2), "reference_price": D(251), "limit_price": D("251.50"), "stop_price": D("238.45")},
            "edited by person: size 4 → 2; sized anew by the desk at 251: limit 250.50 → 251.50, stop 237.50 → 238.45",
        ),
        (
            Edits(stop_price=D(240)),
            {"quantity": D(3), "reference_price": D(251), "stop_price": D(240)},
            "edited by person: stop 237.50 → 240; sized anew by the desk at 251: size 4 → 3",
        ),
        (Edits(quantity=D(4)), {}, "edited by person: nothing differs"),
    ],
)
def test_an_edit_tells_apart_what_the_person_asked_for_and_what_the_desk_made_of_it(asked, changes, told):
    assert edited("person", asked, draft(), draft(**changes)) == told


def test_a_decision_is_made_exactly_once():
    tickets, ticket = opened()
    decision = tickets.decide(ticket, DecisionKind.CONFIRMED, "person", "", NOW + 1, verdict())
    assert decision == Decision(
        ticket.id, "s-1", DecisionKind.CONFIRMED, "person", "", NOW + 1, ticket.fingerprint, verdict()
    )
    assert tickets.pending == ()
    assert tickets.get(ticket.id).status is TicketStatus.DECIDED
    for kind in DecisionKind:
        with pytest.raises(DeskError, match="confirmed by person"):
            tickets.decide(ticket, kind, "person", "again", NOW + 2, verdict())
    with pytest.raises(DeskError, match="confirmed by person"):
        tickets.refresh(ticket, draft(), verdict(), "", NOW + 2)
    assert tickets.refusal(ticket, ticket.fingerprint, draft(), verdict(), NOW) != ()


@pytest.mark.parametrize("kind", [DecisionKind.CONFIRMED, DecisionKind.AUTO])
def test_nothing_is_sent_without_a_passed_verdict_or_late_or_as_it_was_before(kind):
    tickets, ticket = opened()
    for second, found in ((None, "none"), (verdict("R01", "R17"), "R01, R17")):
        with pytest.raises(DeskError, match=f"passed verdict before {ticket.id} is sent, found {found}"):
            tickets.decide(ticket, kind, "person", "", NOW, second)
    with pytest.raises(DeskError, match=r"expired 1\.5 s ago"):
        tickets.decide(ticket, kind, "person", "", ticket.expires_ns + SECOND * 3 // 2, verdict())
    unsized = tickets.open(signal("s-2"), None, verdict(), Mode.CONFIRM, NOW)
    with pytest.raises(DeskError, match="found no order"):
        tickets.decide(unsized, kind, "person", "", NOW, verdict())
    tickets.decide(unsized, DecisionKind.BLOCKED, "risk", "", NOW)
    tickets.refresh(ticket, draft(quantity=D(5)), verdict(), "", NOW)
    with pytest.raises(DeskError, match="revision 2"):
        tickets.decide(ticket, kind, "person", "", NOW, verdict())
    assert len(tickets.pending) == 1


@pytest.mark.parametrize("kind", [DecisionKind.REJECTED, DecisionKind.EXPIRED, DecisionKind.BLOCKED])
def test_what_sends_nothing_is_always_possible(kind):
    tickets, ticket = opened()
    tickets.refresh(ticket, None, verdict("R01"), "", NOW)
    assert tickets.decide(ticket, kind, "clock", "late", ticket.expires_ns + 1).verdict is None


def test_an_unknown_ticket():
    tickets, _ = opened()
    _, other = opened(id="s-9")
    with pytest.raises(DeskError, match="no such ticket"):
        tickets.decide(other, DecisionKind.REJECTED, "person", "", NOW)
    assert tickets.get("t-unknown") is None


def test_expiry_is_announced_at_its_instant():
    tickets, first = opened(life_s=60)
    assert Tickets(CONFIG).next_expiry_ns is None
    _, second = opened(tickets, id="s-2")
    assert tickets.next_expiry_ns == first.expires_ns
    assert tickets.expired(first.expires_ns - 1) == ()
    assert tickets.expired(first.expires_ns) == (first,)
    assert tickets.expired(second.expires_ns) == (first, second)
    with pytest.raises(DeskError, match="expired"):
        tickets.refresh(first, draft(), verdict(), "", first.expires_ns)


def test_restored_is_as_it_was():
    tickets, first = opened()
    _, second = opened(tickets, id="s-2")
    fresh = tickets.refresh(second, draft(quantity=D(5)), verdict(), "size 4 → 5", NOW)
    decision = tickets.decide(first, DecisionKind.REJECTED, "person", "no", NOW)
    restored = Tickets(CONFIG)
    for record in (first, second, fresh, decision):
        again = msgspec.json.decode(msgspec.json.encode(record), type=type(record))
        restored.restore(again)
    assert restored.pending == tickets.pending == (fresh,)
    assert restored.closed == tickets.closed
    assert restored.get(first.id) == tickets.get(first.id)
    with pytest.raises(DeskError):
        restored.decide(first, DecisionKind.REJECTED, "person", "no", NOW)


def test_decided_tickets_are_kept_within_bounds():
    tickets = Tickets(CONFIG)
    for number in range(DECIDED_KEPT + 5):
        _, ticket = opened(tickets, id=f"s-{number}")
        tickets.decide(ticket, DecisionKind.REJECTED, "person", "no", NOW)
    assert len(tickets.closed) == DECIDED_KEPT
    assert tickets.get(ticket_id("s-0")) is None
    assert tickets.get(ticket_id("s-5")) is not None
