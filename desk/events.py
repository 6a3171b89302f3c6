"""What happened, one event at a time: the engine's messages told as plain lines and as JSON, for `desk follow`.

Pure state, no screen and no I/O: each message goes in, the events it holds come out in order. After a lost connection
the next Snapshot is compared with what was told before, so nothing is told twice and nothing that it still holds is
missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from desk.address import AS_TYPED, Address
from desk.event_text import (
    alert_text,
    decision_text,
    feed_text,
    fill_text,
    market_text,
    mood_text,
    order_text,
    post_text,
    protection_text,
    signal_text,
    state_text,
    ticket_text,
)
from desk.mirror import RevisionGap
from engine.clock import iso
from engine.model import Alert, Decision, FeedState, Fill, Market, Mode, Mood, Order, Protection, Ticket, TradingState
from engine.model.frames import Frame, Goodbye, Message, PostRow, Push, Snapshot, Status, SymbolRow

KINDS: Final = (
    "engine", "state", "market", "mode", "feed", "alert", "protection", "mood", "signal", "ticket", "decision", "order",
    "fill", "post",
)  # fmt: skip
"""Kinds of events, as `--only` names them."""
KEPT: Final = 2_000
"""Tickets, decisions, orders and fills remembered so that they are told once; the oldest are forgotten."""
MOOD_STEP: Final = 0.05
"""A mood is told when its value has moved this far since it was told last."""

_KeptT = TypeVar("_KeptT")


class Event(msgspec.Struct, frozen=True, gc=False):
    """One thing that happened."""

    kind: str
    """One of `KINDS`."""
    at_ns: int
    """When, by the engine's clock (the recording's in a replay)."""
    text: str
    """In words, one line; holds foreign text, so clean it where it is printed."""
    value: object = None
    """The value behind it, as the engine sent it."""

    @property
    def line(self) -> str:
        """`2026-11-20T16:45:30.000Z ticket   BUY 26 TSLA …`."""
        return f"{iso(self.at_ns)} {self.kind:<10} {self.text}"

    @property
    def json(self) -> bytes:
        """`{"kind": …, "at": ISO 8601, "at_ns": …, "text": …, "value": …}`."""
        fields = {"kind": self.kind, "at": iso(self.at_ns), "at_ns": self.at_ns, "text": self.text}
        return msgspec.json.encode(fields | ({} if self.value is None else {"value": self.value}))


class Teller:
    """Turns one engine's messages into events."""

    def __init__(self, *, mood_step: float = MOOD_STEP, address: Address = AS_TYPED) -> None:
        """What a line tells to type goes to the engine at `address`; values stay as the engine sent them."""
        self._mood_step = mood_step
        self._address = address
        self._now_ns = 0
        self._rev = 0
        self._pid = 0
        self._told_posts = 0
        self._state: tuple[TradingState, str] | None = None
        self._session: Market | None = None
        self._modes: dict[str, Mode] = {}
        self._moods: dict[str, Mood] = {}
        self._feeds: dict[str, tuple[object, ...]] = {}
        self._alerts: dict[str, Alert] = {}
        self._protections: dict[str, Protection] = {}
        self._signals: dict[str, bool] = {}
        self._tickets: dict[str, int] = {}
        self._decisions: dict[str, bool] = {}
        self._orders: dict[str, tuple[object, ...]] = {}
        self._fills: dict[str, bool] = {}
        self._posts: dict[str, bool] = {}

    def tell(self, message: Message) -> list[Event]:
        """The events in one message, in order. Raises RevisionGap when a message before it is missing."""
        if not isinstance(message, Snapshot):
            if message.rev <= self._rev:
                return []
            if message.rev != self._rev + 1:
                raise RevisionGap(self._rev + 1, message.rev)
        self._rev = message.rev
        return list(self._events(message))

    def say(self, text: str) -> Event:
        """Something about the connection itself, at the engine's newest time."""
        return Event("engine", self._now_ns, text)

    def _events(self, message: Message) -> Iterator[Event]:
        if isinstance(message, Snapshot):
            yield from self._snapshot(message)
        elif isinstance(message, Frame):
            yield from self._frame(message)
        elif isinstance(message, Push):
            yield from self._push(message)
        elif isinstance(message, Goodbye):
            yield self.say(f"the engine stops: {message.reason or 'no reason given'}; attaching again when it is back")

    def _snapshot(self, snapshot: Snapshot) -> Iterator[Event]:
        status = snapshot.status
        self._now_ns = status.clock_ns
        if self._pid and snapshot.pid != self._pid:
            self._told_posts, self._moods = 0, {}
        again = "attached again to" if self._pid == snapshot.pid else "attached to"
        fresh = not self._pid
        self._pid = snapshot.pid
        yield Event(
            "engine",
            self._now_ns,
            f"{again} the {status.profile} engine, version {snapshot.version}, pid {snapshot.pid}, "
            f"on {status.broker}, mode {status.mode.value}",
        )
        yield from self._status(status)
        yield from self._feed_states(snapshot.feeds)
        yield from self._protected(snapshot.protections)
        gone = self._alerts.keys() - {alert.id for alert in snapshot.alerts}
        for id in sorted(gone):
            yield from self._alert_gone(id)
        for alert in snapshot.alerts:
            yield from self._alert(alert)
        yield from self._rows(snapshot.symbols)
        if fresh:
            self._know(snapshot)
        for ticket, decision in snapshot.closed:
            yield from self._decision(decision, ticket)
        for ticket in snapshot.tickets:
            yield from self._ticket(ticket)
        for order in snapshot.orders:
            yield from self._order(order)
        for fill in snapshot.fills:
            yield from self._fill(fill)
        yield from self._new_posts(snapshot.posts, status.posts)

    def _know(self, snapshot: Snapshot) -> None:
        """What had ended before we attached for the first time is not news."""
        for ticket, decision in snapshot.closed:
            _keep(self._signals, ticket.signal.id, True)
            _keep(self._decisions, decision.ticket_id, True)
        for order in snapshot.orders:
            if order.status.terminal:
                _keep(self._orders, order.client_order_id or order.venue_id, _stage(order))
        for fill in snapshot.fills:
            _keep(self._fills, fill.execution_id, True)
        for post in snapshot.posts:
            _keep(self._posts, post.id, True)
        self._told_posts = snapshot.status.posts

    def _frame(self, frame: Frame) -> Iterator[Event]:
        if frame.status is not None:
            self._now_ns = frame.status.clock_ns
            yield from self._status(frame.status)
        yield from self._feed_states(frame.feeds)
        if frame.protections is not None:
            yield from self._protected(frame.protections)
        yield from self._new_posts(frame.posts, frame.status.posts if frame.status is not None else None)
        yield from self._rows(frame.symbols)

    def _push(self, push: Push) -> Iterator[Event]:
        if push.decision is not None:
            yield from self._decision(push.decision, push.ticket)
        elif push.ticket is not None:
            yield from self._ticket(push.ticket)
        if push.order is not None:
            yield from self._order(push.order)
        if push.fill is not None:
            yield from self._fill(push.fill)
        if push.alert is not None:
            yield from self._alert(push.alert)
        if push.alert_gone:
            yield from self._alert_gone(push.alert_gone)

    # What changes

    def _status(self, status: Status) -> Iterator[Event]:
        state = (status.state, status.state_reason)
        if state != self._state:
            self._state = state
            yield Event("state", self._now_ns, state_text(status), {"state": status.state, "reason": state[1]})
        if self._session is None or status.market.session is not self._session.session:
            self._session = status.market
            yield Event("market", self._now_ns, market_text(status.market), status.market)

    def _feed_states(self, feeds: Iterable[FeedState]) -> Iterator[Event]:
        for feed in feeds:
            light = (feed.light, feed.detail)
            if self._feeds.get(feed.name) != light:
                self._feeds[feed.name] = light
                yield Event("feed", self._now_ns, feed_text(feed, self._address), feed)

    def _protected(self, protections: Iterable[Protection]) -> Iterator[Event]:
        now = {protection.id: protection for protection in protections}
        for id, protection in now.items():
            if id not in self._protections:
                yield Event("protection", self._now_ns, protection_text(protection), protection)
        for id, protection in self._protections.items():
            if id not in now:
                yield Event("protection", self._now_ns, f"{protection.name} ended: {id}", protection)
        self._protections = now

    def _rows(self, rows: Iterable[SymbolRow]) -> Iterator[Event]:
        for row in rows:
            mode = self._modes.get(row.symbol)
            self._modes[row.symbol] = row.mode
            if mode is not None and mode is not row.mode:
                value = {"symbol": row.symbol, "mode": row.mode}
                yield Event("mode", self._now_ns, f"{row.symbol} is decided by: {row.mode.value}", value)
            before = self._moods.get(row.symbol)
            if before is None or self._moved(before, row.mood):
                self._moods[row.symbol] = row.mood
                yield Event("mood", self._now_ns, mood_text(row), row.mood)

    def _moved(self, before: Mood, mood: Mood) -> bool:
        if before.warm is not mood.warm or (before.value is None) is not (mood.value is None):
            return True
        return before.value is not None and mood.value is not None and abs(mood.value - before.value) >= self._mood_step

    def _new_posts(self, posts: Iterable[PostRow], total: int | None) -> Iterator[Event]:
        told = 0
        for post in posts:
            if post.id not in self._posts:
                _keep(self._posts, post.id, True)
                told += 1
                yield Event("post", post.published_ns, post_text(post), post)
        if total is not None:
            missed = total - self._told_posts - told
            self._told_posts = total
            if missed > 0:
                yield Event("post", self._now_ns, f"{missed} more posts came that are not told here")
        else:
            self._told_posts += told

    def _ticket(self, ticket: Ticket) -> Iterator[Event]:
        yield from self._signal(ticket)
        if self._tickets.get(ticket.id) != ticket.revision:
            _keep(self._tickets, ticket.id, ticket.revision)
            yield Event("ticket", self._now_ns or ticket.created_ns, ticket_text(ticket, self._now_ns), ticket)

    def _signal(self, ticket: Ticket) -> Iterator[Event]:
        if ticket.signal.id not in self._signals:
            _keep(self._signals, ticket.signal.id, True)
            yield Event("signal", ticket.signal.at_ns, signal_text(ticket.signal), ticket.signal)

    def _decision(self, decision: Decision, ticket: Ticket | None) -> Iterator[Event]:
        if decision.ticket_id in self._decisions:
            return
        if ticket is not None:
            yield from self._signal(ticket)
        _keep(self._decisions, decision.ticket_id, True)
        yield Event("decision", decision.at_ns, decision_text(decision, ticket), decision)

    def _order(self, order: Order) -> Iterator[Event]:
        id = order.client_order_id or order.venue_id
        if self._orders.get(id) != _stage(order):
            _keep(self._orders, id, _stage(order))
            yield Event("order", order.updated_ns or self._now_ns, order_text(order), order)
        for leg in order.legs:
            yield from self._order(leg)

    def _fill(self, fill: Fill) -> Iterator[Event]:
        if fill.execution_id not in self._fills:
            _keep(self._fills, fill.execution_id, True)
            yield Event("fill", fill.at_ns, fill_text(fill), fill)

    def _alert(self, alert: Alert) -> Iterator[Event]:
        if self._alerts.get(alert.id) != alert:
            self._alerts[alert.id] = alert
            yield Event("alert", alert.at_ns, alert_text(alert, self._address), alert)

    def _alert_gone(self, id: str) -> Iterator[Event]:
        alert = self._alerts.pop(id, None)
        if alert is not None:
            yield Event("alert", self._now_ns, f"over: {alert.text}", {"id": id})


def only(kinds: Iterable[str]) -> Callable[[Event], bool]:
    """A test that lets events of these kinds through."""
    wanted = frozenset(kinds)
    return lambda event: event.kind in wanted


def _stage(order: Order) -> tuple[object, ...]:
    """What of an order is news when it changes."""
    return order.status, order.filled, order.reason


def _keep(kept: dict[str, _KeptT], key: str, value: _KeptT) -> None:
    """Remember it as the newest; the oldest go when there are too many."""
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > KEPT:
        del kept[next(iter(kept))]
