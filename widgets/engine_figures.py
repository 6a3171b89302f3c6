"""How fast the engine is and how far behind: latencies, lags, rates, counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from engine.model.feeds import StageLatency
from engine.model.frames import Status
from widgets import figures
from widgets.flow import figure, flow
from widgets.line import Line
from widgets.scroll_block import ScrollBlock

_LABEL = 17
"""Cells before a figure: a blank, and its name."""


class EngineFigures(ScrollBlock):
    """The figures of the newest status."""

    TITLE: ClassVar[str] = "ENGINE"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._status: Status | None = None
        self._stages: tuple[StageLatency, ...] = ()

    def show(self, status: Status | None) -> None:
        """Take a status; None while none has come."""
        self._status = status
        self.repaint()

    def show_stages(self, stages: tuple[StageLatency, ...]) -> None:
        """Take how long each stage takes."""
        if stages != self._stages:
            self._stages = stages
            self.repaint()

    def lines(self, width: int) -> list[Line]:
        colors, status = self.inks, self._status
        lines = [self.title(self.TITLE)]
        if status is None:
            return [*lines, Line().add(" No engine has answered yet.", colors.muted)]
        told: tuple[tuple[str, list[str]], ...] = (
            ("posts", [f"{figures.count(status.posts)} taken in, {status.posts_per_s:.1f}/s"]),
            (
                "not counted",
                [f"{figures.count(status.duplicates)} duplicates, {figures.count(status.dropped)} dropped"],
            ),
            ("not scored", _reasons(status.not_scored)),
            ("post to signal", [f"p50 {status.latency_p50_ms:.2f} ms, p99 {status.latency_p99_ms:.2f} ms"]),
            ("stages p50/p99", _stages(self._stages)),
            ("loop", [f"largest delay in the last second {status.lag_ms:.1f} ms"]),
            ("journal", [f"record {status.journal_seq:,}, {status.journal_lag_ms:.1f} ms behind"]),
            ("venue", [f"{status.broker}, {'reconciled' if status.reconciled else 'NOT RECONCILED: no new risk'}"]),
        )
        for name, texts in told:
            parts = [figure((text, colors.text)) for text in texts]
            lines += flow(name, parts, width, indent=_LABEL, style=colors.muted)
        return lines


def _stages(stages: tuple[StageLatency, ...]) -> list[str]:
    told = [f"{stage.stage} {stage.p50_ms:.2f}/{stage.p99_ms:.2f} ms" for stage in stages]
    return told or ["not asked yet"]


def _reasons(not_scored: Mapping[str, int]) -> list[str]:
    return [f"{figures.count(count)} {reason}" for reason, count in not_scored.items()] or ["none"]
