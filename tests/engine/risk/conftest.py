"""A scene in which everything is as it should be; each test changes the one thing it is about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from engine.clock import SECOND, parse_iso
from engine.config import Config, RiskConfig, SizingConfig, TicketsConfig, WatchRow
from engine.model import (
    Account,
    Book,
    ControlResult,
    Draft,
    Instrument,
    Intent,
    Market,
    Mood,
    Order,
    OrderStatus,
    Position,
    Quote,
    Role,
    Session,
    Side,
    Signal,
    client_order_id,
)
from engine.risk import Risk

NOW = parse_iso("2026-11-20T15:00:00Z")
"""A Friday, 10:00 in New York."""


class Scene:
    """Builds values for TSLA at $250 in a $100,000 account, in regular hours, reconciled, fresh prices."""

    now = NOW
    symbol = "TSLA"

    def config(self, *, sizing: dict[str, Any] | None = None, drift_bps: Decimal = Decimal(20), **risk: Any) -> Config:
        return Config(
            risk=RiskConfig(**risk),
            sizing=SizingConfig(**({"allocation_pct": Decimal(5)} | (sizing or {}))),
            tickets=TicketsConfig(drift_bps=drift_bps),
            watchlist=(WatchRow(symbol="TSLA"), WatchRow(symbol="AAPL"), WatchRow(symbol="BTC/USD")),
        )

    def risk(self, **limits: Any) -> Risk:
        return Risk(self.config(**limits))

    def quote(self, **changes: Any) -> Quote:
        known = Quote("TSLA", NOW, NOW, Decimal("249.98"), Decimal("250.02"), Decimal(250))
        return msgspec.structs.replace(known, **changes)

    def account(self, **changes: Any) -> Account:
        cash = Decimal(100_000)
        known = Account(equity=cash, cash=cash, buying_power=cash, day_start_equity=cash, peak_equity=cash)
        return msgspec.structs.replace(known, **changes)

    def position(self, quantity: Decimal | int, symbol: str = "TSLA", **changes: Any) -> Position:
        return Position(symbol, Decimal(quantity), Decimal(250), Decimal(250), NOW, **changes)

    def order(self, side: Side, quantity: Decimal | int, role: Role = Role.ENTRY, **changes: Any) -> Order:
        known = Order(
            "desk-1", "v-1", "TSLA", side, Decimal(quantity), OrderStatus.WORKING, role, limit_price=Decimal(250)
        )
        return msgspec.structs.replace(known, **changes)

    def book(
        self, *positions: Position, quote: Quote | None = None, session: Session = Session.REGULAR, **changes: Any
    ) -> Book:
        now_ns = changes.pop("now_ns", NOW)
        known = Book(
            now_ns=now_ns,
            account=self.account(),
            positions={position.symbol: position for position in positions},
            orders=(),
            quotes={"TSLA": self.quote() if quote is None else quote},
            market=Market(session, now_ns),
            instruments={"TSLA": Instrument("TSLA")},
            halted=frozenset(),
            prices_mute=False,
            reconciled=True,
            venue_exits=True,
        )
        return msgspec.structs.replace(known, **changes)

    def mood(self, **changes: Any) -> Mood:
        known = Mood("TSLA", NOW, 0.5, 0.1, 0.4, 30, 12, 0.9, True)
        return msgspec.structs.replace(known, **changes)

    def signal(self, side: Side = Side.BUY, *, mood: Mood | None = None, **changes: Any) -> Signal:
        known = Signal(
            id="s-1",
            symbol="TSLA",
            side=side,
            strategy="shift",
            at_ns=NOW,
            expires_ns=NOW + 300 * SECOND,
            strength=0.6,
            confidence=0.8,
            reason="mood 0.10 → 0.50",
            mood=self.mood() if mood is None else mood,
            newest_ns=NOW - SECOND,
            top_author_share=0.2,
            top_text_share=0.1,
        )
        return msgspec.structs.replace(known, **changes)

    def draft(self, **changes: Any) -> Draft:
        known = Draft(
            symbol="TSLA",
            side=Side.BUY,
            quantity=Decimal(3),
            limit_price=Decimal("250.52"),
            reference_price=Decimal(250),
            reference_ns=NOW,
            stop_price=Decimal("237.50"),
            target_price=Decimal(275),
        )
        return msgspec.structs.replace(known, **changes)

    def exit_draft(self, quantity: Decimal | int = 10, **changes: Any) -> Draft:
        known = Draft(
            symbol="TSLA",
            side=Side.SELL,
            quantity=Decimal(quantity),
            limit_price=Decimal("249.48"),
            reference_price=Decimal(250),
            reference_ns=NOW,
            reduces=True,
        )
        return msgspec.structs.replace(known, **changes)

    def intent(
        self,
        number: int = 1,
        *,
        at_ns: int = NOW,
        role: Role = Role.ENTRY,
        draft: Draft | None = None,
        strategy: str = "shift",
    ) -> Intent:
        id = f"s-{number}"
        order = self.draft() if draft is None else draft
        return Intent(client_order_id(id, role, 1), id, f"t-{number}", 1, role, order, at_ns, strategy)

    def judged(
        self,
        control: str,
        *,
        risk: Risk | None = None,
        book: Book | None = None,
        signal: Signal | None = None,
        draft: Draft | None = None,
        role: Role = Role.ENTRY,
        asked: bool = True,
        **limits: Any,
    ) -> ControlResult:
        """One control's result in this scene; `asked=False` judges without a signal.

        One that breaks rejects too, and is no test passed.
        """
        gate = self.risk(**limits) if risk is None else risk
        because = (self.signal() if signal is None else signal) if asked else None
        verdict = gate.judge(
            because,
            self.draft() if draft is None else draft,
            self.book() if book is None else book,
            role=role,
            strategy="shift",
        )
        assert [result.reason for result in verdict.controls if result.reason.startswith("CONTROL_BROKE")] == []
        return next(result for result in verdict.controls if result.control == control)


@pytest.fixture(scope="session")
def scene() -> Scene:
    return Scene()
