"""What the engine's stages cost one after the other on one recording, in µs of CPU per post: their sum is the limit of
one core, which the engine that wires them can come near and never reach.

Each stage runs by itself over the whole recording, fed with what the stage before it made, so that nothing is counted
twice and every cache is as warm as it gets. In a process of its own, like the engine that is compared with it.

python -m bench.limit RECORDING --symbols 5 --window-s 1800; prints one JSON object.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

from bench.past import fill
from bench.replay import Past, given_config, parser_of
from engine.brokers.simulated import SimulatedBroker
from engine.clock import SECOND, VirtualClock, from_seconds
from engine.config import Config
from engine.feeds.recording import Recording
from engine.guards import Dedupe, Guards
from engine.journal import Journal
from engine.model import (
    Book,
    Decision,
    DecisionKind,
    Instrument,
    Market,
    Match,
    Mode,
    Mood,
    Post,
    Quote,
    Role,
    ScoredPost,
    Session,
    Signal,
    Ticket,
)
from engine.model.records import PostRecord
from engine.orders import Orders
from engine.portfolio import Portfolio
from engine.risk import Risk
from engine.scoring import load as load_scorers
from engine.sentiment import Sentiment
from engine.strategies.shift import Shift
from engine.tickets import Tickets
from engine.watchlist import Matcher

GROUP: Final = 20_000
"""Records that may wait for the disk: the engine's own measure."""

T = TypeVar("T")


def run(config: Config, home: Path, past: Past | None = None) -> dict[str, float]:
    """µs of CPU per post and stage, `sum` last; what fills the windows apart."""
    gc.collect()
    gc.freeze()
    found: dict[str, float] = {}

    def spent(name: str, work: Callable[[], T]) -> T:
        began = time.process_time()
        answer = work()
        found[name] = time.process_time() - began
        return answer

    recording = Path(config.replay.path)
    events = spent("read", lambda: list(Recording(recording, config.symbols).events()))
    posts = [event for event in events if isinstance(event, Post)]
    quotes = [event for event in events if isinstance(event, Quote)]
    guards, sentiment = Guards(config), Sentiment(config.sentiment, config.symbols)
    sentiment.covered_since(posts[0].received_ns)
    if past is not None:
        fill(sentiment, guards, past.posts, config.symbols, per_second=past.per_second, swing_s=past.swing_s)
        gc.freeze()
    dedupe = Dedupe(from_seconds(config.journal.dedupe_hours * 3600))
    spent("dedupe", lambda: [dedupe.check(post) for post in posts])
    matcher = Matcher(config.watchlist)
    matches = spent("match", lambda: [_matches(matcher, post) for post in posts])
    weighed = spent("guards", lambda: [guards.check(post, found) for post, found in zip(posts, matches, strict=True)])
    marks = [each.mark for each in weighed]
    ensemble = load_scorers(config)
    scored = spent("score", lambda: [ensemble.score((post,), post.received_ns)[0] for post in posts])
    whole = [
        ScoredPost(post, matched, each.reading, each.members, mark)
        for post, matched, each, mark in zip(posts, matches, scored, marks, strict=True)
    ]
    moods = spent("sentiment", lambda: [mood for post in whole for mood in sentiment.add(post, post.post.received_ns)])
    strategy = Shift(config)
    signals = spent("strategy", lambda: _evaluate(strategy, moods, sentiment))
    tickets = spent("controls", lambda: _judge(config, signals, quotes))
    spent("venue", lambda: _venue(Orders(config), SimulatedBroker(config, VirtualClock()), quotes))
    journal = Journal(home / "simulated.journal", config.journal, profile="simulated")
    journal.open()
    quote_step_ns = from_seconds(config.journal.quote_s)
    spent("journal", lambda: _journal(journal, whole, quotes, quote_step_ns, tickets))
    journal.close()
    per_post = {name: seconds / len(posts) * 1e6 for name, seconds in found.items()}
    return {**per_post, "sum": sum(per_post.values())}


def _matches(matcher: Matcher, post: Post) -> tuple[Match, ...]:
    return matcher.weigh(post.author, matcher.match(post.text, post.cashtags))


def _evaluate(strategy: Shift, moods: Iterable[Mood], sentiment: Sentiment) -> list[Signal]:
    return [signal for mood in moods if (signal := strategy.on_mood(mood, sentiment)) is not None]


def _judge(config: Config, signals: Iterable[Signal], quotes: Iterable[Quote]) -> list[Ticket]:
    """Size every signal, judge it by every control and put it up for decision, on a book that nothing moves."""
    risk, tickets = Risk(config), Tickets(config)
    account = Portfolio(config.simulated.cash)
    newest = {quote.symbol: quote for quote in quotes}
    opened = []
    for signal in signals:
        book = Book(
            now_ns=signal.at_ns,
            account=account.account(signal.at_ns),
            positions={},
            orders=(),
            quotes=newest,
            market=Market(Session.REGULAR, signal.at_ns),
            instruments={signal.symbol: Instrument(signal.symbol)},
            halted=frozenset(),
            prices_mute=False,
            reconciled=True,
            venue_exits=True,
        )
        draft = risk.size(signal, book).draft
        if draft is None:
            verdict = risk.judge_refusal(signal, "nothing to close", book)
        else:
            verdict = risk.judge(signal, draft, book, role=Role.ENTRY, strategy=signal.strategy)
        opened.append(tickets.open(signal, draft, verdict, Mode.AUTO, signal.at_ns))
    return opened


def _venue(orders: Orders, venue: SimulatedBroker, quotes: Iterable[Quote]) -> None:
    """Every price to the venue, the order book and the account, which is valued each second."""
    portfolio = Portfolio()
    valued_ns = 0
    for quote in quotes:
        venue.on_quote(quote)
        portfolio.on_quote(quote)
        orders.on_quote(quote, quote.received_ns)
        if quote.received_ns - valued_ns >= SECOND:
            valued_ns = quote.received_ns
            portfolio.account(valued_ns)


def _journal(
    journal: Journal, posts: Iterable[ScoredPost], quotes: Iterable[Quote], quote_step_ns: int, tickets: list[Ticket]
) -> None:
    """Every post and its readings, the quotes that are due and what signals lead to, until all are durable."""
    due: dict[str, int] = {}
    for quote in quotes:
        if quote.received_ns >= due.get(quote.symbol, 0):
            due[quote.symbol] = quote.received_ns + quote_step_ns
            journal.append("quote", quote.symbol, quote, quote.received_ns)
    for ticket in tickets:
        signal = ticket.signal
        decision = Decision(ticket.id, signal.id, DecisionKind.AUTO, "autopilot", "", signal.at_ns, "", ticket.verdict)
        journal.append("signal", signal.id, signal, signal.at_ns)
        journal.append("ticket", ticket.id, ticket, signal.at_ns)
        journal.append("decision", signal.id, decision, signal.at_ns)
    for scored in posts:
        post, at_ns = scored.post, scored.post.received_ns
        journal.append("post", post.id, PostRecord.of(post, scored.matches, scored.mark), at_ns)
        journal.append("reading", post.id, scored.reading.with_members(scored.members), at_ns)
        if journal.backlog > GROUP:
            journal.flush()
    journal.flush()


def main() -> None:
    given = parser_of("The stages of the engine one after the other.").parse_args()
    config, past = given_config(given)
    print(json.dumps(run(config, given.home, past)))


if __name__ == "__main__":
    main()
