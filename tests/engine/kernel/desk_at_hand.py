"""The real stages of a paper engine in regular hours, its venue's words given by hand."""

from __future__ import annotations

from decimal import Decimal

from engine.clock import SECOND, VirtualClock
from engine.kernel.inbox import Compared
from engine.kernel.stages import Stages
from engine.model import (
    Answer,
    Draft,
    Instrument,
    Intent,
    Market,
    Order,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Quote,
    Role,
    Session,
    Side,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from engine.orders import Place
from tests.engine.kernel.bare import NOW

D = Decimal


class Desk:
    """Stages in regular hours, reconciled with an account that holds `theirs` shares of TSLA already."""

    def __init__(self, stages: Stages, clock: VirtualClock) -> None:
        self.stages = stages
        self.dealing = stages.dealing
        self.clock = clock

    def open(self, theirs: int = 0) -> None:
        self.dealing.market = Market(Session.REGULAR, NOW)
        self.dealing.instruments["TSLA"] = Instrument("TSLA", fractionable=True, quantity_step=D("0.1"))
        self.dealing.heard_since_ns = 0
        self.quote("100", "100.02")
        account = VenueAccount(D(100_000), D(100_000), D(100_000), number="made-up")
        held = (VenuePosition("TSLA", D(theirs), D(100)),) if theirs else ()
        self.stages.reckoning.take(Compared(VenueSnapshot(NOW, account, held, ()), "", "start"))
        assert self.dealing.reconciled

    def quote(self, bid: str, ask: str, last: str | None = None) -> None:
        now_ns = self.clock.now_ns()
        quote = Quote("TSLA", now_ns, now_ns, D(bid), D(ask), None if last is None else D(last))
        self.stages.view.quotes["TSLA"] = quote
        self.dealing.on_quote(quote)

    def later(self, seconds: float) -> None:
        self.clock.advance(self.clock.now_ns() + int(seconds * SECOND))

    def buy(self, quantity: str) -> Intent:
        """An entry that fills at once; its fraction means that no venue carries its exits."""
        draft = Draft("TSLA", Side.BUY, D(quantity), D("100.2"), D(100), NOW, D(95), D(110))
        intent = self.dealing.orders.intend("s-1", "t-1", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
        self.stages.journal.append("intent", intent.client_order_id, intent, NOW)
        self.dealing.on_answer(intent, Answer(Outcome.ACCEPTED, order=self.told(intent, OrderStatus.WORKING)))
        self.fill(intent, quantity)
        return intent

    def told(self, intent: Intent, status: OrderStatus, filled: str = "0") -> Order:
        draft = intent.draft
        return Order(
            intent.client_order_id, f"v-{intent.client_order_id}", draft.symbol, draft.side, draft.quantity, status,
            Role.EXTERNAL, D(filled), D(100) if filled != "0" else None, submitted_ns=NOW,
            updated_ns=self.clock.now_ns(),
        )  # fmt: skip

    def fill(self, intent: Intent, quantity: str) -> None:
        whole = D(quantity) == intent.draft.quantity
        order = self.told(intent, OrderStatus.FILLED if whole else OrderStatus.PARTIAL, quantity)
        now_ns = self.clock.now_ns()
        update = OrderUpdate("fill", order, now_ns, f"x-{intent.client_order_id}-{quantity}", D(quantity), D(100))
        self.dealing.on_update(update)

    def placed(self) -> list[Intent]:
        """What is to be sent now; the list is emptied."""
        requests = [request.intent for request in self.dealing.requests if isinstance(request, Place)]
        self.dealing.requests.clear()
        return requests

    def statuses(self, role: Role) -> list[OrderStatus]:
        return [order.status for order in self.dealing.orders.all() if order.role is role]
