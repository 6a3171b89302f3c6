"""A desk on a line without trouble, and a person at the venue's own screen who trades on the same account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

from engine.clock import parse_iso
from engine.model import Role
from tests.faults.lined_desk import BASE, LinedDesk
from tests.venues.alpaca.entry import parse
from tests.venues.alpaca.wire import SimOrder

TEN = parse_iso("2026-03-10T10:00:00-04:00")


class SharedDesk(LinedDesk):
    """Nothing goes wrong on the wire; what happens is what the script says."""

    def __init__(self, home: Path) -> None:
        self._by_hand = 0
        super().__init__(home, Random(1), TEN, trouble=0.0)
        self.line.quiet = True

    def hold(self, symbol: str, quantity: int) -> None:
        """An entry fills, and its legs work."""
        self.enter(symbol, Decimal(quantity))
        self.pass_time(3)
        assert self.dealing.orders.held(symbol) == quantity

    def pass_time(self, seconds: int) -> None:
        """Prices go on to come as they are."""
        for _ in range(seconds):
            for symbol in BASE:
                self.price(symbol, self.prices[symbol])
            self.advance(1)

    def by_hand(self, symbol: str, side: str, quantity: int, limit: str = "") -> SimOrder:
        """A person's own order: at the market, or at a limit."""
        self._by_hand += 1
        body = {
            "symbol": symbol, "side": side, "qty": str(quantity), "time_in_force": "day",
            "type": "limit" if limit else "market", "client_order_id": f"by-hand-{self._by_hand}",
        }  # fmt: skip
        order = parse(body | ({"limit_price": limit} if limit else {}), self.line.now_ns, session="regular")
        self.line.venue.add(order)
        self.line.venue.activate(order)
        return order

    def cancel_by_hand(self, symbol: str) -> None:
        """A person cancels everything that works in the symbol."""
        for order in self.working(symbol):
            self.line.venue.cancel(order)

    def replace_by_hand(self, order: SimOrder, limit: Decimal, quantity: Decimal | None = None) -> SimOrder:
        """A person moves an order of ours to another limit: it lives on under another id, with what it has filled."""
        self._by_hand += 1
        name = f"by-hand-{self._by_hand}"
        successor = replace(
            order, id=f"v-{name}", client_order_id=name, created_ns=self.line.now_ns, status="pending_new",
            limit_price=limit, qty=order.qty if quantity is None else quantity,
        )  # fmt: skip
        self.line.venue.replace(order, successor)
        return successor

    def move_stop(self, order: SimOrder, stop: Decimal) -> SimOrder:
        """A person moves a stop of ours."""
        self._by_hand += 1
        name = f"by-hand-{self._by_hand}"
        successor = replace(
            order, id=f"v-{name}", client_order_id=name, created_ns=self.line.now_ns, stop_price=stop,
        )  # fmt: skip
        self.line.venue.replace(order, successor)
        return successor

    def working(self, symbol: str) -> list[SimOrder]:
        """What is open at the venue, legs too."""
        return [order for order in self.line.venue.orders.values() if order.open and order.symbol == symbol]

    def account(self, symbol: str) -> Decimal:
        """What the venue holds of the symbol."""
        position = self.line.venue.positions.get(symbol)
        return Decimal(0) if position is None else position.qty

    def sent(self, role: Role) -> list[Decimal]:
        """Quantities of the orders of ours in this role that reached the venue."""
        return [intent.draft.quantity for intent in self.line.intents.values() if intent.role is role]

    def alerts(self) -> set[str]:
        """Codes of the alerts that stand."""
        return {alert.code for alert in self.stages.view.alerts.values()}
