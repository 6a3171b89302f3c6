"""What is shown of one ticket: the ticket itself, how it ended, and the account, prices and votes beside it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from engine.model import Account, Decision, Order, Position, Role, Side, Ticket, TradingState, Vote
from engine.model.base import Value
from engine.model.frames import SymbolRow


class TicketFacts(Value, frozen=True, gc=False):
    """Everything a person sees before a key; nothing of it is computed from anything else than what is here."""

    ticket: Ticket
    decision: Decision | None = None
    account: Account | None = None
    positions: Mapping[str, Position] = msgspec.field(default_factory=dict)
    row: SymbolRow | None = None
    """The symbol's gauge now."""
    votes: tuple[Vote, ...] = ()
    """Each scorer's; empty until the engine has told."""
    votes_ns: int = 0
    """When the engine told them."""
    orders: tuple[Order, ...] = ()
    """Every open order."""
    drift_bps: Decimal | None = None
    """How far the price may move for a confirmation to go; None while the engine has not told."""
    state: TradingState | None = None
    """The trading state now."""

    @property
    def equity(self) -> Decimal | None:
        """Equity that money is compared with; None when unknown or not above 0."""
        return self.account.equity if self.account is not None and self.account.equity > 0 else None

    def percent_of_equity(self, money: Decimal) -> str:
        """`4.98%`, or a dash while equity is unknown."""
        return "–" if self.equity is None else f"{float(money / self.equity) * 100:.2f}%"

    @property
    def held(self) -> Decimal:
        """What is held of the symbol, in money; negative is short."""
        position = self.positions.get(self.ticket.signal.symbol)
        return position.value if position is not None else Decimal(0)

    @property
    def gross(self) -> Decimal:
        """Σ of what is held, in money, without sign."""
        return sum((abs(position.value) for position in self.positions.values()), Decimal(0))

    @property
    def working(self) -> Decimal:
        """What our working orders would add to the symbol, in money; negative when they sell. Stops and targets do not
        count."""
        return sum((order.side.sign * _money(order) for order in self._working(self.ticket.signal.symbol)), Decimal(0))

    @property
    def buying(self) -> Decimal:
        """What all working buys would add, in money."""
        return sum((_money(order) for order in self._working() if order.side is Side.BUY), Decimal(0))

    @property
    def after(self) -> Decimal:
        """What would be held of the symbol, in money, were its working orders and the ticket's order filled.

        What is closed is valued as it is held, so that nothing stays of a position that is sold whole.
        """
        draft, position = self.ticket.draft, self.positions.get(self.ticket.signal.symbol)
        if draft is None:
            return self.held
        held = Decimal(0) if position is None else position.quantity
        change = draft.side.sign * draft.quantity
        change += sum((order.side.sign * order.remaining for order in self._working(draft.symbol)), Decimal(0))
        if held * change >= 0:
            return self.held + change * draft.reference_price
        left = held + change
        return self.held * left / held if left * held >= 0 else left * draft.reference_price

    @property
    def gross_after(self) -> Decimal:
        """The same of everything, without sign: what is held, what working buys add, and the ticket's order."""
        symbol = self.ticket.signal.symbol
        own = sum((_money(order) for order in self._working(symbol) if order.side is Side.BUY), Decimal(0))
        return self.gross - abs(self.held) + self.buying - own + abs(self.after)

    @property
    def oldest_price_ns(self) -> int | None:
        """When the oldest price was quoted that something held is valued at; None where nothing is held or a price is
        not known."""
        times = [position.price_ns for position in self.positions.values() if position.quantity]
        return min(times) if times and all(times) else None

    def _working(self, symbol: str = "") -> list[Order]:
        """Open orders that change what is held, of one symbol or of all."""
        return [
            order
            for order in self.orders
            if order.role not in _PROTECTIVE and order.status.open and symbol in ("", order.symbol)
        ]

    def limit_percent(self, control: str) -> float | None:
        """A control's limit as the verdict has it, in percent of equity; None when it is not known."""
        for each in self.ticket.verdict.controls:
            if each.control == control and each.limit is not None:
                if each.unit != "USD":
                    return float(each.limit)
                return None if self.equity is None else float(each.limit / self.equity) * 100
        return None


_PROTECTIVE = (Role.STOP, Role.TARGET)


def _money(order: Order) -> Decimal:
    """What is left of an order, at its own price; 0 where it has none."""
    return order.remaining * (order.limit_price or order.stop_price or Decimal(0))
