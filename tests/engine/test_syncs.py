"""Syncs are timed one after the other, and leave nothing behind."""

from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path

import pytest

from engine.syncs import COMMIT_BYTES, FILE_BYTES, syncs


def test_each_begins_after_the_one_before_has_ended(tmp_path: Path) -> None:
    around = FILE_BYTES // COMMIT_BYTES + 5
    taken = list(islice(syncs(tmp_path), around))
    assert len(taken) == around
    assert all(lasted > 0 for _, lasted in taken)
    assert all(began + lasted <= later for (began, lasted), (later, _) in pairwise(taken))
    assert not list(tmp_path.iterdir())


def test_a_place_that_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        next(syncs(tmp_path / "file"))
