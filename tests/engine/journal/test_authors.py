"""An author's record, against one worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from engine.clock import HOUR, MINUTE
from engine.journal import Reader
from engine.journal.authors import AuthorRecord, author_record
from engine.journal.search import Index
from engine.model import Author, DisplayText, Match, Post, Quote, Reading, SymbolScore
from engine.model.records import PostRecord, Started
from tests.engine.journal.conftest import Opened
from tests.engine.journal.made_up import T0


def record_of(path: Path, name: str) -> AuthorRecord:
    with Reader(path) as reader, Index(reader) as index:
        index.update()
        return author_record(reader, index, name)


def test_posts_scores_and_how_often_they_were_right(opened: Opened, path: Path) -> None:
    journal = opened()

    def price(value: str, at_ns: int) -> None:
        journal.append("quote", "TSLA", Quote("TSLA", at_ns, at_ns, Decimal(value), Decimal(value), None), at_ns)

    def say(number: int, author: str, score: float | None, at_ns: int, symbol: str = "TSLA") -> None:
        made = Post(f"p{number}", "x", at_ns, at_ns, Author("1", DisplayText(author)), "t", DisplayText("t"))
        journal.append("post", made.id, PostRecord.of(made, (Match(symbol, symbol, "keyword"),)), at_ns)
        if score is not None:
            journal.append("reading", made.id, Reading(made.id, "vader", "1", score, 0.9, at_ns), at_ns)

    price("100", T0)
    say(1, "ann", 0.8, T0)
    say(2, "ann", -0.4, T0)
    say(3, "ann", 0.1, T0)
    say(4, "ann", None, T0)
    say(5, "annabel", 0.9, T0)
    price("110", T0 + HOUR - MINUTE)
    say(6, "ann", 0.9, T0 + HOUR, "META")
    say(7, "ann", 0.9, T0 + HOUR)
    journal.flush()
    found = record_of(path, "ann")
    assert (found.posts, found.more, found.scored, found.first_ns) == (6, False, 5, T0)
    assert found.mean_score == round((0.8 - 0.4 + 0.1 + 0.9 + 0.9) / 5, 6)
    assert (found.right, found.judged) == (1, 2)
    assert found.symbols == ("TSLA", "META")
    nobody = record_of(path, "nobody")
    assert (nobody.posts, nobody.mean_score, nobody.judged) == (0, None, 0)


def test_a_direction_is_what_the_post_says_of_that_symbol(opened: Opened, path: Path) -> None:
    """Of "long $META, short $TSLA" the text as a whole says next to nothing, and of TSLA the opposite of META."""
    journal = opened()
    for value, at_ns in (("100", T0), ("90", T0 + HOUR - MINUTE)):
        journal.append("quote", "TSLA", Quote("TSLA", at_ns, at_ns, Decimal(value), Decimal(value), None), at_ns)
    for number, whole in ((1, 0.4), (2, 0.0)):
        post = Post(f"p{number}", "x", T0, T0, Author("1", DisplayText("ann")), "t", DisplayText("t"))
        journal.append("post", post.id, PostRecord.of(post, (Match("TSLA", "TSLA", "cashtag"),)), T0)
        own = (SymbolScore("META", 0.8, 0.9), SymbolScore("TSLA", -0.8, 0.9))
        journal.append("reading", post.id, Reading(post.id, "vader", "1", whole, 0.9, T0, symbols=own), T0)
    journal.append("quote", "META", Quote("META", T0, T0, None, None, Decimal(1)), T0 + HOUR)
    journal.flush()
    found = record_of(path, "ann")
    assert (found.right, found.judged, found.mean_score) == (2, 2, 0.2)


def test_what_says_a_direction_is_the_engines_own_limit(opened: Opened, path: Path) -> None:
    journal = opened()
    for value, at_ns in (("100", T0), ("110", T0 + HOUR - MINUTE)):
        journal.append("quote", "TSLA", Quote("TSLA", at_ns, at_ns, Decimal(value), Decimal(value), None), at_ns)
    made = Post("p1", "x", T0, T0, Author("1", DisplayText("ann")), "t", DisplayText("t"))
    journal.append("post", made.id, PostRecord.of(made, (Match("TSLA", "TSLA", "keyword"),)), T0)
    journal.append("reading", made.id, Reading(made.id, "vader", "1", 0.3, 0.9, T0), T0)
    judged = []
    for fixed in ({}, {"scoring.label": "0.4"}, {"scoring.label": "0.25"}):
        began = Started("paper", "1", "simulated", (), (), (), ("TSLA",), "", "", T0 + 2 * HOUR, fixed=fixed)
        journal.append("started", "paper", began, T0 + 2 * HOUR)
        journal.flush()
        judged.append(record_of(path, "ann").judged)
    assert judged == [1, 0, 1]
