"""A decision in the ledger: one mark known, one without a size, one not yet."""

from __future__ import annotations

from decimal import Decimal

from engine.clock import HOUR, MINUTE
from engine.model import DecisionKind, Side
from engine.model.ledger import LedgerRow, Mark
from tests.desk.made_up import NOW

KNOWN = Mark("5m", NOW + 5 * MINUTE, Decimal(101), NOW, Decimal("-99.50"), Decimal("-10.00"), Decimal("10.00"))
UNSIZED = Mark("1h", NOW + HOUR, Decimal(101), NOW, Decimal("12.34"), None, None, "nothing could be sized")
NOT_YET = Mark("close", NOW + 5 * HOUR, why="not yet")
ROW = LedgerRow(
    7, NOW, "TSLA", Side.BUY, "shift", DecisionKind.BLOCKED, "risk", "R17 stale_price: PRICE_STALE", ("R17", "R22"),
    "t-1", "s-1", 0.8, 0.24, Decimal(26), Decimal("191.3"), marks=(KNOWN, UNSIZED, NOT_YET),
)  # fmt: skip
