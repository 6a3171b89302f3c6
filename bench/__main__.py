"""`make bench`: every bench in turn, a table of what was promised and measured, and all figures as JSON.

python -m bench [NAME …]; names are those of BENCHES, all when none is given, or of BY_NAME. Every figure of a run is
kept in bench/results/<instant>.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final

from bench import table

BENCHES: Final = ("stages", "guards", "journal", "engine", "memory", "latency", "start", "screen")
BY_NAME: Final = ("scorers", "identity", "transformer")
"""Run only when named: texts that are not in the repository, minutes, or packages of an extra and some GB of disk."""
KNOWN: Final = ", ".join((*BENCHES, *BY_NAME))
RESULTS: Final = Path(__file__).resolve().parent / "results"


def machine() -> dict[str, object]:
    """What it ran on."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg(),
    }


def measure(name: str) -> dict[str, float]:
    """One bench's figures."""
    run: Callable[[], Mapping[str, float]] = import_module(f"bench.{name}").run
    return dict(run())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the desk.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"out of {KNOWN}; without one all but {', '.join(BY_NAME)}"
    )
    parser.add_argument("--all", action="store_true", help="print every figure, not only those with a target")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - {*BENCHES, *BY_NAME})
    if unknown:
        parser.error(f"expected names out of {KNOWN}, found {', '.join(unknown)}")
    about = machine()
    found: dict[str, dict[str, float]] = {}
    for name in given.names or BENCHES:
        began = time.perf_counter()
        found[name] = measure(name)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    figures = table.derived(found)
    if given.all:
        for bench, values in figures.items():
            for name, value in values.items():
                print(f"{bench + '.' + name:<48} {value:>14,.2f}")
        print()
    print("\n".join(table.lines(found)))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps({"machine": about, "figures": figures}, indent=2) + "\n", encoding="utf-8")
    print(f"\nevery figure: {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


if __name__ == "__main__":
    main()
