"""States of the desk and its dialogs as pictures, with every clock standing still; whole views are in test_looks.

Look at a changed one before accepting it: `pytest tests/desk/test_pictures.py --snapshot-update` accepts.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.model import Level, TradingState
from tests.desk import made_up
from tests.desk.still import desk, then

TROUBLE = msgspec.structs.replace(
    made_up.snapshot("paper"),
    status=made_up.status("paper", state=TradingState.HALTED, state_reason="drawdown 10 % of 10 %"),
    alerts=(made_up.alert(1, Level.CRITICAL), made_up.alert(2)),
    protections=(made_up.protection(),),
)


@pytest.mark.parametrize("profile", ["paper", "live"])
def test_profiles(snap_compare: Any, profile: str) -> None:
    assert snap_compare(desk(made_up.snapshot(profile)), terminal_size=(80, 24), run_before=then())


def test_trouble(snap_compare: Any) -> None:
    assert snap_compare(desk(TROUBLE), terminal_size=(120, 40), run_before=then())


def test_lost(snap_compare: Any) -> None:
    assert snap_compare(desk(lost=True), terminal_size=(120, 40), run_before=then(lost=True))


@pytest.mark.parametrize(
    "keys", [("tab", "tab", "tab"), ("d",), ("n",), ("K",), ("m",), ("question_mark",), ("t", "j", "d")],
    ids=["positions", "detail", "reject", "kill", "mode", "help", "failed"],
)  # fmt: skip
def test_small_screen(snap_compare: Any, keys: tuple[str, ...]) -> None:
    assert snap_compare(desk(), terminal_size=(80, 24), run_before=then(*keys))
