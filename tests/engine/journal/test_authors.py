"""An author's record, against one worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from engine.clock import HOUR, MINUTE
from engine.journal import Reader
from engine.journal.authors import AuthorRecord, author_record
from engine.journal.search import Index
from engine.model import Author, DisplayText, Match, Post, Quote, Reading
from engine.model.records import PostRecord
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
