"""Start is recovery: the journal gives back what the last engine knew, whether it stopped or was killed.

Orders, fills, trading state and protections are rebuilt from every record of theirs; the account from its newest one,
which holds what all before it came to; tickets and ids against duplicates from the last `journal.dedupe_hours`; moods
from the posts and readings still inside their windows; what the guards remember from the posts and verdicts of theirs.
A post over which the engine was killed is taken the rest of the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from engine.clock import from_seconds
from engine.config import Config
from engine.guards import Begun
from engine.journal.chain import Record
from engine.journal.reader import Reader
from engine.kernel.dealing import Dealing
from engine.kernel.known import restore_coverage
from engine.kernel.pipeline import Pipeline
from engine.kernel.view import View
from engine.model import (
    PLAIN,
    Account,
    Alert,
    Broker,
    Decision,
    Feed,
    Fill,
    Halt,
    Intent,
    Order,
    OrderStatus,
    Post,
    Protection,
    Quote,
    Reading,
    ScoredPost,
    Signal,
    StateChange,
    Ticket,
    Value,
)
from engine.model.ports import Halting, Valuing, Versioned
from engine.model.post import Match
from engine.model.records import (
    AnswerRecord,
    CommandRecord,
    Edit,
    FlowRecord,
    GuardRecord,
    Lift,
    PostRecord,
    ReconciliationRecord,
)
from engine.scoring.ensemble import NAME as ENSEMBLE
from engine.sentiment import Sentiment

BOOK_KINDS = (
    "state",
    "protection",
    "lift",
    "alert",
    "command",
    "flow",
    "reconciliation",
    "answer",
    "intent",
    "order",
    "fill",
)
"""The commonest last: those are read the fastest."""
TICKET_KINDS = ("ticket", "decision")
POST_KINDS = ("post", "edit", "guard", "reading", "signal")


def restore(
    path: Path,
    *,
    config: Config,
    now_ns: int,
    day_ns: int,
    dealing: Dealing,
    pipeline: Pipeline,
    sentiment: Sentiment,
    broker: Broker,
    feeds: Sequence[Feed],
    view: View,
) -> None:
    """Rebuild the stages from the journal. Raises JournalError when it cannot be read.

    `day_ns` is when the current trading day began.
    """
    with Reader(path) as reader:
        account_ns = _restore_book(reader, dealing, broker, view)
        _restore_prices(reader, day_ns, dealing, broker)
        _restore_halts(reader, day_ns, dealing, broker, feeds)
        if account_ns < day_ns:
            dealing.portfolio.forget_day()
        dealing.day_ns = day_ns
        keep_ns = from_seconds(config.journal.dedupe_hours * 3600)
        _restore_tickets(reader, now_ns - keep_ns, dealing, view)
        horizon_ns = from_seconds(config.sentiment.window_s + config.sentiment.look_back_s)
        since_ns = now_ns - max(keep_ns, horizon_ns)
        guarded_ns = max(since_ns, _guards_now_ns(reader, since_ns) - from_seconds(config.guards.window_s))
        cut = _cut_short(reader, since_ns)
        versioned = [feed for feed in feeds if isinstance(feed, Versioned)]
        restore_coverage(reader, config, sentiment, now_ns)
        _restore_posts(reader, since_ns, now_ns - horizon_ns, guarded_ns, now_ns, pipeline, sentiment, versioned, cut)
        if cut is not None:
            pipeline.finish(cut.body, cut.recorded, now_ns)


def _restore_book(reader: Reader, dealing: Dealing, broker: Broker, view: View) -> int:
    """Everything about money; returns when the account was last recorded, 0 when it never was."""
    venue: list[Intent | Order | Fill] = []
    unsent = _denied(reader)
    account = next(reader.records(kinds=("account",), limit=1, reverse=True), None)
    account_seq, account_ns = (0, 0) if account is None else (account.seq, account.at_ns)
    for seq, _, value in reader.values(BOOK_KINDS):
        if account is not None and seq > account_seq:
            _restore_account(account, dealing)
            account = None
        match value:
            case Intent():
                dealing.orders.restore(value)
                if value.client_order_id not in unsent:
                    dealing.risk.restore(value)
                venue.append(value)
            case AnswerRecord():
                if value.request != "cancel":
                    dealing.orders.restore(value.answer, value.client_order_id)
                dealing.risk.restore(value)
            case Order():
                dealing.orders.restore(value)
                venue.append(value)
                view.ordered(value)
            case Fill():
                dealing.orders.restore(value)
                _restore_fill(value, dealing)
                venue.append(value)
                view.fills.append(value)
            case FlowRecord():
                dealing.portfolio.restore(value)
            case ReconciliationRecord():
                for difference in value.differences:
                    if difference.adopted:
                        dealing.adopt(difference, value.at_ns)
                for held in value.taken:
                    dealing.portfolio.take(held)
            case StateChange() | Protection() | Lift():
                dealing.risk.restore(value)
            case Alert():
                if value.ended:
                    view.alerts.pop(value.id, None)
                elif value.until_acknowledged:
                    view.alerts[value.id] = value
            case CommandRecord():
                if value.verb == "acknowledge" and value.ok:
                    view.alerts.pop(value.arguments.get("alert", ""), None)
                elif value.verb == "cancel" and value.ok:
                    dealing.orders.unwanted(value.arguments.get("order", ""))
    if account is not None:
        _restore_account(account, dealing)
    broker.restore(venue)
    _forget_answered(dealing, view)
    return account_ns


def _denied(reader: Reader) -> set[str]:
    """Client order ids of the intents that a control of ours denied: they count for nothing, as they did live."""
    answers = (record.value() for record in reader.records(kinds=("answer",), containing='"judge"'))
    return {each.client_order_id for each in answers if isinstance(each, AnswerRecord) and each.request == "judge"}


def _restore_prices(reader: Reader, day_ns: int, dealing: Dealing, broker: Broker) -> None:
    """What is held counts for what it was last quoted at: at its cost, the first quote of another symbol would show a
    loss or a gain of the day that nobody has made. A split is known by the last price of an earlier day: one of this
    day may have been doubted still."""
    for position in dealing.portfolio.positions():
        for record in reader.records(kinds=("quote",), key=position.symbol, limit=1, reverse=True):
            quote = record.value()
            if isinstance(quote, Quote):
                dealing.portfolio.last_quoted(quote)
                if isinstance(broker, Valuing):
                    broker.last_quoted(quote)
        for record in reader.records(kinds=("quote",), until_ns=day_ns, key=position.symbol, limit=1, reverse=True):
            quote = record.value()
            if isinstance(quote, Quote):
                dealing.orders.restore(quote)
    dealing.portfolio.restored()


def _restore_halts(reader: Reader, day_ns: int, dealing: Dealing, broker: Broker, feeds: Sequence[Feed]) -> None:
    """The trading day's halts that hold, as far as they were told: who tells halts is to tell when they are over."""
    newest: dict[str, Halt] = {}
    for _, _, value in reader.values(("halt",), day_ns):
        if isinstance(value, Halt):
            newest[value.symbol] = value
    for halt in newest.values():
        if halt.halted:
            dealing.halted.add(halt.symbol)
            broker.on_halt(halt)
            for feed in feeds:
                if isinstance(feed, Halting):
                    feed.restore_halt(halt)


def _restore_account(record: Record, dealing: Dealing) -> None:
    """The account as it was recorded; fills that follow change it."""
    account = record.value()
    assert isinstance(account, Account)
    dealing.portfolio.restore(account)


def _restore_tickets(reader: Reader, since_ns: int, dealing: Dealing, view: View) -> None:
    """What was asked lately and what became of it."""
    tickets: dict[str, Ticket] = {}
    for _, _, value in reader.values(TICKET_KINDS, since_ns):
        if isinstance(value, Ticket):
            dealing.tickets.restore(value)
            tickets[value.id] = value
        elif isinstance(value, Decision):
            dealing.tickets.restore(value)
            ticket = tickets.pop(value.ticket_id, None)
            if ticket is not None:
                view.closed.append((ticket, value))


def _forget_answered(dealing: Dealing, view: View) -> None:
    """Alerts of outcomes that became known later are over; the orders are told of the others."""
    for alert in list(view.alerts.values()):
        order = dealing.orders.get(alert.subject)
        if alert.code == "order_unresolved" and (order is None or order.status is not OrderStatus.UNRESOLVED):
            del view.alerts[alert.id]
        else:
            dealing.orders.alarmed(alert)


def _restore_fill(fill: Fill, dealing: Dealing) -> None:
    closed = dealing.portfolio.on_fill(fill)
    if closed is not None:
        dealing.risk.on_closed(closed.symbol, closed.realised, closed.stopped_out, fill.at_ns, closed.signal_id)


def _restore_posts(
    reader: Reader,
    known_from_ns: int,
    window_from_ns: int,
    guarded_from_ns: int,
    now_ns: int,
    pipeline: Pipeline,
    sentiment: Sentiment,
    versioned: Sequence[Versioned],
    cut: CutShort | None,
) -> None:
    """Posts with their marks and readings: a post's reading follows it, a late one comes later.

    A journal may hold each scorer's as a record of its own too, the ensemble's last.
    """
    post: Post | None = None
    matches: tuple[Match, ...] = ()
    mark = PLAIN
    readings: list[Reading] = []

    def finish() -> None:
        if post is None:
            return
        scored = None
        if readings and post.published_ns > window_from_ns:
            members = tuple(reading for reading in readings if reading.scorer != ENSEMBLE)
            whole = next((reading for reading in reversed(readings) if reading.scorer == ENSEMBLE), readings[-1])
            scored = ScoredPost(post, matches, whole, members, mark)
        pipeline.restore(post, scored, now_ns)
        for feed in versioned:
            feed.restore(post)

    for seq, at_ns, value in reader.values(POST_KINDS, known_from_ns):
        if cut is not None and seq >= cut.seq:
            break
        if isinstance(value, Reading):
            if post is not None and value.post_id == post.id:
                readings += value.apart()
            elif value.scorer == ENSEMBLE:
                sentiment.rescore(value.apart()[-1], now_ns)
            continue
        if isinstance(value, PostRecord):
            finish()
            post, matches, mark, readings = value.whole, value.matches, value.mark or PLAIN, []
            if at_ns >= guarded_from_ns:
                pipeline.guards.restore(post, matches, mark, partial(_begun, reader, seq))
        elif isinstance(value, GuardRecord):
            pipeline.restore_verdict(value)
        elif isinstance(value, Edit):
            sentiment.remove(value.replaces)
        elif isinstance(value, Signal) and value.at_ns > window_from_ns:
            pipeline.restore_signal(value)
    finish()


class CutShort(Value, frozen=True, gc=False):
    """The post over which the engine was killed."""

    seq: int
    body: PostRecord
    recorded: tuple[Value, ...]
    """What was recorded of it besides the post: nothing else followed."""


def _cut_short(reader: Reader, since_ns: int) -> CutShort | None:
    """The newest post, if it may be unfinished: all its records are made at once, so nothing else follows them."""
    last = next(reader.records(kinds=("post",), since_ns=since_ns, limit=1, reverse=True), None)
    if last is None:
        return None
    body = last.value()
    assert isinstance(body, PostRecord)
    followed = []
    for record in reader.records(after_seq=last.seq):
        value = record.value()
        if not isinstance(value, GuardRecord | Edit) and not (
            isinstance(value, Reading) and value.post_id == body.post.id
        ):
            return None
        followed.append(value)
    return CutShort(last.seq, body, tuple(followed))


def _guards_now_ns(reader: Reader, since_ns: int) -> int:
    """The newest instant that the guards knew: no post is recorded before it was published or received."""
    newest_ns = 0
    for record in reader.records(kinds=("post",), since_ns=since_ns, reverse=True):
        if record.at_ns <= newest_ns:
            break
        value = record.value()
        if isinstance(value, PostRecord) and value.matches:
            newest_ns = max(newest_ns, min(value.post.published_ns, value.post.received_ns))
    return newest_ns


def _begun(reader: Reader, before_seq: int, cluster: str) -> Begun:
    """A cluster's first post, and the last verdict on it before a record."""
    first = next(reader.records(kinds=("post",), key=cluster, limit=1, reverse=True), None)
    body = None if first is None else first.value()
    verdicts = [record for record in reader.records(kinds=("guard",), key=cluster) if record.seq < before_seq]
    verdict = verdicts[-1].value() if verdicts else None
    return (
        body.whole if isinstance(body, PostRecord) else None,
        verdict if isinstance(verdict, GuardRecord) else None,
    )
