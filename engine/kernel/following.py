"""What is held is priced, on the watchlist or not: the feeds are told of it, and a person where no price comes.

A stop that the engine watches itself, and the profit of a position, are as good as the prices that come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.clock import MINUTE, Clock
from engine.kernel.alarms import Alarms
from engine.kernel.dealing import Dealing
from engine.kernel.view import View
from engine.model import Alert, Feed, Level, Position, Role, Session
from engine.model.ports import Following as Follower
from engine.orders import Exits

MOST: Final = 30
"""Most symbols that are followed: what the smallest data plan carries. Ours come first."""
UNPRICED_NS: Final = MINUTE
"""How long something held may be without a first price while its market is open, before a person is told."""
SILENT_NS: Final = 10 * MINUTE
"""And how long without another one: a share that is seldom quoted is none that nobody quotes."""
CODE: Final = "unpriced"


class Following:
    """Looks at a start, and after every comparison with the venue."""

    def __init__(self, clock: Clock, *, feeds: Sequence[Feed], dealing: Dealing, view: View, alarms: Alarms) -> None:
        self._clock = clock
        self._feeds = [feed for feed in feeds if isinstance(feed, Follower)]
        self._dealing = dealing
        self._view = view
        self._alarms = alarms
        self._told: tuple[str, ...] = ()
        self._since_ns: dict[str, int] = {}
        """Per symbol that is held, since when its market was seen open."""

    def tell(self) -> None:
        """Tell the feeds of prices what is held or has an order that works: ours, then what others hold."""
        orders, held = self._dealing.orders.open, self._dealing.held()
        ours = [position.symbol for position in held if position.ours]
        ours += [order.symbol for order in orders if order.role is not Role.EXTERNAL]
        others = [position.symbol for position in held] + [order.symbol for order in orders]
        chosen = tuple(dict.fromkeys((*ours, *others)))[:MOST]
        if chosen == self._told:
            return
        self._told = chosen
        for feed in self._feeds:
            feed.follow(chosen)

    def look(self) -> None:
        """Tell the feeds, and a person of each position of ours without prices."""
        self.tell()
        if not self._feeds:
            return
        now_ns, told = self._clock.now_ns(), set()
        held = [position for position in self._dealing.held() if position.ours]
        self._since_ns = {
            position.symbol: self._since_ns.get(position.symbol) or now_ns
            for position in held
            if "/" in position.symbol or self._dealing.market.session is Session.REGULAR
        }
        for position in held:
            if self._unpriced(position.symbol, now_ns):
                told.add(f"{CODE}/{position.symbol}")
                self._alarms.alert(_alert(position, self._dealing.orders.exits(position.symbol), now_ns))
        for alert in tuple(self._view.alerts.values()):
            if alert.code == CODE and alert.id not in told:
                self._alarms.clear(alert.id)

    def _unpriced(self, symbol: str, now_ns: int) -> bool:
        """Whether no price has come for too long. One that was told keeps its alert while its market is closed."""
        since_ns = self._since_ns.get(symbol)
        quote = self._view.quotes.get(symbol)
        if since_ns is None:
            return quote is None and self._alarms.stands(f"{CODE}/{symbol}")
        if quote is None:
            return now_ns - since_ns >= UNPRICED_NS
        return now_ns - max(quote.received_ns, since_ns) >= SILENT_NS


def _alert(position: Position, exits: Exits, now_ns: int) -> Alert:
    symbol, levels = position.symbol, []
    if exits.stop_price is not None:
        levels.append(f"stop {exits.stop_price}")
    if exits.target_price is not None:
        levels.append(f"target {exits.target_price}")
    blind = f"; the engine watches {' and '.join(levels)} and cannot see them reached" if exits.watched else ""
    return Alert(
        id=f"{CODE}/{symbol}",
        level=Level.CRITICAL if exits.watched else Level.WARNING,
        code=CODE,
        subject=symbol,
        text=f"{symbol}: no price comes of what is held: its profit stands still{blind}",
        remedy=(
            "place its stop at the venue's own screen, or flatten it there"
            if exits.watched
            else "look at the light `prices`: a symbol that the data plan does not carry, or that is no stock"
        ),
        at_ns=now_ns,
    )
