"""Pending tickets: what a person is asked, with verdict and evidence, before any key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from time import monotonic
from types import MappingProxyType
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style

from engine.clock import SECOND
from engine.model import Draft, Side, Ticket, TradingState
from engine.model.frames import SymbolRow
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.price_move import PriceMove, move_cells, price_move, refusal
from widgets.row_panel import RowPanel

_HURRY_NS = 20 * SECOND
"""From here on the countdown asks for attention."""
_PRICE = 10
"""Cells of the price now."""
_WITH_WORD = 50
"""From so many cells on a price says that it is that of now."""
_WITH_PRICE = 60
"""From so many cells on a price stands beside a verdict that did not pass."""
_LEAST = 8
"""Cells under which further words say nothing."""
_EVIDENCE = 40
"""Cells of evidence that strength and confidence leave."""


class Tickets(RowPanel[Ticket]):
    """Two lines per ticket: the order with its countdown; the price now, the verdict, the evidence that weighs most."""

    TITLE: ClassVar[str] = "TICKETS"
    EMPTY: ClassVar[str] = "Nothing to decide. A signal that passes its gates appears here."
    RATE: ClassVar[float] = 15.0
    ROW_HEIGHT: ClassVar[int] = 2

    speed = 1.0
    """Engine seconds per second, so that the countdown tells how long a person has."""

    prices: Mapping[str, SymbolRow] = MappingProxyType({})
    """The gauges, whose prices the tickets' are compared with."""

    drift_bps: Decimal | None = None
    """How far a price may have moved for a confirmation to go; None while the engine has not told."""

    state: TradingState | None = None
    """The trading state now; None while the engine has not told."""

    hint = "y confirm  n reject  d detail"
    """The keys of a ticket, at the end of the title where they have room."""

    def show(self, rows: Iterable[tuple[str, Ticket]]) -> None:
        seen = self.selected
        super().show(rows)
        now = self.selected
        if seen is not None and now is not None and seen.id == now.id and seen.fingerprint != now.fingerprint:
            self.moved_at = monotonic()

    def moment(self, row: Ticket) -> object:
        return self.left_ns(row) // SECOND, self.move_of(row), self.state

    def move_of(self, ticket: Ticket) -> PriceMove | None:
        """How far the price has moved since the ticket was made; None where it is not known."""
        return price_move(ticket, self.prices.get(ticket.signal.symbol), self.drift_bps, self.now_ns())

    def tells_order(self) -> bool:
        """Whether size, limit and countdown of the ticket under the cursor stand whole in its row."""
        ticket, width = self.selected, self.size.width
        if ticket is None:
            return False
        first = self.row(self.key, ticket, width, self.inks)[0].strip(width, self.inks.base).text
        told = [figures.countdown(self.left_ns(ticket))]
        if ticket.draft is not None:
            told.append(f"{figures.quantity(ticket.draft.quantity)} @ {figures.price(ticket.draft.limit_price)}")
        return all(each in first for each in told)

    def left_ns(self, ticket: Ticket) -> int:
        """Time a person has left, in nanoseconds of the person's clock."""
        left = ticket.expires_ns - self.now_ns()
        return round(left / self.speed) if self.speed > 0 else left

    def head(self, line: Line, width: int, colors: Palette) -> None:
        pending = len(self.keys)
        line.gap(colors.head_row).add(f"{pending} pending" if pending else "", colors.head_row)
        hint = f"{self.hint} " if pending and line.cells + 2 + len(self.hint) <= width else ""
        line.right(hint, width - line.cells, colors.head_row)

    def row(self, key: str, row: Ticket, width: int, colors: Palette) -> list[Line]:
        mark, mark_style = self.marker(key, colors)
        order = Line().add(mark, mark_style)
        side_style = colors.up if row.signal.side is Side.BUY else colors.down
        label = f"{figures.side_glyph(row.signal.side)} {row.signal.side.name:<4}"
        order.add(label, side_style).gap(colors.text).field(row.signal.symbol, 7, colors.strong)
        if row.draft is None:
            order.field("nothing could be sized", 30, colors.warn)
        else:
            _draft(order, row.draft, width, colors)
        left = self.left_ns(row)
        time_left = f"{'! ' if left < _HURRY_NS else ''}{figures.countdown(left)} "
        order.right(time_left, width - order.cells, colors.warn if left < _HURRY_NS else colors.strong)
        return [order, self._reasons(row, Line().add(mark, mark_style).gap(colors.text, 2), width, colors)]

    def _reasons(self, row: Ticket, line: Line, width: int, colors: Palette) -> Line:
        """The price now, the verdict, and what speaks for the ticket, or first against it.

        The price stands first and in cells of its own, so that nothing beside it moves as it does. A narrow pane leaves
        it out beside a verdict that did not pass: no price makes that ticket go.
        """
        move, passed, verdict = self.move_of(row), row.verdict.passed, _verdict(row)
        if row.draft is not None and (passed or width >= _WITH_PRICE):
            _price(line, move, move_cells(self.drift_bps), width, colors)
        line.field(verdict, min(cell_len(verdict), width - line.cells), colors.good if passed else colors.down)
        refused = refusal(row, move, self.state) if passed else ""
        if refused:
            _said(line, f"! {refused}", width, colors.warn)
        if row.note:
            return _said(line, f"! {row.note}", width, colors.warn)
        strength = f"  strength {row.signal.strength:.2f}  conf {row.signal.confidence:.2f}"
        if width - line.cells - len(strength) >= _EVIDENCE:
            line.add(strength, colors.muted)
        if not row.signal.evidence:
            return _said(line, row.signal.reason, width, colors.text)
        top = row.signal.evidence[0]
        return _said(line, f"{figures.share(top.share)} @{top.author} {top.text}", width, colors.text)


def _price(line: Line, move: PriceMove | None, cells: int, width: int, colors: Palette) -> None:
    """The price now, and in so many cells how far it has moved since the ticket was made."""
    if width >= _WITH_WORD:
        line.add("now ", colors.muted)
    if move is None:
        line.field(figures.NONE, _PRICE, colors.warn).field("unknown", cells, colors.warn)
    else:
        line.field(figures.price_in(move.price, _PRICE - 1), _PRICE, colors.strong)
        line.field(move.words, max(cells, len(move.words)), move.style(colors))
    line.gap(colors.text, 2)


def _said(line: Line, text: str, width: int, style: Style) -> Line:
    """Further words, as far as they have room; none where a few cells of them would say nothing."""
    room = width - line.cells - 3
    return line.gap(style, 2).field(text, min(room, cell_len(text)), style) if room >= _LEAST else line


def _draft(line: Line, draft: Draft, width: int, colors: Palette) -> None:
    """The order, each figure in full, as far as it leaves the countdown its place."""
    size, limit = figures.quantity(draft.quantity), figures.price(draft.limit_price)
    line.right(size, max(6, len(size) + 1), colors.strong).add(" @ ", colors.muted)
    line.field(limit, max(9, len(limit) + 1), colors.strong)
    for label, text, least, left in (
        ("stop ", figures.price(draft.stop_price), 9, 7),
        ("target ", figures.price(draft.target_price), 9, 7),
        ("$", figures.money(draft.notional, 0), 8, 12),
    ):
        cells = max(least, len(text) + 1)
        if line.cells + len(label) + cells + left <= width:
            line.add(label, colors.muted).field(text, cells, colors.text)


def _verdict(ticket: Ticket) -> str:
    """`✓ 25/25`, or the first control that failed and how many more."""
    controls, failures = ticket.verdict.controls, ticket.verdict.failures
    if ticket.verdict.passed:
        return f"✓ {len(controls)}/{len(controls)}"
    if not failures:
        return "✗ not passed"
    return f"✗ {failures[0].id} {failures[0].control}{f' +{len(failures) - 1}' if failures[1:] else ''}"
