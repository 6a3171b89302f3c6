import pytest

from desk.engine_time import EngineTime
from engine.clock import SECOND


@pytest.mark.parametrize(("speed", "passed_s"), [(1.0, 3), (60.0, 180), (0.0, 0)])
def test_it_runs_at_the_engines_speed(speed: float, passed_s: int) -> None:
    now = [100.0]
    time = EngineTime(lambda: now[0])
    assert time.now_ns() == 0
    time.tell(50 * SECOND, speed)
    now[0] += 3.0
    assert time.now_ns() == (50 + passed_s) * SECOND
    assert time.speed == speed


@pytest.mark.parametrize(("speed", "passed_s"), [(1.0, 8), (20.0, 0), (0.5, 0), (0.0, 0)])
def test_a_lost_recording_stands_where_it_was_told_and_real_time_goes_on(speed: float, passed_s: int) -> None:
    now = [100.0]
    time = EngineTime(lambda: now[0])
    time.lost()
    assert time.now_ns() == 0
    time.tell(50 * SECOND, speed)
    now[0] += 5.0
    time.lost()
    now[0] += 3.0
    assert time.now_ns() == (50 + passed_s) * SECOND
    time.tell(60 * SECOND, speed)
    now[0] += 1.0
    assert time.now_ns() == 60 * SECOND + round(speed * SECOND)


@pytest.mark.parametrize(("speed", "passed_s"), [(20.0, 60), (0.5, 1.5), (1.0, 30), (0.0, 0)])
def test_a_recording_that_is_no_longer_told_stands_soon_and_real_time_goes_on(speed: float, passed_s: float) -> None:
    """An engine that hangs, or was stopped, is taken for lost only when it has not answered for fifteen seconds."""
    now = [100.0]
    time = EngineTime(lambda: now[0])
    time.tell(50 * SECOND, speed)
    now[0] += 30.0
    assert time.now_ns() == round((50 + passed_s) * SECOND)
