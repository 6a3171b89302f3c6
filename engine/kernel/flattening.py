"""Closing positions because somebody asked for it: now, or as soon as the market lets them be sold.

While nothing of a symbol can be sold, what protects it stays where it is. A flatten that waits is in the journal, and
ends with a return from HALTED to ACTIVE: a person trades on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from engine.clock import Clock
from engine.journal import Journal
from engine.kernel.view import View
from engine.model import ZERO, Position, Role, Session
from engine.model.frames import Reply
from engine.model.records import FlattenRecord

if TYPE_CHECKING:
    from engine.kernel.dealing import Dealing

log = logging.getLogger(__name__)


class Flattening:
    """Starts flattens, and keeps those that wait. One per engine."""

    def __init__(self, clock: Clock, *, journal: Journal, view: View, dealing: Dealing) -> None:
        self._clock = clock
        self._journal = journal
        self._view = view
        self._dealing = dealing
        self.waiting: dict[str, str] = {}
        """Symbol → reason of each that waits: not finished by the last engine, or the symbol does not trade now."""

    def under_way(self, symbol: str) -> bool:
        """Whether the symbol is being flattened, or is to be: nothing enters it meanwhile."""
        return symbol in self.waiting or self._dealing.orders.flattening(symbol)

    def flatten(self, symbol: str, reason: str) -> Reply:
        """Close one position, or with * all: protective legs are cancelled first, then what is held is sold.

        Symbols in which only an entry is open are among them: it is cancelled, and what it fills meanwhile is sold.
        """
        return self._begin(symbol, reason, asked=True)

    def resume(self) -> None:
        """Once reconciled: go on with every flatten that waits and whose symbol can be sold now."""
        for symbol, reason in [(symbol, why) for symbol, why in self.waiting.items() if not self._shut(symbol)]:
            reply = self._begin(symbol, reason, asked=False)
            self.waiting.pop(symbol, None)
            log.warning("flatten of %s goes on: %s", symbol, reply.text)

    def _begin(self, symbol: str, reason: str, *, asked: bool) -> Reply:
        """Each time that it is asked is in the journal, also while it waits: what went before may have ended there."""
        orders = self._dealing.orders
        entries = [order for order in orders.open if order.role is Role.ENTRY]
        held = {order.symbol: Position(order.symbol, ZERO, ZERO) for order in entries}
        held |= {position.symbol: position for position in self._dealing.held() if position.ours}
        chosen = [position for _, position in sorted(held.items()) if symbol in ("*", position.symbol)]
        if not chosen:
            return Reply(ok=True, text=f"nothing to close in {'any symbol' if symbol == '*' else symbol}")
        now_ns = self._clock.now_ns()
        closing, waits = [], []
        for position in chosen:
            name = position.symbol
            if asked:
                self._journal.append("flatten", name, FlattenRecord(name, reason, now_ns), now_ns)
            if self._shut(name):
                waits.append(name)
                self.waiting[name] = reason
                for order in entries:
                    if order.symbol == name:
                        self._dealing.apply(orders.cancel(order.client_order_id, now_ns))
            else:
                closing.append(name)
                self.waiting.pop(name, None)
                position = self._dealing.portfolio.to_close(position)
                self._dealing.apply(orders.flatten(position, self._view.quotes.get(name), reason, now_ns))
        words = [f"closing {', '.join(closing)}"] if closing else []
        words += [f"{', '.join(waits)}: closed when it trades again, exits stay until then"] if waits else []
        return Reply(ok=True, text="; ".join(words))

    def _shut(self, symbol: str) -> bool:
        """Whether nothing of it can be sold now: halted, closed, or pre and post, where fractions do not trade."""
        if symbol in self._dealing.halted:
            return True
        if "/" in symbol:
            return False
        session, held = self._dealing.market.session, self._dealing.orders.held(symbol)
        whole = held == held.to_integral_value()
        return session is Session.CLOSED or (session in (Session.PRE, Session.POST) and not whole)
