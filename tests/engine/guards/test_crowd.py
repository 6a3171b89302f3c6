"""A cluster's counts against a count from scratch, and what makes it suspicious."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.clock import DAY, SECOND
from engine.guards.crowd import Crowd, Member, is_fresh, is_throw_away
from engine.model import Post
from tests.engine.guards.made_up import crowd, post, ring


def member(made: Post) -> Member:
    return Member(
        made.id,
        made.published_ns,
        made.author.id,
        made.client,
        is_throw_away(made),
        False,
        False,
        (),
        (),
        False,
        1.0,
        1.0,
    )


def gathered(posts: list[Post]) -> Crowd:
    made = Crowd()
    for each in posts:
        made.join(member(each))
    return made


@pytest.mark.parametrize(
    ("followers", "age_days", "expected"),
    [
        (0, 3000, True),
        (100, 3000, True),
        (101, 3000, False),
        (1000, 365, True),
        (1001, 365, False),
        (1000, 366, False),
        (1000, None, False),
        (100, None, True),
        (None, 3, None),
    ],
)
def test_throw_away(followers: int | None, age_days: float | None, expected: bool | None) -> None:
    assert is_throw_away(post(1, followers=followers, age_days=age_days)) is expected


@pytest.mark.parametrize(
    ("followers", "posts", "expected"),
    [
        (500, 200, True),
        (500, 0, True),
        (500, 201, False),
        (500, None, False),
        (501, 200, False),
        (100, 5000, True),
        (None, 3, None),
    ],
)
def test_an_old_account_that_was_hardly_used_is_thrown_away(
    followers: int | None, posts: int | None, expected: bool | None
) -> None:
    made = post(1, followers=followers, age_days=3000)
    made = replace(made, author=replace(made.author, posts=posts))
    assert is_throw_away(made) is expected
    assert not is_fresh(made), "a burst is of young ones"


@dataclass
class Row:
    author: int
    client: str
    known: bool | None
    gap_s: int
    leaves: bool
    place: int = field(default=0)


ROWS = st.lists(
    st.builds(
        Row,
        author=st.integers(0, 6),
        client=st.sampled_from(["", "A", "B", "C"]),
        known=st.sampled_from([True, False, None]),
        gap_s=st.integers(-30, 60),
        leaves=st.booleans(),
    ),
    max_size=40,
)


@given(ROWS)
def test_counts_equal_a_count_from_scratch(rows: list[Row]) -> None:
    found, inside, at_ns = Crowd(), list[Member](), 0
    newest: dict[str, bool | None] = {}
    for number, row in enumerate(rows):
        if row.leaves and inside:
            gone = inside.pop(row.place)
            found.leave(gone)
        at_ns += row.gap_s * SECOND
        new = Member(
            f"p{number}", at_ns, f"a{row.author}", row.client, row.known, False, False, (), (), False, 1.0, 1.0
        )
        assert found.join(new) == all(each.author != new.author for each in inside)
        inside.append(new)
        newest[new.author] = new.throw_away
        authors = {each.author for each in inside}
        programs = dict(Counter(each.client for each in inside if each.client))
        thrown = sum(newest[author] is True for author in authors)
        known = sum(newest[author] is not None for author in authors)
        quick = sum(each.quick for each in inside)
        assert list(found.members) == inside
        assert found.authors == len(authors)
        assert dict(found.clients) == programs
        assert found.quick == quick
        assert (found.throw_away, found.unknown) == (thrown, len(authors) - known)
        who = (thrown + 1.2) / (known + 3)
        pace = 0.8 + 0.2 * (quick / (len(inside) - 1) if len(inside) > 1 else 0)
        variety = (len(programs) - 1) / (len(authors) - 1) if len(authors) > 1 and programs else 0.0
        variety = variety or float(len(authors) == 1 and len(programs) > 1)
        assert found.suspicion() == pytest.approx(who * pace * (1 - min(1.0, variety) / 4))
    while inside:
        found.leave(inside.pop(0))
    assert (found.authors, found.quick, found.throw_away, found.unknown, len(found.clients)) == (0, 0, 0, 0, 0)


def test_a_ring_is_suspicious_and_a_crowd_is_not() -> None:
    assert gathered(ring(8)).suspicion() > 0.7
    assert gathered(crowd(8)).suspicion() < 0.35
    assert gathered(crowd(40, every_s=0.5)).suspicion() < 0.35


def test_suspicion_grows_with_authors_haste_and_one_program() -> None:
    assert gathered(ring(4)).suspicion() < gathered(ring(12)).suspicion()
    assert gathered(ring(8, every_s=300)).suspicion() < gathered(ring(8, every_s=3)).suspicion()
    varied = [member(each) for each in ring(8)]
    for number, each in enumerate(varied):
        each.client = f"program {number}"
    many = Crowd()
    for each in varied:
        many.join(each)
    assert many.suspicion() == pytest.approx(0.75 * gathered(ring(8)).suspicion())


@pytest.mark.parametrize(("gap_s", "quick"), [(-21, 0), (-20, 1), (0, 1), (20, 1), (21, 0)])
def test_a_post_is_quick_up_to_twenty_seconds_from_the_one_before(gap_s: int, quick: int) -> None:
    assert gathered([post(1, after_s=100), post(2, after_s=100 + gap_s)]).quick == quick
    assert gathered([post(number, after_s=100 + number * gap_s) for number in range(5)]).quick == 4 * quick


def test_where_accounts_are_unknown_nobody_is_suspected() -> None:
    unknown = [post(number, "the same words for all of us here", followers=None) for number in range(30)]
    assert gathered(unknown).suspicion() == pytest.approx(0.4)


def test_the_words_name_the_numbers() -> None:
    told = gathered(ring(5, every_s=2)).words()
    assert told == "5 posts of 5 authors in 8 s, 5 of 5 known accounts throw-away, one program"
    assert "3 programs" in gathered(crowd(3)).words()
    nameless = gathered([post(1, client=""), post(2, client="", followers=None)])
    assert nameless.words() == "2 posts of 2 authors in 0 s, 0 of 1 known accounts throw-away, programs unknown"


def test_the_window_is_in_days_of_the_post() -> None:
    old = post(1, followers=500, age_days=364)
    assert is_throw_away(old)
    assert old.author.created_ns is not None
    assert old.published_ns - old.author.created_ns == 364 * DAY
