"""What posts cost, per UTC day, across restarts and crashes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import DAY, HOUR, SECOND, parse_iso
from engine.errors import DeskError
from engine.feeds import spend as spend_module
from engine.feeds.spend import IDS, LEASE, LEASE_LIMIT, SpendMeter, Spent

NOON = parse_iso("2026-11-20T12:00:00Z")


def meter(path: Path, cap: float = 20.0, now_ns: int = NOON) -> SpendMeter:
    made = SpendMeter(path, post_cost_usd=0.005, daily_cap_usd=cap)
    made.open(now_ns)
    return made


def read(spend: SpendMeter, ids: list[str], now_ns: int = NOON) -> int:
    if spend.needs_lease(now_ns, len(ids)):
        take(spend, now_ns, len(ids))
    return spend.count(ids, now_ns)


def take(spend: SpendMeter, now_ns: int, posts: int = 0) -> None:
    lease = spend.next_lease(now_ns, posts)
    spend.take(lease, spend.record(lease))


def test_a_post_is_paid_once_a_day(tmp_path: Path) -> None:
    spend = meter(tmp_path / "spend.json")
    assert read(spend, ["1", "2", "1"]) == 2
    assert read(spend, ["2", "3"]) == 1
    assert spend.posts(NOON) == 3 and spend.spent_usd(NOON) == 0.015
    assert spend.spent_usd(NOON + 12 * HOUR) == 0
    assert read(spend, ["1"], NOON + 12 * HOUR) == 1


def test_the_cap(tmp_path: Path) -> None:
    spend = meter(tmp_path / "spend.json", cap=0.05)
    assert spend.left(NOON) == 10
    read(spend, [str(n) for n in range(9)])
    assert not spend.capped(NOON) and spend.left(NOON) == 1
    read(spend, ["a", "b", "c"])
    assert spend.capped(NOON) and spend.left(NOON) == 0
    assert spend.resets_ns(NOON) == parse_iso("2026-11-21T00:00:00Z")
    assert not spend.capped(spend.resets_ns(NOON))


def test_a_cap_of_nothing_buys_nothing(tmp_path: Path) -> None:
    assert meter(tmp_path / "spend.json", cap=0.0).capped(NOON)


@given(st.lists(st.integers(0, 350), min_size=1, max_size=12), st.booleans())
def test_a_restart_forgets_nothing_and_a_crash_overstates_by_a_lease_at_most(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int], clean: bool
) -> None:
    path = tmp_path_factory.mktemp("spend") / "spend.json"
    spend = meter(path)
    bought = 0
    for number, size in enumerate(batches):
        bought += read(spend, [f"{number}-{n}" for n in range(size)])
    assert spend.posts(NOON) == bought
    if clean:
        spend.close(NOON)
    again = meter(path)
    if clean:
        assert again.posts(NOON) == bought
        assert again.count([f"{len(batches) - 1}-{n}" for n in range(batches[-1])], NOON) == 0
    else:
        assert bought <= again.posts(NOON) <= bought + LEASE_LIMIT


def test_leases_grow_while_they_do_not_last_a_second_and_shrink_again(tmp_path: Path) -> None:
    path = tmp_path / "spend.json"
    busy = meter(path)
    held = []
    for at_ns in (NOON, NOON, NOON, NOON, NOON + SECOND):
        bought = read(busy, [f"{len(held)}-{n}" for n in range(busy.posts(at_ns) + LEASE_LIMIT + 1)], at_ns)
        held.append(meter(path).posts(at_ns) - busy.posts(at_ns))
        assert bought > 0
    assert held == [LEASE, 4 * LEASE, 16 * LEASE, LEASE_LIMIT, LEASE]


def read_by_two(path: Path) -> None:
    """Two engines that run beside each other: 30 posts of one, 40 of the other."""
    paper, live = meter(path), meter(path)
    read(paper, [f"p{n}" for n in range(30)])
    read(live, [f"l{n}" for n in range(40)])
    paper.close(NOON)
    live.close(NOON)


def test_two_engines_add_up(tmp_path: Path) -> None:
    path = tmp_path / "spend.json"
    read_by_two(path)
    assert meter(path).posts(NOON) == 70


def test_what_either_engine_has_read_is_not_paid_again_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spend_module, "IDS", 50)
    path = tmp_path / "spend.json"
    read_by_two(path)
    held = json.loads(path.read_text())["ids"]
    assert held == [*(f"p{n}" for n in range(20, 30)), *(f"l{n}" for n in range(40))], "the newest, each once"
    again = meter(path)
    assert read(again, ["p29", "l0", "new"]) == 1
    again.close(NOON)
    held = json.loads(path.read_text())["ids"]
    assert len(held) == len(set(held)) == 50 and held[-1] == "new"


def test_the_file_is_private_replaced_whole_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "state" / "spend.json"
    spend = meter(path)
    read(spend, [str(n) for n in range(IDS + 500)])
    spend.close(NOON)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    held = json.loads(path.read_text())
    assert held["posts"] == IDS + 500 and len(held["ids"]) == IDS
    assert sorted(each.name for each in path.parent.iterdir()) == ["spend.json", "spend.json.lock"]


def test_an_earlier_day_counts_for_nothing_a_later_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "spend.json"
    spend = meter(path)
    read(spend, ["1"])
    spend.close(NOON)
    assert meter(path, now_ns=NOON + DAY).posts(NOON + DAY) == 0
    path.write_text(json.dumps({"day": "2026-11-21", "posts": 7, "ids": []}))
    assert meter(path).posts(NOON) == 7, "a clock set back does not make posts free"


@pytest.mark.parametrize("price", [0.0, 0.005])
def test_a_cap_of_nothing_buys_nothing_whatever_the_price(tmp_path: Path, price: float) -> None:
    made = SpendMeter(tmp_path / "spend.json", post_cost_usd=price, daily_cap_usd=0.0)
    assert made.left(NOON) == 0 and made.capped(NOON)
    made.daily_cap_usd = 0.01
    assert made.left(NOON) > 0 and not made.capped(NOON)


def test_a_price_next_to_nothing_allows_what_no_day_has(tmp_path: Path) -> None:
    made = SpendMeter(tmp_path / "spend.json", post_cost_usd=1e-320, daily_cap_usd=20.0)
    assert made.left(NOON) > 10**12 and not made.capped(NOON)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"day":"2026-11-20"}',
        '{"day":"2026-11-20","posts":"many","ids":[]}',
        '{"day":"2026-11-20","posts":-1000,"ids":[]}',
    ],
)
def test_a_file_that_cannot_be_read_is_not_zero(tmp_path: Path, content: str) -> None:
    path = tmp_path / "spend.json"
    path.write_text(content)
    with pytest.raises(DeskError, match=r"spend\.json.*cannot be read") as raised:
        meter(path)
    assert "delete the file" in raised.value.remedy


def test_a_directory_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeskError, match="expected a directory"):
        meter(tmp_path / "file" / "spend.json")


def test_a_day_that_turns_while_a_lease_is_written_begins_with_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is written on a thread; meanwhile the feed's light asks what is spent."""
    midnight = parse_iso("2026-11-21T00:00:00Z")
    spend = meter(tmp_path / "spend.json", cap=0.05)
    read(spend, [str(n) for n in range(10)])
    assert spend.capped(midnight - 1)
    write = spend._file.write

    def slow(content: Spent) -> None:
        write(content)
        assert spend.posts(midnight) == 0

    monkeypatch.setattr(spend._file, "write", slow)
    take(spend, midnight - 1, LEASE + 1)
    monkeypatch.undo()
    assert spend.posts(midnight) == 0 and not spend.capped(midnight)
    assert spend.needs_lease(midnight, 1)
    assert read(spend, ["a"], midnight) == 1 and spend.posts(midnight) == 1
