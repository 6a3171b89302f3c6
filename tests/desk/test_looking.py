"""What a desk that only looks leaves behind: nothing for other desks; and nothing at all where it only shows."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from desk.action import EVERYWHERE
from desk.actions import ACTIONS
from desk.app import DeskApp
from desk.muted import Muted
from desk.screens.choice import Choice
from desk.screens.help import Help
from desk.screens.palette import Palette
from desk.screens.view import ViewScreen
from desk.views import VIEWS
from engine.journal import Reader
from engine.journal.search import Index
from tests.desk.asked import asked
from tests.desk.conftest import Opener
from tests.desk.journaled import write_day
from tests.desk.serving import serving
from tests.desk.test_serve import browser, status, until_painted
from tests.desk.tour import SIZES, day
from tests.widgets.harness import painted, until
from widgets.choices import Choices
from widgets.key_bar import KeyBar
from widgets.key_table import KeyTable

SQLITE = ("-wal", "-shm")
"""What SQLite puts beside a journal that is read while nobody has it open."""


def files(folder: Path) -> dict[str, bytes]:
    """Everything that is there."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.endswith(SQLITE)
    }


def said(app: DeskApp) -> str:
    """What the line of the view says."""
    return app.screen.line.text if isinstance(app.screen, ViewScreen) else ""


def dialog(app: DeskApp) -> str:
    """The words of the box that is open."""
    return "\n".join(str(each.render()) for each in app.screen.query(Static))


async def told(pilot: Pilot[bool], app: DeskApp, words: str, *keys: str, answer: str = "") -> None:
    """Press keys, and answer what they ask (which takes no key at once); the line says these words."""
    await pilot.press(*keys)
    if answer:
        await asked(pilot)
        await pilot.press(answer)
    await until(pilot, lambda: words in said(app))
    assert isinstance(app.screen, ViewScreen)
    app.screen.line.clear()


@pytest.mark.timeout(120)
async def test_a_desk_that_only_shows_leaves_nothing(
    open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.share.native_copy", lambda *_: pytest.fail("the clipboard of this machine is not theirs"))
    paths = write_day(tmp_path)
    before, settings = files(tmp_path), tmp_path / "screen.json"
    async with open_desk(paths=paths, settings_path=settings, only_shows=True) as (pilot, app, engine):
        await told(pilot, app, "by the terminal (OSC 52)", "5", "c")
        assert "META" in app.clipboard
        await pilot.press("4", "up", "enter")
        await until(pilot, lambda: "No search index is there" in "".join(app.screen.author.texts))  # type: ignore[attr-defined]
        await told(
            pilot, app, "is hidden on this desk; moods still count them, until this desk is left", "M", answer="enter"
        )
        assert app.muted.names
        for view in "1348":
            for key in ("E", "S"):
                await told(pilot, app, "This desk only shows: nothing is written where it runs.", view, key)
        await told(pilot, app, "search once at a desk in a terminal", "9", "slash", "c", "u", "t", answer="enter")
        await told(pilot, app, "It holds until this desk is left", "1", "v")
        app.theme = "nord"
        app.keep_theme()
        assert "It holds until this desk is left" in said(app)
        await told(pilot, app, "read-only: nothing was sent. → desk serve --with-commands", "R")
        assert files(tmp_path) == before
        with Reader(paths.journal) as reader, Index(reader) as index:
            index.update()
        before = files(tmp_path)
        await told(pilot, app, "4 records, as far as the index goes", "9", "slash", *"spring", answer="enter")
        assert files(tmp_path) == before
        assert engine.commands == []


async def test_a_read_only_desk_changes_no_other_and_exports_for_itself(open_desk: Opener, tmp_path: Path) -> None:
    paths, settings = write_day(tmp_path), tmp_path / "screen.json"
    Muted(tmp_path / "muted.json").turn("ann")
    before = files(tmp_path)
    async with open_desk(paths=paths, settings_path=settings, read_only=True) as (pilot, app, _):
        assert app.muted.names == {"ann"}
        await told(pilot, app, "until this desk is left", "4", "up", "M", answer="enter")
        await told(pilot, app, "It holds until this desk is left", "1", "v")
        index = {"simulated.journal.search"}
        assert {name for name, data in files(tmp_path).items() if before.get(name) != data} <= index
        await told(pilot, app, "read-only: nothing was sent. → open one without --read-only", "1", "R")
        await told(pilot, app, "Picture saved to", "S")
        await told(pilot, app, "written to", "8", "E", answer="j")
        new = {Path(name).parent.name for name in files(tmp_path).keys() - before.keys() - index}
        assert new == {"pictures", "exports"}
    assert Muted(tmp_path / "muted.json").names == {"ann"}


@pytest.mark.timeout(120)
async def test_a_page_that_was_not_asked_to_act_writes_nothing(home: Path) -> None:
    """Whatever is kept, saved, exported, hidden or searched for at a page: its server has the files it had."""
    pytest.importorskip("textual_serve", reason="the extra `web` is not installed")
    write_day(home)
    async with serving(home) as (engine, address), browser() as mine:
        assert await status(mine, address) == 303
        root, origin = address.with_query(None), {"Origin": f"http://127.0.0.1:{address.port}"}
        async with mine.ws_connect((root / "ws").with_query(width=100, height=30), headers=origin) as page:

            async def send(keys: str, words: str) -> None:
                """Type, and wait until the page shows these words."""
                for key in keys:
                    await page.send_str(json.dumps(["stdin", key]))
                await until_painted(page, words)
                await asyncio.sleep(0.4)  # what has just opened takes no key

            await until_painted(page, "READ-ONLY")
            before = files(home)
            await send("S", "This desk only shows")
            await send("c", "by the terminal (OSC 52)")
            await send("8", "DECISIONS")
            await send("E", "This desk only shows")
            await send("4", "AUTHOR")
            await send("gj\r", "No search index is there")
            await send("M", "Hide an author here")
            await send("\r", "until this desk is left")
            await send("9", "the newest")
            await send("/", "Find in the journal")
            await send("spring\r", "expected a search index")
        assert {name for name, data in files(home).items() if before.get(name) != data} == set()
        assert engine.commands == []


@pytest.mark.parametrize("size", SIZES)
async def test_a_read_only_desk_names_no_key_that_it_cannot_carry_out(
    open_desk: Opener, size: tuple[int, int], tmp_path: Path
) -> None:
    """Not in the key bar of a view, nor the title of the tickets, the alert, the help, the palette, or the way out."""
    labels = {action.label for action in ACTIONS if action.commands} | {"resume"}
    async with open_desk(day(), size=size, read_only=True, paths=write_day(tmp_path)) as (pilot, app, engine):
        main = app.main
        assert main is not None
        assert "detail" in painted(main.tickets)[0]
        assert not {"confirm", "reject"} & set(painted(main.tickets)[0].split())
        assert "WARNING" in painted(main.alerts)[0]
        assert "acknowledge" not in "".join(painted(main.alerts))
        for view in VIEWS:
            await pilot.press(view.key)
            await until(pilot, lambda view=view: view.id == app.screen.VIEW)  # type: ignore[attr-defined,misc]
            shown = {label for _, _, label, _ in app.screen.query_one(KeyBar).placed(size[0])}
            assert "help" in shown
            assert not labels & shown, view.id
        await pilot.press("1", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help) and app.screen.query_one(KeyTable).size.height)
        assert {"DECIDE", "ENGINE"}.isdisjoint("\n".join(painted(app.screen.query_one(KeyTable))).split())
        await pilot.press("escape", "colon", *"kill")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        assert "KILL" not in painted(app.screen.query_one(Choices))[0]
        await pilot.press("escape", "q")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        assert "stop" not in dialog(app)
        assert engine.commands == []


async def test_a_read_only_desk_asks_nothing_before_it_refuses(open_desk: Opener, tmp_path: Path) -> None:
    """`K` opened its box, `n` asked for a reason, and only the answer was told that nothing is sent here."""
    commands = [action for action in ACTIONS if action.commands]
    assert len(commands) > 9
    async with open_desk(read_only=True, paths=write_day(tmp_path)) as (pilot, app, engine):
        for action in commands:
            view = action.views[0] if action.views != EVERYWHERE else "desk"
            app.open_view(view, "TSLA")
            await pilot.press(action.keys[0])
            await until(pilot, lambda: "read-only: nothing was sent" in said(app))
            app.line.clear()
        assert engine.commands == []
