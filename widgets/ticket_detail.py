"""One ticket in full: order, money at stake, every control, every post behind it. Pane and screen show the same."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar

from rich.style import Style

from engine.clock import SECOND
from engine.model import ControlResult, Decision, Draft, Evidence, Side, Ticket
from widgets import figures
from widgets.line import Line, wrap
from widgets.line_block import LineBlock
from widgets.palette import Palette

_HURRY_NS = 20 * SECOND
_COLUMN = 39
"""Least width of a column of controls."""
_COLUMN_WITH_BAR = 52
_TEXT_LINES = 3
"""Most lines one post of the evidence takes."""


class TicketDetail(LineBlock):
    """Everything known of one ticket; scrolls by `scroll_lines`."""

    RATE: ClassVar[float] = 4.0

    DEFAULT_CSS = """
    TicketDetail { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None, now_ns: Callable[[], int] = lambda: 0) -> None:
        super().__init__(id=id)
        self.now_ns = now_ns
        self.speed = 1.0
        """Engine seconds per second."""
        self._ticket: Ticket | None = None
        self._decision: Decision | None = None
        self._equity: Decimal | None = None

    @property
    def ticket(self) -> Ticket | None:
        """The ticket that is shown."""
        return self._ticket

    def show(self, ticket: Ticket | None, decision: Decision | None = None, equity: Decimal | None = None) -> None:
        """Take a ticket (None for none), how it ended if it did, and the equity its money is compared with."""
        other = (ticket and ticket.id) != (self._ticket and self._ticket.id)
        self._ticket, self._decision, self._equity = ticket, decision, equity
        if other:
            self._top = 0
        self.repaint(now=other)

    def lines(self, width: int) -> list[Line]:
        ticket, colors = self._ticket, self.inks
        if ticket is None:
            return [_heading("DETAIL", "", width, colors), Line().add(" Choose a ticket to see it here.", colors.muted)]
        lines = [self._title(ticket, width), *self._order(ticket, width)]
        lines += [Line(), *_controls(ticket, width, colors)]
        lines += [Line(), *_evidence(ticket, self.now_ns(), width, colors)]
        return lines

    def _title(self, ticket: Ticket, width: int) -> Line:
        colors, signal = self.inks, ticket.signal
        style = colors.up if signal.side is Side.BUY else colors.down
        line = Line().gap(colors.text).add(f"{figures.side_glyph(signal.side)} {signal.side.name} ", style)
        line.field(signal.symbol, len(signal.symbol), colors.strong).add("  DETAIL", colors.muted)
        if self._decision is not None:
            text = f"{self._decision.kind.name} by {self._decision.by} "
            return line.right(text, width - line.cells, colors.accent)
        left = ticket.expires_ns - self.now_ns()
        left = round(left / self.speed) if self.speed > 0 else left
        text = f"{'! ' if left < _HURRY_NS else ''}{figures.countdown(left)} left "
        return line.right(text, width - line.cells, colors.warn if left < _HURRY_NS else colors.strong)

    def _order(self, ticket: Ticket, width: int) -> list[Line]:
        colors, signal, draft = self.inks, ticket.signal, ticket.draft
        lines = []
        if draft is None:
            lines.append(Line().add(" Nothing could be sized.", colors.warn))
        else:
            lines += _money(draft, self._equity, self.now_ns(), width, colors)
        lines.append(_pair("signal", signal.reason, width, colors))
        mood = signal.mood
        moods = (
            f"{figures.score(mood.value)} from {figures.score(mood.previous)}  change {figures.score(mood.change)}  "
            f"{mood.volume} posts by {mood.authors}  conf {mood.confidence:.2f}"
        )
        lines.append(_pair("mood", moods, width, colors))
        age = figures.span(self.now_ns() - ticket.created_ns)
        strength = f"{signal.strength:.2f}  conf {signal.confidence:.2f}  {signal.strategy}  {age} old"
        lines.append(_pair("strength", strength, width, colors))
        if draft is not None and draft.sizing:
            lines.append(_pair("sizing", draft.sizing, width, colors))
        lines.append(_pair("approves", f"{ticket.fingerprint}  revision {ticket.revision}", width, colors))
        if ticket.note:
            lines.append(_pair("!", ticket.note, width, colors, colors.warn))
        if self._decision is not None and self._decision.reason:
            lines.append(_pair("why", self._decision.reason, width, colors))
        return lines


def _heading(title: str, right: str, width: int, colors: Palette) -> Line:
    line = Line().gap(colors.head_row).add(title, colors.title)
    return line.right(f"{right} ", width - line.cells, colors.head_row)


def _pair(label: str, text: str, width: int, colors: Palette, style: Style | None = None) -> Line:
    line = Line().gap(colors.text).field(label, 11, colors.muted)
    return line.field(text, width - line.cells, style or colors.text)


def _money(draft: Draft, equity: Decimal | None, now_ns: int, width: int, colors: Palette) -> list[Line]:
    line = Line().gap(colors.text).field("order", 10, colors.muted)
    line.add(
        f"{draft.side.name} {figures.quantity(draft.quantity)} @ {figures.price(draft.limit_price)}", colors.strong
    )
    share = f" = {float(draft.notional / equity) * 100:.1f}% of equity" if equity else ""
    line.field(f"  ${figures.money(draft.notional)}{share}", width - line.cells, colors.text)
    lines = [line]
    for label, price in (("stop", draft.stop_price), ("target", draft.target_price)):
        if price is None:
            lines.append(_pair(label, "none", width, colors, colors.warn))
            continue
        gain = (price - draft.limit_price) * draft.quantity * draft.side.sign
        away = (price - draft.limit_price) / draft.limit_price * 100 if draft.limit_price else Decimal(0)
        line = Line().gap(colors.text).field(label, 11, colors.muted).field(figures.price(price), 10, colors.text)
        line.add(f"{figures.glyph(float(gain))} {figures.signed_money(gain)}", colors.signed(float(gain)))
        lines.append(line.field(f"  {figures.percent(away)} from the limit", width - line.cells, colors.muted))
    seen = f"{figures.price(draft.reference_price)}, {figures.span(now_ns - draft.reference_ns)} old"
    lines.append(_pair("price seen", seen, width, colors))
    return lines


def _controls(ticket: Ticket, width: int, colors: Palette) -> list[Line]:
    verdict = ticket.verdict
    passed = sum(result.passed for result in verdict.controls)
    word = "all passed" if verdict.passed else f"{len(verdict.failures)} rejected"
    lines = [_heading("CONTROLS", f"{passed}/{len(verdict.controls)} {word}", width, colors)]
    lines += [_control(result, width, colors) for result in verdict.failures]
    good = [result for result in verdict.controls if result.passed]
    columns = max(1, min(3, width // _COLUMN))
    height = -(-len(good) // columns)
    for row in range(height):
        line = Line()
        for result in good[row::height]:
            _passed(line, result, width // columns, colors)
        lines.append(line)
    return lines


def _control(result: ControlResult, width: int, colors: Palette) -> Line:
    """A control that rejected: value, limit and reason on a line of its own."""
    line = Line().add(" ✗ ", colors.down).field(f"{result.id} {result.control}", 24, colors.down)
    if result.value is not None or result.limit is not None:
        line.add(f"{_amount(result)} {result.unit}  ", colors.strong)
    return line.field(result.reason, width - line.cells, colors.text)


def _passed(line: Line, result: ControlResult, width: int, colors: Palette) -> None:
    """A control that passed, in one column: name, value / limit, share of the limit used."""
    end = line.cells + width
    wide = width >= _COLUMN_WITH_BAR
    line.add(" ✓ ", colors.up).field(result.id, 4, colors.muted).field(result.control, 19 if wide else 15, colors.text)
    amount = "" if result.value is None and result.limit is None else _amount(result)
    line.right(amount, end - line.cells - (11 if wide else 6), colors.muted)
    use = result.use
    if use is not None and 0 <= use <= 1:
        style = colors.warn if use >= 0.75 else colors.muted
        line.right(figures.share(use), 5, style)
        if wide:
            line.gap(colors.text).add(_use_bar(use, 4), style)
    line.gap(colors.text, end - line.cells)


def _amount(result: ControlResult) -> str:
    """`26/1,000`: value and limit, without cents from a thousand on."""
    return f"{_short(result.value)}/{_short(result.limit)}"


def _short(value: Decimal | None) -> str:
    return figures.money(value, 0) if value is not None and abs(value) >= 1000 else figures.limit_figure(value)


def _use_bar(use: float, width: int) -> str:
    full = min(width, round(use * width))
    return "━" * full + "╌" * (width - full)


def _evidence(ticket: Ticket, now_ns: int, width: int, colors: Palette) -> list[Line]:
    evidence = ticket.signal.evidence
    dominance = f"top author {figures.share(ticket.signal.top_author_share)}"
    lines = [_heading("EVIDENCE", f"{len(evidence)} posts  {dominance}", width, colors)]
    for item in evidence:
        lines += _post(item, now_ns, width, colors)
    return lines


def _post(item: Evidence, now_ns: int, width: int, colors: Palette) -> list[Line]:
    line = Line().right(figures.share(item.share), 5, colors.strong).gap(colors.text)
    line.add(f"{figures.glyph(item.score)}{figures.score(item.score)}", colors.signed(item.score))
    line.add(f" conf {item.confidence:.2f}  {figures.span(now_ns - item.published_ns):>4} ago  ", colors.muted)
    line.field(f"@{item.author}", min(24, width - line.cells - 1), colors.accent)
    line.field(f"  by {item.term}, {item.scorer}", width - line.cells, colors.muted)
    texts = wrap(item.text, max(8, width - 8), _TEXT_LINES)
    return [line, *(Line().gap(colors.text, 6).field(text, width - 6, colors.text) for text in texts)]
