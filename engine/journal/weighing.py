"""Why a post weighs what it weighs: its mark, the posts that say nearly the same, and the verdicts on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from engine.clock import DAY
from engine.errors import EXIT_FAILED, DeskError
from engine.model import PLAIN, GuardMark, Value
from engine.model.records import Edit, GuardRecord, PostRecord

if TYPE_CHECKING:
    from engine.journal.reader import Reader

LIMIT: Final = 200
"""Most posts of a cluster that are told, the oldest; the others are counted."""
SPAN_NS: Final = DAY
"""How long after a post others of its cluster are looked for."""


class ClusterPost(Value, frozen=True, gc=False):
    """One post of the cluster."""

    record: PostRecord
    mark: GuardMark
    """What it weighed when it came, and why."""
    weight: float
    """What it weighs after every verdict that is in the journal, in [0, 1]."""


class Weighing(Value, frozen=True, gc=False):
    """What the guards made of one post."""

    post_id: str
    at_ns: int
    """When it was recorded."""
    post: ClusterPost
    cluster: str
    """Id of the first post that says nearly the same: its own, when it is the first, or alone."""
    verdicts: tuple[GuardRecord, ...] = ()
    """On its cluster, oldest first."""
    similar: tuple[ClusterPost, ...] = ()
    """The cluster's posts in order of arrival, this one among them."""
    more: int = 0
    """Further ones that are left out."""
    replaces: str = ""
    """Id of the earlier version whose place it took."""
    replaced_by: str = ""
    """Id of the later version that took its place: it does not count any more."""


def weigh(reader: Reader, post_id: str) -> Weighing:
    """What the guards made of a post.

    Raises DeskError when the journal holds no such post, JournalError when a record cannot be read.
    """
    found = next(reader.records(("post",), key=post_id), None)
    if found is None:
        raise DeskError(
            f"expected the id of a post, found {post_id!r}",
            where=str(reader.path),
            remedy="`desk journal show --kind post` lists posts with their ids",
            exit_code=EXIT_FAILED,
        )
    own = _body(found.value())
    cluster = (own.mark or PLAIN).cluster or post_id
    verdicts = _whole(
        verdict
        for record in reader.records(("guard",), key=cluster)
        if isinstance(verdict := record.value(), GuardRecord)
    )
    later = {name: weight for verdict in verdicts for name, weight in zip(verdict.posts, verdict.weights, strict=True)}

    def told(record: PostRecord) -> ClusterPost:
        mark = record.mark or PLAIN
        return ClusterPost(record, mark, later.get(record.post.id, mark.weight))

    first = next(reader.records(("post",), key=cluster), found)
    rest = reader.records(
        ("post",),
        until_ns=found.at_ns + SPAN_NS,
        containing=f'"cluster":{msgspec.json.encode(cluster).decode()}',
        after_seq=first.seq,
    )
    posts = [told(_body(first.value()))]
    more = 0
    for record in rest:
        body = _body(record.value())
        if body.mark is None or body.mark.cluster != cluster:
            continue
        if len(posts) < LIMIT:
            posts.append(told(body))
        else:
            more += 1
    return Weighing(
        post_id,
        found.at_ns,
        told(own),
        cluster,
        verdicts,
        tuple(posts) if len(posts) > 1 else (),
        more,
        next((edit.replaces for edit in _edits(reader, key=post_id)), ""),
        next((edit.post_id for edit in _edits(reader, after_seq=found.seq) if edit.replaces == post_id), ""),
    )


def _whole(records: Iterable[GuardRecord]) -> tuple[GuardRecord, ...]:
    """Verdicts on one cluster, each with what it weighed again in all its portions."""
    portions: dict[int, list[GuardRecord]] = {}
    for record in records:
        portions.setdefault(record.changes, []).append(record)
    return tuple(
        msgspec.structs.replace(
            found[0],
            posts=tuple(name for record in found for name in record.posts),
            weights=tuple(weight for record in found for weight in record.weights),
            symbols=tuple(sorted({symbol for record in found for symbol in record.symbols})),
        )
        for found in portions.values()
    )


def _edits(reader: Reader, key: str | None = None, after_seq: int = 0) -> Iterator[Edit]:
    for record in reader.records(("edit",), key=key, after_seq=after_seq):
        if isinstance(value := record.value(), Edit):
            yield value


def _body(value: Value) -> PostRecord:
    assert isinstance(value, PostRecord)
    return value
