"""A made-up labelled stream: rings of aged accounts with texts of their own, news in people's own words, ordinary days.

Every account is years old, has some hundred followers and a program of its own, and says nothing that anybody else
says. What tells a ring is only who posts where and when, and that all of them want the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from engine.clock import DAY
from engine.model import Match, Post
from tests.engine.guards.made_up import T0, post

SYMBOLS = tuple(f"S{number}" for number in range(6))
DAYS = 6
RINGS = ("once", "returning", "known")
"""Accounts that come for this ring only; those of one pool, again and again; those that posted on the symbol before."""
SIZE = 30
_HALF_HOUR_S = 1800.0
_DAY_S = DAY / 10**9
_PROGRAMS = ("Deckboard", "Pocket", "Web", "Birdsong")


@dataclass(frozen=True, slots=True)
class Row:
    """A post, the symbol that it is matched to, and what it is."""

    post: Post
    matches: tuple[Match, ...]
    label: str
    """`ring`, `news` or `ordinary`."""
    cluster: str
    """Which ring or piece of news it belongs to; empty for an ordinary post."""


def stream(seed: int = 0) -> list[Row]:
    """Six days on six symbols, in order of time: ordinary posts, a ring of each kind and two pieces of news a day."""
    draw, numbers = random.Random(seed), count(1)
    return sorted(_rows(draw, numbers), key=lambda row: row.post.published_ns)


def _rows(draw: random.Random, numbers: Iterator[int]) -> Iterator[Row]:
    regulars = {symbol: [f"{symbol}-{number}" for number in range(40)] for symbol in SYMBOLS}
    pool = [f"pool-{number}" for number in range(2 * SIZE)]

    def row(author: str, symbol: str, at_s: float, label: str, cluster: str) -> Row:
        made = post(
            next(numbers),
            after_s=at_s,
            author=author,
            followers=draw.randint(120, 900),
            age_days=draw.uniform(400, 3000),
            client=draw.choice(_PROGRAMS),
            cashtags=(symbol,),
        )
        return Row(made, (Match(symbol, f"${symbol}", "cashtag"),), label, cluster)

    for day in range(DAYS):
        begin_s = day * _DAY_S
        for symbol in SYMBOLS:
            for _ in range(60):
                yield row(draw.choice(regulars[symbol]), symbol, begin_s + draw.uniform(0, 8 * 3600), "ordinary", "")
        for number, symbol in enumerate(draw.sample(SYMBOLS, 2)):
            at_s, name = begin_s + draw.uniform(0, 7 * 3600), f"news {day} {number}"
            for who in draw.sample(regulars[symbol], 25):
                yield row(who, symbol, at_s + draw.uniform(0, _HALF_HOUR_S), "news", name)
            for one in range(35):
                yield row(f"{name}-{one}", symbol, at_s + draw.uniform(0, _HALF_HOUR_S), "news", name)
        for kind in RINGS:
            symbol, name = draw.choice(SYMBOLS), f"{kind} {day}"
            at_s = begin_s + draw.uniform(4 * 3600, 7 * 3600)
            ring = draw.sample(pool, SIZE) if kind == "returning" else [f"{name}-{one}" for one in range(SIZE)]
            for who in ring:
                if kind == "known":
                    yield row(who, symbol, begin_s + draw.uniform(0, 3 * 3600), "ordinary", "")
                yield row(who, symbol, at_s + draw.uniform(0, 600), "ring", name)


def authors_before(rows: list[Row], cluster: str) -> float:
    """The share of a cluster's authors that had posted on its symbol before it began."""
    own = [row for row in rows if row.cluster == cluster]
    begin_ns = min(row.post.published_ns for row in own)
    symbol = own[0].matches[0].symbol
    known = {
        row.post.author.id for row in rows if row.matches[0].symbol == symbol and T0 <= row.post.published_ns < begin_ns
    }
    authors = {row.post.author.id for row in own}
    return len(authors & known) / len(authors)
