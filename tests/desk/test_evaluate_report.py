"""Figures as tables that read in a terminal and in Markdown."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.evaluate_report import rank_lines, table
from engine.evaluate import RankIC

cells = st.text(alphabet="abc019 .±%–", max_size=12)


@settings(max_examples=40)
@given(st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1)))
def test_columns_stand_under_each_other_and_every_cell_is_there(rows: list[list[str]]) -> None:
    head, *body = rows
    lines = table(head, body)
    assert len(lines) == len(rows) + 1 and len({len(line) for line in lines}) == 1
    bars = {tuple(at for at, sign in enumerate(line) if sign == "|") for line in lines}
    assert len(bars) == 1, "the rules between columns stand in one line"
    for line, row in zip([lines[0], *lines[2:]], rows, strict=True):
        assert [cell.strip() for cell in line[2:-2].split(" | ")] == [cell.strip() for cell in row]
    assert set(lines[1]) <= set("|-: ")
    assert lines[1].count(":") == len(head) - 1, "all but the first column are flush right"


def test_a_rank_correlation_is_told_with_its_sign_and_what_it_cannot_show() -> None:
    found = {"same_day": RankIC(0.12, 1200, 0.1, 2.5, 40, 0.55)}
    lines = rank_lines(found)
    assert lines[2] == "| same day |  +0.120 |       1,200 | +0.100 | +2.5 |   40 | 55.0 % |"
    assert lines[-1].endswith("near 0 unless something sees the future.")
