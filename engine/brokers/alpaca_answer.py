"""What a REST reply means for an order: accepted, rejected or unresolved; known, not known or not answered."""

from __future__ import annotations

from engine.alpaca.read import decimal, fields, text
from engine.alpaca.rest import Reply
from engine.brokers.alpaca_parse import Malformed, parse_order
from engine.model import Answer, Lookup, OrderStatus, Outcome


def duplicate(reply: Reply) -> bool:
    """The venue already has an order under this client order id, in whatever spelling of the name it says so."""
    given = fields(reply.body)
    words = text(given.get("message")).lower().replace("_", " ")
    return reply.status in (409, 422) and "client order id" in words and ("unique" in words or "exists" in words)


def submitted(reply: Reply, client_order_id: str) -> Answer:
    """What came of POST /v2/orders.

    2xx with our order in it: accepted; rejected when its status says so; unresolved when its status is a word that
    nobody knows. A JSON 4xx: rejected. 429: rejected, because the limiter answers in the venue's place and nothing
    was placed; `retry_after_s` tells when it may be tried again. Everything else (no answer, 5xx, 3xx, HTML, a body
    that is no order): unresolved.
    """
    if reply.status == 429:
        return Answer(Outcome.REJECTED, f"rate limit: {reply.reason}", retry_after_s=reply.retry_after_s)
    if reply.refusal:
        return Answer(Outcome.REJECTED, reply.reason)
    if not reply.ok:
        return Answer(Outcome.UNRESOLVED, reply.reason, retry_after_s=reply.retry_after_s)
    order = parse_order(reply.body)
    if isinstance(order, Malformed):
        return Answer(Outcome.UNRESOLVED, f"HTTP {reply.status}, but {order.problem}")
    if order.client_order_id != client_order_id:
        return Answer(Outcome.UNRESOLVED, f"asked for {client_order_id}, answered {order.client_order_id}")
    if order.status is OrderStatus.UNRESOLVED:
        return Answer(Outcome.UNRESOLVED, f"unknown order status {order.venue_status!r}", order)
    if order.status is OrderStatus.REJECTED:
        return Answer(Outcome.REJECTED, "the venue took the order and rejected it", order)
    return Answer(Outcome.ACCEPTED, "", order)


def canceled(reply: Reply) -> Answer:
    """What came of DELETE /v2/orders/{id}: 204 is a taken request; 404 and 422 are definite."""
    if reply.status is not None and 200 <= reply.status < 300:
        return Answer(Outcome.ACCEPTED)
    if reply.status == 429:
        return Answer(Outcome.REJECTED, f"rate limit: {reply.reason}", retry_after_s=reply.retry_after_s)
    if reply.refusal:
        return Answer(Outcome.REJECTED, reply.reason)
    return Answer(Outcome.UNRESOLVED, reply.reason, retry_after_s=reply.retry_after_s)


def looked_up(reply: Reply, client_order_id: str) -> Lookup:
    """What GET /v2/orders:by_client_order_id tells. Only a JSON 404 about an order is a definite no."""
    if reply.status == 404 and reply.refusal:
        given = fields(reply.body)
        if decimal(given.get("code")) == 40410000 or "order" in text(given.get("message")).lower():
            return Lookup(known=False, reason=reply.reason)
        return Lookup(known=None, reason=reply.reason)
    if not reply.ok:
        return Lookup(known=None, reason=reply.reason)
    order = parse_order(reply.body)
    if isinstance(order, Malformed):
        return Lookup(known=None, reason=order.problem)
    if order.client_order_id != client_order_id:
        return Lookup(known=None, reason=f"asked for {client_order_id}, answered {order.client_order_id}")
    return Lookup(known=True, order=order)


def found_after_duplicate(lookup: Lookup, refusal: Reply) -> Answer:
    """The venue refused the id as taken, and was asked for it: accepted with what it has, or unresolved."""
    if lookup.order is None:
        return Answer(Outcome.UNRESOLVED, f"{refusal.reason}; asked for it: {lookup.reason}", taken=True)
    if lookup.order.status is OrderStatus.UNRESOLVED:
        return Answer(Outcome.UNRESOLVED, f"unknown order status {lookup.order.venue_status!r}", lookup.order)
    return Answer(Outcome.ACCEPTED, "the venue already had it", lookup.order)
