"""Foreign text, made safe to show, match and score. Every feed calls this once, at ingest.

A post is written by anybody. Untreated it can drive the terminal (ESC, OSC, CSI and C1 sequences), reverse a price on
screen (bidirectional overrides), tear a table (zero-width and variation characters, stacked marks) or fail to encode
(lone surrogates). `display_text` leaves one line of ordinary characters; the raw text stays in the journal.

The character ranges are written out instead of asked from `unicodedata`, so a text is cleaned alike by every Python.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from engine.model import DisplayText

TEXT_LIMIT: Final = 4096
"""Longest text that is shown or scored, in characters."""
NAME_LIMIT: Final = 64
"""Longest author or source name, in characters."""
MARKS: Final = 2
"""Most combining marks kept in a row (Vietnamese and Thai need two)."""

_SEQUENCE = re.compile(
    "(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*+(?:\x07|\x1b\\\\|\x9c)"  # OSC, DCS, SOS, PM, APC, whole
    "|(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+[@-~]"  # CSI
    "|\x1b[ -/]*+[0-~]"  # every other escape, and the introducer of an unfinished one
)
_SPACE = re.compile("\r\n|[\t-\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_DROP = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # invisible letters, fillers, selectors
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"  # signs that enclose what follows
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # zero-width, joiners, bidirectional controls
    "\ufff0-\ufffc\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # format controls
    "\ufe00-\ufe0f\U000e0000-\U000e0fff"  # variation selectors (VS15, VS16), tags
    "\U0001f3fb-\U0001f3ff"  # skin tones
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff"  # surrogates, private, non-characters
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 15))
    + "]+"
)
_HANDLE = re.compile("[0-9A-Za-z_]+")
"""Names and ids as nearly all are: nothing to clean."""
_FOREIGN = re.compile("[^ -~]+")
"""Runs of anything but printable ASCII. A mark and what it stands on never part: no mark is ASCII."""
_NO_WORDS = re.compile(r"https?://\S*|www\.\S*|@\w*|\$[^\W\d]\w*")
"""Links, mentions and cashtags (a price, `$450`, is a word)."""
_CASHTAGS = re.compile(r"\$[^\W\d]\w*")
_MENTIONS = re.compile(r"@\w*")
"""The same for a text without links, one by one: what begins with one character that is given is found by `memchr`."""
_WORD = re.compile(r"\w+")
_ASCII_WORDS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + b" " * 128
"""ASCII's letters and digits are themselves, all else is a space."""


def display_text(raw: str, limit: int = TEXT_LIMIT) -> DisplayText:
    """One line of at most `limit` ordinary characters.

    Dropped: ESC, OSC, CSI, DCS and C1 sequences whole; C0, DEL, C1; bidirectional controls; zero-width and other
    invisible characters; variation selectors; skin tones; tags; lone surrogates; private use; non-characters; every
    combining mark after the second in a row. Line breaks, tabs and the other blanks become a space each. An
    unterminated sequence loses only its introducer, so nobody can hide the rest of a text. Printable ASCII is
    returned as it is. Idempotent.
    """
    if raw.isascii() and raw.isprintable():
        return DisplayText(raw[:limit])
    text = raw if raw.isprintable() else _SEQUENCE.sub("", raw)
    return DisplayText(_FOREIGN.sub(_cleaned, text)[:limit])


def one_line(raw: str, limit: int = NAME_LIMIT) -> DisplayText:
    """A short label (author, source): cleaned, blanks collapsed and trimmed, at most `limit` characters."""
    if len(raw) <= limit and _HANDLE.fullmatch(raw):
        return DisplayText(raw)
    return DisplayText(" ".join(display_text(raw).split())[:limit].rstrip())


def screen_name(raw: str) -> DisplayText:
    """An author's handle without the leading @, cleaned."""
    return DisplayText(one_line(raw).lstrip("@ "))


def unescape(raw: str) -> str:
    """Text with its HTML entities resolved (`&amp;` → `&`). X sends post texts escaped once; this undoes it once.

    The result is still foreign: pass it to `display_text`.
    """
    return html.unescape(raw) if "&" in raw else raw


def some(names: Sequence[str], most: int = 5) -> str:
    """The first few of them, in words."""
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def text_key(text: str) -> str:
    """What two posts that say the same have in common: lower-case words, without links, mentions and cashtags.

    "RT @ann: Buy $ABC now! https://…" and "buy $XYZ NOW" share "buy now". Empty when nothing is left.
    """
    key = text.casefold()
    if "http" in key or "www." in key:
        key = _NO_WORDS.sub(" ", key)
    else:
        if "$" in key:
            key = _CASHTAGS.sub(" ", key)
        if "@" in key:
            key = _MENTIONS.sub(" ", key)
    if key.isascii():
        words = key.encode().translate(_ASCII_WORDS).split()
        return b" ".join(words[1:] if words and words[0] == b"rt" else words).decode()
    said = _WORD.findall(key.replace("_", " "))
    return " ".join(said[1:] if said and said[0] == "rt" else said)


def _cleaned(run: re.Match[str]) -> str:
    text = run.group()
    return _clean_short(text) if len(text) <= _SHORT else _clean(text)


def _clean(run: str) -> str:
    """A run without printable ASCII: blanks made spaces, what is not shown dropped, marks after the second dropped."""
    run = _DROP.sub("", _SPACE.sub(" ", run))
    if len(run) <= MARKS:
        return run
    kept = []
    marks = 0
    for character in run:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MARKS:
            kept.append(character)
    return "".join(kept)


_clean_short = lru_cache(maxsize=4096)(_clean)
"""Most runs are one emoji, quote or accented letter, and the same few come again and again."""
_SHORT = 8
