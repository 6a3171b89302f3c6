"""How often calls made with a confidence turn out right: a rising curve through a handful of knots.

Fitted by isotonic regression (pool adjacent violators; Zadrozny, B. & Elkan, C. 2002, "Transforming classifier scores
into accurate multiclass probability estimates", KDD) over bins of equal weight. The knots of our own scorers are data:
`calibration.tsv`, made by tools/calibrate.py; what they were fitted on stands in docs/sentiment.md.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from itertools import pairwise
from typing import Final, NamedTuple

from engine.errors import DeskError

CURVES: Final = "calibration.tsv"
MOST_KNOTS: Final = 64
NEUTRAL: Final = 0.05
"""A score within ± this calls nothing (VADER's own limit, Hutto & Gilbert 2014)."""
BINS: Final = 12
"""Bins of equal weight that a curve is fitted through, unless told otherwise."""


class Call(NamedTuple):
    """One call: how sure it was before calibration, whether it was right, and what it counts."""

    raw: float
    right: bool
    weight: float = 1.0


class Curve:
    """Maps a raw confidence to the share of calls that were right at it; straight between knots, level beyond them."""

    __slots__ = ("_pieces", "_raws", "knots", "version")

    def __init__(self, knots: Sequence[tuple[float, float]]) -> None:
        """`knots` are (raw, share), both in [0, 1] and rising, the raw values strictly. Raises DeskError."""
        raws = [raw for raw, _ in knots]
        shares = [share for _, share in knots]
        rising = all(one < two for one, two in pairwise(raws)) and shares == sorted(shares)
        if not 1 <= len(knots) <= MOST_KNOTS or not rising or not all(0.0 <= part <= 1.0 for part in (*raws, *shares)):
            raise DeskError(
                f"expected 1 … {MOST_KNOTS} rising knots in [0, 1], found {list(knots)!r:.200}",
                where=CURVES,
                remedy="fit the curve again",
            )
        self.knots = tuple(knots)
        self.version = f"curve-{hashlib.sha256(repr(self.knots).encode()).hexdigest()[:12]}"
        self._raws = raws
        rises = [(two[1] - one[1]) / (two[0] - one[0]) for one, two in pairwise(knots)]
        self._pieces = [
            (0.0, shares[0], 0.0),
            *((*knot, rise) for knot, rise in zip(knots, [*rises, 0.0], strict=True)),
        ]

    def __call__(self, raw: float) -> float:
        """The share right, in [0, 1]."""
        from_raw, from_share, slope = self._pieces[bisect_right(self._raws, raw)]
        return from_share + slope * (raw - from_raw)

    def confidence(self, score: float, raw: float) -> float:
        """A score's confidence, six decimals. One that calls nothing is sure of nothing: it keeps the raw value."""
        if not -NEUTRAL <= score <= NEUTRAL:
            from_raw, from_share, slope = self._pieces[bisect_right(self._raws, raw)]
            raw = from_share + slope * (raw - from_raw)
        return int(raw * 1e6 + 0.5) / 1e6  # `round` takes several times as long


AS_IT_IS: Final = Curve(((0.0, 0.0), (1.0, 1.0)))
"""Where nothing is known of how often calls are right, a confidence is taken at its word."""


def fit(calls: Iterable[Call], bins: int = BINS) -> Curve:
    """The curve of these calls. Raises DeskError when there is none."""
    ordered = sorted(calls)
    if not ordered:
        raise DeskError("expected calls to calibrate on, found none", where="calibration", remedy="give labelled texts")
    step = sum(call.weight for call in ordered) / bins
    blocks: list[_Block] = []
    block = _Block(0.0, 0.0, 0.0)
    for call in ordered:
        block = block.with_(call)
        if block.weight >= step:
            blocks.append(block)
            block = _Block(0.0, 0.0, 0.0)
    if block.weight:
        blocks.append(block if not blocks else blocks.pop().joined(block))
    pooled: list[_Block] = []
    for block in blocks:
        while pooled and (pooled[-1].share >= block.share or pooled[-1].raw >= block.raw):
            block = pooled.pop().joined(block)
        pooled.append(block)
    knots = {round(block.raw, 4): round(block.share, 4) for block in pooled}
    return Curve(tuple(knots.items()))


def shipped_curves() -> Mapping[str, Curve]:
    """The curves of our own scorers, by name, and of ensembles of them, by names joined with `+`."""
    return parse_curves(files("engine.scoring").joinpath(CURVES).read_text(encoding="utf-8"))


def parse_curves(table: str) -> Mapping[str, Curve]:
    """The curves in a table: name, raw, share, tabs between. Raises DeskError naming the line."""
    knots: dict[str, list[tuple[float, float]]] = {}
    for number, line in enumerate(table.splitlines(), 1):
        if not line or line.startswith("//"):
            continue
        cells = line.split("\t")
        try:
            name, raw, share = cells[0], float(cells[1]), float(cells[2])
        except (ValueError, IndexError) as error:
            raise DeskError(
                f"expected a name and two numbers, found {line!r:.100}",
                where=f"{CURVES}:{number}",
                remedy="install the package again, or fit the curves again",
            ) from error
        knots.setdefault(name, []).append((raw, share))
    return {name: Curve(rows) for name, rows in knots.items()}


class _Block(NamedTuple):
    """Neighbouring calls, as sums by weight."""

    weight: float
    raws: float
    rights: float

    @property
    def raw(self) -> float:
        return self.raws / self.weight

    @property
    def share(self) -> float:
        return self.rights / self.weight

    def with_(self, call: Call) -> _Block:
        weight = call.weight
        return _Block(self.weight + weight, self.raws + weight * call.raw, self.rights + weight * call.right)

    def joined(self, other: _Block) -> _Block:
        return _Block(self.weight + other.weight, self.raws + other.raws, self.rights + other.rights)
