"""What the simulated venue refuses, in the words of the broker it mirrors (Alpaca's errors), and when it trades."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from engine.brokers.matching import draw
from engine.brokers.simulated_book import Resting, VenueBook
from engine.config import SimulatedConfig
from engine.model import ONE, ZERO, Intent, Role, Session, Side, price_step

_PAIR_STEP: Final = Decimal("0.000001")


def step(symbol: str) -> Decimal:
    """Least quantity and its multiples: one share, a millionth of a pair."""
    return _PAIR_STEP if "/" in symbol else ONE


def trades_in(session: Session, resting: Resting) -> bool:
    """Whether the order may execute in this session; outside of it the order waits."""
    if session is Session.REGULAR:
        return True
    return session in (Session.PRE, Session.POST) and resting.extended_hours


def refusal(intent: Intent, book: VenueBook, config: SimulatedConfig) -> str:
    """Why the venue refuses the order; empty when it takes it."""
    return (
        _malformed(intent, book)
        or _drawn(intent, config)
        or _wash_trade(intent, book)
        or (_cannot_pay(intent, book) if intent.draft.side is Side.BUY else _cannot_deliver(intent, book))
    )


def _malformed(intent: Intent, book: VenueBook) -> str:
    draft = intent.draft
    if not draft.quantity.is_finite() or draft.quantity <= 0 or draft.quantity % step(draft.symbol):
        return f"qty must be a positive multiple of {step(draft.symbol)}, found {draft.quantity}"
    prices = {"limit_price": draft.limit_price if intent.order_type == "limit" else None}
    if intent.bracket or intent.order_type == "stop":
        prices["stop_price"] = draft.stop_price
    if intent.bracket:
        prices["take_profit.limit_price"] = draft.target_price
    for name, price in prices.items():
        if price is None:
            continue
        if not price.is_finite() or price <= 0:
            return f"invalid {name} {price}: must be above 0"
        if "/" not in draft.symbol and price % price_step(price):
            return f"invalid {name} {price}: sub-penny increment does not fulfill minimum pricing criteria"
    if intent.bracket and draft.stop_price is not None and draft.target_price is not None:
        sign = draft.side.sign
        if (draft.target_price - draft.limit_price) * sign <= 0 or (draft.limit_price - draft.stop_price) * sign <= 0:
            return "bracket: take_profit, limit and stop_loss prices must stand in this order"
    if intent.order_type == "stop" and draft.stop_price is not None:
        price = book.price(draft.symbol)
        if price is not None and (draft.stop_price - price) * draft.side.sign <= 0:
            word = "greater" if draft.side is Side.BUY else "less"
            return f"stop price must be {word} than current price"
    return ""


def _drawn(intent: Intent, config: SimulatedConfig) -> str:
    if draw(config.seed, intent.client_order_id, "reject") < config.reject_chance:
        return "rejected by the venue (drawn by simulated.reject_chance)"
    return ""


def _wash_trade(intent: Intent, book: VenueBook) -> str:
    """An order that could trade with one of the account's own: an opposite stop, or an opposite limit it crosses."""
    draft = intent.draft
    for resting in book.at_work(draft.symbol):
        other = resting.order
        if other.side is draft.side:
            continue
        if other.order_type == "stop" or other.limit_price is None:
            if not intent.bracket:
                return "potential wash trade detected. use complex orders: opposite side market/stop order exists"
        elif intent.order_type == "stop" or (draft.limit_price - other.limit_price) * draft.side.sign >= 0:
            return "potential wash trade detected. use complex orders: opposite side limit order exists"
    return ""


def _cannot_pay(intent: Intent, book: VenueBook) -> str:
    draft = intent.draft
    price = draft.stop_price if intent.order_type == "stop" else draft.limit_price
    cost = draft.quantity * (price or ZERO)
    if cost <= book.buying_power:
        return ""
    return f"insufficient buying power: buying_power={book.buying_power}, cost_basis={cost}"


def _cannot_deliver(intent: Intent, book: VenueBook) -> str:
    draft = intent.draft
    held = book.quantity(draft.symbol)
    if held <= 0 or intent.role is Role.ENTRY:
        return "account is not allowed to short"
    reserved = book.held_for_orders(draft.symbol)
    if draft.quantity > held - reserved:
        available = held - reserved
        return f"insufficient qty available for order: available={available}, held_for_orders={reserved}"
    return ""
