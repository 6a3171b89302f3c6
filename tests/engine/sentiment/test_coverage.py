"""What is missing, in words, and when nothing is."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import MINUTE, SECOND, parse_iso
from engine.sentiment import Coverage
from engine.sentiment.coverage import MOST_GAPS, NEVER, Gap

WINDOW = 30 * MINUTE
LOOK_BACK = 60 * MINUTE
TEN = parse_iso("2026-03-02T15:00:00Z")
"""10:00 in New York."""


def covered(since_ns: int | None = 0) -> Coverage:
    coverage = Coverage(WINDOW, LOOK_BACK)
    if since_ns is not None:
        coverage.since(since_ns)
    return coverage


def test_nothing_is_known_before_a_source_has_started() -> None:
    coverage = covered(None)
    assert coverage.missing(TEN) == "no post source has started"
    assert not coverage.knows_previous(TEN)


def test_missing_counts_down() -> None:
    coverage = covered(TEN)
    assert coverage.missing(TEN) == "window: 30 min more, previous window: 90 min more"
    assert coverage.missing(TEN + 67 * MINUTE) == "previous window: 23 min more"
    assert coverage.missing(TEN + 90 * MINUTE - 1) == "previous window: 1 s more"
    assert coverage.missing(TEN + 90 * MINUTE) == ""


def test_a_warm_start_reaches_back() -> None:
    coverage = covered(TEN)
    coverage.since(TEN - 90 * MINUTE)
    coverage.since(TEN - MINUTE)
    assert coverage.missing(TEN) == ""


def test_a_gap_counts_while_it_is_in_either_window() -> None:
    coverage = covered()
    coverage.gap(TEN + 2 * MINUTE, TEN + 7 * MINUTE)
    words = "gap 10:02–10:07 New York not filled"
    assert coverage.missing(TEN + 37 * MINUTE - 1) == words
    assert coverage.missing(TEN + 37 * MINUTE) == ""
    assert coverage.missing(TEN + 62 * MINUTE - 1) == ""
    assert coverage.missing(TEN + 62 * MINUTE) == words
    assert coverage.missing(TEN + 97 * MINUTE - 1) == words
    assert coverage.missing(TEN + 97 * MINUTE) == ""
    assert coverage.gaps == ()


def test_a_short_gap_is_tolerated() -> None:
    coverage = covered()
    coverage.gap(TEN, TEN + 60 * SECOND)
    assert coverage.missing(TEN + MINUTE) == ""
    coverage.gap(TEN + 60 * SECOND, TEN + 61 * SECOND)
    assert coverage.missing(TEN + 2 * MINUTE) == "gap 10:00–10:01 New York not filled"


def test_short_gaps_of_one_window_add_up() -> None:
    """A stream that comes and goes may lose most of a window in pieces of less than a minute."""
    coverage = covered()
    for minute in (0, 40):
        coverage.gap(TEN + minute * MINUTE, TEN + minute * MINUTE + 40 * SECOND)
    assert coverage.missing(TEN + 41 * MINUTE) == "", "each window has one of them"
    coverage.gap(TEN + 45 * MINUTE, TEN + 45 * MINUTE + 20 * SECOND)
    assert coverage.missing(TEN + 46 * MINUTE) == ""
    coverage.gap(TEN + 47 * MINUTE, TEN + 47 * MINUTE + 1)
    words = "short gaps of 61 s together not filled"
    assert coverage.missing(TEN + 48 * MINUTE) == words
    assert coverage.missing(TEN + 70 * MINUTE + 40 * SECOND) == ""
    assert coverage.missing(TEN + (60 + 47) * MINUTE) == words, "now they are in the previous window"
    coverage.filled(TEN + 47 * MINUTE, TEN + 48 * MINUTE)
    assert coverage.missing(TEN + (60 + 47) * MINUTE) == ""


def test_a_filled_gap_is_gone() -> None:
    coverage = covered()
    coverage.gap(TEN, TEN + 10 * MINUTE)
    coverage.filled(TEN + 2 * MINUTE, TEN + 9 * MINUTE)
    assert coverage.missing(TEN + 11 * MINUTE) == "gap 10:00–10:02 New York not filled"
    coverage.filled(TEN - MINUTE, TEN + 2 * MINUTE)
    assert coverage.missing(TEN + 11 * MINUTE) == ""


def test_a_filled_gap_does_not_make_known_what_never_started() -> None:
    coverage = covered(None)
    coverage.gap(TEN, TEN + 10 * MINUTE)
    coverage.filled(TEN, TEN + 10 * MINUTE)
    assert (coverage.gaps, coverage.complete_from_ns) == ((), NEVER)
    coverage.since(TEN)
    assert coverage.complete_from_ns == TEN + WINDOW + LOOK_BACK


def test_a_span_of_nothing_changes_no_gap() -> None:
    coverage = covered()
    coverage.gap(TEN, TEN + 10 * MINUTE)
    for change in (coverage.gap, coverage.filled):
        change(TEN + MINUTE, TEN + MINUTE)
        change(TEN + 2 * MINUTE, TEN + MINUTE)
        assert coverage.gaps == (Gap(TEN, TEN + 10 * MINUTE),)


def test_the_two_nearest_gaps_become_one() -> None:
    coverage = covered()
    for number in range(MOST_GAPS - 1):
        coverage.gap(TEN + 4 * number * MINUTE, TEN + (4 * number + 2) * MINUTE)
    last_ns = coverage.gaps[-1].to_ns + MINUTE
    coverage.gap(last_ns, last_ns + MINUTE)
    coverage.gap(last_ns + MINUTE + SECOND, last_ns + 2 * MINUTE)
    assert len(coverage.gaps) == MOST_GAPS
    assert coverage.gaps[-1] == Gap(last_ns, last_ns + 2 * MINUTE)


def test_gaps_are_bounded() -> None:
    coverage = covered()
    spans = [(TEN + 3 * n * MINUTE, TEN + (3 * n + 2) * MINUTE) for n in range(2 * MOST_GAPS)]
    random.Random(1).shuffle(spans)
    for span in spans:
        coverage.gap(*span)
    assert len(coverage.gaps) == MOST_GAPS
    assert all(any(gap.from_ns <= a and b <= gap.to_ns for gap in coverage.gaps) for a, b in spans)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50), st.integers(0, 20)), max_size=30))
def test_gaps_are_a_set_of_seconds(moves: list[tuple[bool, int, int]]) -> None:
    coverage = covered()
    model: set[int] = set()
    for missing, start, length in moves:
        span = set(range(start, start + length))
        if missing:
            coverage.gap(start, start + length)
            model |= span
        else:
            coverage.filled(start, start + length)
            model -= span
    assert {n for gap in coverage.gaps for n in range(gap.from_ns, gap.to_ns)} == model
    assert all(before.to_ns < after.from_ns for before, after in pairwise(coverage.gaps))
