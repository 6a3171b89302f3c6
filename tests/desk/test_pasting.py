from __future__ import annotations

import pytest
from textual import events

from desk.pasting import PasteParser

START, END = "\x1b[200~", "\x1b[201~"
PASTED = {
    "plain": "y\rn\r",
    "escape": "\x1by",
    "title": "a\x1b]0;owned\x07yyyy",
    "arrow": "\x1b[Ay",
    "almost the end": "\x1b[201\x1b[20\x1b[2\x1b[\x1b",
    "a second beginning": f"{START}y",
    "escapes": "\x1b" * 80 + "y",
}


def parsed(parser: PasteParser, *chunks: str) -> list[events.Event]:
    found = [message for chunk in chunks for message in parser.feed(chunk)]
    return [message for message in found if isinstance(message, events.Event)]


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
@pytest.mark.parametrize("size", [1, 3, 4096])
def test_a_paste_is_only_text(text: str, size: int) -> None:
    whole = f"j{START}{text}{END}k{START}b{END}\x1b[A"
    chunks = [whole[at : at + size] for at in range(0, len(whole), size)]
    first, paste, second, other, up = parsed(PasteParser(), *chunks)
    for key, name in ((first, "j"), (second, "k"), (up, "up")):
        assert isinstance(key, events.Key)
        assert key.key == name
    assert isinstance(paste, events.Paste)
    assert paste.text == text.replace("\x1b", "\N{REPLACEMENT CHARACTER}")
    assert isinstance(other, events.Paste)
    assert other.text == "b"


def test_keys_and_the_focus_come_as_ever() -> None:
    found = parsed(PasteParser(), "\x1b[I", "\x1b[1;5A", "\x1b[", "B", "ä", "\x1b[<0;3;4M")
    keys = [event.key for event in found if isinstance(event, events.Key)]
    assert keys == ["ctrl+up", "down", "ä"]
    assert isinstance(found[0], events.AppFocus)
    assert isinstance(found[-1], events.MouseDown)


def test_the_end_of_the_input_ends_it() -> None:
    parser = PasteParser()
    assert parsed(parser, f"{START}y\x1b") == []
    list(parser.feed(""))
    assert parser.is_eof
