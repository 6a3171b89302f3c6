"""What a run of the fault matrix found: one row per fault, rows of one fault added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Row:
    """One fault. `where` and `fault` name it; rows that share both are added up."""

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
    broken: list[str] = field(default_factory=list)
    """Tests of this row that failed and have not held since."""
    again: list[str] = field(default_factory=list)
    """Tests of this row that failed once, were asked again by themselves, and held."""

    def __post_init__(self) -> None:
        if not self.held and self.test and not self.broken:
            self.broken = [self.test]

    def tried(self, recovery_s: float = 0.0) -> None:
        """It was done once more, and took this long to recover from."""
        self.times += 1
        self.worst_s = max(self.worst_s, recovery_s)


@dataclass
class Ledger:
    """Rows in the order in which they came."""

    rows: list[Row] = field(default_factory=list)
    runs: int = 1
    """Runs that they came from."""

    def add(self, row: Row) -> None:
        """Take in a row."""
        for known in self.rows:
            if (known.where, known.fault) == (row.where, row.fault):
                known.times += row.times
                known.worst_s = max(known.worst_s, row.worst_s)
                known.orders += row.orders
                known.injected = dict(Counter(known.injected) + Counter(row.injected))
                if row.held and row.test in known.broken:
                    known.broken.remove(row.test)
                    known.again.append(row.test)
                known.broken += row.broken
                known.held = not known.broken
                return
        self.rows.append(row)

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"rows": [asdict(row) for row in self.rows]}
