"""The head of a ticket: side, size and prices, money at stake, exposure, price and mood with their ages, countdown."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar

from rich.style import Style

from engine.clock import SECOND
from engine.model import Draft, Side
from widgets import figures
from widgets.flow import Figure, figure, flow
from widgets.line import Line, wrap
from widgets.line_block import LineBlock
from widgets.palette import Palette
from widgets.price_move import PriceMove, price_move, refusal
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
        before, self._facts = self._facts, facts
        self.repaint(now=(facts and facts.ticket.fingerprint) != (before and before.ticket.fingerprint))

    def tells_order(self, lines: int) -> bool:
        """Whether size, limit, stop and target stand whole in that many of its first lines."""
        draft, width = self._facts.ticket.draft if self._facts is not None else None, self.size.width
        seen = "\n".join(line.strip(width, self.inks.base).text for line in self.lines(width)[:lines])
        if draft is None:
            return bool(seen)
        exits = (figures.price(price) for price in (draft.stop_price, draft.target_price) if price is not None)
        return all(each in seen for each in (_size(draft), *exits))

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
        lines += [*_order(facts, draft, width, colors), *_exits(facts, draft, width, colors)]
        lines += [*_exposure(facts, draft, now_ns, width, colors), *_price(facts, draft, now_ns, width, colors)]
    lines += _mood(facts, now_ns, width, colors)
    if facts.votes:
        lines += _votes(facts, now_ns, width, colors)
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


def _flow(label: str, parts: list[Figure], width: int, colors: Palette) -> list[Line]:
    """Labelled figures, none of them parted."""
    return flow(label, parts, width, indent=_LABEL + 1, style=colors.muted)


def _order(facts: TicketFacts, draft: Draft, width: int, colors: Palette) -> list[Line]:
    texts = (
        figures.cost(draft.quantity, draft.reference_price),
        f"{facts.percent_of_equity(draft.notional)} of equity",
        draft.time_in_force,
        "extended hours" if draft.extended_hours else "",
    )
    first = figure((_size(draft), colors.strong))
    return _flow("order", [first, *(figure((text, colors.text)) for text in texts)], width, colors)


def _size(draft: Draft) -> str:
    return f"{figures.quantity(draft.quantity)} @ {figures.price(draft.limit_price)}"


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
        money = f"{figures.glyph(float(gain))} {figures.signed_money(gain)}"
        texts = [_away(price, draft.limit_price), f"{facts.percent_of_equity(gain)} of equity"]
        if len(gains) == 2 and gains[0]:
            texts.append(f"{float(gains[1] / abs(gains[0])):.1f}× the risk")
        first = figure((f"{figures.price(price):<8} ", colors.text), (money, colors.signed(float(gain))))
        lines += _flow(label, [first, *(figure((text, colors.muted)) for text in texts)], width, colors)
    return lines


def _away(price: Decimal, limit: Decimal) -> str:
    """How far a price is from the limit, in percent of it: in hundredths where it is near."""
    if not limit:
        return figures.NONE
    away = (price - limit) / limit * 100
    return figures.percent(away) if abs(away) >= 1 else f"{away:+.2f}%"


def _exposure(facts: TicketFacts, draft: Draft, now_ns: int, width: int, colors: Palette) -> list[Line]:
    """What is held, what working orders add, and what is held after the ticket's: of the symbol and of everything,
    against the limits; and how old the oldest price is that it is valued at.

    Of a ticket that was decided only what is held now: its order is in there already, or never will be.
    """
    pending, parts = facts.decision is None, []
    for name, held, working, after, limit in (
        (draft.symbol, facts.held, facts.working, facts.after, facts.limit_percent("position")),
        ("all", facts.gross, facts.buying, facts.gross_after, facts.limit_percent("gross_exposure")),
    ):
        text = facts.percent_of_equity(held)
        if working:
            text += f" {'+' if working > 0 else ''}{facts.percent_of_equity(working)} working"
        text += f" → {facts.percent_of_equity(after)}" if pending else " now"
        of = "" if limit is None else f" of {_limit(limit)}%"
        parts.append(figure((f"{name[:9]} ", colors.muted), (text, colors.text), (of, colors.muted)))
    oldest_ns = facts.oldest_price_ns
    if oldest_ns is not None:
        parts.append(figure((f"prices {figures.span(now_ns - oldest_ns)} old", colors.muted)))
    elif any(position.quantity for position in facts.positions.values()):
        parts.append(figure(("not all priced", colors.warn)))
    return _flow("exposure", parts, width, colors)


def _limit(percent: float) -> str:
    """A limit in percent, to two digits that count: `10`, `7.5`, `2.25`."""
    return f"{percent:.{2 if percent < 5 else 1}f}".rstrip("0").rstrip(".")


def _price(facts: TicketFacts, draft: Draft, now_ns: int, width: int, colors: Palette) -> list[Line]:
    """The price that was seen and the price now, each with its age, and how far it moved."""
    seen = figures.price(draft.reference_price)
    parts = [figure((seen, colors.strong), (f" seen {figures.span(now_ns - draft.reference_ns)} ago", colors.muted))]
    row, move = facts.row, price_move(facts.ticket, facts.row, facts.drift_bps, now_ns)
    if row is None or move is None:
        return _flow("price", [*parts, figure(("now unknown", colors.warn))], width, colors)
    pending, move = facts.decision is None, move if facts.decision is None else PriceMove(move.price, move.bps)
    parts.append(figure((f"now {figures.price(move.price)}", colors.strong), (f" {move.moved}", move.style(colors))))
    age = f"{figures.span(now_ns - row.price_ns)} old"
    parts.append(figure((f"✗ {age}", colors.warn) if move.old else (age, colors.muted)))
    if pending:
        past = "past the limit" if (move.price - draft.limit_price) * draft.side.sign > 0 else ""
        parts.append(figure((refusal(facts.ticket, move, facts.state) or past, colors.warn)))
    return _flow("price", parts, width, colors)


def _mood(facts: TicketFacts, now_ns: int, width: int, colors: Palette) -> list[Line]:
    """The mood that gave the signal, cleaned, and its change; the mood now; raw, and what the guards left of it."""
    mood = facts.ticket.signal.mood
    first = [(figures.score(mood.value), colors.strong)]
    if mood.change is not None:
        first.append((f" {figures.glyph(mood.change)}{figures.score(mood.change)}", colors.signed(mood.change)))
    parts = [tuple(first)]
    if facts.row is not None and facts.decision is None:
        now = facts.row.mood
        parts.append(
            figure(
                (f"now {figures.score(now.value)}", colors.text),
                (f" {figures.span(now_ns - now.at_ns)} old", colors.muted),
            )
        )
    if mood.raw is not None:
        kept = (f" {figures.share(mood.kept)} kept", colors.warn if mood.kept < 0.75 else colors.muted)
        parts.append(figure((f"raw {figures.score(mood.raw)}", colors.text), kept))
    said = (f"{mood.volume} posts", f"{mood.authors} authors", f"conf {mood.confidence:.2f}")
    return _flow("mood", [*parts, *(figure((text, colors.muted)) for text in said)], width, colors)


def _votes(facts: TicketFacts, now_ns: int, width: int, colors: Palette) -> list[Line]:
    """What each scorer makes of the same posts, and how old that is."""
    parts = [
        figure(
            (f"{vote.scorer[:16]} ", colors.muted),
            (f"{figures.glyph(vote.score)}{figures.score(vote.score)}", colors.signed(vote.score)),
            (f" conf {vote.confidence:.2f}", colors.muted),
        )
        for vote in facts.votes
    ]
    if facts.votes_ns:
        parts.append(figure((f"{figures.span(now_ns - facts.votes_ns)} old", colors.muted)))
    return _flow("votes", parts, width, colors)
