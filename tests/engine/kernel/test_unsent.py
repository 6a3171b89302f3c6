"""What was decided when the engine ended, and never became an order: it is told, and not sent later."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.clock import SECOND, VirtualClock
from engine.kernel.stages import Stages
from engine.model import Decision, DecisionKind, Draft, Fill, Intent, Role, Side
from engine.model.records import Started
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.engine.orders.talk import draft, signal, ticket

D = Decimal
STARTED = Started("paper", "1", "alpaca", (), (), (), ("TSLA",), "hash", "limits", NOW)


def after(home: Path, order: Draft, kind: DecisionKind, *, placed: bool, decided_s: int = 5) -> Stages:
    """The next engine, after one that held 10 bought shares and ended right after this decision."""
    now_ns = NOW + decided_s * SECOND
    with bare.opened(bare.config(home), VirtualClock(now_ns)) as last:
        journal = last.journal
        journal.append("started", "paper", STARTED, NOW)
        bought = last.dealing.orders.intend("s-0", "t-0", Role.ENTRY, draft(), NOW)
        fill = Fill("x", bought.client_order_id, "TSLA", Side.BUY, D(10), D(100), D(0), NOW, "s-0")
        journal.append("intent", bought.client_order_id, bought, NOW)
        journal.append("fill", bought.client_order_id, fill, NOW)
        asked = replace(ticket("s-1"), signal=signal("s-1", order.side), draft=order)
        journal.append("ticket", asked.id, asked, now_ns)
        decision = Decision(asked.id, "s-1", kind, "person", "", now_ns, "print", asked.verdict)
        journal.append("decision", "s-1", decision, now_ns)
        if placed:
            role = Role.EXIT if order.reduces else Role.ENTRY
            intent: Intent = last.dealing.orders.intend("s-1", asked.id, role, order, now_ns)
            journal.append("intent", intent.client_order_id, intent, now_ns)
    stages = bare.stages(bare.config(home), VirtualClock(now_ns + SECOND))
    stages.journal.open()
    stages.restore(NOW)
    stages.resume()
    stages.journal.close()
    return stages


def told(stages: Stages) -> list[str]:
    return [alert.text for alert in stages.view.alerts.values() if alert.code == "order_unsent"]


@pytest.mark.parametrize("side", list(Side))
def test_it_is_told_and_not_sent(tmp_path: Path, side: Side) -> None:
    stages = after(tmp_path, draft(side), DecisionKind.CONFIRMED, placed=False)
    (text,) = told(stages)
    assert text == f"TSLA: {side.value} 10, confirmed by person, was not sent: the engine ended first"
    assert not stages.dealing.requests


def test_what_became_an_order_or_was_not_to_is_no_news(tmp_path: Path) -> None:
    assert not told(after(tmp_path / "placed", draft(Side.SELL), DecisionKind.CONFIRMED, placed=True))
    assert not told(after(tmp_path / "rejected", draft(), DecisionKind.REJECTED, placed=False))


def test_nor_is_what_an_engine_before_the_last_one_left(tmp_path: Path) -> None:
    assert not told(after(tmp_path, draft(), DecisionKind.AUTO, placed=False, decided_s=-5))
