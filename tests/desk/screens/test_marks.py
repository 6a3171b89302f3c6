from __future__ import annotations

import msgspec

from desk.mirror import Mirror
from desk.screens.marks import marks_of, past_until_now
from engine.clock import SECOND
from engine.model import Past, Side
from engine.model.gate import PastMark
from tests.desk import made_up, made_up_answers


def test_the_chart_reaches_to_what_the_gauge_shows_now() -> None:
    mirror = Mirror()
    mirror.apply(made_up.snapshot())
    row, past = mirror.symbols["TSLA"], made_up_answers.symbol_detail().past
    later = past.at_ns[-1] + 12 * SECOND
    shown = past_until_now(past, mirror, "TSLA", later)
    assert shown.at_ns[:-1] == past.at_ns
    assert past.at_ns[-1] < shown.at_ns[-1] <= later
    assert (shown.mood[-1], shown.volume[-1]) == (row.mood.value, row.mood.volume)
    assert row.price is not None
    assert shown.price[-1] == float(row.price)
    lengths = {len(each) for each in (shown.at_ns, shown.mood, shown.raw, shown.price, shown.volume)}
    assert lengths == {len(past.at_ns) + 1}


def test_nothing_is_added_where_nothing_newer_is_known() -> None:
    mirror = Mirror()
    mirror.apply(made_up.snapshot())
    past = made_up_answers.symbol_detail().past
    assert past_until_now(past, mirror, "TSLA", past.at_ns[-1]) == past
    assert past_until_now(past, mirror, "UNKNOWN", past.at_ns[-1] + 60 * SECOND) == past
    assert past_until_now(Past(), mirror, "TSLA", past.at_ns[-1]) == Past()


def test_a_mood_that_is_not_warm_is_not_drawn() -> None:
    mirror = Mirror()
    mirror.apply(made_up.snapshot())
    row = mirror.symbols["TSLA"]
    cold = msgspec.structs.replace(row.mood, warm=False)
    mirror.symbols["TSLA"] = msgspec.structs.replace(row, mood=cold, price=None)
    past = made_up_answers.symbol_detail().past
    shown = past_until_now(past, mirror, "TSLA", past.at_ns[-1] + 60 * SECOND)
    assert (shown.mood[-1], shown.raw[-1], shown.price[-1]) == (None, None, None)


def test_signals_and_fills_that_the_desk_no_longer_holds_are_marked_too() -> None:
    mirror = Mirror()
    mirror.apply(made_up.snapshot())
    held = marks_of(mirror, "NVDA")
    assert [(mark.glyph, mark.price) for mark in held] == [("▲", None)]
    known = PastMark(held[0].at_ns, Side.BUY, held[0].price)
    told = (
        PastMark(made_up.NOW - 3 * SECOND, Side.BUY, 480.0, fill=True),
        known,
        PastMark(made_up.NOW - 2 * SECOND, Side.SELL, None, sent=False),
        PastMark(made_up.NOW - SECOND, Side.SELL, None),
    )
    assert [mark.glyph for mark in marks_of(mirror, "NVDA", told)] == ["▲", "●", "▽", "▼"]
