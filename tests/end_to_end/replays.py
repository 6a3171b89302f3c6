"""Replays as processes, and journals compared record by record."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from engine.journal.reader import Reader
from tests.program import desk

LIMIT_S = 100.0


def replay(home: Path, path: str, journal: Path, *options: str) -> dict[str, object]:
    """Run `desk replay`; its report."""
    recording = [path] if path else []
    done = desk(home, "replay", *recording, "--journal", str(journal), "--json", *options, limit_s=LIMIT_S)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert isinstance(report, dict)
    with Reader(journal) as reader:
        found = reader.verify()
    assert (report["records"], report["chain"]) == (found.records, found.last_hash), found.what
    return report


def assert_same_chain(journal: Path, reference: Path) -> None:
    """Both journals verify and end in the same hash; otherwise the first record that differs is named."""
    with Reader(journal) as one, Reader(reference) as other:
        found, expected = one.verify(), other.verify()
        assert found.ok, found.what
        assert expected.ok, expected.what
        if (found.records, found.last_hash) == (expected.records, expected.last_hash):
            return
        for left, right in itertools.zip_longest(one.records(), other.records()):
            assert left is not None, f"ends before record {right.seq if right else '?'}: {right}"
            assert right is not None, f"goes on after the reference's end with {left}"
            assert left == right, f"record {left.seq} differs:\n{left}\n{right}"
    raise AssertionError(f"equal records, different hashes: {found.last_hash}, {expected.last_hash}")
