"""What a run of the fault matrix found: one row per test, rows of one fault added up on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass
class Row:
    """One test's word on one fault. `where` and `fault` name it; rows that share both are added up."""

    where: str = ""
    """`engine`, `order POST`, `updates`, `start`, `kill switch`."""
    fault: str = ""
    must: str = ""
    """What must hold."""
    times: int = 0
    worst_s: float = 0.0
    """Longest recovery."""
    orders: int = 0
    """Orders at the venue meanwhile."""
    injected: dict[str, int] = field(default_factory=dict)
    """Faults put on the wire meanwhile, by kind, besides the one the row is about."""
    held: bool = False
    test: str = ""
    """The test that wrote it."""

    def tried(self, recovery_s: float = 0.0) -> None:
        """It was done once more, and took this long to recover from."""
        self.times += 1
        self.worst_s = max(self.worst_s, recovery_s)


@dataclass
class Ledger:
    """Rows in the order in which they came."""

    rows: list[Row] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)
    """Attempts that failed, of tests that were asked again: nothing of them is counted."""
    runs: int = 1
    """Runs that they came from."""

    def add(self, row: Row) -> None:
        """Take in a row."""
        self.rows.append(row)

    def follow(self, rows: Iterable[Row]) -> None:
        """Take in a later run: a test that had failed and is there again counts with its new row alone."""
        for row in rows:
            failed = [known for known in self.rows if known.test == row.test and not known.held]
            self.rows = [known for known in self.rows if known not in failed]
            self.aside += failed
            self.rows.append(row)

    def faults(self) -> list[Row]:
        """One row per fault; it holds when every test of it holds."""
        found: dict[tuple[str, str], Row] = {}
        for row in self.rows:
            if row.fault:
                known = found.get((row.where, row.fault))
                found[row.where, row.fault] = row if known is None else _together(known, row)
        return list(found.values())

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"rows": [asdict(row) for row in self.rows]}


def _together(one: Row, other: Row) -> Row:
    return replace(
        one,
        times=one.times + other.times,
        worst_s=max(one.worst_s, other.worst_s),
        orders=one.orders + other.orders,
        injected=dict(Counter(one.injected) + Counter(other.injected)),
        held=one.held and other.held,
    )


def named(rows: Sequence[Row]) -> str:
    """The tests of these rows, each once."""
    return ", ".join(sorted({row.test.rpartition("::")[2] for row in rows}))
