"""`make audit`: what we depend on is pinned by hash, and no pin has a known vulnerability.

The pins are always checked: every line of every lock names one version and at least one SHA-256. Vulnerabilities are
asked of OSV (api.osv.dev, the database behind PyPI's own advisories), once, with a short limit; when it cannot be
reached that is said, and is no failure. No package is needed for it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
OSV = "https://api.osv.dev/v1/querybatch"
LIMIT_S = 5.0
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?:\s|$)")


class Pin(NamedTuple):
    """One line of a lock."""

    name: str
    version: str
    where: str
    hashes: int


class Unreachable(Exception):
    """The database could not be asked."""


def requirements(text: str) -> Iterator[tuple[int, str]]:
    """Line number and text of each requirement, its continued lines joined."""
    whole, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not whole:
            if not bare or bare.startswith("#"):
                continue
            first = number
        whole += bare.removesuffix("\\") + " "
        if not bare.endswith("\\"):
            yield first, whole.strip()
            whole = ""
    if whole:
        yield first, whole.strip()


def read_lock(path: Path) -> tuple[list[Pin], list[str]]:
    """The pins of a lock, and what is wrong with its lines."""
    pins, problems = [], []
    for number, line in requirements(path.read_text(encoding="utf-8")):
        where = f"{path.name}:{number}"
        found = _PIN.match(line)
        if found is None:
            problems.append(f"{where}: expected name==version, found {line[:60]!r}")
            continue
        pin = Pin(found[1].lower(), found[2], where, len(_HASH.findall(line)))
        pins.append(pin)
        if not pin.hashes:
            problems.append(f"{where}: expected a SHA-256 of {pin.name} {pin.version}, found none")
    return pins, problems


def advisories(pins: Sequence[Pin], address: str, limit_s: float) -> dict[Pin, tuple[str, ...]]:
    """Known vulnerabilities by pin. Raises Unreachable when the database does not answer as it should."""
    queries = [{"package": {"name": pin.name, "ecosystem": "PyPI"}, "version": pin.version} for pin in pins]
    request = urllib.request.Request(
        address, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=limit_s) as answer:
            results = json.load(answer)["results"]
        found = {
            pin: tuple(each["id"] for each in result.get("vulns") or ())
            for pin, result in zip(pins, results, strict=True)
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error
    return {pin: ids for pin, ids in found.items() if ids}


def main(argv: Sequence[str]) -> int:
    """0 when all is well or the database is out of reach, 1 for a pin without a hash or with a vulnerability."""
    parser = argparse.ArgumentParser(description="Check the locks, and ask for known vulnerabilities.")
    parser.add_argument("--tell", action="store_true", help="tell of vulnerabilities without failing for them")
    parser.add_argument("--database", default=OSV, metavar="URL")
    parser.add_argument("--limit-s", type=float, default=LIMIT_S)
    parser.add_argument("locks", nargs="*", type=Path)
    given = parser.parse_args(argv)
    locks = given.locks or sorted((ROOT / "requirements").glob("*.lock"))
    pins: dict[tuple[str, str], Pin] = {}
    problems = [] if locks else ["requirements: expected at least one lock, found none"]
    for lock in locks:
        found, wrong = read_lock(lock)
        problems += wrong
        pins |= {(pin.name, pin.version): pin for pin in found}
    for problem in problems:
        print(problem)
    names = ", ".join(lock.name for lock in locks)
    print(f"audit: {len(pins)} pins in {names}: " + (f"{len(problems)} problems" if problems else "all have hashes"))
    failed = bool(problems)
    try:
        known = advisories(list(pins.values()), given.database, given.limit_s)
    except Unreachable as error:
        print(
            f"audit: vulnerabilities not looked up, the database was not reached ({error}); only the pins were checked"
        )
        return int(failed)
    for pin, ids in known.items():
        print(f"{pin.where}: {pin.name} {pin.version}: {', '.join(ids)} (https://osv.dev/vulnerability/{ids[0]})")
    print(f"audit: {len(known)} of {len(pins)} pins have known vulnerabilities ({given.database})")
    return int(failed or (bool(known) and not given.tell))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
