"""`desk evaluate --rings`: the guards over the recordings that labelled clusters come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from desk.evaluate_report import table
from engine.errors import RecordingError
from engine.evaluate import Figure, RingFigures

if TYPE_CHECKING:
    from engine.config import Config
    from engine.evaluate import LabelledCluster, LastMark

_HEAD: Final = (
    "clusters",
    "rings",
    "flagged",
    "organic",
    "flagged",
    "feeds",
    "flagged",
    "ring weight",
    "organic weight",
)


def measure(config: Config, paths: tuple[Path, ...]) -> list[RingFigures]:
    """All clusters of the files, then each half. Raises RecordingError.

    A recording is looked for beside the file that names it, and one directory above. Every post of it goes through the
    guards in its order, as on the symbols that it was found by.
    """
    from engine.evaluate import read_clusters, ring_figures, set_files

    clusters: list[LabelledCluster] = []
    recordings: dict[str, Path] = {}
    for file in set_files(paths):
        found = read_clusters(file)
        clusters += found
        for name in dict.fromkeys(cluster.replay for cluster in found):
            recordings.setdefault(name, _recording(file, name))
    marks = {name: _marks(config, path) for name, path in recordings.items()}
    rows = [ring_figures("all", clusters, marks)]
    for half in ("even", "odd"):
        chosen = [cluster for cluster in clusters if cluster.half == half]
        rows.append(ring_figures(f"{half} half", chosen, marks))
    return rows


def ring_lines(rows: Sequence[RingFigures]) -> list[str]:
    """The figures as a table, in per cent with half of the 95 % interval."""
    cells = [
        (
            row.name,
            str(row.rings),
            _flagged(row.rings, row.rings_flagged),
            str(row.organic),
            _flagged(row.organic, row.organic_flagged),
            str(row.feeds),
            _flagged(row.feeds, row.feeds_flagged),
            f"{row.ring_weight:.2f}",
            f"{row.organic_weight:.2f}",
        )
        for row in rows
    ]
    missing = rows[0].missing
    return [
        *table(_HEAD, cells),
        *([f"{missing} clusters are left out: the recordings hold none of their posts"] if missing else []),
    ]


def _flagged(count: int, figure: Figure) -> str:
    return f"{100 * figure.value:.1f} ±{100 * figure.error:.1f}" if count else "–"


def _recording(file: Path, name: str) -> Path:
    places = (file.parent / name, file.parent.parent / name)
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise RecordingError(
            f"expected the recording {name!r} beside the clusters or one directory above, found none",
            where=str(file),
            remedy=f"put it at {places[0]}; docs/recordings.md describes the format",
        )
    return found


def _marks(config: Config, path: Path) -> dict[str, LastMark]:
    """What became of every post of a recording, after all verdicts."""
    from engine.evaluate import LastMark
    from engine.feeds.recording import Recording
    from engine.guards import RING, Guards
    from engine.model import Match, Post

    guards = Guards(config)
    found: dict[str, LastMark] = {}
    for event in Recording(path, ()).events():
        if not isinstance(event, Post) or event.id in found:
            continue
        named = dict.fromkeys(event.rules or event.cashtags)
        weighed = guards.check(event, tuple(Match(symbol, symbol, "cashtag") for symbol in named))
        ring = any(reason.startswith(RING) for reason in weighed.mark.reasons)
        found[event.id] = LastMark(weighed.mark.weight, ring)
        if (verdict := weighed.verdict) is not None:
            for post_id, weight in zip(verdict.posts, verdict.weights, strict=True):
                found[post_id] = LastMark(weight, verdict.ring)
    return found
