"""The desk's copy of what the engine told it: a snapshot, then every frame and push applied in order.

Pure state, no screen and no I/O. The app applies messages and asks which parts changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from enum import Flag, auto

from msgspec.structs import replace

from engine.model import Account, Alert, Decision, FeedState, Fill, Light, Order, Position, Protection, Ticket
from engine.model.frames import Frame, Goodbye, Message, PostRow, Push, Snapshot, Status, SymbolRow
from engine.model.guard import GuardMark

_KEPT = 200
"""Decisions, ended orders and fills kept on the desk; the journal has them all."""
_POSTS = 20_000
"""Most posts that wait for the next paint; older ones are counted as not shown."""
_NEWEST = 1_000
"""Posts whose ids are remembered: more than a snapshot holds."""


class Part(Flag):
    """Parts of the picture that a message changed."""

    NOTHING = 0
    STATUS = auto()
    ACCOUNT = auto()
    SYMBOLS = auto()
    POSTS = auto()
    TICKETS = auto()
    DECISIONS = auto()
    ORDERS = auto()
    POSITIONS = auto()
    FEEDS = auto()
    ALERTS = auto()
    ANEW = auto()
    """A snapshot came: nothing of before holds, but the posts if it goes on from the one before (`Mirror.goes_on`).
    Never set because every part changed at once, as in a busy moment."""
    ALL = STATUS | ACCOUNT | SYMBOLS | POSTS | TICKETS | DECISIONS | ORDERS | POSITIONS | FEEDS | ALERTS | ANEW


class RevisionGap(Exception):
    """A message is missing: the copy may be wrong, attach again."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"expected revision {expected}, found {found}")


class Mirror:
    """The picture, as of revision `rev`."""

    def __init__(self) -> None:
        self.rev = 0
        self.pid = 0
        self.version = ""
        self.status: Status | None = None
        self.account: Account | None = None
        self.symbols: dict[str, SymbolRow] = {}
        self.tickets: dict[str, Ticket] = {}
        """Pending, oldest first, by id."""
        self.closed: dict[str, tuple[Ticket, Decision]] = {}
        """Decided lately, oldest first, by ticket id."""
        self.orders: dict[str, Order] = {}
        """By client order id, in the order they came; legs stand behind their entry."""
        self.fills: deque[Fill] = deque(maxlen=_KEPT)
        self.positions: dict[str, Position] = {}
        self.feeds: dict[str, FeedState] = {}
        self.protections: tuple[Protection, ...] = ()
        self.alerts: dict[str, Alert] = {}
        self.new_posts: deque[PostRow] = deque(maxlen=_POSTS)
        """Posts that came since `take_posts`."""
        self.taken: list[PostRow] = []
        """What the last `take_posts` gave, for views that stand over the one that took them."""
        self.marks: dict[str, GuardMark] = {}
        """What posts that were shown weigh by now, where the guards thought again; the newest."""
        self.goodbye = ""
        self.goes_on = False
        """Whether the newest snapshot goes on from the one before: the same engine told it, or one that is not earlier
        in time, as a recording begun anew is. The posts of before are then still posts of this journal."""
        self._newest: deque[str] = deque(maxlen=_NEWEST)
        """Ids of the newest posts that came."""
        self._earlier = self._not_scored_earlier = 0
        """Posts of the engines before this one, as far as this one goes on from them; and those that they did not
        score."""
        self._received = 0
        self._posts_before = 0
        self._not_scored_before = 0

    def apply(self, message: Message) -> Part:
        """Apply one message; the parts it changed. Raises RevisionGap when one before it is missing."""
        if isinstance(message, Snapshot):
            self._start(message)
            return Part.ALL
        if message.rev <= self.rev:
            return Part.NOTHING
        if message.rev != self.rev + 1:
            raise RevisionGap(self.rev + 1, message.rev)
        self.rev = message.rev
        if isinstance(message, Goodbye):
            self.goodbye = message.reason or "it stopped"
            return Part.STATUS
        return self._frame(message) if isinstance(message, Frame) else self._push(message)

    def take_posts(self) -> list[PostRow]:
        """The posts that came since the last call, oldest first."""
        self.taken = list(self.new_posts)
        self.new_posts.clear()
        return self.taken

    @property
    def posts(self) -> int:
        """Posts that the engine took in since it started, and those before it that it goes on from."""
        return self._earlier + (self.status.posts if self.status else 0)

    @property
    def posts_not_shown(self) -> int:
        """Posts the engine took in since attach that never came to this desk, though it scored them."""
        never_sent = self.posts_not_scored - self._not_scored_before
        return max(0, self.posts - self._posts_before - self._received - never_sent)

    @property
    def posts_not_scored(self) -> int:
        """Posts among `posts` that the engine did not score and therefore never sends: reposts, no symbol."""
        return self._not_scored_earlier + _not_scored(self.status)

    @property
    def recording_ended(self) -> bool:
        """Whether the recording that the engine plays is over: its clock stands still from then on."""
        return any(state.light is Light.ENDED for state in self.feeds.values())

    def _start(self, snapshot: Snapshot) -> None:
        self._start_posts(snapshot)
        self.rev, self.pid, self.version, self.goodbye = snapshot.rev, snapshot.pid, snapshot.version, ""
        self.status, self.account = snapshot.status, snapshot.account
        self.symbols = {row.symbol: row for row in snapshot.symbols}
        self.tickets = {ticket.id: ticket for ticket in snapshot.tickets}
        self.closed = {ticket.id: (ticket, decision) for ticket, decision in snapshot.closed}
        self.orders = {}
        for order in snapshot.orders:
            self._order(order)
        self.fills.clear()
        self.fills.extend(snapshot.fills)
        self.positions = {position.symbol: position for position in snapshot.positions}
        self.feeds = {state.name: state for state in snapshot.feeds}
        self.protections = snapshot.protections
        self.alerts = {alert.id: alert for alert in snapshot.alerts}

    def _start_posts(self, snapshot: Snapshot) -> None:
        """Take the posts of a snapshot: if it goes on from the one before, those after the newest that came already."""
        before, same = self.status, snapshot.pid == self.pid
        self.goes_on = before is not None and (same or snapshot.status.clock_ns >= before.clock_ns)
        if before is None or not self.goes_on:
            self._earlier = self._not_scored_earlier = 0
            self._newest.clear()
            self.marks.clear()
            self.new_posts.clear()
        elif not same:
            self._earlier, self._not_scored_earlier = self.posts, self.posts_not_scored
        known = set(self._newest)
        after = next((at for at in range(len(snapshot.posts), 0, -1) if snapshot.posts[at - 1].id in known), 0)
        self._take(snapshot.posts[after:])
        self._mark((post.id, post.mark) for post in snapshot.posts[:after])
        if not (self.goes_on and same):
            self._received = 0
            self._posts_before = self._earlier + snapshot.status.posts
            self._not_scored_before = self._not_scored_earlier + _not_scored(snapshot.status)

    def _frame(self, frame: Frame) -> Part:
        parts = Part.NOTHING
        if frame.status is not None:
            self.status = frame.status
            parts |= Part.STATUS
        if frame.account is not None:
            self.account = frame.account
            parts |= Part.ACCOUNT
        if frame.symbols:
            for row in frame.symbols:
                known = None if row.spark else self.symbols.get(row.symbol)
                self.symbols[row.symbol] = row if known is None else replace(row, spark=known.spark)
            parts |= Part.SYMBOLS
        if frame.posts:
            self._take(frame.posts)
            parts |= Part.POSTS
        if frame.marks:
            self._mark((changed.id, changed.mark) for changed in frame.marks)
            parts |= Part.POSTS
        if frame.positions is not None:
            self.positions = {position.symbol: position for position in frame.positions}
            parts |= Part.POSITIONS
        if frame.feeds:
            self.feeds.update((state.name, state) for state in frame.feeds)
            parts |= Part.FEEDS
        if frame.protections is not None:
            self.protections = frame.protections
            parts |= Part.STATUS
        return parts

    def _take(self, posts: Sequence[PostRow]) -> None:
        self._received += len(posts)
        self.new_posts.extend(posts)
        self._newest.extend(post.id for post in posts)

    def _mark(self, marks: Iterable[tuple[str, GuardMark]]) -> None:
        for id, mark in marks:
            self.marks.pop(id, None)
            self.marks[id] = mark
        while len(self.marks) > _POSTS:
            del self.marks[next(iter(self.marks))]

    def _push(self, push: Push) -> Part:
        if push.decision is not None:
            ticket = self.tickets.pop(push.decision.ticket_id, None) or push.ticket
            if ticket is None:
                return Part.NOTHING
            self.closed[ticket.id] = (push.ticket or ticket, push.decision)
            _trim(self.closed)
            return Part.TICKETS | Part.DECISIONS
        if push.ticket is not None:
            self.tickets[push.ticket.id] = push.ticket
            return Part.TICKETS
        if push.order is not None:
            self._order(push.order)
            return Part.ORDERS
        if push.fill is not None:
            self.fills.append(push.fill)
            return Part.ORDERS
        if push.alert is not None:
            same = [
                id
                for id, old in self.alerts.items()
                if (old.code, old.subject) == (push.alert.code, push.alert.subject)
            ]
            for id in same:
                del self.alerts[id]
            self.alerts[push.alert.id] = push.alert
            return Part.ALERTS
        if push.alert_gone:
            self.alerts.pop(push.alert_gone, None)
            return Part.ALERTS
        return Part.NOTHING

    def _order(self, order: Order) -> None:
        self.orders[order.client_order_id] = order
        for leg in order.legs:
            self.orders[leg.client_order_id] = leg
        ended = [id for id, kept in self.orders.items() if kept.status.terminal]
        for id in ended[: max(0, len(ended) - _KEPT)]:
            del self.orders[id]


def _not_scored(status: Status | None) -> int:
    return sum(status.not_scored.values()) if status else 0


def _trim(items: dict[str, tuple[Ticket, Decision]]) -> None:
    while len(items) > _KEPT:
        del items[next(iter(items))]
