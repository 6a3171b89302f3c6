"""How fast this machine is, and how a bench that runs by itself says what it found."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping

Figures = dict[str, float]


def empty_interpreter_ms() -> float:
    """CPU time of an interpreter that does nothing, the least of five, in milliseconds."""
    least = float("inf")
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least * 1000


def alone(
    description: str,
    run: Callable[[int], Figures],
    size: tuple[str, int],
    further: Callable[[Figures], Mapping[str, float]] = lambda found: {},
) -> None:
    """Run one bench from the command line: `size` is its option and the default. Prints a table, or JSON if asked.

    `further` are ratios told in a sentence under the table: how many times slower this machine is, by what.
    """
    parser = argparse.ArgumentParser(description=description)
    option, default = size
    parser.add_argument(f"--{option}", type=int, default=default, dest="size")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(given.size)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<36} {value:>14,.2f}")
    for name, times in further(found).items():
        print(f"this machine is {times:.1f}× slower than the one that the targets were set on, by {name}")
