"""What scorers cost: never over the cap, never under what was spent, shared by all who spend, new each day."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import DAY, SECOND
from engine.errors import DeskError
from engine.scoring.budget import FILE, Budget

NOW = 20_000 * DAY + 12 * 3600 * SECOND
dollars = st.integers(0, 3_000_000).map(lambda micro: micro / 1e6)


@given(st.lists(st.tuples(st.sampled_from(("llm", "comprehend")), dollars, st.none() | dollars), max_size=20))
def test_the_sum_is_exact_and_reservations_never_pass_the_cap(
    requests: list[tuple[str, float, float | None]],
) -> None:
    """None: the request got no readable answer, and keeps its reservation."""
    with TemporaryDirectory() as home:
        budgets = {name: Budget(Path(home), name, 2.0) for name in ("llm", "comprehend")}
        spent = {"llm": 0, "comprehend": 0}
        for name, most, came_to in requests:
            reserved = budgets[name].reserve(most, NOW)
            wanted = round(most * 1e6)
            assert (reserved is None) == (spent[name] + wanted > 2_000_000)
            if reserved is None:
                continue
            assert reserved.micro_usd == wanted
            spent[name] += wanted
            if came_to is not None:
                budgets[name].settle(reserved, came_to, NOW)
                spent[name] += round(came_to * 1e6) - wanted
        for name, budget in budgets.items():
            again = Budget(Path(home), name, 2.0)
            assert again.blocked(NOW) == "" or spent[name] >= 2_000_000
            assert again.spent_usd == spent[name] / 1e6
            assert budget.spent_usd == spent[name] / 1e6


def test_two_engines_share_one_cap(tmp_path: Path) -> None:
    ours, theirs = Budget(tmp_path, "llm", 1.0), Budget(tmp_path, "llm", 1.0)
    assert ours.reserve(0.6, NOW) and theirs.reserve(0.6, NOW) is None
    assert theirs.spent_usd == 0.6


def test_what_would_not_be_allowed_is_not_tried(tmp_path: Path) -> None:
    """The next request is taken to cost what the cheapest of the day might have."""
    budget = Budget(tmp_path, "llm", 1.0)
    reserved = budget.reserve(0.6, NOW)
    assert reserved is not None and reserved.micro_usd == 600_000
    assert budget.blocked(NOW) == "$0.60 of $1.00 spent today; it goes on at 00:00 UTC"
    budget.settle(reserved, 0.1, NOW)
    assert budget.blocked(NOW) == ""


def test_what_was_too_dear_once_does_not_keep_what_is_cheap_from_being_asked(tmp_path: Path) -> None:
    """A batch of the longest texts costs more than is left, or than the whole cap; the next ones are short."""
    budget = Budget(tmp_path, "llm", 0.01)
    assert budget.reserve(0.004, NOW) is not None
    assert budget.reserve(0.02, NOW) is None and budget.blocked(NOW) == ""
    assert budget.reserve(0.005, NOW) is not None and budget.blocked(NOW)
    assert budget.blocked(NOW + DAY) == "" and budget.reserve(0.02, NOW + DAY) is None
    assert budget.blocked(NOW + DAY), "nothing cheaper was wanted yet"
    assert budget.reserve(0.0003, NOW + DAY) is not None and budget.blocked(NOW + DAY) == ""


def test_a_day_begins_at_zero_and_owes_nothing_of_the_last(tmp_path: Path) -> None:
    budget = Budget(tmp_path, "llm", 1.0)
    late = budget.reserve(0.9, NOW)
    assert late is not None and budget.blocked(NOW)
    assert budget.blocked(NOW + DAY) == "" and budget.spent_usd == 0.0
    early = budget.reserve(0.2, NOW + DAY)
    assert early is not None
    budget.settle(late, 0.1, NOW + DAY)
    assert budget.spent_usd == pytest.approx(0.2), "what the last day gives back is not taken off this one"
    budget.settle(early, 0.15, NOW + DAY)
    assert budget.spent_usd == pytest.approx(0.15)


def test_a_cap_of_nothing_allows_nothing(tmp_path: Path) -> None:
    budget = Budget(tmp_path, "llm", 0.0)
    assert budget.reserve(0.0, NOW) is None and budget.blocked(NOW)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"day": 7, "micro_usd": {}}'])
def test_a_file_that_cannot_be_read_is_not_zero(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    budget = Budget(tmp_path, "llm", 1.0)
    with pytest.raises(DeskError, match="what scorers cost today"):
        budget.reserve(0.1, NOW)
    with pytest.raises(DeskError, match="what scorers cost today"):
        budget.blocked(NOW)
