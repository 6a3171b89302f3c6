"""Bodies of journal records that no stage passes on: what the engine notes about its own steps.

They are read back by later versions, so every field that may be missing has a default, and a field this version does
not know is skipped when decoding. Nothing here may differ between two runs of one recording: no process id, no path,
no wall time, no replay speed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Self

import msgspec

from engine.model.account import VenuePosition
from engine.model.base import ZERO, DisplayText, Value
from engine.model.frames import Command, Reply
from engine.model.guard import PLAIN, GuardMark
from engine.model.order import Answer
from engine.model.post import Match, Post


class Started(Value, frozen=True, gc=False):
    """The engine began with this configuration."""

    profile: str
    """`simulated`, `paper` or `live`."""
    version: str
    """The desk's version."""
    broker: str
    feeds: tuple[str, ...]
    scorers: tuple[str, ...]
    """`name version` of each scorer."""
    strategies: tuple[str, ...]
    symbols: tuple[str, ...]
    config_hash: str
    """Of everything in the configuration that can change a decision."""
    limits_hash: str
    """Of the risk limits; the one each Verdict carries."""
    at_ns: int
    account: str = ""
    """Last characters of the venue's account number, where one was shown."""
    settings: dict[str, str] = msgspec.field(default_factory=dict)
    """Settings that may change while it runs, as they held at the start."""
    fixed: dict[str, str] = msgspec.field(default_factory=dict)
    """What else decides what is traded: the others, as text or as its hash."""


class Stopped(Value, frozen=True, gc=False):
    """The engine stopped, and why. Its absence before the next `started` means a crash."""

    profile: str
    reason: str
    at_ns: int
    by: str = "engine"
    """`person`, `signal` or `engine`."""


class PostRecord(Value, frozen=True, gc=False):
    """A post with its matches. The text is stored once where cleaning left it as it came.

    Build it with `of`, read the post with `whole`.
    """

    post: Post
    """With an empty `text` when `as_sent`."""
    matches: tuple[Match, ...] = ()
    as_sent: bool = False
    """True when the cleaned text equals the raw one."""
    mark: GuardMark | None = None
    """The guards' mark; None for one that nothing is held against, and where the guards did not look."""

    @classmethod
    def of(cls, post: Post, matches: tuple[Match, ...] = (), mark: GuardMark = PLAIN) -> Self:
        """The record of a post."""
        held = None if mark is PLAIN else mark
        if post.text == post.raw:
            return cls(msgspec.structs.replace(post, text=DisplayText("")), matches, as_sent=True, mark=held)
        return cls(post, matches, mark=held)

    @property
    def whole(self) -> Post:
        """The post as it was recorded, with its cleaned text."""
        if self.as_sent:
            return msgspec.structs.replace(self.post, text=DisplayText(self.post.raw))
        return self.post


class Edit(Value, frozen=True, gc=False):
    """A post replaced an earlier version of itself, which no longer counts."""

    post_id: str
    replaces: str
    """Id of the version that was taken out of the moods."""
    at_ns: int
    symbols: tuple[str, ...] = ()
    """Whose moods it left."""


class GuardRecord(Value, frozen=True, gc=False):
    """A cluster of near-duplicates turned out to be a ring, or no ring after all: its posts are weighed again.

    Those of a large cluster in portions: further records with the same `changes` follow later posts.
    """

    cluster: str
    """Id of its first post."""
    at_ns: int
    ring: bool
    suspicion: float
    """In [0, 1], to six decimals."""
    reason: str
    """What it rests on, in words and numbers."""
    authors: int = 0
    """Distinct authors at this instant."""
    changes: int = 1
    """Which verdict on this cluster it is, from 1."""
    posts: tuple[str, ...] = ()
    """Posts that were in before and weigh otherwise from now on."""
    weights: tuple[float, ...] = ()
    """What each of them weighs now, in [0, 1]."""
    symbols: tuple[str, ...] = ()
    """Whose moods they are in."""


class AnswerRecord(Value, frozen=True, gc=False):
    """The venue's answer and the request it answers: a refused cancel says nothing about the order itself."""

    client_order_id: str
    request: str
    """`submit` or `cancel`; `judge` where a control of ours denied the order, so that it was no message."""
    answer: Answer
    at_ns: int


class Lift(Value, frozen=True, gc=False):
    """A person lifted a protection, with a typed reason."""

    protection_id: str
    reason: str
    by: str
    at_ns: int


class ConfigRecord(Value, frozen=True, gc=False):
    """The configuration changed while the engine ran."""

    by: str
    """`file` for what allows less, `person` for what a person confirmed, `restart` for what a restart did not take
    over."""
    changes: tuple[str, ...]
    """`key: before → after`."""
    before: str
    """Hash of the configuration before."""
    after: str
    at_ns: int
    settings: dict[str, str] = msgspec.field(default_factory=dict)
    """Settings that may change while it runs, as they hold from now on."""


class FlattenRecord(Value, frozen=True, gc=False):
    """Somebody asked to close a position; a restart before it is flat goes on with it."""

    symbol: str
    reason: str
    at_ns: int


class FlowRecord(Value, frozen=True, gc=False):
    """The account moved otherwise than by trading, as the venue lists it: once, and again when the venue takes it
    back or corrects it."""

    id: str
    """The venue's id of the entry."""
    type: str
    """The venue's word: `CSD`, `CSW`, `JNLC`, `DIV`, …"""
    external: bool
    """True: what the day and the peak are measured from moves with it. False: it is a result."""
    amount: Decimal
    """What it comes to in all, above 0 when it came in; shares at what they were worth."""
    change: Decimal
    """Of that, what no record before has told; the opposite of it when it was taken back."""
    happened_ns: int
    """When the venue booked it; where it tells only the day: when it was first seen, or the day's begin for what was
    listed before the first look."""
    at_ns: int
    symbol: str = ""
    quantity: Decimal = ZERO
    text: DisplayText = DisplayText("")


class Difference(Value, frozen=True, gc=False):
    """One thing on which our book and the venue disagreed."""

    what: str
    """`order`, `position`, `fill` or `cash`."""
    subject: str
    """Client order id, venue order id or symbol."""
    ours: str
    theirs: str
    """Always what the book holds from now on."""
    external: bool = False
    """True when it is not ours: shown, never touched."""
    adopted: bool = False
    """True for a position whose difference was confirmed: the book took the venue's figure over, also at a restart."""
    cause: str = ""
    """Why a position differs where that is known: `split` (stops and targets move with it; `split 5:1`
    where a fraction was paid out, so that the quantities do not tell by how much), `fee` (taken in the coin
    that was bought) or `elsewhere` (orders that are not ours closed what was), none of which is drift; or `oversold`
    (exits of ours closed more than was), which is."""


class ReconciliationRecord(Value, frozen=True, gc=False):
    """What was compared with the venue, and what differed."""

    at_ns: int
    cause: str = ""
    """`start`, `reconnect`, `periodic`, `person`, `clock`, `lost` (the update stream), `fill`, `refusal`, `jump`
    or `bare` (shares without a stop on a day without a price)."""
    ok: bool = False
    """True when the venue could be asked and the book now equals it."""
    orders: int = 0
    """Orders compared."""
    positions: int = 0
    """Positions compared."""
    fills: int = 0
    """Fills learned from the comparison."""
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    """Why it did not succeed."""
    taken: tuple[VenuePosition, ...] = ()
    """Positions that the book took over as the venue tells them, others' too: its fills made another quantity or cost
    of them. With a quantity of 0 what is gone."""


class CommandRecord(Value, frozen=True, gc=False):
    """A person's command and what came of it."""

    verb: str
    by: str
    arguments: dict[str, str]
    """The command's other fields that were set, as text."""
    ok: bool
    text: str
    at_ns: int

    @classmethod
    def of(cls, command: Command, reply: Reply, at_ns: int) -> Self:
        """The record of a command; arguments stand in the order in which Command declares them."""
        arguments = {}
        for name in command.__struct_fields__:
            value = getattr(command, name)
            if name not in ("verb", "by") and value:
                arguments[name] = "yes" if value is True else str(value)
        return cls(command.verb, command.by, arguments, reply.ok, reply.text, at_ns)
