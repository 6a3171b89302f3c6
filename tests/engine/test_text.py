"""Foreign text: what is dropped, what stays, for any input."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.text import NAME_LIMIT, display_text, one_line, screen_name, some, text_key, unescape

ANY = st.text(st.characters(codec=None), max_size=200)
HOSTILE = st.lists(
    st.sampled_from(
        [
            *("\x1b]0;title\x07", "\x1b]52;c;aGk=\x1b\\", "\x1b[31m", "\x9b2J", "\x1bP1$r", "\x1b", "\x9c", "\x07"),
            *("[", "]", "a", "é", "❤", "👍", "\u202e", "\u0301", "\u20dd", "\ufe0f", "\U0001f3fd", "\U000e0041"),
            *("\ud800", "\u200d", "\n", "\r\n", "[/]"),
        ]
    ),
    max_size=40,
).map("".join)
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(ANY | HOSTILE, st.integers(0, 300))
@example("\x1b\x1b[31m]0;x\x07", 100)
@example("e\u0301\u0301\u200d\u0301\u0301", 100)
def test_nothing_forbidden_survives(raw: str, limit: int) -> None:
    text = display_text(raw, limit)
    assert len(text) <= limit
    assert not {unicodedata.category(character) for character in text} & FORBIDDEN
    assert not any(ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF for character in text)
    assert not any(0xFE00 <= ord(c) <= 0xFE0F or 0x1F3FB <= ord(c) <= 0x1F3FF for c in text)
    assert not any(c.isspace() and c != " " for c in text)
    run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        assert run <= 2
    text.encode("utf-8")


@given(ANY | HOSTILE, st.integers(0, 300))
def test_cleaning_twice_changes_nothing(raw: str, limit: int) -> None:
    once = display_text(raw, limit)
    assert display_text(once, limit) == once


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_is_untouched(raw: str) -> None:
    assert display_text(raw) == raw


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b]0;owned\x07buy", "buy"),
        ("\x1b]52;c;cm0gLXJm\x1b\\buy", "buy"),
        ("\x9d0;owned\x9cbuy", "buy"),
        ("\x1bP+q544e\x1b\\buy", "buy"),
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\x9b2Jgone", "gone"),
        ("\x1b(0line\x1bc", "line"),
        ("\x1b]0;never ends: $TSLA down", "0;never ends: $TSLA down"),
        ("pay \u202e00.1\u202c now", "pay 00.1 now"),
        ("T\u200bS\u200dL\ufeffA", "TSLA"),
        ("I ❤\ufe0f it 👍\U0001f3fd", "I ❤ it 👍"),
        ("flag\U000e0067\U000e007f", "flag"),
        ("half \ud83d pair", "half  pair"),
        ("one\ntwo\tthree\r\nfour\u2028five\xa0six", "one two three four five six"),
        ("z\u0300\u0301\u0302\u0303algo", "z\u0300\u0301algo"),
        ("café Tiếng Việt ไม่ 日本 ภู", "café Tiếng Việt ไม่ 日本 ภู"),
        ("[@click=app.confirm('1')]x[/]", "[@click=app.confirm('1')]x[/]"),
        ("", ""),
    ],
)
def test_known_payloads(raw: str, shown: str) -> None:
    assert display_text(raw) == shown


def test_the_cap_holds_for_long_hostile_posts() -> None:
    assert len(display_text("\x1b]" * 12_000 + "é" * 12_000)) == 4096
    assert display_text("x" * 25_000) == "x" * 4096


def test_names_are_short_and_trimmed() -> None:
    assert one_line("  The \n\x1b[1m Desk   ") == "The Desk"
    assert len(one_line("n" * 500)) == NAME_LIMIT
    assert screen_name("@@made_up\u202e") == "made_up"


@given(ANY | HOSTILE)
def test_names_are_display_text_too(raw: str) -> None:
    name = one_line(raw)
    assert display_text(name) == name
    assert one_line(name) == name


def test_entities_are_resolved_once() -> None:
    assert unescape("S&amp;P &gt; 5,000 &amp;lt;") == "S&P > 5,000 &lt;"
    assert unescape("plain") == "plain"


def test_the_same_words_share_a_key() -> None:
    first = text_key("RT @ann: Buy $ABC $XYZ now! https://example.com/a?b=1")
    assert first == text_key("buy  NOW $QQQ @bob") == "buy now"
    assert text_key("target $450 now") == "target 450 now"
    assert text_key("$TSLA https://example.com") == ""
    assert text_key("sell now") != first


SAYINGS = st.lists(
    st.sampled_from(
        [
            *("RT", "rt", " ", "@", "$", "@ann", "$ABC", "$4", "$_a", "http://", "https://x.y/@z", "www.", "WWW.a.b"),
            *("word", "Ärger", "ſt", "苹果", "_", "-", ".", "'", "9", "é", "e\u0301", "İ", "\n", "h", "w", "http"),
        ]
    ),
    max_size=20,
).map("".join)


@given(ANY | SAYINGS)
def test_a_key_is_the_words_that_are_left(text: str) -> None:
    left = re.sub(r"https?://\S*|www\.\S*|@\w*|\$[^\W\d]\w*", " ", text.casefold())
    words = re.sub(r"[\W_]+", " ", left).split()
    assert text_key(text) == " ".join(words[1:] if words[:1] == ["rt"] else words)


@given(ANY)
def test_a_key_has_no_case_and_no_stray_blanks(text: str) -> None:
    key = text_key(text)
    assert key == " ".join(key.split())
    assert "$" not in key and "@" not in key


@pytest.mark.parametrize(("count", "words"), [(0, ""), (1, "A"), (5, "A, B, C, D, E"), (6, "A, B, C, D, E …")])
def test_the_first_few_names_stand_for_all(count: int, words: str) -> None:
    assert some("ABCDEF"[:count]) == words
