"""The ledger for shells and other programs: plain lines, and a table of one row per decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from desk.report import plain, signed
from desk.tables import Cell, Table
from engine.clock import exchange_time, iso
from engine.model.ledger import HORIZONS, Group, Ledger, LedgerRow, Mark

_COLUMNS = (
    "at", "symbol", "side", "strategy", "outcome", "by", "reason", "rules", "quantity", "entry", "fees", "confidence",
    "change", "ticket", "signal",
)  # fmt: skip
_MARK_COLUMNS = ("price", "bps", "gain", "worth", "why")
_TOTAL_COLUMNS = ("measured", "right", "mean_bps", "known", "gain", "worth")


def ledger_lines(ledger: Ledger) -> list[str]:
    """Decisions, oldest first, then what they add up to."""
    lines = ["older decisions are left out"] if ledger.more else []
    lines += [row_line(row) for row in ledger.rows]
    if ledger.groups:
        lines += [
            "",
            "what they add up to: right of measured, mean move, and what the decisions made against their opposite",
        ]
        lines += [group_line(group) for group in ledger.groups]
    return lines


def row_line(row: LedgerRow) -> str:
    """One decision in words."""
    size = "unsized" if row.quantity is None else plain(row.quantity)
    rules = f" {' '.join(row.rules)}" if row.rules else ""
    reason = f" · {row.reason}" if row.reason else ""
    return (
        f"{exchange_time(row.at_ns)} {row.side.name:<4} {size} {row.symbol} at {price_word(row.entry)} "
        f"{row.kind.value} by {row.by}{rules}: {', '.join(mark_words(mark) for mark in row.marks)}{reason} "
        f"({row.ticket_id})"
    )


def mark_words(mark: Mark) -> str:
    """`5m +12.40 bps worth -$3.20`, or why it is not known."""
    if mark.move_bps is None:
        return f"{mark.horizon} unknown ({mark.why})"
    worth = f"money unknown ({mark.why})" if mark.worth is None else f"worth {signed(mark.worth)}"
    return f"{mark.horizon} {mark.move_bps:+} bps {worth}"


def group_line(group: Group) -> str:
    """One group in words."""
    parts = []
    for total in group.totals:
        mean = "unknown" if total.mean_bps is None else f"{total.mean_bps:+} bps"
        worth = "unknown" if total.worth is None else f"{signed(total.worth)} of {total.known}"
        parts.append(f"{total.horizon} {total.right}/{total.measured} {mean}, {worth}")
    return f"{group.by:<8} {group.name:<12} {group.decisions:>5}  " + " · ".join(parts)


def ledger_table(ledger: Ledger) -> Table:
    """One row per decision; per horizon its price, move in basis points, gain, worth, and why one is missing."""
    columns = (*_COLUMNS, *(f"{name}_{column}" for name in HORIZONS for column in _MARK_COLUMNS))
    return Table("ledger", columns, [_cells(row) for row in ledger.rows])


def groups_table(groups: Sequence[Group]) -> Table:
    """One row per sum; per horizon how many were measured and right, the mean move, and gain and worth of the known."""
    columns = ("by", "name", "decisions", *(f"{name}_{column}" for name in HORIZONS for column in _TOTAL_COLUMNS))
    rows = [
        (
            group.by,
            group.name,
            group.decisions,
            *(
                cell
                for name in HORIZONS
                for total in (group.total(name),)
                for cell in (total.measured, total.right, total.mean_bps, total.known, total.gain, total.worth)
            ),
        )
        for group in groups
    ]
    return Table("ledger-sums", columns, rows)


def price_word(value: Decimal | None) -> str:
    """A price, or that there was none."""
    if value is None:
        return "no known price"
    short = value.quantize(Decimal("0.0001")).normalize()
    return f"{short:,f}"


def _cells(row: LedgerRow) -> tuple[Cell, ...]:
    marks = [cell for mark in row.marks for cell in (mark.price, mark.move_bps, mark.gain, mark.worth, mark.why)]
    return (
        iso(row.at_ns), row.symbol, row.side.value, row.strategy, row.kind.value, row.by, row.reason,
        " ".join(row.rules), row.quantity, row.entry, row.fees, row.confidence, row.change, row.ticket_id,
        row.signal_id, *marks,
    )  # fmt: skip
