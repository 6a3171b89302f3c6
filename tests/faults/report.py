"""`python -m tests.faults.report FOLDER …`: the fault matrix as a page, from the ledgers in these folders.

Only what ran appears. Rows of several ledgers are added up; a test that failed in one and held in a later one, asked
again by itself, counts as held and is named.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.ledger import Ledger, Row

HEAD = """# Fault matrix

Written from what the tests in `tests/faults` found (`make faults`): real engine processes against a pretend X and a
pretend Alpaca on loopback, broken on purpose. A row is a fault that was injected; what has no test is not here. "Worst
recovery" is the longest time from the fault, or from the start after a kill, until what must hold was seen to hold, on
a machine whose two cores had other work meanwhile. What a stalled or vanished terminal does to an engine (nothing) is
in `tests/terminal`.
"""

TABLE = ("| fault | times | worst recovery | result |", "| --- | --: | --: | --- |")


def read(folders: Sequence[Path]) -> Ledger:
    """The ledgers as one. Each folder that holds any is a run."""
    ledger = Ledger(runs=sum(any(folder.glob("*.json")) for folder in folders))
    for path in (path for folder in folders for path in sorted(folder.glob("*.json"))):
        for row in json.loads(path.read_text(encoding="utf-8"))["rows"]:
            ledger.add(Row(**row))
    return ledger


def summary(rows: Sequence[Row]) -> str:
    """The sums of the whole run."""
    kills = [row for row in rows if row.fault.startswith("kill −9")]
    killed = sum(row.times for row in kills)
    wire = sum(wired(rows).values())
    others = sum(row.times for row in rows) - killed
    orders = sum(row.orders for row in rows)
    worst = max((row.worst_s for row in kills), default=0.0)
    broken = [row for row in rows if not row.held]
    lines = [
        f"- {killed} kills with SIGKILL, the slowest recovered from in {worst:.1f} s",
        f"- {killed + wire + others:,} faults in all: the kills, {wire:,} on the wire meanwhile, {others:,} others",
        f"- {orders:,} orders at the venue",
        f"- {len(rows) - len(broken)} of {len(rows)} rows hold",
    ]
    again = sorted({test.rpartition("::")[2] for row in rows for test in row.again})
    if again:
        lines.append(f"- failed once, asked again by themselves and held: {', '.join(again)}")
    if not broken:
        lines.insert(3, "- 0 orders without an intent, 0 doubled executions, 0 unexplained positions")
    return "\n".join(lines)


def wired(rows: Sequence[Row]) -> Counter[str]:
    """Faults put on the wire while engines were killed, by kind."""
    return sum((Counter(row.injected) for row in rows), Counter())


def page(ledger: Ledger) -> str:
    """The page, Markdown."""
    runs = [f"- put together from {ledger.runs} runs, one after the other or side by side"] if ledger.runs > 1 else []
    parts = [HEAD, summary(ledger.rows), *runs, ""]
    for where in dict.fromkeys(row.where for row in ledger.rows):
        rows = [row for row in ledger.rows if row.where == where]
        parts += [f"## {where}", ""]
        for must in dict.fromkeys(row.must for row in rows):
            parts += [f"Must hold: {must}.", "", *TABLE]
            parts += [_line(row) for row in rows if row.must == must]
            parts += [""]
    parts += ["## On the wire while engines were killed", "", "| fault | times |", "| --- | --: |"]
    parts += [f"| {kind} | {times:,} |" for kind, times in sorted(wired(ledger.rows).items())]
    return "\n".join([*parts, ""])


def _line(row: Row) -> str:
    return f"| {row.fault} | {row.times} | {row.worst_s:.1f} s | {'held' if row.held else 'BROKEN'} |"


if __name__ == "__main__":
    sys.stdout.write(page(read([Path(name) for name in sys.argv[1:]])))
