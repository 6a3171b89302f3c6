"""What is shown of one ticket: the ticket itself, how it ended, and the account, prices and votes beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.model import Account, Decision, Position, Ticket, Vote
from engine.model.frames import SymbolRow


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """Everything a person sees before a key; nothing of it is computed from anything else than what is here."""

    ticket: Ticket
    decision: Decision | None = None
    account: Account | None = None
    positions: Mapping[str, Position] = field(default_factory=dict)
    row: SymbolRow | None = None
    """The symbol's gauge now."""
    votes: tuple[Vote, ...] = ()
    """Each scorer's, now; empty until the engine has told."""

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

    def limit_percent(self, control: str) -> float | None:
        """A control's limit as the verdict has it, in percent of equity; None when it is not known."""
        for each in self.ticket.verdict.controls:
            if each.control == control and each.limit is not None:
                if each.unit != "USD":
                    return float(each.limit)
                return None if self.equity is None else float(each.limit / self.equity) * 100
        return None
