"""`python -m tests.faults.report FOLDER …`: the fault matrix as a page, from the ledgers in these folders.

Only what ran appears. Each folder is a run, in their order: rows are added up, but a test that had failed and was asked
again counts with its last attempt alone. What was set aside is named.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.ledger import Ledger, Row, named

HEAD = """# Fault matrix

Written from what the tests in `tests/faults` found (`make faults`): real engine processes against a pretend X and a
pretend Alpaca on loopback, broken on purpose. A row is a fault that was injected; what has no test is not here. "Worst
recovery" is the longest time from the fault, or from the start after a kill, until what must hold was seen to hold, on
a machine whose two cores had other work meanwhile. What a stalled or vanished terminal does to an engine (nothing) is
in `tests/terminal`.
"""

TABLE = ("| fault | times | worst recovery | result |", "| --- | --: | --: | --- |")


def read(folders: Sequence[Path]) -> Ledger:
    """The ledgers as one. Each folder that holds any is a run, which comes after those before it."""
    ledger = Ledger(runs=sum(any(folder.glob("*.json")) for folder in folders))
    for folder in folders:
        paths = sorted(folder.glob("*.json"))
        ledger.follow(Row(**row) for path in paths for row in json.loads(path.read_text(encoding="utf-8"))["rows"])
    return ledger


def summary(ledger: Ledger) -> str:
    """The sums of the whole run."""
    rows = ledger.faults()
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
    if ledger.aside:
        lines.append(
            f"- set aside and counted nowhere here: {len(ledger.aside)} failed attempts of tests that were asked again "
            f"by themselves ({named(ledger.aside)})"
        )
    if not broken:
        lines.insert(3, "- 0 orders without an intent, 0 doubled executions, 0 unexplained positions")
    return "\n".join(lines)


def wired(rows: Sequence[Row]) -> Counter[str]:
    """Faults put on the wire while engines were killed, by kind."""
    return sum((Counter(row.injected) for row in rows), Counter())


def page(ledger: Ledger) -> str:
    """The page, Markdown."""
    runs = [f"- put together from {ledger.runs} runs, one after the other or side by side"] if ledger.runs > 1 else []
    faults = ledger.faults()
    parts = [HEAD, summary(ledger), *runs, ""]
    for where in dict.fromkeys(row.where for row in faults):
        rows = [row for row in faults if row.where == where]
        parts += [f"## {where}", ""]
        for must in dict.fromkeys(row.must for row in rows):
            parts += [f"Must hold: {must}.", "", *TABLE]
            parts += [_line(row) for row in rows if row.must == must]
            parts += [""]
    parts += ["## On the wire while engines were killed", "", "| fault | times |", "| --- | --: |"]
    parts += [f"| {kind} | {times:,} |" for kind, times in sorted(wired(faults).items())]
    return "\n".join([*parts, ""])


def _line(row: Row) -> str:
    return f"| {row.fault} | {row.times} | {row.worst_s:.1f} s | {'held' if row.held else 'BROKEN'} |"


if __name__ == "__main__":
    sys.stdout.write(page(read([Path(name) for name in sys.argv[1:]])))
