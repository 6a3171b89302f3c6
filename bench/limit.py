"""What the engine's stages cost one after the other on one recording, in µs of CPU per post: their sum is the limit of
one core, which the engine that wires them can come near and never reach.

Each stage runs by itself over the whole recording, fed with what the stage before it made, so that nothing is counted
twice and every cache is as warm as it gets. In a process of its own, like the engine that is compared with it.

python -m bench.limit RECORDING --symbols 5 --window-s 1800; prints one JSON object.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

from bench.replay import config_of
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
    GuardMark,
    Instrument,
    Market,
    Match,
    Mode,
    Mood,
    Post,
    Quote,
    Reading,
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
_ROOT = Path(__file__).resolve().parents[1]

T = TypeVar("T")


def run(recording: Path, home: Path, *, symbols: int, window_s: float) -> dict[str, float]:
    """µs of CPU per post and stage, `sum` last."""
    config = config_of(recording, home, symbols=symbols, window_s=window_s)
    gc.collect()
    gc.freeze()
    found: dict[str, float] = {}

    def spent(name: str, work: Callable[[], T]) -> T:
        began = time.process_time()
        answer = work()
        found[name] = time.process_time() - began
        return answer

    events = spent("read", lambda: list(Recording(recording, config.symbols).events()))
    posts = [event for event in events if isinstance(event, Post)]
    quotes = [event for event in events if isinstance(event, Quote)]
    dedupe = Dedupe(from_seconds(config.journal.dedupe_hours * 3600))
    spent("dedupe", lambda: [dedupe.check(post) for post in posts])
    matcher = Matcher(config.watchlist)
    matches = spent("match", lambda: [_matches(matcher, post) for post in posts])
    guards = Guards(config)
    weighed = spent("guards", lambda: [guards.check(post, found) for post, found in zip(posts, matches, strict=True)])
    marks = [each.mark for each in weighed]
    ensemble = load_scorers(config)
    readings = spent("score", lambda: [ensemble.score((post,), post.received_ns)[0].reading for post in posts])
    sentiment = Sentiment(config.sentiment, config.symbols)
    sentiment.covered_since(posts[0].received_ns)
    whole = [
        ScoredPost(post, matched, reading, mark=mark)
        for post, matched, reading, mark in zip(posts, matches, readings, marks, strict=True)
    ]
    moods = spent("sentiment", lambda: [mood for post in whole for mood in sentiment.add(post, post.post.received_ns)])
    strategy = Shift(config)
    signals = spent("strategy", lambda: _evaluate(strategy, moods, sentiment))
    tickets = spent("controls", lambda: _judge(config, signals, quotes))
    spent("venue", lambda: _venue(config.symbols, Orders(config), SimulatedBroker(config, VirtualClock()), quotes))
    journal = Journal(home / "simulated.journal", config.journal, profile="simulated")
    journal.open()
    quote_step_ns = from_seconds(config.journal.quote_s)
    spent(
        "journal",
        lambda: _journal(journal, posts, matches, marks, readings, quotes, quote_step_ns, tickets),
    )
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


def _venue(symbols: Iterable[str], orders: Orders, venue: SimulatedBroker, quotes: Iterable[Quote]) -> None:
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
    journal: Journal,
    posts: list[Post],
    matches: list[tuple[Match, ...]],
    marks: list[GuardMark],
    readings: list[Reading],
    quotes: list[Quote],
    quote_step_ns: int,
    tickets: list[Ticket],
) -> None:
    """Every post and reading, the quotes that are due and what signals lead to, until all are durable."""
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
    for post, matched, mark, reading in zip(posts, matches, marks, readings, strict=True):
        journal.append("post", post.id, PostRecord.of(post, matched, mark), post.received_ns)
        journal.append("reading", post.id, reading, post.received_ns)
        if journal.backlog > GROUP:
            journal.flush()
    journal.flush()


def in_child(recording: Path, *, symbols: int, window_s: float) -> dict[str, float]:
    """`run` in a fresh process with a fresh journal."""
    with tempfile.TemporaryDirectory(prefix="bench-limit") as home:
        found = subprocess.run(
            [
                sys.executable, "-m", "bench.limit", str(recording), "--home", home, "--symbols", str(symbols),
                "--window-s", str(window_s),
            ],
            cwd=_ROOT, check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
    answer: dict[str, float] = json.loads(found.stdout)
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description="The stages of the engine one after the other.")
    parser.add_argument("recording", type=Path)
    parser.add_argument("--home", type=Path, required=True, help="directory for the journal")
    parser.add_argument("--symbols", type=int, default=5)
    parser.add_argument("--window-s", type=float, default=1800.0)
    given = parser.parse_args()
    print(json.dumps(run(given.recording, given.home, symbols=given.symbols, window_s=given.window_s)))


if __name__ == "__main__":
    main()
