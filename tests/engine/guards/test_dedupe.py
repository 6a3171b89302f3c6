"""No post counts twice, edits replace, memory is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.guards import Dedupe, DedupeOutcome, Found
from engine.model import Author, DisplayText, Post

DAY = 86_400_000_000_000
NEW, DUPLICATE = Found(DedupeOutcome.NEW), Found(DedupeOutcome.DUPLICATE)


def edit_of(post_id: str) -> Found:
    return Found(DedupeOutcome.EDIT, post_id)


def post(post_id: str, received_ns: int = 0, edits: tuple[str, ...] = ()) -> Post:
    text = DisplayText("made up")
    author = Author(id="1", name=DisplayText("ann"))
    return Post(post_id, "test", received_ns, received_ns, author, text, text, edits=edits)


def test_an_id_counts_once() -> None:
    dedupe = Dedupe(DAY)
    assert dedupe.check(post("1")) == NEW
    assert dedupe.check(post("1", 5)) == DUPLICATE
    assert dedupe.check(post("2", 6)) == NEW


def test_an_edit_replaces_what_counts() -> None:
    dedupe = Dedupe(DAY)
    assert dedupe.check(post("1")) == NEW
    assert dedupe.check(post("2", 1, ("1", "2"))) == edit_of("1")
    assert dedupe.check(post("3", 2, ("1", "2"))) == edit_of("2")
    assert dedupe.check(post("3", 3, ("1", "2"))) == DUPLICATE
    assert dedupe.check(post("1", 4)) == DUPLICATE


def test_versions_in_any_order() -> None:
    dedupe = Dedupe(DAY)
    assert dedupe.check(post("3", 0, ("1", "2"))) == NEW
    assert dedupe.check(post("1", 1)) == DUPLICATE
    assert dedupe.check(post("2", 2, ("1",))) == DUPLICATE
    assert dedupe.check(post("4", 3, ("1", "2", "3"))) == edit_of("3")


def test_an_edit_that_skips_a_version() -> None:
    dedupe = Dedupe(DAY)
    assert dedupe.check(post("1")) == NEW
    assert dedupe.check(post("3", 1, ("1", "2"))) == edit_of("1")
    assert dedupe.check(post("2", 2, ("1",))) == DUPLICATE


def test_ids_are_forgotten_after_the_time_and_not_before() -> None:
    dedupe = Dedupe(100)
    dedupe.check(post("1", 0))
    dedupe.check(post("2", 100))
    assert dedupe.check(post("1", 100)) == DUPLICATE
    dedupe.check(post("3", 101))
    assert dedupe.check(post("1", 102)) == NEW
    assert dedupe.check(post("2", 103)) == DUPLICATE


def test_memory_has_a_limit() -> None:
    dedupe = Dedupe(DAY, limit=1000)
    for number in range(5000):
        assert dedupe.check(post(str(number), number, (f"before {number}",))) == NEW
    assert len(dedupe) <= 1000
    assert dedupe.check(post("4999")) == DUPLICATE


def test_a_restart_changes_nothing() -> None:
    before, after = Dedupe(DAY), Dedupe(DAY)
    history = [post("1"), post("2", 1, ("1",)), post("5", 2), post("9", 2, ("8",))]
    for item in history:
        before.check(item)
        after.restore(item.id, item.received_ns, item.edits)
    after.restore("5", 2)
    for item in (
        post("8", 3),  # it came before its edit to nobody: its place is taken all the same
        post("10", 3, ("1",)),
        post("1", 3),
        post("2", 3),
        post("3", 3, ("1", "2")),
        post("5", 4),
        post("6", 4, ("5",)),
        post("7", 5),
    ):
        assert before.check(item) == after.check(item)


def test_a_post_from_long_ago_is_not_remembered_longer() -> None:
    dedupe = Dedupe(100, limit=1)
    dedupe.check(post("1", 1000))
    assert dedupe.check(post("2", 10)) == NEW
    assert len(dedupe) == 0


versions = st.permutations([post(str(n), n, tuple(str(m) for m in range(n))) for n in range(5)])


@given(versions, st.integers(1, 5))
def test_one_version_counts_in_the_end_whatever_the_order(order: list[Post], repeats: int) -> None:
    dedupe = Dedupe(DAY)
    counting: set[str] = set()
    for item in order * repeats:
        found = dedupe.check(item)
        if found.outcome is DedupeOutcome.DUPLICATE:
            continue
        if found.outcome is DedupeOutcome.EDIT:
            counting.remove(found.replaces)
        counting.add(item.id)
    assert counting == {"4"}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1000)), max_size=200))
def test_agrees_with_a_list_of_everything_seen(arrivals: list[tuple[int, int]]) -> None:
    dedupe = Dedupe(DAY)
    seen: set[int] = set()
    for number, received_ns in arrivals:
        found = dedupe.check(post(str(number), received_ns))
        assert found == (DUPLICATE if number in seen else NEW)
        seen.add(number)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 60)), max_size=120), st.integers(1, 6))
def test_forgets_as_a_queue_does(arrivals: list[tuple[int, int]], limit: int) -> None:
    dedupe = Dedupe(20, limit=limit)
    kept: list[tuple[int, int]] = []
    now_ns = 0
    for number, received_ns in arrivals:
        known = number in [each for each, _ in kept]
        assert dedupe.check(post(str(number), received_ns)) == (DUPLICATE if known else NEW)
        if not known:
            kept.append((number, received_ns))
            now_ns = max(now_ns, received_ns)
            while kept and (kept[0][1] < now_ns - 20 or len(kept) > limit):
                kept.pop(0)
        assert len(dedupe) == len(kept)


def test_a_version_that_is_over_at_once_is_not_kept_as_replaced() -> None:
    dedupe = Dedupe(100, limit=1)
    dedupe.check(post("9", 1000))
    for number in range(50):
        dedupe.check(post(f"late {number}", 10, (f"before {number}",)))
    assert len(dedupe) == 0
    assert not dedupe._replaced
