from tests.widgets.harness import COLORS, text
from widgets.title import titled


def test_the_focus_is_seen_without_colour_and_a_foreign_title_is_harmless() -> None:
    assert text(titled("POSTS", COLORS, focused=True)) == "▌POSTS"
    assert text(titled("POSTS", COLORS, focused=False)) == " POSTS"
    assert "\x1b" not in text(titled("AUTHOR @\x1b[2Jme", COLORS, focused=False))
