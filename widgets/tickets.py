"""Pending tickets: what a person is asked, with verdict and evidence, before any key."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import ClassVar

from engine.clock import SECOND
from engine.model import Draft, Side, Ticket
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel

_HURRY_NS = 20 * SECOND
"""From here on the countdown asks for attention."""


class Tickets(RowPanel[Ticket]):
    """Two lines per ticket: the order with its countdown; the verdict with the evidence that weighs most."""

    TITLE: ClassVar[str] = "TICKETS"
    EMPTY: ClassVar[str] = "Nothing to decide. A signal that passes its gates appears here."
    RATE: ClassVar[float] = 15.0
    ROW_HEIGHT: ClassVar[int] = 2

    speed = 1.0
    """Engine seconds per second, so that the countdown tells how long a person has."""

    hint = "y confirm  n reject  d detail"
    """The keys of a ticket, at the end of the title where they have room."""

    def show(self, rows: Iterable[tuple[str, Ticket]]) -> None:
        seen = self.selected
        super().show(rows)
        now = self.selected
        if seen is not None and now is not None and seen.id == now.id and seen.fingerprint != now.fingerprint:
            self.moved_at = monotonic()

    def moment(self, row: Ticket) -> object:
        return self.left_ns(row) // SECOND

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
        evidence = Line().add(mark, mark_style).gap(colors.text, 2)
        _verdict(evidence, row, colors)
        if row.note:
            evidence.gap(colors.text).field(f"! {row.note}", width - evidence.cells, colors.warn)
            return [order, evidence]
        evidence.add(f"  strength {row.signal.strength:.2f}  conf {row.signal.confidence:.2f}  ", colors.muted)
        if row.signal.evidence:
            top = row.signal.evidence[0]
            evidence.add(f"{figures.share(top.share)} ", colors.text)
            evidence.field(f"@{top.author} {top.text}", width - evidence.cells - 1, colors.text)
        else:
            evidence.field(row.signal.reason, width - evidence.cells - 1, colors.text)
        return [order, evidence]


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


def _verdict(line: Line, ticket: Ticket, colors: Palette) -> None:
    """`✓ 25/25`, or the first control that failed and how many more."""
    controls, failures = ticket.verdict.controls, ticket.verdict.failures
    if ticket.verdict.passed:
        line.add(f"✓ {len(controls)}/{len(controls)}", colors.good)
        return
    first = failures[0] if failures else None
    text = f"✗ {first.id} {first.control}" if first else "✗ not passed"
    more = f" +{len(failures) - 1}" if len(failures) > 1 else ""
    line.field(text + more, min(28, len(text + more)), colors.down)
