"""A post in full and its author's record, in words; what is not known is called so."""

from __future__ import annotations

import msgspec
import pytest

from desk.post_text import author_lines, post_lines
from engine.journal.authors import AuthorRecord
from engine.model import GuardMark
from tests.desk import made_up
from tests.desk.made_up import NOW

replace = msgspec.structs.replace
RECORD = AuthorRecord("ann", 12, False, NOW, 9, 0.25, 4, 3, ("TSLA", "NVDA"))


def test_a_post_in_full() -> None:
    post = replace(made_up.post(3, NOW), score=-0.5, recovered=True, mark=GuardMark(0.25, "p1", ("a copy", "fresh")))
    text, author, score, weight, when = post_lines(post)
    assert text == post.text
    assert author == "@bull_in_china, verified, came by recovery, 3,400,000 followers, from x"
    assert score == "score ▼-0.50, confidence 0.80, influence 0.70, META by $META"
    assert weight == (
        "weighs 0.25 in the cleaned mood: a copy, fresh; says nearly the same as others: filter cluster:p1"
    )
    assert when == "published 2026-11-20 11:45:30.000 NY"


def test_what_a_post_does_not_tell() -> None:
    bare = replace(made_up.post(2, NOW), symbols=(), terms=(), verified=False)
    _, author, score, weight, _ = post_lines(bare)
    assert author == "@quiet_tape, not verified, unknown followers, from x"
    assert score.endswith("no symbol")
    assert weight == "weighs 1.00 in the cleaned mood"


@pytest.mark.parametrize(
    ("changes", "at", "line"),
    [
        ({}, 0, "12 posts in this journal since 2026-11-20 11:45:30.000 NY"),
        ({"posts": 1}, 0, "1 post in this journal since 2026-11-20 11:45:30.000 NY"),
        ({"more": True}, 0, "the newest 12 posts in this journal since 2026-11-20 11:45:30.000 NY"),
        ({}, 1, "mean score +0.25 over 9 scored"),
        ({"mean_score": None}, 1, "mean score unknown"),
        ({}, 2, "right 3 of 4 times an hour later"),
        ({}, 3, "about TSLA, NVDA"),
        ({"symbols": ()}, 3, "about no symbol of the watchlist"),
    ],
)
def test_an_authors_record(changes: dict[str, object], at: int, line: str) -> None:
    assert author_lines(replace(RECORD, **changes))[at] == line


def test_an_author_without_posts_or_judged_ones() -> None:
    assert author_lines(replace(RECORD, posts=0)) == ["no post of theirs is in this journal"]
    assert "not known yet" in author_lines(replace(RECORD, judged=0, right=0))[2]
