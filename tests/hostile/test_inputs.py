"""The corpus pasted into every field that a person types in, and told back by what asked for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual import events
from textual.widgets import Input

from desk.app import DeskApp
from desk.screens.choice import Answer, Choice
from desk.screens.prompt import Prompt
from tests.desk.conftest import Opener, open_desk, socket
from tests.desk.journaled import write_day
from tests.hostile.corpus import CORPUS
from tests.widgets.harness import until
from widgets.no_control import visible

__all__ = ["open_desk", "socket"]

TEXTS = [text for name, text in CORPUS.items() if name != "surrogate"]
"""A terminal cannot paste a lone surrogate: its bytes are no UTF-8."""


LONGEST = 40
"""Characters of a paste: a longer one than a field takes is refused as a whole."""


def check(app: DeskApp, width: int) -> None:
    """No control reaches the terminal, no link or action is in a style, no line leaves its columns."""
    for strip in app.screen._compositor.render_strips():
        segments = [segment for segment in strip if not segment.control]
        line = "".join(segment.text for segment in segments)
        assert visible(line) == line
        assert cell_len(line) == width
        assert not [part for part in segments if part.style and part.style.link]


@pytest.mark.parametrize(
    "keys",
    [("f",), ("slash",), ("4", "f"), ("4", "slash"), ("4", "M"), ("8", "f"), ("9", "slash"), ("colon",), ("T",)],
    ids=["posts filter", "posts search", "view filter", "view search", "mute", "ledger", "journal", "palette", "theme"],
)  # fmt: skip
async def test_what_is_pasted_is_only_text(open_desk: Opener, tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with open_desk(paths=write_day(tmp_path), size=(90, 30)) as (pilot, app, engine):
        await pilot.press(*keys[:-1])
        beneath = app.screen
        for text in ("".join(TEXTS)[:LONGEST], "".join(TEXTS[6:])[:LONGEST]):
            await pilot.press(keys[-1])
            await until(pilot, lambda: app.screen is not beneath and isinstance(app.focused, Input))
            field = app.focused
            assert isinstance(field, Input)
            field.value = ""
            field.post_message(events.Paste(text))
            await until(pilot, lambda field=field: field.value)  # type: ignore[misc]
            check(app, 90)
            await pilot.press("escape" if keys[-1] == "T" else "enter")
            await until(pilot, lambda: app.screen is beneath)
            await pilot.pause()
            check(app, 90)
        assert engine.commands == []
        assert app.is_running


async def test_dialogs_and_toasts_tell_it_as_text(open_desk: Opener) -> None:
    async with open_desk(size=(90, 30)) as (pilot, app, engine):
        for text in TEXTS:
            app.push_screen(Choice(text, [text], [Answer("q", text, text), Answer("s", text, text, grave=True)]))
            await pilot.pause()
            check(app, 90)
            app.pop_screen()
            app.push_screen(Prompt(text, text, value=text))
            await pilot.pause()
            check(app, 90)
            app.pop_screen()
            app.notify(text, title=text, markup=False, timeout=60)
        await pilot.pause()
        check(app, 90)
        assert engine.commands == []
