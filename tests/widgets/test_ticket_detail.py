from __future__ import annotations

import pytest

from engine.model import DecisionKind, Side, Ticket
from tests.desk.made_up import NOW, account, decision, ticket
from tests.widgets.harness import painted, stage
from widgets.ticket_detail import TicketDetail
from widgets.ticket_facts import TicketFacts


async def written(shown: Ticket, width: int = 100, kind: DecisionKind | None = None) -> str:
    detail = TicketDetail(now_ns=lambda: NOW)
    async with stage(detail, (width, 70)) as pilot:
        ended = decision(shown, kind, reason="too late") if kind else None
        detail.show(TicketFacts(shown, ended, account()))
        await pilot.pause()
        return "\n".join(painted(detail))


@pytest.mark.parametrize("width", [78, 120, 200])
async def test_all_controls_and_all_evidence(width: int) -> None:
    text = await written(ticket(), width)
    for number in range(1, 26):
        assert f"R{number:02d}" in text
    assert "25/25 all passed" in text
    for share in ("34%", "21%", "12%", "8%", "5%"):
        assert share in text


async def test_the_money_at_stake() -> None:
    text = await written(ticket())
    assert "26 @ 191.40  $4,973.80 at 191.30  4.96% of equity" in text
    assert "▼ -248.82  -5.0%  -0.25% of equity" in text
    assert "▲ +497.64  +10.0%  0.50% of equity  2.0× the risk" in text
    assert ticket().fingerprint in text


async def test_a_short_wins_when_the_price_falls() -> None:
    text = await written(ticket(2, "META", Side.SELL))
    assert "▼ -431.08  +5.0%" in text


async def test_what_failed_comes_first_with_value_limit_and_reason() -> None:
    text = await written(ticket(2, failed=("R17",)))
    assert "24/25 1 rejected" in text
    assert text.index("✗ R17 stale_price") < text.index("✓ R01")
    assert "STALE_PRICE_OVER: value=1.2, limit=15" in text


async def test_how_it_ended() -> None:
    text = await written(ticket(), kind=DecisionKind.EXPIRED)
    assert "EXPIRED by person" in text
    assert "too late" in text


async def test_nothing_chosen() -> None:
    detail = TicketDetail()
    async with stage(detail, (60, 6)):
        assert "Choose a ticket" in "\n".join(painted(detail))
