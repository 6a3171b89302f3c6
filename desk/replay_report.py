"""What a replay did, in numbers: printed at its end, or as JSON."""

from __future__ import annotations

from decimal import Decimal

from desk.report import money, plain, signed
from engine.kernel.kernel import Kernel
from engine.kernel.loop import ENDED
from engine.model import Value
from engine.text import one_line


class ReplayReport(Value, frozen=True, gc=False):
    """Counts and money of one replay."""

    posts: int
    duplicates: int
    scored: int
    not_scored: dict[str, int]
    """Posts taken in but not scored, by reason."""
    signals: int
    decisions: dict[str, int]
    blocked_by: dict[str, int]
    """Blocked signals by the first control that rejected."""
    fills: int
    open_positions: dict[str, str]
    equity: Decimal
    day_pnl: Decimal
    records: int
    """Journal records."""
    chain: str
    """Hash of the journal's last record, hex: equal for equal replays."""
    journal: str
    failed: str = ""
    """Why trading stopped for good, or why the recording was not played to its end; empty where neither was."""


def report_of(kernel: Kernel, reason: str) -> ReplayReport:
    """The report of a kernel that stops for this reason."""
    view, dealing, journal = kernel.view, kernel.dealing, kernel.journal
    skipped = sum(view.skipped.values())
    journal.flush()
    account = dealing.portfolio.account(0)
    return ReplayReport(
        posts=view.count,
        duplicates=view.duplicates,
        scored=view.count - skipped,
        not_scored=dict(sorted(view.skipped.items())),
        signals=sum(view.decided.values()),
        decisions={kind.value: count for kind, count in sorted(view.decided.items(), key=lambda item: item[0].value)},
        blocked_by=dict(sorted(view.blocked.items(), key=lambda item: -item[1])),
        fills=view.filled,
        open_positions={position.symbol: plain(position.quantity) for position in dealing.portfolio.positions()},
        equity=account.equity,
        day_pnl=account.day_pnl,
        records=journal.seq,
        chain=journal.durable.hash.hex(),
        journal=str(journal.path),
        failed=_failed(kernel.dealing.failed, reason),
    )


def _failed(halted: str, reason: str) -> str:
    if halted:
        return f"trading failed: {one_line(halted, 300)}"
    return "" if reason == ENDED else f"the recording was not played to its end: {one_line(reason, 300)}"


def report_lines(report: ReplayReport) -> list[str]:
    """The report for a person."""
    return [
        *([report.failed] if report.failed else []),
        f"posts {report.posts}, duplicates {report.duplicates}, scored {report.scored}"
        + "".join(f", {reason}: {count}" for reason, count in report.not_scored.items()),
        f"signals {report.signals}" + "".join(f", {kind} {count}" for kind, count in report.decisions.items()),
        *(f"  blocked by {control}: {count}" for control, count in report.blocked_by.items()),
        f"fills {report.fills}, equity {money(report.equity)}, day {signed(report.day_pnl)}"
        + "".join(f", {symbol} {quantity}" for symbol, quantity in report.open_positions.items()),
        f"journal {report.journal}: {report.records} records, chain {report.chain[:16]}",
    ]
