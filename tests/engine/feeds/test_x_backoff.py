"""The waits X asks for, and the limit that no sequence of failures can break."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import HOUR, MINUTE, SECOND
from engine.feeds.x_backoff import (
    CONNECTS,
    HTTP_MAX_NS,
    NETWORK_MAX_NS,
    RATE_MAX_NS,
    STABLE_NS,
    WINDOW_NS,
    Backoff,
    ConnectBudget,
    Failure,
)


def seconds(backoff: Backoff, failure: Failure, times: int) -> list[float]:
    return [backoff.failed(failure, 0) / SECOND for _ in range(times)]


def test_network_errors_wait_250_ms_more_each_time_up_to_16_s() -> None:
    waits = seconds(Backoff(), Failure.NETWORK, 70)
    assert waits[:4] == [0.25, 0.5, 0.75, 1.0]
    assert waits[63:] == [16.0] * 7


def test_http_errors_double_from_5_to_320_s() -> None:
    assert seconds(Backoff(), Failure.HTTP, 8) == [5, 10, 20, 40, 80, 160, 320, 320]


def test_429_doubles_from_a_minute_up_to_the_rate_window() -> None:
    assert seconds(Backoff(), Failure.RATE, 6) == [60, 120, 240, 480, 900, 900]


def test_the_first_429_waits_for_the_reset_a_second_one_at_least_as_long_as_the_ladder() -> None:
    backoff = Backoff()
    assert backoff.failed(Failure.RATE, 0, 7 * SECOND) == 7 * SECOND
    assert backoff.failed(Failure.RATE, 10 * SECOND, 11 * SECOND) == 120 * SECOND
    assert backoff.failed(Failure.RATE, 0, 600 * SECOND) == 600 * SECOND


def test_a_reset_in_the_past_or_far_future_is_bounded() -> None:
    assert Backoff().failed(Failure.RATE, 100 * SECOND, 0) == SECOND
    assert Backoff().failed(Failure.RATE, 0, 10**20) == 16 * MINUTE


def test_an_established_stream_reconnects_at_once_and_forgets_old_failures() -> None:
    backoff = Backoff()
    seconds(backoff, Failure.HTTP, 4)
    backoff.connected(0)
    assert backoff.failed(Failure.DROPPED, STABLE_NS) == SECOND // 4
    assert backoff.failed(Failure.HTTP, STABLE_NS) == 5 * SECOND


def test_a_stream_that_dies_young_climbs_the_ladder() -> None:
    backoff = Backoff()
    waits = []
    for _ in range(5):
        backoff.connected(0)
        waits.append(backoff.failed(Failure.DROPPED, SECOND) / SECOND)
    assert waits == [0.25, 0.5, 0.75, 1.0, 1.25]


@given(st.lists(st.tuples(st.sampled_from(Failure), st.booleans(), st.integers(0, 10**12), st.none() | st.integers())))
def test_every_wait_is_positive_and_bounded(
    story: list[tuple[Failure, bool, int, int | None]],
) -> None:
    backoff = Backoff()
    now_ns = 0
    for failure, connected, passed_ns, reset_ns in story:
        if connected:
            backoff.connected(now_ns)
        now_ns += passed_ns
        wait_ns = backoff.failed(failure, now_ns, reset_ns)
        assert SECOND // 4 <= wait_ns <= max(NETWORK_MAX_NS, HTTP_MAX_NS, RATE_MAX_NS + MINUTE)


@given(st.lists(st.integers(0, 40 * SECOND), min_size=60, max_size=150))
def test_no_window_ever_holds_more_than_50_connects(passed: list[int]) -> None:
    budget = ConnectBudget()
    now_ns = 0
    at: list[int] = []
    for passed_ns in passed:
        now_ns = budget.earliest(now_ns + passed_ns)
        budget.spend(now_ns)
        at.append(now_ns)
    for start_ns in at:
        assert sum(start_ns <= each < start_ns + WINDOW_NS for each in at) <= CONNECTS


def test_the_second_half_is_spread_so_the_stream_is_never_out_for_long() -> None:
    budget = ConnectBudget()
    now_ns = 0
    waits = []
    for _ in range(200):
        allowed_ns = budget.earliest(now_ns)
        waits.append(allowed_ns - now_ns)
        now_ns = allowed_ns
        budget.spend(now_ns)
    assert waits[:25] == [0] * 25
    assert max(waits) < 2 * MINUTE


def test_x_s_own_counter_is_believed() -> None:
    budget = ConnectBudget()
    budget.observe(3, 500, 90)
    assert budget.earliest(100) == 100
    budget.observe(0, 500, 90)
    assert budget.earliest(100) == 500
    budget.observe(None, None, 100)
    assert budget.earliest(600) == 600


def test_a_reset_in_the_far_future_locks_nobody_out_for_longer_than_a_window() -> None:
    budget = ConnectBudget()
    budget.observe(0, 400 * 365 * 24 * 60 * MINUTE, 7 * MINUTE)
    assert budget.earliest(7 * MINUTE) == 22 * MINUTE


def test_the_ceiling_is_noticed() -> None:
    backoff = Backoff()
    seconds(backoff, Failure.HTTP, 6)
    assert not backoff.at_ceiling
    seconds(backoff, Failure.HTTP, 1)
    assert backoff.at_ceiling


def test_connects_of_a_clock_that_was_set_back_since_count_from_now() -> None:
    budget = ConnectBudget()
    late_ns = 10 * HOUR
    for _ in range(CONNECTS):
        budget.spend(late_ns)
    budget.observe(0, late_ns + MINUTE, late_ns)
    now_ns = 9 * HOUR
    assert budget.earliest(now_ns) == now_ns + 15 * MINUTE
    assert budget.earliest(now_ns + 15 * MINUTE) == now_ns + 15 * MINUTE
