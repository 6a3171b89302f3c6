from __future__ import annotations

import gc
import weakref

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets.whole_strip import WholeStrip

texts = st.lists(st.text(alphabet="ab注", min_size=1, max_size=9), min_size=1, max_size=5)


@given(texts, st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_it_is_divided_as_any_strip_is(words: list[str], cuts: list[int]) -> None:
    segments = [Segment(word, Style(bold=True)) for word in words]
    cells = Strip(segments).cell_length
    for asked in (sorted(cuts), [cells], [*sorted(set(cuts)), cells]):
        found = WholeStrip(segments, cells).divide(asked)
        assert [part.text for part in found] == [part.text for part in Strip(segments, cells).divide(asked)]


def test_one_that_is_no_longer_shown_is_gone_at_once() -> None:
    class Watched(WholeStrip):
        """Can be watched."""

    gc.disable()
    try:
        strip = Watched([Segment("words")], 5)
        assert list(strip.divide([5])) == [strip]
        seen = weakref.ref(strip)
        del strip
        assert seen() is None
    finally:
        gc.enable()
