"""One exit on its way: orders in its way are cancelled first, then it is placed for what is left, once at a time."""

from __future__ import annotations

from decimal import Decimal

from engine.model import ZERO, Draft, Role, Side


class ExitPlan:
    """A quantity to be closed. Mutable; lives inside the orders room only.

    clearing: orders that hold the quantity are being cancelled; what they fill meanwhile lowers the quantity.
    selling: an order of the plan is open.
    It ends when the quantity is closed, nothing is held any more, or its attempts are used up.
    """

    __slots__ = (
        "alarmed",
        "attempts",
        "begun_ns",
        "denials",
        "draft",
        "entry_id",
        "left",
        "order_id",
        "price_ns",
        "reason",
        "retry_ns",
        "role",
        "side",
        "signal_id",
        "strategy",
        "symbol",
        "ticket_id",
        "tried",
        "valid_until_ns",
        "valued",
        "waited_ns",
    )

    def __init__(
        self,
        *,
        symbol: str,
        side: Side,
        role: Role,
        quantity: Decimal,
        signal_id: str,
        reason: str,
        entry_id: str = "",
        ticket_id: str = "",
        strategy: str = "",
        draft: Draft | None = None,
        valid_until_ns: int = 0,
        attempts: int = 1,
        valued: tuple[Decimal, int] | None = None,
    ) -> None:
        self.symbol = symbol
        self.side = side
        """The exit's side."""
        self.role = role
        self.left = quantity
        """Still to be closed."""
        self.signal_id = signal_id
        self.ticket_id = ticket_id
        self.strategy = strategy
        self.entry_id = entry_id
        """The entry it closes; empty when it closes the symbol's holdings, oldest first."""
        self.draft = draft
        """The order as approved; None when it is priced from the newest quote."""
        self.valid_until_ns = valid_until_ns
        self.valued = valued
        """What one was last valued at, and when: it stands in where there is no price to close at."""
        self.attempts = attempts
        """Orders it may place."""
        self.tried = 0
        self.denials = 0
        """Orders of it that a control of ours denied."""
        self.begun_ns = 0
        self.alarmed = False
        """True once an alert says that it waits."""
        self.order_id = ""
        """Its open order; empty while clearing."""
        self.retry_ns = 0
        """Not before this instant."""
        self.price_ns = 0
        """Not before this instant at a price of an earlier day; 0 where it is not waited for a newer one."""
        self.waited_ns = 0
        """Start of the trading day on which it last began to wait for a price of that day."""
        self.reason = reason

    @property
    def key(self) -> tuple[str, str]:
        """What it closes: symbol, and entry (empty: the symbol's holdings). One plan at a time for each."""
        return (self.symbol, self.entry_id)

    def split(self, prices: Decimal, told_ns: int) -> None:
        """A split has multiplied the symbol's prices by so much: what one was last valued at is another from now on."""
        if self.valued is not None:
            self.valued = (self.valued[0] * prices, told_ns)

    def closed(self, filled: Decimal) -> None:
        """Its order ended with this much filled."""
        self.left = max(ZERO, self.left - filled)
        self.order_id = ""
