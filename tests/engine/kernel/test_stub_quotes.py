"""A side that nobody means, far from the other, is worth nothing: it makes no loss, no gain, and halts nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.model import Quote, TradingState
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import Desk

D = Decimal


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.open()
    desk.buy("100")
    return desk


@pytest.mark.parametrize("stub", [("0.01", "100.1"), ("99.9", "5000")])
@pytest.mark.parametrize("last", ["100", None])
def test_it_is_no_loss_and_no_peak(desk: Desk, stub: tuple[str, str], last: str | None) -> None:
    for bid, ask in (("99.98", "100.02"), stub, ("99.98", "100.02")):
        desk.later(5)
        desk.quote(bid, ask, last)
        account = desk.dealing.portfolio.account(desk.clock.now_ns())
        assert (account.equity, account.peak_equity) == (100_000, 100_000)
        assert desk.dealing.risk.state is TradingState.ACTIVE


@pytest.mark.parametrize(
    ("bid", "ask", "last", "worth"),
    [
        ("99", "101", "90", "100"),
        ("95", "105", "90", "100"),
        ("94.9", "105.1", "90", "90"),
        ("94.9", "105.1", None, None),
        ("0", "100", "90", "90"),
        ("101", "99", None, None),
    ],
)
def test_what_a_holding_counts_for(bid: str, ask: str, last: str | None, worth: str | None) -> None:
    quote = Quote("TSLA", NOW, NOW, D(bid), D(ask), None if last is None else D(last))
    assert quote.worth == (None if worth is None else D(worth))
