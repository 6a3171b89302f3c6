"""How well rings are told from people who pass on the same news: clusters of posts that somebody read and labelled.

One JSON object per line: `label` (`ring`, `organic`, or `feed` for one publisher's own accounts), `ids` of its posts,
`replay` (the recording they are in) and perhaps `source`, whose text it is. Clusters of one source fall into one half,
so that settings made on one half have not seen the other's promoters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import RecordingError
from engine.evaluate.figures import Figure, share
from engine.evaluate.labelled import UNREADABLE
from engine.line_file import lines_of
from engine.model import Value

FORMAT: Final = 'one JSON object per line: {"replay": …, "label": "ring" | "organic" | "feed", "ids": […]}'


class ClusterLabel(Enum):
    """What a reader made of a cluster."""

    RING = "ring"
    ORGANIC = "organic"
    FEED = "feed"


class LabelledCluster(Value, frozen=True, gc=False):
    """Posts that say nearly the same, as somebody labelled them."""

    label: ClusterLabel
    ids: tuple[str, ...]
    replay: str
    """Name of the recording that holds them."""
    source: str = ""

    @property
    def half(self) -> str:
        """`even` or `odd`: by the second byte of SHA-256 of its source, or of its posts where that is not told."""
        told = self.source or ",".join(sorted(self.ids))
        return "odd" if hashlib.sha256(told.encode()).digest()[1] % 2 else "even"


class LastMark(Value, frozen=True, gc=False):
    """What the guards made of one post in the end."""

    weight: float
    ring: bool


class RingFigures(Value, frozen=True, gc=False):
    """How many clusters were flagged as rings: at least half of their posts that the recording holds."""

    name: str
    rings: int
    rings_flagged: Figure
    organic: int
    organic_flagged: Figure
    feeds: int
    feeds_flagged: Figure
    ring_weight: float
    """Mean weight that the posts of rings are left with."""
    organic_weight: float
    """The same of organic ones."""
    missing: int
    """Clusters of which no recording holds a post; they count nowhere."""


class _Row(msgspec.Struct, gc=False):
    label: ClusterLabel
    ids: list[str]
    replay: str
    source: str | None = None


_decoder = msgspec.json.Decoder(_Row)


def read_clusters(file: Path) -> tuple[LabelledCluster, ...]:
    """The clusters in a file. Raises RecordingError naming file and line for a row that is not as described above."""
    found = []
    for number, line in lines_of(file, format=FORMAT, remedy=UNREADABLE):
        try:
            row = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RecordingError(str(error), where=f"{file}:{number}", remedy=f"correct that line; {FORMAT}") from error
        if not row.ids or not row.replay or Path(row.replay).name != row.replay:
            raise RecordingError(
                "expected ids and the name of a recording", where=f"{file}:{number}", remedy=f"correct it; {FORMAT}"
            )
        found.append(LabelledCluster(row.label, tuple(row.ids), row.replay, row.source or ""))
    if not found:
        raise RecordingError("expected at least one cluster, found none", where=str(file), remedy=FORMAT)
    return tuple(found)


def ring_figures(
    name: str, clusters: Iterable[LabelledCluster], marks: Mapping[str, Mapping[str, LastMark]]
) -> RingFigures:
    """The figures of clusters, given what became of every post, by recording and id."""
    flagged: dict[ClusterLabel, list[bool]] = {label: [] for label in ClusterLabel}
    weights: dict[ClusterLabel, list[float]] = {label: [] for label in ClusterLabel}
    missing = 0
    for cluster in clusters:
        known = marks.get(cluster.replay, {})
        posts = [known[post_id] for post_id in cluster.ids if post_id in known]
        if not posts:
            missing += 1
            continue
        flagged[cluster.label].append(2 * sum(post.ring for post in posts) >= len(posts))
        weights[cluster.label] += [post.weight for post in posts]
    rings, organic, feeds = (flagged[label] for label in ClusterLabel)
    return RingFigures(
        name,
        len(rings),
        share(sum(rings), len(rings)),
        len(organic),
        share(sum(organic), len(organic)),
        len(feeds),
        share(sum(feeds), len(feeds)),
        _mean(weights[ClusterLabel.RING]),
        _mean(weights[ClusterLabel.ORGANIC]),
        missing,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
