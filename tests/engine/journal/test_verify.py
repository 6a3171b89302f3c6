"""Whatever is done to a record, verifying finds it and names the record."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import JournalError
from engine.journal import Anchor, Reader, parallel, verify
from engine.journal.anchor import anchor_path, read_anchor, renew_anchor
from engine.journal.chain import GENESIS, chain
from engine.journal.indexes import GoOn
from engine.journal.walk import Flaw
from tests.engine.journal.conftest import Opened, Written, verified
from tests.engine.journal.made_up import made_up

COUNT = 30
SHARED = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def copy(written: Written, tmp_path: Path) -> Callable[[], Path]:
    """A fresh copy of one journal and its anchor."""
    original = written(COUNT)
    number = iter(range(10_000))

    def make() -> Path:
        target = tmp_path / f"{next(number)}.journal"
        shutil.copy(original, target)
        shutil.copy(anchor_path(original), anchor_path(target))
        return target

    return make


def run(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, values)


def test_a_whole_journal_verifies(written: Written) -> None:
    path = written(COUNT)
    steps: list[tuple[int, int]] = []
    with Reader(path) as reader:
        found = reader.verify(lambda done, total: steps.append((done, total)))
    assert (found.ok, found.chain_ok, found.records, found.first_bad_seq, found.what) == (True, True, COUNT, None, "")
    assert found.anchored_seq == COUNT
    assert steps == [(COUNT, COUNT)]


def test_an_empty_journal_verifies(written: Written) -> None:
    found = verified(written(0))
    assert (found.ok, found.records, found.last_hash, found.what) == (True, 0, GENESIS.hex(), "")


CHANGES = st.one_of(
    st.tuples(st.just("at_ns"), st.integers(-(2**63), 2**63 - 1) | st.none() | st.text(max_size=3) | st.floats()),
    st.tuples(st.sampled_from(["kind", "key", "body"]), st.text(max_size=30) | st.integers() | st.binary(max_size=9)),
    st.tuples(st.just("hash"), st.binary(min_size=32, max_size=32) | st.text(max_size=3) | st.integers(0, 9)),
)


@SHARED
@given(seq=st.integers(1, COUNT), change=CHANGES)
def test_any_altered_field_is_named(copy: Callable[[], Path], seq: int, change: tuple[str, object]) -> None:
    path = copy()
    column, value = change
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = str(value)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.text_factory = bytes
        query = f"SELECT {column} FROM records WHERE seq = ?"
        before = connection.execute(query, (seq,)).fetchone()[0]
        try:
            connection.execute(f"UPDATE records SET {column} = ? WHERE seq = ?", (value, seq))
        except sqlite3.IntegrityError:
            return
        after = connection.execute(query, (seq,)).fetchone()[0]
    found = verified(path)
    assert found.ok == (before == after and type(before) is type(after))
    if not found.ok:
        assert (found.first_bad_seq, found.records) == (seq, seq - 1)
        assert f"record {seq} was altered" in found.what


@SHARED
@given(seq=st.integers(1, COUNT), at=st.integers(0, 10**6), mask=st.integers(1, 255))
def test_any_flipped_bit_of_a_body_is_named(copy: Callable[[], Path], seq: int, at: int, mask: int) -> None:
    path = copy()
    with closing(sqlite3.connect(path)) as connection, connection:
        body = bytearray(
            connection.execute("SELECT CAST(body AS BLOB) FROM records WHERE seq = ?", (seq,)).fetchone()[0]
        )
        body[at % len(body)] ^= mask
        connection.execute("UPDATE records SET body = CAST(? AS TEXT) WHERE seq = ?", (bytes(body), seq))
    assert verified(path).first_bad_seq == seq


@SHARED
@given(first=st.integers(1, COUNT), count=st.integers(1, COUNT))
def test_removed_records_are_named(copy: Callable[[], Path], first: int, count: int) -> None:
    path = copy()
    last = min(COUNT, first + count - 1)
    run(path, "DELETE FROM records WHERE seq BETWEEN ? AND ?", first, last)
    found = verified(path)
    assert (found.ok, found.first_bad_seq, found.records) == (False, first, first - 1)
    words = f"record {first} was" if first == last else f"records {first} to {last} were"
    assert found.what.startswith(f"{words} {'cut off' if last == COUNT else 'removed'}")
    assert found.chain_ok == (last == COUNT)


@SHARED
@given(st.lists(st.integers(1, COUNT), min_size=2, max_size=2, unique=True))
def test_swapped_records_are_named(copy: Callable[[], Path], pair: list[int]) -> None:
    path = copy()
    first, second = sorted(pair)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE records SET seq = -1 WHERE seq = ?", (first,))
        connection.execute("UPDATE records SET seq = ? WHERE seq = ?", (first, second))
        connection.execute("UPDATE records SET seq = ? WHERE seq = -1", (second,))
    found = verified(path)
    assert (found.ok, found.first_bad_seq) == (False, first)
    assert "does not follow from the record before" in found.what


@SHARED
@given(st.integers(1, COUNT))
def test_an_inserted_record_is_named(copy: Callable[[], Path], at: int) -> None:
    path = copy()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE records SET seq = -seq - 1 WHERE seq >= ?", (at,))
        connection.execute("UPDATE records SET seq = -seq WHERE seq < 0")
        connection.execute("INSERT INTO records SELECT ?, 1, 'reading', 'k', '{}', hash FROM records LIMIT 1", (at,))
    found = verified(path)
    assert (found.ok, found.first_bad_seq) == (False, at)


def rechain(path: Path, from_seq: int) -> None:
    """What a forger does: recompute every hash from a record on."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.text_factory = bytes
        previous = GENESIS
        for seq, *fields, stored in connection.execute("SELECT * FROM records ORDER BY seq").fetchall():
            previous = chain(previous, seq, *fields) if seq >= from_seq else stored
            connection.execute("UPDATE records SET hash = ? WHERE seq = ?", (previous, seq))


def test_a_forged_chain_does_not_match_the_anchor(written: Written) -> None:
    path = written(COUNT)
    run(path, "UPDATE records SET at_ns = 1 WHERE seq = 10")
    rechain(path, 10)
    found = verified(path)
    assert (found.ok, found.chain_ok, found.first_bad_seq) == (False, False, COUNT)
    assert "not the one that the anchor names" in found.what


def test_a_forged_anchor_does_not_match_what_was_noted_elsewhere(written: Written) -> None:
    path = written(COUNT)
    noted = Anchor.parse(f"{COUNT}:{verified(path).last_hash}")
    run(path, "UPDATE records SET at_ns = 1 WHERE seq = 10")
    rechain(path, 10)
    renew_anchor(path, Anchor(COUNT, bytes.fromhex(verified(path).last_hash)))
    assert verified(path).ok
    with Reader(path) as reader:
        found = reader.verify(expect=noted)
    assert (found.ok, found.chain_ok, found.first_bad_seq) == (False, False, COUNT)


def test_records_after_what_was_noted_elsewhere_are_no_flaw(written: Written, opened: Opened) -> None:
    path = written(COUNT)
    noted = Anchor.parse(f"{COUNT}:{verified(path).last_hash}")
    journal = opened()
    journal.append(*made_up(COUNT))
    journal.close()
    with Reader(path) as reader:
        found = reader.verify(expect=noted)
    assert (found.ok, found.chain_ok, found.records) == (True, True, COUNT + 1)


def test_what_was_noted_elsewhere_may_be_cut_off(written: Written) -> None:
    path = written(COUNT)
    noted = Anchor.parse(f"{COUNT + 5}:{'00' * 32}")
    with Reader(path) as reader:
        found = reader.verify(expect=noted)
    assert (found.ok, found.chain_ok, found.first_bad_seq) == (False, True, COUNT + 1)


def test_a_missing_anchor_is_said(written: Written, anchor: Path, opened: Opened) -> None:
    path = written(COUNT)
    anchor.unlink()
    found = verified(path)
    assert (found.ok, found.anchored_seq) == (True, None)
    assert "there is no anchor" in found.what
    with pytest.raises(JournalError, match="the anchor is missing"):
        opened()
    renew_anchor(path, Anchor(found.records, bytes.fromhex(found.last_hash)))
    opened()


@pytest.mark.parametrize("cut", [1, 7, COUNT])
def test_a_cut_tail_keeps_the_journal_closed(written: Written, opened: Opened, cut: int) -> None:
    path = written(COUNT)
    run(path, "DELETE FROM records WHERE seq > ?", COUNT - cut)
    with pytest.raises(JournalError, match="cut off at the end") as caught:
        opened()
    assert f"record {COUNT - cut + 1}" in caught.value.where
    found = verified(path)
    assert (found.ok, found.chain_ok, found.records) == (False, True, COUNT - cut)


@pytest.mark.parametrize(
    ("sql", "bad"),
    [
        ("UPDATE records SET body = replace(body, '0.5', '0.6') WHERE seq = 20", 20),
        ("DELETE FROM records WHERE seq = 25", 25),
        ("DELETE FROM records WHERE seq = 1", 1),
        ("UPDATE records SET hash = zeroblob(32) WHERE seq = 30", 30),
    ],
)
def test_a_damaged_tail_keeps_the_journal_closed(written: Written, opened: Opened, sql: str, bad: int) -> None:
    run(written(COUNT), sql)
    with pytest.raises(JournalError, match=f"record {bad} was") as caught:
        opened()
    assert f"record {bad}" in caught.value.where
    assert caught.value.remedy


def test_only_the_tail_is_checked_on_opening(written: Written, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.journal.opening.TAIL", 10)
    path = written(COUNT)
    run(path, "DELETE FROM records WHERE seq = 5")
    opened().close()
    assert verified(path).first_bad_seq == 5
    run(path, "DELETE FROM records WHERE seq = ?", COUNT - 10)
    with pytest.raises(JournalError, match=f"record {COUNT - 10} was removed"):
        opened()


def test_the_anchor_survives_a_half_written_line(written: Written, anchor: Path, opened: Opened) -> None:
    path = written(COUNT)
    whole = anchor.read_bytes()
    for torn in (whole[:128] + whole[128:200] + b"\0" * 56, b"x" * 128 + whole[128:], whole[:130]):
        anchor.write_bytes(torn)
        found = read_anchor(path)
        assert found is not None
        assert found.seq >= COUNT - 1 or found.seq == 0
        opened().close()
        assert read_anchor(path) == Anchor(COUNT, bytes.fromhex(verified(path).last_hash))


@given(st.integers(0, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_an_anchor_is_read_as_it_was_written(seq: int, digest: bytes) -> None:
    anchor = Anchor(seq, digest)
    assert len(anchor.line) == 128
    assert Anchor.parse(str(anchor)) == anchor


@pytest.mark.parametrize("text", ["", "1", "1:", "x:" + "0" * 64, "1:" + "0" * 63, "-1:" + "0" * 64, "1:" + "g" * 64])
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected SEQ:HASH"):
        Anchor.parse(text)


@pytest.mark.parametrize("number", [-5, 0])
def test_a_record_before_the_first_is_named(written: Written, opened: Opened, number: int) -> None:
    path = written(COUNT)
    run(path, "INSERT INTO records SELECT ?, at_ns, kind, key, body, hash FROM records WHERE seq = 1", number)
    found = verified(path)
    assert (found.ok, found.first_bad_seq) == (False, number)
    with pytest.raises(JournalError, match=f"record {number} was inserted"):
        opened()


@pytest.mark.timeout(30)
def test_a_forged_number_far_beyond_the_last_is_named_at_once(
    written: Written, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(COUNT)
    run(path, "INSERT INTO records SELECT ?, at_ns, kind, key, body, hash FROM records WHERE seq = 1", 2**63 - 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert verified(path).first_bad_seq == COUNT + 1
    with pytest.raises(JournalError, match="was removed"):
        opened()


def test_a_process_that_is_killed_meanwhile_changes_nothing(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(100)
    for name, value in (("PARALLEL", 50), ("PART", 30), ("WORKERS", 2), ("check_part", killed)):
        monkeypatch.setattr(parallel, name, value)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    found = verified(path)
    assert (found.ok, found.records) == (True, 100)
    run(path, "DELETE FROM records WHERE seq = 77")
    assert verified(path).first_bad_seq == 77


def killed(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_whoever_ends_it_waits_for_no_part(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C: parts of seconds were waited for, and whatever SQLite was looking up."""
    path = written(100)
    for name, value in (("PARALLEL", 50), ("PART", 30), ("WORKERS", 2), ("check_part", endless)):
        monkeypatch.setattr(parallel, name, value)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    asked = threading.Event()

    def look_up(connection: sqlite3.Connection, last: int, go_on: GoOn) -> None:
        assert go_on(50)
        asked.set()
        connection.execute("WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT max(n) FROM n")

    monkeypatch.setattr(verify, "_look_up", look_up)

    def ended(done: int, total: int) -> None:
        assert asked.wait(20)
        raise KeyboardInterrupt

    before = set(multiprocessing.active_children())
    with Reader(path) as reader, pytest.raises(KeyboardInterrupt):
        reader.verify(ended)
    assert set(multiprocessing.active_children()) <= before


def endless(path: Path, after: int, last: int) -> tuple[int, bytes, Flaw | None]:
    if after >= 60:
        threading.Event().wait()
    return last, b"", None


def test_several_processes_find_the_same(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(100)
    alone = verified(path)
    for name, value in (("PARALLEL", 50), ("PART", 30), ("WORKERS", 2)):
        monkeypatch.setattr(parallel, name, value)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    steps: list[tuple[int, int]] = []
    with Reader(path) as reader:
        assert reader.verify(lambda done, total: steps.append((done, total))) == alone
    assert steps == [(30, 100), (60, 100), (90, 100), (100, 100)]
    run(path, "DELETE FROM records WHERE seq IN (60, 95)")
    found = verified(path)
    assert (found.first_bad_seq, found.records) == (60, 59)


def test_the_processes_that_verify_inherit_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_ALPACA_SECRET_KEY", "made-up")
    with (
        parallel.plain_environment(),
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        assert pool.submit(os.getenv, "DESK_ALPACA_SECRET_KEY").result() is None
        assert pool.submit(os.getenv, "PATH").result() == os.environ["PATH"]
    assert os.environ["DESK_ALPACA_SECRET_KEY"] == "made-up"


@pytest.mark.parametrize("bad", [30, 31, 61, 100])
def test_parts_name_the_first_flaw(written: Written, bad: int) -> None:
    path = written(100)
    run(path, "UPDATE records SET at_ns = 5 WHERE seq IN (?, 100)", bad)
    parts = [parallel.check_part(path, start, min(start + 30, 100)) for start in range(0, 100, 30)]
    first = next(flaw for _, _, flaw in parts if flaw)
    assert first.seq == bad
