"""What the move of a price says, and that it says refused exactly where the engine's own rule refuses."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import SECOND
from engine.config import Config
from engine.config.trading import TicketsConfig
from engine.model import Mode, TradingState
from engine.tickets import Tickets
from tests.desk.made_up import NOW, symbol_row, ticket
from widgets.price_move import PriceMove, move_cells, price_move, refusal

D = Decimal
replace = msgspec.structs.replace


def move(price: str | None, most: str | None = "20", *, age_s: int = 1, reduces: bool = False) -> PriceMove | None:
    shown = ticket()
    assert shown.draft is not None
    shown = replace(shown, draft=replace(shown.draft, reduces=reduces))
    row = replace(symbol_row("TSLA"), price=price, price_ns=NOW - age_s * SECOND)
    return price_move(shown, row, None if most is None else D(most), NOW)


@pytest.mark.parametrize(
    ("price", "most", "words"),
    [
        ("191.30", "20", "· +0/20 bps"),
        ("191.40", "20", "▲ +5/20 bps"),
        ("191.40", None, "▲ +5 bps"),
        ("190.9175", "20", "▼ -20/20 bps"),
        ("191.6827", "20", "✗ +21/20 bps"),
        ("188.00", "20", "✗ -173/20 bps"),
        ("191.35", "2.5", "✗ +3/2.5 bps"),
    ],
)
def test_the_move_and_how_far_it_may_go(price: str, most: str | None, words: str) -> None:
    found = move(price, most)
    assert found is not None
    assert found.words == words
    assert len(words) <= move_cells(None if most is None else D(most))


def test_what_is_not_known_has_no_move() -> None:
    assert move(None) is None
    assert price_move(ticket(), None, D(20), NOW) is None
    assert price_move(replace(ticket(), draft=None), symbol_row("TSLA"), D(20), NOW) is None


def test_a_price_too_old_to_trade_at_says_its_age_unless_the_order_closes_what_is_held() -> None:
    fresh, old, leaving = move("191.40", age_s=15), move("191.40", age_s=31), move("191.40", age_s=31, reduces=True)
    assert fresh is not None
    assert old is not None
    assert leaving is not None
    assert (fresh.refused, old.refused, leaving.refused) == (False, True, False)
    assert old.words == "✗ 30s old"


@pytest.mark.parametrize("cents", [*range(-60, 61, 3), -39, -38, 38, 39])
def test_it_says_refused_where_the_engine_refuses(cents: int) -> None:
    tickets = Tickets(Config(tickets=TicketsConfig(drift_bps=D(20), mode=Mode.CONFIRM)))
    made = ticket()
    assert made.draft is not None
    shown = tickets.open(made.signal, made.draft, made.verdict, Mode.CONFIRM, NOW)
    price = made.draft.reference_price + D(cents) / 100
    fresh = replace(made.draft, reference_price=price)
    refused = tickets.refusal(shown, shown.fingerprint, fresh, made.verdict, NOW)
    found = price_move(shown, replace(symbol_row("TSLA"), price=str(price)), D(20), NOW)
    assert found is not None
    assert found.refused == bool(refused)


@pytest.mark.parametrize("now", TradingState)
def test_another_trading_state_is_said_where_the_engine_refuses_for_it(now: TradingState) -> None:
    tickets = Tickets(Config())
    made = ticket()
    assert made.draft is not None
    shown = tickets.open(made.signal, made.draft, made.verdict, Mode.CONFIRM, NOW)
    refused = tickets.refusal(shown, shown.fingerprint, made.draft, replace(made.verdict, state=now), NOW)
    said = refusal(shown, move("191.40"), now)
    assert bool(said) == bool(refused)
    assert said.startswith(now.name) or not said
    assert refusal(shown, None, None) == ""
