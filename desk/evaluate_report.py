"""The figures of `desk evaluate` as plain tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.evaluate import Compared, Comparison, Figure, RankIC, SetFigures

_HEAD = ("set", "texts", "accuracy", "macro-F1", "bull/bear", "surer half", "calls", "calibration error", "posts/s")


def figure_lines(rows: Sequence[SetFigures]) -> list[str]:
    """One line per set, in per cent with half of the 95 % interval; the reliability curve of the last row below."""
    cells = [
        (
            row.name,
            f"{row.texts:,}",
            _percent(row.accuracy),
            _percent(row.macro_f1),
            _percent(row.bull_bear),
            _percent(row.bull_bear_sure),
            f"{100 * row.coverage.value:.1f}",
            f"{row.calibration.error:.3f}",
            f"{row.posts_per_s:,.0f}" if row.posts_per_s else "–",
        )
        for row in rows
    ]
    curve = [
        f"- confidence {cell.confidence:.2f}: right {cell.right:.2f} in {cell.calls:,} calls"
        for cell in rows[-1].calibration.bins
    ]
    about = f"reliability of the calls ({rows[-1].name}):"
    if len(rows) > 1:
        about = (
            "reliability of the calls, every set weighing alike "
            f"(the sets' own errors average {rows[-1].calibration_by_set:.3f}):"
        )
    return [*table(_HEAD, cells), "", about, "", *curve]


def comparison_lines(pair: tuple[str, str], rows: Sequence[Comparison]) -> list[str]:
    """What the second scorer gains on the first, in points with the 95 % interval, and McNemar's exact p."""
    first, second = pair
    head = ("set", "texts", "accuracy", "p", "bull/bear", "p")
    cells = [(row.name, f"{row.accuracy.texts:,}", *_gain(row.accuracy), *_gain(row.bull_bear)) for row in rows]
    return [f"{second} less {first}, in points:", "", *table(head, cells)]


def rank_lines(found: Mapping[str, RankIC]) -> list[str]:
    """The rank correlation of signal and return, the same day's and the next day's."""
    head = ("pairing", "rank IC", "symbol-days", "by day", "t", "days", "hits")
    cells = [
        (
            name.replace("_", " "),
            f"{row.pooled:+.3f}",
            f"{row.symbol_days:,}",
            f"{row.daily:+.3f}",
            f"{row.t:+.1f}",
            f"{row.days:,}",
            f"{100 * row.hit:.1f} %",
        )
        for name, row in found.items()
    ]
    return [
        *table(head, cells),
        "",
        "same day: how well the scorer reads; nobody can trade it. next day: near 0 unless something sees the future.",
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows under a head, as Markdown whose columns stand under each other; all but the first are flush right."""
    widths = [max(2, *(len(line[column]) for line in (head, *rows))) for column in range(len(head))]
    rule = [("-" * width if not column else "-" * (width - 1) + ":") for column, width in enumerate(widths)]
    return [_line(head, widths), _line(rule, widths), *(_line(row, widths) for row in rows)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if not column else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "| " + " | ".join((first, *rest)) + " |"


def _percent(figure: Figure) -> str:
    return f"{100 * figure.value:.1f} ±{100 * figure.error:.1f}"


def _gain(row: Compared) -> tuple[str, str]:
    if not row.texts:
        return "–", "–"
    return f"{100 * row.difference:+.1f} ({100 * row.low:+.1f} … {100 * row.high:+.1f})", f"{row.p:.2g}"
