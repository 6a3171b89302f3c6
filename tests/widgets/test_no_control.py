import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.color import Color

from tests.hostile.poison import driving
from widgets.no_control import REPLACEMENT, NoControl, visible

BLACK = Color(0, 0, 0)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_passes_untouched(value: str) -> None:
    assert visible(value) == value


@given(st.sampled_from("\x00\x07\x1b\x7f\x85\x9b\u200b\u202e\u2066\ufeff\ud800"), st.text(max_size=20))
def test_what_drives_a_terminal_is_replaced(bad: str, around: str) -> None:
    shown = visible(around + bad + around)
    assert bad not in shown
    assert REPLACEMENT in shown


def test_the_filter_cleans_text_and_passes_control_segments() -> None:
    control = Segment("\x1b[2J", None, [(1,)])  # type: ignore[list-item]
    segments = [Segment("a\x1b]52;c;aGk=\x07b"), control]
    filtered = NoControl().apply(segments, BLACK)
    assert filtered[0].text == f"a{REPLACEMENT}]52;c;aGk={REPLACEMENT}b"
    assert filtered[1] is control


def test_clean_segments_are_not_copied() -> None:
    segments = [Segment("plain"), Segment("text")]
    assert NoControl().apply(segments, BLACK) is segments


@given(
    st.text(
        st.characters(exclude_categories=("Mn", "Me")) | st.sampled_from("\u0301\u0302\u20e3\ufe0f\u034f"), max_size=60
    )
)
def test_nothing_is_left_that_drives_hides_or_piles_up(value: str) -> None:
    shown = visible(value)
    assert not list(driving(shown))
    assert visible(shown) == shown


def test_letters_of_every_script_keep_their_marks() -> None:
    for text in ("Việt", unicodedata.normalize("NFD", "Việt"), "क्षत्रिय", "กี่", "שָׁלוֹם", "注目株ニュース 🚀"):
        assert visible(text) == text
