"""What a user can add from their own package: Feed, Scorer, LateScorer, Strategy, Broker.

Each is found by name through an entry point group (`desk.feeds`, `desk.scorers`, `desk.late_scorers`,
`desk.strategies`, `desk.brokers`). A class named there is called with the engine's `Config`, and with what its
docstring says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from typing import ClassVar, Protocol, runtime_checkable

from engine.model.account import VenueSnapshot
from engine.model.base import DisplayText, Value
from engine.model.feeds import FeedRule
from engine.model.gate import Gate
from engine.model.market import Bar, Halt, Instrument, Market, Quote
from engine.model.mood import Evidence, Mood, Signal
from engine.model.order import Answer, Fill, Intent, Lookup, Order, OrderUpdate
from engine.model.post import Post, SymbolScore
from engine.model.state import FeedState

FeedEvent = Post | Quote | Bar | Halt | FeedState
"""What a feed may emit. Each has `received_ns`; in a replay that is what moves the clock."""


class Sink(Protocol):
    """Where a feed puts what it received. Bounded: `put` waits while the engine is behind."""

    async def put(self, events: Sequence[FeedEvent]) -> None:
        """Hand over a batch in order; returns when there is room for it."""

    def report(self, state: FeedState) -> None:
        """Report the feed's state at once; never waits."""


@runtime_checkable
class Feed(Protocol):
    """A source of posts or prices. Built with `(config, clock)` (and secrets by keyword where it needs them)."""

    name: str

    async def run(self, sink: Sink) -> None:
        """Deliver until cancelled, or until a recording ends. Owns its reconnects; reports every change of state.

        Raises only DeskError, for something a person must fix.
        """


@runtime_checkable
class Ruled(Protocol):
    """A feed whose source sends what rules let through, and that tells them."""

    @property
    def rules(self) -> tuple[FeedRule, ...]:
        """Every rule at the source, ours first. Safe to ask at any time."""


@runtime_checkable
class Sleeper(Protocol):
    """A feed that loses what is sent while the machine sleeps, though its connection may not show it."""

    def woken(self, slept_ns: int) -> None:
        """The machine slept until just now: fetch what was missed."""


@runtime_checkable
class Versioned(Protocol):
    """A feed whose posts come again in other versions, so that it has to know those of earlier runs."""

    def restore(self, post: Post) -> None:
        """A post that an earlier run journaled. Oldest first, before `run`; posts of other feeds are passed over."""


@runtime_checkable
class Halting(Protocol):
    """A feed that tells halts, and has to know those of earlier runs to tell their end."""

    def restore_halt(self, halt: Halt) -> None:
        """A halt that held when an earlier run of today ended. Before `run`."""


@runtime_checkable
class Following(Protocol):
    """A feed of prices that can tell more than the watchlist's."""

    def follow(self, symbols: tuple[str, ...]) -> None:
        """These are held, or have an order that works, ours first: tell their prices from now on, and before others'
        where not all can be told. Those of an earlier call that are not among them may be left. Before `run` too."""


class Score(Value, frozen=True, gc=False):
    """A scorer's answer for one text: score in [−1, 1], confidence in [0, 1]."""

    score: float
    confidence: float
    symbols: tuple[SymbolScore, ...] = ()
    """Symbols that the text says something else of than it says as a whole, each once."""
    reason: DisplayText = DisplayText("")
    """Why, in the scorer's words; empty where it gives none."""


@runtime_checkable
class Scorer(Protocol):
    """Scores texts. Built with `(config)`. Must be deterministic for one `version`."""

    name: str
    version: str
    """Changes whenever any text could score differently (model, lexicon, calibration)."""

    def score(self, texts: Sequence[str]) -> Sequence[Score | None]:
        """One Score per text, same order. Texts are already cleaned and capped.

        None where it has nothing to say of a text (not its language, not yet, not worth the cost): the text is scored
        without it, and that is no failure.
        """


class Asked(Value, frozen=True, gc=False):
    """What a late scorer is asked about: a text, and the watched symbols that it names."""

    text: DisplayText
    """Cleaned and capped."""
    symbols: tuple[str, ...]
    """As they matched, each once."""


@runtime_checkable
class LateScorer(Protocol):
    """A scorer whose answer takes longer than a post may wait: a model in a process of its own, an endpoint.

    Found by name like a `Scorer`, in the entry point group `desk.late_scorers`. Built with `(config, clock)` and, by
    keyword, `state_dir` (a Path of its own to keep things in) and `read_secret`; raises DeskError where it can tell
    already then that it cannot work. Its answers come when they come and change the reading that a post already has.
    `blocked` and its coroutines run on an event loop of their own, in a thread; the attributes are read from another.
    """

    name: str
    version: str
    """Changes whenever any text could score differently (model, prompt, precision)."""
    repeatable: ClassVar[bool]
    """Whether the same texts get the same scores and cost nothing; others are left out of a replay."""
    batch: int
    """Most texts it is asked about at a time."""
    wait_s: float
    """How long a text may wait for others to share its batch."""
    concurrency: int
    """Calls that may be under way at once."""
    gate: float
    """Least |score| of the light reading for a post to be asked about; 0 asks about every post."""

    @property
    def spent_usd(self) -> float:
        """What it cost today."""

    @property
    def cap_usd(self) -> float | None:
        """What it may cost a day; None where it costs nothing."""

    @property
    def detail(self) -> str:
        """What it works with, in words."""

    def blocked(self, now_ns: int) -> str:
        """Why it may not be asked now (the day's money is spent); empty when it may."""

    async def start(self) -> None:
        """Get ready. Raises DeskError; CredentialsError and ConfigError for what a person must mend."""

    async def score(self, asked: Sequence[Asked]) -> Sequence[Score | None]:
        """One per text, same order; None where it has none. Raises DeskError when it could not be asked."""

    async def close(self) -> None:
        """Leave: end processes, close connections."""


class MoodView(Protocol):
    """What a strategy may ask about a symbol's window beyond the Mood."""

    def evidence(self, symbol: str, limit: int = 10) -> tuple[Evidence, ...]:
        """Posts in the window, largest share first."""

    def newest_ns(self, symbol: str) -> int:
        """Publication time of the newest post in the window that weighs anything; 0 where none does."""

    def top_author_share(self, symbol: str) -> float:
        """Largest share of the window's weight held by one author, in [0, 1]."""

    def top_text_share(self, symbol: str) -> float:
        """Largest share of the window's weight held by one text, in [0, 1]."""

    def top_cluster(self, symbol: str) -> tuple[str, float]:
        """The cluster of near-duplicates that holds most of the window's weight, and its share in [0, 1].

        A post that no other repeats is a cluster of its own. Empty and 0 while there is no weight.
        """


@runtime_checkable
class Strategy(Protocol):
    """Turns moods into signals. Built with `(config)`. Deterministic: same moods, same signals."""

    name: str

    def on_mood(self, mood: Mood, view: MoodView) -> Signal | None:
        """Called after every post that moved the symbol's mood, in order."""

    def restore(self, signal: Signal) -> None:
        """A signal of its own that an earlier run gave within the last windows, in order: do not give it again."""

    def why_not(self, mood: Mood) -> str:
        """In words and numbers: what keeps this symbol from a signal now. Empty when nothing does."""


@runtime_checkable
class Gated(Protocol):
    """A strategy that tells every condition of its signals, not only the first that fails."""

    def gates(self, mood: Mood) -> tuple[Gate, ...]:
        """Its conditions as they stand, in the order in which it asks them."""


@runtime_checkable
class Broker(Protocol):
    """A venue. Built with `(config, clock)` (and secrets by keyword). No call retries a POST; each has a time limit.

    No method raises for a venue's answer: outcomes are values. `snapshot`, `instrument` and `market` raise
    VenueUnavailable when the venue could not be asked, because "unknown" must never look like "nothing".
    """

    name: str
    simulated: bool
    """True when the engine drives the venue (`on_quote`, `on_time`) and calls finish without I/O."""

    async def start(self) -> None:
        """Connect and check credentials. Raises CredentialsError or VenueUnavailable."""

    async def close(self) -> None:
        """Leave cleanly: close sockets and threads. Open orders stay at the venue."""

    async def submit(self, intent: Intent) -> Answer:
        """Send one order, once."""

    async def cancel(self, order: Order) -> Answer:
        """Ask to cancel. ACCEPTED means the request was taken; the update stream tells the end."""

    async def lookup(self, client_order_id: str) -> Lookup:
        """Whether the venue knows this id."""

    async def snapshot(self, since_ns: int) -> VenueSnapshot:
        """Account, positions, open orders and orders closed since `since_ns`, legs nested."""

    async def instrument(self, symbol: str) -> Instrument | None:
        """The instrument, or None when the venue definitely does not know the symbol."""

    async def market(self) -> Market:
        """The venue's clock and session."""

    def updates(self) -> AsyncIterator[OrderUpdate | FeedState]:
        """Order updates as they come, and the stream's own state (down, up again: reconcile)."""

    def on_quote(self, quote: Quote) -> Sequence[OrderUpdate]:
        """Simulated venues: match working orders against a new price. Others return nothing."""

    def on_halt(self, halt: Halt) -> None:
        """Simulated venues: stop matching a symbol, or go on. Others take nothing."""

    def on_time(self, now_ns: int) -> Sequence[OrderUpdate]:
        """Simulated venues: expire orders, end the day. Others return nothing."""

    def restore(self, values: Iterable[Intent | Order | Fill]) -> None:
        """Simulated venues: rebuild their book from the journal's values, in its order. Others take nothing."""


class Permit(Protocol):
    """What an order that is ready waits for: its intent on the disk, and nobody who has taken it back meanwhile."""

    def wait(self) -> str:
        """Block until it is known, in the thread that sends; why the order must not leave, empty when it may."""

    async def known(self) -> None:
        """Return once the disk has answered, on the loop."""

    def give_up(self, reason: str) -> None:
        """Nobody sends it any more: end the waits."""


@runtime_checkable
class Preparing(Protocol):
    """A venue that makes an order ready while its intent is on the way to the disk."""

    def submit_when(self, intent: Intent, permit: Permit) -> Awaitable[Answer]:
        """Begin at once; send the order, once, when `permit` lets it leave, and DENIED when it does not."""


@runtime_checkable
class Valuing(Protocol):
    """A venue without prices of its own, which values what is held by the engine's."""

    def last_quoted(self, quote: Quote) -> None:
        """The newest quote of an earlier run, after `restore`: nothing is matched against it."""
