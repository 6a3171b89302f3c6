"""Rings of aged accounts with texts of their own: what the guards make of them, and of news beside them."""

from __future__ import annotations

import pytest

from engine.config import Config, WatchRow
from engine.guards import Guards
from tests.engine.guards.aged import RINGS, SYMBOLS, Row, authors_before, stream

ROWS = stream()


@pytest.fixture(scope="module")
def weights() -> list[tuple[Row, float]]:
    """What each post weighs when it arrives, in order."""
    guards = Guards(Config(watchlist=tuple(WatchRow(symbol=symbol) for symbol in SYMBOLS)))
    return [(row, guards.check(row.post, row.matches).mark.weight) for row in ROWS]


def test_the_set_is_what_it_says() -> None:
    """A ring's accounts are new to the symbol, come from one pool, or have posted there; of news most are new."""
    assert {row.label for row in ROWS} == {"ring", "news", "ordinary"}
    by_kind = {kind: {row.cluster for row in ROWS if row.cluster.startswith(kind)} for kind in (*RINGS, "news")}
    assert all(authors_before(ROWS, name) == 0.0 for name in by_kind["once"])
    assert all(authors_before(ROWS, name) == 1.0 for name in by_kind["known"])
    assert all(0.0 < authors_before(ROWS, name) <= 0.5 for name in by_kind["news"])
    pool = [frozenset(row.post.author.id for row in ROWS if row.cluster == name) for name in by_kind["returning"]]
    assert all(len(one & other) >= 8 for one in pool for other in pool)
    assert len({row.post.text for row in ROWS}) == len(ROWS)


def test_news_in_peoples_own_words_and_ordinary_posts_weigh_what_they_weigh(weights: list[tuple[Row, float]]) -> None:
    assert {weight for row, weight in weights if row.label != "ring"} == {1.0}


def test_aged_accounts_with_their_own_texts_are_not_told_from_people(weights: list[tuple[Row, float]]) -> None:
    """Stated in docs/guards.md and docs/sentiment.md, with what was tried."""
    assert {weight for row, weight in weights if row.label == "ring"} == {1.0}
