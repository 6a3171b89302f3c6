"""One line of plain words per thing that happened. No colour, no glyph that a screen reader would spell out."""

from __future__ import annotations

from desk.address import AS_TYPED, Address
from desk.report import money, plain, price
from engine.clock import SECOND, iso
from engine.model import Alert, Decision, FeedState, Fill, Light, Market, Order, Protection, Signal, Ticket
from engine.model.frames import PostRow, Status, SymbolRow


def state_text(status: Status) -> str:
    """The trading state and why."""
    return f"trading is {status.state.value.upper()}" + (f": {status.state_reason}" if status.state_reason else "")


def market_text(market: Market) -> str:
    """The market's session and when it changes."""
    until = f" until {iso(market.changes_ns)}" if market.changes_ns else ""
    return f"market session {market.session.value}{until}"


def feed_text(feed: FeedState, to: Address = AS_TYPED) -> str:
    """A feed's light, its words and the remedy."""
    remedy = f" → {to.told(feed.remedy)}" if feed.remedy and feed.light is not Light.UP else ""
    return f"{feed.name} is {feed.light.value}" + (f": {feed.detail}" if feed.detail else "") + remedy


def alert_text(alert: Alert, to: Address = AS_TYPED) -> str:
    """An alert with its remedy and the id that acknowledges it."""
    remedy = f" → {to.told(alert.remedy)}" if alert.remedy else ""
    return f"{alert.level.value.upper()} {alert.text}{remedy} ({alert.id})"


def protection_text(protection: Protection) -> str:
    """What is locked, until when, and why."""
    what = protection.symbol or protection.strategy or "everything"
    until = "until a person lifts it" if protection.ends_ns is None else f"until {iso(protection.ends_ns)}"
    return f"{protection.name} locks {what} {until}: {protection.reason} ({protection.id})"


def mood_text(row: SymbolRow) -> str:
    """A symbol's mood; a figure that is not known is called so."""
    mood = row.mood
    if mood.value is None:
        return f"{row.symbol} unknown" + (f": {mood.missing}" if mood.missing else ", no posts in the window")
    change = "unknown" if mood.change is None else f"{mood.change:+.2f}"
    warm = "" if mood.warm else f", warming up: {mood.missing}"
    return (
        f"{row.symbol} {mood.value:+.2f}, change {change}, {mood.volume} posts by {mood.authors}, "
        f"confidence {mood.confidence:.2f}, price {row.price or 'unknown'}{warm}"
    )


def signal_text(signal: Signal) -> str:
    """A signal and its reason."""
    return (
        f"{signal.side.name} {signal.symbol} by {signal.strategy}, strength {signal.strength:.2f}, "
        f"confidence {signal.confidence:.2f}: {signal.reason} ({signal.id})"
    )


def ticket_text(ticket: Ticket, now_ns: int) -> str:
    """A pending ticket: the order, the verdict, the time left, and what confirms it."""
    draft, failed = ticket.draft, ticket.verdict.failures
    what = f"{ticket.signal.side.name} {ticket.signal.symbol}"
    if draft is not None:
        what = (
            f"{draft.side.name} {plain(draft.quantity)} {draft.symbol} at limit {price(draft.limit_price)} "
            f"({money(draft.notional)}), stop {price(draft.stop_price)}, target {price(draft.target_price)}"
        )
    verdict = "all controls passed" if not failed else f"{failed[0].id} {failed[0].control} rejects: {failed[0].reason}"
    left = max(0, ticket.expires_ns - now_ns) // SECOND
    note = f", {ticket.note}" if ticket.note else ""
    return f"{what}, {verdict}, {left} s left{note} ({ticket.id} {ticket.fingerprint})"


def decision_text(decision: Decision, ticket: Ticket | None) -> str:
    """How a ticket ended."""
    what = "" if ticket is None else f"{ticket.signal.side.name} {ticket.signal.symbol} "
    why = f": {decision.reason}" if decision.reason else ""
    return f"{what}{decision.kind.value} by {decision.by}{why} ({decision.ticket_id})"


def order_text(order: Order) -> str:
    """An order as the venue means it."""
    at = f" at {price(order.limit_price)}" if order.limit_price is not None else ""
    stop = f", stop {price(order.stop_price)}" if order.stop_price is not None else ""
    reason = f": {order.reason}" if order.reason else ""
    return (
        f"{order.role.value} {order.side.value} {plain(order.quantity)} {order.symbol}{at}{stop} is "
        f"{order.status.value}, filled {plain(order.filled)}{reason} ({order.client_order_id or order.venue_id})"
    )


def fill_text(fill: Fill) -> str:
    """One execution."""
    return (
        f"{fill.role.value} {fill.side.value} {plain(fill.quantity)} {fill.symbol} at {price(fill.price)}, "
        f"fee {money(fill.fee)} ({fill.client_order_id})"
    )


def post_text(post: PostRow) -> str:
    """A post with its score."""
    symbols = " ".join(post.symbols)
    return f"{symbols} {post.score:+.2f} @{post.author}: {post.text}"
