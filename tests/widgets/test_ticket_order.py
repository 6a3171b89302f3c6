from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.model import Decision, DecisionKind, Edits, Position, Role, Side, Vote
from tests.desk.made_up import NOW, account, order, symbol_row, ticket
from tests.widgets.harness import COLORS, text
from widgets.ticket_facts import TicketFacts
from widgets.ticket_order import order_lines

SHOWN = ticket()


def written(facts: TicketFacts, width: int = 110, now_ns: int = NOW, speed: float = 1.0) -> str:
    return text(order_lines(facts, now_ns, speed, width, COLORS))


def test_exposure_before_and_after_against_the_limits() -> None:
    held = {"TSLA": Position("TSLA", Decimal(10), Decimal(190)), "GOOG": Position("GOOG", Decimal(20), Decimal(170))}
    shown = written(TicketFacts(SHOWN, None, account(), held))
    assert "TSLA 1.90% → 6.86% of 10%" in shown
    assert "all 5.29% → 10.25% of 60%" in shown


def test_an_exit_takes_exposure_away_and_carries_no_stop() -> None:
    assert SHOWN.draft is not None
    draft = msgspec.structs.replace(
        SHOWN.draft, side=type(SHOWN.draft.side).SELL, reduces=True, stop_price=None, target_price=None
    )
    held = {"TSLA": Position("TSLA", Decimal(26), Decimal("191.30"))}
    shown = written(TicketFacts(msgspec.structs.replace(SHOWN, draft=draft), None, account(), held))
    assert "TSLA 4.96% → 0.00%" in shown
    assert shown.count("none: it closes what is held") == 2


def test_the_price_seen_and_the_price_now_each_with_its_age() -> None:
    row = msgspec.structs.replace(symbol_row("TSLA"), price="193.00")
    shown = written(TicketFacts(SHOWN, None, account(), {}, row), now_ns=NOW + 30 * 10**9)
    assert "191.30 seen 31s ago" in shown
    assert "now 193.00 ▲ +89 bps  ✗ 31s old  confirm is refused" in shown
    assert "past the limit" in written(TicketFacts(SHOWN, None, account(), {}, row))
    at_the_limit = msgspec.structs.replace(row, price="191.40")
    assert "past the limit" not in written(TicketFacts(SHOWN, None, account(), {}, at_the_limit))
    decided = Decision(SHOWN.id, SHOWN.signal.id, DecisionKind.CONFIRMED, "person", "", NOW, SHOWN.fingerprint)
    assert "past the limit" not in written(TicketFacts(SHOWN, decided, account(), {}, row))
    assert "now unknown" in written(TicketFacts(SHOWN, None, account()))


def test_a_move_beyond_the_most_says_that_a_confirmation_fails() -> None:
    row = msgspec.structs.replace(symbol_row("TSLA"), price="191.69")
    shown = written(TicketFacts(SHOWN, None, account(), {}, row, drift_bps=Decimal(20)), 140)
    assert "now 191.69 ✗ +21/20 bps  1s old  confirm is refused, then shown anew" in shown
    stale = written(TicketFacts(SHOWN, None, account(), {}, row, drift_bps=Decimal(50)), 140, NOW + 20 * 10**9)
    assert "now 191.69 ▲ +20/50 bps  ✗ 21s old  confirm is refused" in stale
    decided = Decision(SHOWN.id, SHOWN.signal.id, DecisionKind.CONFIRMED, "person", "", NOW, SHOWN.fingerprint)
    later = written(TicketFacts(SHOWN, decided, account(), {}, row, drift_bps=Decimal(20)), 140, NOW + 20 * 10**9)
    assert "now 191.69 ▲ +20 bps  21s old" in later


def test_raw_beside_cleaned_and_what_the_guards_left() -> None:
    assert "+0.42 ▲+0.24  raw +0.53 72% kept" in written(TicketFacts(SHOWN, None, account()))
    mood = msgspec.structs.replace(SHOWN.signal.mood, raw=None)
    plain = msgspec.structs.replace(SHOWN, signal=msgspec.structs.replace(SHOWN.signal, mood=mood))
    assert "raw" not in written(TicketFacts(plain, None, account()))


def test_votes_edits_and_the_countdown_of_a_fast_recording() -> None:
    edited = msgspec.structs.replace(SHOWN, edits=Edits(quantity=Decimal(3)))
    shown = written(TicketFacts(edited, None, account(), votes=(Vote("vader", "1", -0.3, 0.7, 9),)), speed=20.0)
    assert "EDITED" in shown
    assert "vader ▼-0.30 conf 0.70" in shown
    assert "! 0:06 left" in shown


def test_without_an_account_nothing_is_made_up() -> None:
    assert "– of equity" in written(TicketFacts(SHOWN))


def test_a_decided_ticket_counts_its_order_once() -> None:
    held = {"TSLA": Position("TSLA", Decimal(26), Decimal("191.30"))}
    decision = Decision(SHOWN.id, SHOWN.signal.id, DecisionKind.CONFIRMED, "person", "", NOW, SHOWN.fingerprint)
    shown = written(TicketFacts(SHOWN, decision, account(), held))
    assert "TSLA 4.96% now of 10%" in shown
    assert "→" not in shown.split("exposure")[1].split("price")[0]


def test_a_reason_takes_a_second_line_where_there_is_room() -> None:
    reason = " ".join(f"word{number}" for number in range(14))
    told = msgspec.structs.replace(SHOWN, signal=msgspec.structs.replace(SHOWN.signal, reason=reason))
    facts = TicketFacts(told, None, account())
    assert "word13" not in written(facts, 70)
    assert "word13" in text(order_lines(facts, NOW, 1.0, 70, COLORS, most=2))


def test_nothing_stays_of_a_position_that_is_sold_whole_at_another_price() -> None:
    assert SHOWN.draft is not None
    draft = msgspec.structs.replace(SHOWN.draft, side=Side.SELL, reduces=True, stop_price=None, target_price=None)
    held = {"TSLA": Position("TSLA", Decimal(26), Decimal(180), Decimal(188), NOW)}
    facts = TicketFacts(msgspec.structs.replace(SHOWN, draft=draft), None, account(), held)
    assert "TSLA 4.88% → 0.00%" in written(facts)
    assert facts.gross_after == 0
    more = msgspec.structs.replace(draft, quantity=Decimal(36))
    short = TicketFacts(msgspec.structs.replace(SHOWN, draft=more), None, account(), held)
    assert "TSLA 4.88% → -1.91%" in written(short)


def test_working_orders_are_in_what_is_held_after_it() -> None:
    own = msgspec.structs.replace(order(SHOWN), quantity=Decimal(10), filled=Decimal(4), limit_price=Decimal(200))
    other = msgspec.structs.replace(own, symbol="GOOG", quantity=Decimal(10), filled=Decimal(0))
    leg = msgspec.structs.replace(own, role=Role.STOP)
    facts = TicketFacts(SHOWN, None, account(), orders=(own, other, leg))
    shown = written(facts, 140)
    assert "TSLA 0.00% +1.20% working → 6.11% of 10%" in shown
    assert "all 0.00% +3.19% working → 8.10% of 60%" in shown
    selling = msgspec.structs.replace(own, side=Side.SELL, role=Role.EXIT)
    assert "TSLA 0.00% -1.20% working" in written(TicketFacts(SHOWN, None, account(), orders=(selling,)), 140)


def test_the_age_of_every_figure() -> None:
    held = {"GOOG": Position("GOOG", Decimal(5), Decimal(170), Decimal(171), NOW - 40 * 10**9)}
    votes = (Vote("vader", "1", -0.3, 0.7, 9),)
    facts = TicketFacts(SHOWN, None, account(), held, symbol_row("TSLA"), votes, NOW - 3 * 10**9)
    shown = written(facts, 140)
    assert "prices 40s old" in shown
    assert "vader ▼-0.30 conf 0.70  3s old" in shown
    assert "now +0.42 0s old" in shown
    unpriced = {"GOOG": Position("GOOG", Decimal(5), Decimal(170))}
    assert "not all priced" in written(TicketFacts(SHOWN, None, account(), unpriced), 140)


def test_a_near_stop_and_an_odd_limit_are_not_rounded_away() -> None:
    assert SHOWN.draft is not None
    near = msgspec.structs.replace(SHOWN.draft, stop_price=Decimal("191.32"))
    controls = tuple(
        msgspec.structs.replace(each, limit=Decimal("7.5"), unit="%") if each.control == "position" else each
        for each in SHOWN.verdict.controls
    )
    verdict = msgspec.structs.replace(SHOWN.verdict, controls=controls)
    shown = written(TicketFacts(msgspec.structs.replace(SHOWN, draft=near, verdict=verdict), None, account()))
    assert "191.32   ▼ -2.08  -0.04%" in shown
    assert "of 7.5%" in shown
