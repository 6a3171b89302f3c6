from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.inked import TICK_S, wait_s

instants = st.floats(0, 1e6)


@given(st.floats(0.5, 1000), instants, st.floats(0, 10))
def test_a_wait_is_short_and_never_none(rate: float, painted_at: float, since: float) -> None:
    wait = wait_s(rate, painted_at, painted_at + since)
    assert 0.001 <= wait <= 1.5 / rate + 0.001
    if since > 1.001 / rate:
        assert wait == 0.001


@given(st.sampled_from((1.0, 4.0, 7.5, 15.0)), instants)
def test_what_paints_all_the_time_paints_on_common_beats(rate: float, now: float) -> None:
    ticks = (now + wait_s(rate, now, now)) / TICK_S
    near = 0.001 / TICK_S + 1e-6
    assert abs(ticks - round(ticks)) <= near
