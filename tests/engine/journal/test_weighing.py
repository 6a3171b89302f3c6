"""Why a post weighs what it weighs: from the journal alone, for first, later, edited and weighed-again posts."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import EXIT_FAILED, DeskError
from engine.journal import Journal, Reader, weighing
from engine.journal.weighing import Weighing, weigh
from engine.model import Author, DisplayText, GuardMark, Post
from engine.model.records import Edit, GuardRecord, PostRecord
from tests.engine.journal.conftest import Opened


def record(number: int, mark: GuardMark | None = None) -> tuple[str, str, PostRecord, int]:
    text = f"$TSLA says {number}"
    post = Post(f"p{number}", "x", number, number, Author("1", DisplayText("ann")), text, DisplayText(text))
    return "post", post.id, PostRecord(post, (), True, mark), number


def verdict(changes: int, at_ns: int, posts: tuple[str, ...], weights: tuple[float, ...], symbol: str) -> GuardRecord:
    return GuardRecord("p1", at_ns, True, 0.9, "RING: authors=4", 4, changes, posts, weights, (symbol,))


@pytest.fixture
def journal(opened: Opened) -> Journal:
    return opened()


def told(journal: Journal, path: Path, post_id: str) -> Weighing:
    journal.flush()
    with Reader(path) as reader:
        return weigh(reader, post_id)


def test_a_post_alone_is_a_cluster_by_itself(journal: Journal, path: Path) -> None:
    journal.append(*record(1))
    found = told(journal, path, "p1")
    assert (found.cluster, found.similar, found.verdicts, found.more) == ("p1", (), (), 0)
    assert (found.post.weight, found.replaces, found.replaced_by) == (1.0, "", "")


def test_the_newest_verdict_counts_and_its_portions_are_one(journal: Journal, path: Path) -> None:
    mark = GuardMark(0.8, cluster="p1", reasons=("young: 2 days",))
    journal.append(*record(1))
    for number in (2, 3, 4):
        journal.append(*record(number, mark))
    journal.append("guard", "p1", verdict(1, 10, ("p1", "p2", "p3"), (0.5, 0.4, 0.3), "TSLA"), 10)
    journal.append("guard", "p1", verdict(2, 11, ("p1",), (0.2,), "TSLA"), 11)
    journal.append("guard", "p1", verdict(2, 12, ("p3",), (0.1,), "GOOG"), 12)
    found = told(journal, path, "p3")
    assert found.cluster == "p1"
    assert [each.record.post.id for each in found.similar] == ["p1", "p2", "p3", "p4"]
    assert [each.weight for each in found.similar] == [0.2, 0.4, 0.1, 0.8]
    assert [each.mark.weight for each in found.similar] == [1.0, 0.8, 0.8, 0.8], "what each came with stays told"
    first, second = found.verdicts
    assert (first.posts, second.posts) == (("p1", "p2", "p3"), ("p1", "p3"))
    assert (second.weights, second.symbols, second.at_ns) == ((0.2, 0.1), ("GOOG", "TSLA"), 11)


def test_of_a_large_cluster_the_oldest_are_told_and_the_others_counted(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "LIMIT", 3)
    journal.append(*record(1))
    for number in range(2, 9):
        journal.append(*record(number, GuardMark(0.5, cluster="p1")))
    found = told(journal, path, "p8")
    assert [each.record.post.id for each in found.similar] == ["p1", "p2", "p3"]
    assert (found.more, found.post.record.post.id) == (5, "p8")


def test_edits_name_each_other(journal: Journal, path: Path) -> None:
    journal.append(*record(1))
    journal.append("edit", "p2", Edit("p2", "p1", 2), 2)
    journal.append(*record(2))
    assert told(journal, path, "p1").replaced_by == "p2"
    assert told(journal, path, "p2").replaces == "p1"


def test_what_is_no_post_is_refused_with_a_way_to_find_one(journal: Journal, path: Path) -> None:
    with pytest.raises(DeskError, match="expected the id of a post, found 'p9'") as caught:
        told(journal, path, "p9")
    assert "desk journal show --kind post" in caught.value.remedy
    assert caught.value.exit_code == EXIT_FAILED
