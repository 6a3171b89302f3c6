"""Found records, a line each."""

from __future__ import annotations

from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, text
from widgets.hits import Hit, Hits


def test_a_found_record_has_its_key_where_there_is_room() -> None:
    hit = Hit(17, NOW, "ticket", "t-1", "BUY 26 TSLA")
    wide, narrow = (text(Hits(now_ns=lambda: NOW).row("17", hit, width, COLORS)) for width in (120, 80))
    assert "17" in wide.split()
    assert "t-1" in wide
    assert "t-1" not in narrow
    assert "BUY 26 TSLA" in narrow
