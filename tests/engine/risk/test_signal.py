"""R18, R22 at their boundaries."""

from __future__ import annotations

import pytest

from engine.clock import SECOND
from engine.model import Role, Side

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("age_ns", "passed"),
    [(600 * SECOND, True), (600 * SECOND + 1, False), (-5 * SECOND, True), (-5 * SECOND - 1, False)],
)
def test_stale_signal(scene, age_ns, passed):
    signal = scene.signal(newest_ns=scene.now - age_ns)
    result = scene.judged("stale_signal", signal=signal)
    assert (result.id, result.passed) == ("R18", passed)
    assert result.value == (None if age_ns < -5 * SECOND else max(0, age_ns // SECOND))


@pytest.mark.parametrize(("left_ns", "passed"), [(1, True), (0, False)])
def test_an_expired_signal(scene, left_ns, passed):
    assert scene.judged("stale_signal", signal=scene.signal(expires_ns=scene.now + left_ns)).passed is passed


def test_a_signal_without_a_time_or_from_the_future(scene):
    assert not scene.judged("stale_signal", signal=scene.signal(newest_ns=0)).passed
    assert not scene.judged("stale_signal", signal=scene.signal(at_ns=scene.now + 6 * SECOND)).passed


@pytest.mark.parametrize(
    ("changes", "passed"),
    [
        ({"authors": 3}, True),
        ({"authors": 2}, False),
        ({"volume": 10}, True),
        ({"volume": 9}, False),
        ({"warm": False}, False),
        ({"symbol": "AAPL"}, False),
        ({"value": 1.0}, True),
        ({"value": 1.0000001}, False),
        ({"value": NAN}, False),
        ({"value": None}, False),
        ({"previous": NAN}, False),
        ({"previous": None}, True),
        ({"change": 2.1}, False),
        ({"change": INF}, False),
        ({"confidence": NAN}, False),
        ({"confidence": -0.1}, False),
    ],
)
def test_implausible_mood(scene, changes, passed):
    signal = scene.signal(mood=scene.mood(**changes))
    assert scene.judged("implausible_signal", signal=signal).passed is passed


@pytest.mark.parametrize(
    ("changes", "passed"),
    [
        ({"top_author_share": 0.6}, True),
        ({"top_author_share": 0.600001}, False),
        ({"top_text_share": 0.6}, True),
        ({"top_text_share": 0.600001}, False),
        ({"top_text_share": NAN}, False),
        ({"top_cluster_share": 0.6}, True),
        ({"top_cluster_share": 0.600001, "top_cluster": "p1"}, False),
        ({"top_cluster_share": NAN}, False),
        ({"top_author_share": 1.1}, False),
        ({"strength": 1.0}, True),
        ({"strength": 1.0000001}, False),
        ({"strength": NAN}, False),
        ({"strength": -0.1}, False),
        ({"confidence": INF}, False),
    ],
)
def test_implausible_signal(scene, changes, passed):
    assert scene.judged("implausible_signal", signal=scene.signal(**changes)).passed is passed


def test_a_signal_is_judged_for_its_own_symbol_and_side_only(scene):
    assert not scene.judged("implausible_signal", draft=scene.draft(symbol="AAPL")).passed
    assert not scene.judged("implausible_signal", signal=scene.signal(Side.SELL)).passed


@pytest.mark.parametrize(
    ("confidence", "passed"), [(0.65, True), (0.6499999, False), (1.0, True), (1.1, False), (NAN, False), (-1.0, False)]
)
def test_confidence(scene, confidence, passed):
    result = scene.judged("confidence", signal=scene.signal(confidence=confidence))
    assert (result.id, result.passed) == ("R22", passed)


@pytest.mark.parametrize("name", ["stale_signal", "implausible_signal", "confidence"])
def test_without_a_signal_only_leaving_is_possible(scene, name):
    book = scene.book(scene.position(10))
    assert not scene.judged(name, book=book, asked=False).passed
    assert scene.judged(name, book=book, draft=scene.exit_draft(), role=Role.EXIT, asked=False).passed


def test_a_strategys_exit_rests_on_its_signal_but_a_stop_or_flatten_does_not(scene):
    book, old = scene.book(scene.position(10)), scene.signal(Side.SELL, newest_ns=scene.now - 3600 * SECOND)
    for role, passed in ((Role.EXIT, False), (Role.STOP, True), (Role.TARGET, True), (Role.FLATTEN, True)):
        result = scene.judged("stale_signal", book=book, signal=old, draft=scene.exit_draft(), role=role)
        assert result.passed is passed


def test_low_confidence_holds_nobody_in_a_position(scene):
    weak = scene.signal(Side.SELL, confidence=0.1)
    book = scene.book(scene.position(10))
    assert scene.judged("confidence", book=book, signal=weak, draft=scene.exit_draft(), role=Role.EXIT).passed
