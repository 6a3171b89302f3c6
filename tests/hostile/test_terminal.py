"""Every byte that a desk full of hostile text writes to a real terminal: no other commands than of a harmless one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.desk.tour import DIALOGS, VIEWS
from tests.hostile.poison import driving
from tests.terminal.raw import RawTerminal, plain, sequences

KEYS = {"enter": "\r", "up": "\x1b[A", "question_mark": "?", "colon": ":", "semicolon": ";", "slash": "/"}
SAYS = {
    "desk": "GAUGES", "ticket": "CONTROLS", "symbol": "WHY NO TRADE", "posts": "AUTHOR", "orders": "FILLS",
    "risk": "PROTECTIONS", "feeds": "LIGHTS", "ledger": "LEDGER", "journal": "JOURNAL", "story": "WHY",
    "help": "DECIDE", "reject": "in your own words", "edit": "Edit BUY", "kill": "KILL SWITCH", "mode": "Who decides?",
    "filter": "Show only posts", "search": "Find in posts", "mute": "Hide an author", "export": "EXPORT",
    "palette": "tickets", "theme": "desk-light", "jump": "", "quit": "Leave the desk?",
}  # fmt: skip
"""What each says of itself, whoever it tells of."""
LEAVE = "\x1b[27u"
"""Escape as the kitty protocol says it: nothing has to be waited for behind it."""
ARGUMENT = re.compile(rb"\d+")


def shown(folder: Path, *options: str) -> bytes:
    """All that a desk writes on a walk through every view and dialog and back to the shell."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.hostile.poisoned_desk", str(folder), *options]
    with RawTerminal(command) as terminal:
        since = 0
        for stop in (*VIEWS, *DIALOGS):
            for key in stop.keys:
                terminal.send(KEYS.get(key, key))
                terminal.rest()
            terminal.wait(SAYS[stop.name], since)
            since = terminal.rest()
            terminal.send(LEAVE)
            terminal.rest()
            terminal.send("1")
            terminal.rest()
        terminal.send("q")
        terminal.wait("Leave the desk?", since)
        terminal.rest()
        terminal.send("q")
        assert terminal.ended() == 0, plain(terminal.written)[-2000:].decode(errors="replace")
        return terminal.written


def commands(written: bytes) -> set[bytes]:
    """The control sequences there are, whatever numbers they have; colours and places are apart: they always differ."""
    found = {ARGUMENT.sub(b"n", each) for each in sequences(written)}
    return {each for each in found if not re.fullmatch(rb"\x1b\[[n;]*[mH]", each)}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_byte_of_it_is_a_command(tmp_path: Path) -> None:
    harmless, hostile = shown(tmp_path / "harmless", "--plain"), shown(tmp_path / "hostile")
    assert commands(hostile) <= commands(harmless)
    said = plain(hostile).decode("utf-8")
    assert not list(driving(said.replace("\r", "").replace("\n", "")))
    assert "SELL EVERYTHING" in said, "it was shown"
