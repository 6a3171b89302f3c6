"""The file of a day that engines share."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from engine import day_file
from engine.clock import DAY, SECOND
from engine.day_file import DayFile, day_of
from engine.errors import DeskError

NOON = 1_795_000_000 * SECOND


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    day: str
    number: int


def counter(path: Path) -> DayFile[Count]:
    return DayFile(
        path, lambda day: Count(day, 0), what="a count", look_up="count again", unwritten="nothing is counted"
    )


def test_nothing_then_what_was_written_then_nothing_the_day_after(tmp_path: Path) -> None:
    file = counter(tmp_path / "count.json")
    assert file.read(NOON) == Count(day_of(NOON), 0)
    file.write(Count(day_of(NOON), 7))
    assert file.read(NOON).number == 7
    assert file.read(NOON + DAY) == Count(day_of(NOON + DAY), 0)
    assert file.read(NOON - DAY).number == 7, "a clock set back does not forget"


def test_steps_of_many_at_once_all_count(tmp_path: Path) -> None:
    path = tmp_path / "count.json"

    def count() -> None:
        file = counter(path)
        for _ in range(20):
            with file.locked():
                found = file.read(NOON)
                file.write(Count(found.day, found.number + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter(path).read(NOON).number == 80


def test_a_lock_that_another_never_lets_go_of_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that waited for it could neither go on nor be stopped."""
    monkeypatch.setattr(day_file, "LOCKS", 3)
    path = tmp_path / "count.json"
    with (
        counter(path).locked(),
        pytest.raises(DeskError, match="its lock held for more than") as raised,
        counter(path).locked(),
    ):
        raise AssertionError("two hold the lock")
    assert raised.value.where == f"{path}.lock" and "fuser" in raised.value.remedy
    with counter(path).locked():
        assert counter(path).read(NOON).number == 0


def test_what_cannot_be_written_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "count.json").mkdir()
    with pytest.raises(DeskError, match="expected to record a count") as raised:
        counter(tmp_path / "count.json").write(Count(day_of(NOON), 1))
    assert "nothing is counted" in raised.value.remedy
    assert [each.name for each in tmp_path.iterdir()] == ["count.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"day":1,"number":1}',
        b'{"day":"2026-11-20","number":1,"more":1}',
        b'{"day":"\xff","number":1}',
        b'{"more":' + b"[" * 100_000,
    ],
    ids=len,
)
def test_what_cannot_be_read_is_not_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "count.json"
    path.write_bytes(content)
    with pytest.raises(DeskError, match="cannot be read") as raised:
        counter(path).read(NOON)
    assert "count again, then delete the file" in raised.value.remedy


def test_a_day_that_has_not_come_is_no_day_to_count_on(tmp_path: Path) -> None:
    file = counter(tmp_path / "count.json")
    file.write(Count(day_of(NOON + 2 * DAY), 7))
    with pytest.raises(DeskError, match="a day that has not come") as raised:
        file.read(NOON)
    assert "clock" in raised.value.remedy and "delete the file" in raised.value.remedy
    assert file.read(NOON + DAY).number == 7
