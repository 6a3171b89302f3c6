"""The head of a ticket: side, size and prices, money at stake, exposure, price and mood with their ages, countdown."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar

from rich.style import Style

from engine.clock import SECOND
from engine.model import Draft, Side
from widgets import figures
from widgets.line import Line, wrap
from widgets.line_block import LineBlock
from widgets.palette import Palette
from widgets.ticket_facts import TicketFacts

HURRY_NS = 20 * SECOND
"""From here on the countdown asks for attention."""
_LABEL = 10
_TALL = 30
"""From so many lines of screen on a reason may take two lines."""


class TicketOrder(LineBlock):
    """As many lines as there is to say, the money first."""

    RATE: ClassVar[float] = 4.0

    DEFAULT_CSS = """
    TicketOrder { height: auto; }
    """

    def __init__(self, *, id: str | None = None, now_ns: Callable[[], int] = lambda: 0) -> None:
        super().__init__(id=id)
        self.now_ns = now_ns
        self.speed = 1.0
        """Engine seconds per second."""
        self._facts: TicketFacts | None = None

    def show(self, facts: TicketFacts | None) -> None:
        """Take what to show; None for no ticket."""
        now = (facts and facts.ticket.fingerprint) != (self._facts and self._facts.ticket.fingerprint)
        self._facts = facts
        self.repaint(now=now)

    def lines(self, width: int) -> list[Line]:
        if self._facts is None:
            return [Line().add(" That ticket is no longer known.", self.inks.muted)]
        most = 2 if self.screen.size.height >= _TALL else 1
        return order_lines(self._facts, self.now_ns(), self.speed, width, self.inks, most=most)


def order_lines(
    facts: TicketFacts, now_ns: int, speed: float, width: int, colors: Palette, *, most: int = 1
) -> list[Line]:
    """The head of a ticket, the title with its countdown first. Reasons and notes take up to `most` lines each."""
    ticket, draft = facts.ticket, facts.ticket.draft
    lines = [title(facts, now_ns, speed, width, colors)]
    if draft is None:
        lines.append(Line().add(" Nothing could be sized.", colors.warn))
    else:
        lines += [_order(facts, draft, width, colors), *_exits(facts, draft, width, colors)]
        lines += [_exposure(facts, draft, width, colors), _price(facts, draft, now_ns, width, colors)]
    lines.append(_mood(facts, width, colors))
    if facts.votes:
        lines.append(_votes(facts, width, colors))
    age = figures.span(now_ns - ticket.signal.at_ns)
    lines += _told("signal", f"{age} old  {ticket.signal.strategy}: {ticket.signal.reason}", width, most, colors)
    if draft is not None and draft.sizing:
        lines += _told("sizing", draft.sizing, width, most, colors)
    approves = f"{ticket.fingerprint}  revision {ticket.revision}"
    lines.append(pair("approves", approves, width, colors, colors.muted))
    if ticket.note:
        lines += _told("!", ticket.note, width, most, colors, colors.warn)
    if facts.decision is not None and facts.decision.reason:
        lines += _told("why", facts.decision.reason, width, most, colors)
    return lines


def title(facts: TicketFacts, now_ns: int, speed: float, width: int, colors: Palette) -> Line:
    """`▲ BUY TSLA`, edited or not, and the time left or how it ended."""
    ticket, signal = facts.ticket, facts.ticket.signal
    style = colors.up if signal.side is Side.BUY else colors.down
    line = Line().gap(colors.text).add(f"{figures.side_glyph(signal.side)} {signal.side.name} ", style)
    line.field(signal.symbol, min(16, len(signal.symbol)), colors.strong)
    line.add("  TICKET", colors.muted)
    if ticket.edits is not None:
        line.add("  EDITED", colors.warn)
    if facts.decision is not None:
        text = f"{facts.decision.kind.name} by {facts.decision.by} {figures.clock(facts.decision.at_ns)} "
        return line.right(text, width - line.cells, colors.accent)
    left = ticket.expires_ns - now_ns
    left = round(left / speed) if speed > 0 else left
    text = f"{'! ' if left < HURRY_NS else ''}{figures.countdown(left)} left "
    return line.right(text, width - line.cells, colors.warn if left < HURRY_NS else colors.strong)


def pair(label: str, text: str, width: int, colors: Palette, style: Style | None = None) -> Line:
    """A labelled line of text."""
    line = Line().gap(colors.text).field(label, _LABEL, colors.muted)
    return line.field(text, width - line.cells, style or colors.text)


def _told(label: str, text: str, width: int, most: int, colors: Palette, style: Style | None = None) -> list[Line]:
    """A labelled text on as many lines as it takes, at most `most`."""
    texts = wrap(text, max(8, width - _LABEL - 1), most) or [""]
    return [pair(label if at == 0 else "", each, width, colors, style) for at, each in enumerate(texts)]


def _order(facts: TicketFacts, draft: Draft, width: int, colors: Palette) -> Line:
    line = Line().gap(colors.text).field("order", _LABEL, colors.muted)
    line.add(f"{figures.quantity(draft.quantity)} @ {figures.price(draft.limit_price)}", colors.strong)
    share = f"{facts.percent_of_equity(draft.notional)} of equity"
    after_hours = "  extended hours" if draft.extended_hours else ""
    cost = figures.cost(draft.quantity, draft.reference_price)
    text = f"  {cost}  {share}  {draft.time_in_force}{after_hours}"
    return line.field(text, width - line.cells, colors.text)


def _exits(facts: TicketFacts, draft: Draft, width: int, colors: Palette) -> list[Line]:
    """Stop and target: price, money, distance in percent, share of equity; and what is won for what is risked."""
    lines, gains = [], []
    for label, price in (("stop", draft.stop_price), ("target", draft.target_price)):
        if price is None:
            text = "none: it closes what is held" if draft.reduces else "none"
            lines.append(pair(label, text, width, colors, colors.muted if draft.reduces else colors.warn))
            continue
        gain = (price - draft.limit_price) * draft.quantity * draft.side.sign
        gains.append(gain)
        away = (price - draft.limit_price) / draft.limit_price * 100 if draft.limit_price else Decimal(0)
        line = Line().gap(colors.text).field(label, _LABEL, colors.muted).field(figures.price(price), 9, colors.text)
        line.add(f"{figures.glyph(float(gain))} {figures.signed_money(gain)}", colors.signed(float(gain)))
        text = f"  {figures.percent(away)}  {facts.percent_of_equity(gain)} of equity"
        if len(gains) == 2 and gains[0]:
            text += f"  {float(gains[1] / abs(gains[0])):.1f}× the risk"
        lines.append(line.field(text, width - line.cells, colors.muted))
    return lines


def _exposure(facts: TicketFacts, draft: Draft, width: int, colors: Palette) -> Line:
    """What is held before and after, of the symbol and of everything, against the limits.

    Of a ticket that was decided only what is held now: its order is in there already, or never will be.
    """
    pending = facts.decision is None
    change = draft.notional * draft.side.sign
    after = facts.held + change
    gross = facts.gross - abs(facts.held) + abs(after)
    line = Line().gap(colors.text).field("exposure", _LABEL, colors.muted)
    for name, before, then, limit in (
        (draft.symbol, facts.held, after, facts.limit_percent("position")),
        ("all", facts.gross, gross, facts.limit_percent("gross_exposure")),
    ):
        line.field(f"{name} ", min(10, len(name) + 1), colors.muted)
        goes = f" → {facts.percent_of_equity(then)}" if pending else " now"
        line.add(f"{facts.percent_of_equity(before)}{goes}", colors.text)
        line.add(f" of {limit:.0f}%  " if limit is not None else "  ", colors.muted)
    return line.field("", width - line.cells, colors.text)


def _price(facts: TicketFacts, draft: Draft, now_ns: int, width: int, colors: Palette) -> Line:
    """The price that was seen and the price now, each with its age, and how far it moved."""
    line = Line().gap(colors.text).field("price", _LABEL, colors.muted)
    line.add(f"{figures.price(draft.reference_price)}", colors.strong)
    line.add(f" seen {figures.span(now_ns - draft.reference_ns)} ago", colors.muted)
    row = facts.row
    if row is None or row.price is None:
        return line.field("  now unknown", width - line.cells, colors.warn)
    price = Decimal(row.price)
    moved = (price - draft.reference_price) / draft.reference_price * 10_000 if draft.reference_price else Decimal(0)
    line.add(f"  now {figures.price(price)}", colors.strong)
    line.add(f" {figures.glyph(float(moved))} {moved:+.0f} bps", colors.signed(float(moved)))
    return line.field(f"  {figures.span(now_ns - row.price_ns)} old", width - line.cells, colors.muted)


def _mood(facts: TicketFacts, width: int, colors: Palette) -> Line:
    """The mood that gave the signal, cleaned, and its change; the mood now; raw, and what the guards left of it."""
    mood = facts.ticket.signal.mood
    line = Line().gap(colors.text).field("mood", _LABEL, colors.muted)
    line.add(figures.score(mood.value), colors.strong)
    if mood.change is not None:
        line.add(f" {figures.glyph(mood.change)}{figures.score(mood.change)}", colors.signed(mood.change))
    if facts.row is not None and facts.decision is None:
        line.add(f"  now {figures.score(facts.row.mood.value)}", colors.text)
    if mood.raw is not None:
        line.add(f"  raw {figures.score(mood.raw)}", colors.text)
        line.add(f" {figures.share(mood.kept)} kept", colors.warn if mood.kept < 0.75 else colors.muted)
    for text in (f"  {mood.volume} posts", f" {mood.authors} authors", f"  conf {mood.confidence:.2f}"):
        if line.cells + len(text) <= width:
            line.add(text, colors.muted)
    return line.gap(colors.text, width - line.cells)


def _votes(facts: TicketFacts, width: int, colors: Palette) -> Line:
    """What each scorer makes of the same posts."""
    line = Line().gap(colors.text).field("votes", _LABEL, colors.muted)
    for vote in facts.votes:
        line.field(f"{vote.scorer} ", min(12, len(vote.scorer) + 1), colors.muted)
        line.add(f"{figures.glyph(vote.score)}{figures.score(vote.score)}", colors.signed(vote.score))
        line.add(f" conf {vote.confidence:.2f}  ", colors.muted)
    return line.field("", width - line.cells, colors.text)
