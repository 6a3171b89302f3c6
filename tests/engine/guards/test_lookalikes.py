"""Letters that look like Latin ones become those, and nothing else changes."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.guards.lookalikes import plain


@given(st.text())
def test_what_is_plain_stays_plain(text: str) -> None:
    once = plain(text)
    assert plain(once) == once and len(once) == len(text)


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_ascii_is_left_as_it_is(text: str) -> None:
    assert plain(text) == text


@given(st.text())
def test_each_letter_is_judged_by_itself(text: str) -> None:
    assert plain(text) == "".join(map(plain, text))


@pytest.mark.parametrize("letter", string.ascii_letters)
def test_every_letter_is_found_in_the_alphabets_of_mathematics(letter: str) -> None:
    """Unicode's own compatibility decomposition (NFKC) says which letter a mathematical one is."""
    signs = [chr(code) for code in (*range(0x1D400, 0x1D6A4), *range(0xFF01, 0xFF5F), *range(0x24B6, 0x24EA))]
    alike = [sign for sign in signs if unicodedata.normalize("NFKC", sign) == letter]
    assert len(alike) >= 10
    assert {plain(sign) for sign in alike} == {letter}


@pytest.mark.parametrize(
    ("swapped", "meant"),
    [
        ("ТЅLА", "TSLA"),
        ("ɓuy nоw", "buy now"),
        ("ʙᴜʏ ɴᴏᴡ, ɢᴀɪɴs ꜰᴏʀ ʟᴀᴛᴇ ᴊᴏɪɴᴇʀs", "buy now, gains for late joiners"),
        ("ᵇᵘʸ ⁿᵒʷ ₜₒₘₒᵣₙ ¹⁰₀", "buy now tomorn 100"),
        ("🅱🆄🆈 🄽🄾🅆 ⒜⒝⒞ ①②❸", "BUY NOW abc 123"),
        ("ꭺꮋꮇ ᎠᎡᏢ", "ahm DRP"),
        ("հսցе ցоօԁ", "huge good"),
        ("ɐuʎ ǝsɹoɥ øłđ ¢αяƒ", "auy esroh old carf"),
        ("ｇａｉｎｓ １００％", "gains 100%"),
        ("Ⓑⓤⓨ", "Buy"),
        ("gäíñs", "gains"),
        ("νοw", "vow"),
    ],
)
def test_known_tricks(swapped: str, meant: str) -> None:
    assert plain(swapped) == meant


@given(st.sampled_from("中文日本語العربيةहिन्दी🚀💎"))
def test_other_scripts_are_not_touched(sign: str) -> None:
    assert plain(sign) == sign
