"""Texts that try to drive the terminal, run an action, crash a renderer or tear a table."""

from __future__ import annotations

CORPUS: dict[str, str] = {
    "closing tag": "[/] [/b] [/foo]",
    "open tag": "[ [[ [b [/",
    "action": "[@click=app.quit]free money[/] [@click=screen.confirm]y[/]",
    "link": "[link=https://example.com]here[/link]",
    "style": "[bold red on white]SELL EVERYTHING[/]",
    "variable": "$text $primary [on $error]x",
    "escape": "\x1b[2J\x1b[H\x1bcgone",
    "title": "\x1b]0;owned\x07title",
    "clipboard": "\x1b]52;c;cm0gLXJm\x07paste",
    "hyperlink": "\x1b]8;;https://example.com\x1b\\x\x1b]8;;\x1b\\",
    "device control": "\x1bPq#0;2;0;0;0\x1b\\",
    "c1": "\x9b31mred\x9c \x85next \x90dcs",
    "null and bell": "a\x00b\x07c\x7fd",
    "newlines": "one\ntwo\r\nthree\x0b\x0cfour\u2028five",
    "tabs": "a\tb\t\tc",
    "right to left override": "\u202e00.02 ta ASLT LLES\u202c",
    "isolates": "\u2066\u2067abc\u2069 \u200fשלום",
    "zero width": "T\u200bS\u200cL\u200dA\u2060\ufeff",
    "zalgo": "Z" + "\u0301\u0302\u0303\u0304\u0305" * 40 + "algo",
    "emoji": "❤️ ✈️ 1️⃣ 👍🏽 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "devanagari": "क्षत्रिय नमस्ते",
    "surrogate": "lone \ud83d here",
    "ten thousand characters": "x" * 10_000,
    "ten thousand wide": "注" * 10_000,
    "empty": "",
    "only blanks": " \u3000\u00a0 ",
}
