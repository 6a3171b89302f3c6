"""The orders view: every order with its life so far, and every execution."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from desk.actions import bindings
from desk.mirror import Part
from desk.screens.reading import ReadingView
from widgets.fills import Fills
from widgets.orders import Orders


class OrdersView(ReadingView):
    """Cancelling (`x`) is about the order under the cursor; Enter tells its story."""

    VIEW = "orders"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]

    def make_panes(self) -> tuple[Widget, ...]:
        self.orders = Orders(id="orders", now_ns=self.link.time.now_ns)
        self.fills = Fills(id="fills", now_ns=self.link.time.now_ns)
        return self.orders, self.fills

    def update_parts(self, parts: Part) -> None:
        super().update_parts(parts)
        if Part.ORDERS in parts:
            self.orders.show(self.link.mirror.orders.items())
            self.fills.show((fill.execution_id, fill) for fill in self.link.mirror.fills)

    @property
    def symbol(self) -> str:
        chosen = self.fills.selected if self.focused is self.fills else self.orders.selected
        return chosen.symbol if chosen else self.subject

    def action_open(self) -> None:
        """The story of the order behind the row."""
        fill = self.fills.selected if self.focused is self.fills else None
        id = fill.client_order_id if fill is not None else self.orders.key
        if id:
            self.desk.show_story(id)
        else:
            self.line.say("There is no order to open.")

    def action_cancel(self) -> None:
        self.cancel_in(self.orders)
