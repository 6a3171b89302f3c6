"""Locks and when they end."""

from __future__ import annotations

import msgspec

from engine.clock import MINUTE
from tests.desk import made_up
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, text
from widgets.locks import Locks

replace = msgspec.structs.replace


def test_a_lock_counts_down_or_waits_for_a_person() -> None:
    panel = Locks(now_ns=lambda: NOW + 10 * MINUTE)
    lock = made_up.protection()
    assert "20:00" in text(panel.row("a", lock, 90, COLORS))
    forever = replace(lock, ends_ns=None, symbol="", strategy="")
    said = text(panel.row("a", forever, 90, COLORS))
    assert "by a person" in said
    assert "everything" in said
    assert panel.moment(lock) != Locks(now_ns=lambda: NOW).moment(lock)
