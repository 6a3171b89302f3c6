from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.harness import COLORS, text
from widgets.line import Line
from widgets.pieces import Piece, laid

INK = COLORS.text
PIECES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(1, 12)), min_size=1, max_size=8)


@given(PIECES, st.integers(1, 60))
def test_pieces_are_whole_or_not_there_and_the_first_in_rank_always_is(
    sizes: list[tuple[int, int, int]], width: int
) -> None:
    words = [chr(ord("a") + place) * cells for place, (_, _, cells) in enumerate(sizes)]
    pieces = [Piece(rank, gap, Line().add(word, INK)) for (rank, gap, _), word in zip(sizes, words, strict=True)]
    line = laid(pieces, width, INK)
    shown = text(line)
    assert line.cells == len(shown)
    kept = [word for word in words if word in shown]
    assert shown.replace(" ", "") == "".join(kept)
    first = min(range(len(sizes)), key=lambda place: (sizes[place][0], place))
    assert words[first] in kept
    assert len(shown) <= width or kept == [words[first]]
    if sum(gap + cells for _, gap, cells in sizes) <= width:
        assert kept == words
