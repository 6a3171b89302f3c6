"""One decision in full, and why a figure of it is missing."""

from __future__ import annotations

from tests.widgets.harness import painted, stage
from tests.widgets.ledger_row import ROW
from widgets.ledger_detail import LedgerDetail


async def test_a_reason_without_room_beside_its_move_goes_on_under_it() -> None:
    detail = LedgerDetail()
    async with stage(detail, (64, 14)):
        detail.show(ROW)
        said = "\n".join(painted(detail))
        assert "…" not in said
        assert "money not known: nothing could be sized" in " ".join(said.split())


async def test_the_detail_says_why_a_figure_is_missing() -> None:
    detail = LedgerDetail()
    async with stage(detail, (90, 12)):
        assert "None chosen" in "\n".join(painted(detail))
        detail.show(ROW)
        said = "\n".join(painted(detail))
        assert "BUY 26 TSLA @ 191.30  BLOCKED by risk" in said
        assert "worth +10.00" in said
        assert "money not known: nothing could be sized" in said
        assert "not yet" in said
