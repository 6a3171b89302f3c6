"""Every key of every view: it does what its description says or says why not, and nothing is sent that should not be.

The desk stands on a fake engine that takes every command and changes nothing, with a journal of the same day. Each view
is tried at one of the three sizes, and what opens something is opened from the first view that has it;
`DESK_EVERY_KEY=all pytest tests/desk/test_every_key.py` tries all of it everywhere (about 10 minutes).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from desk.action import Action
from desk.actions import BY_ID, in_view
from desk.app import DeskApp
from desk.screens.choice import Choice
from desk.screens.edit import Edit
from desk.screens.help import Help
from desk.screens.jump import Jump
from desk.screens.palette import Palette
from desk.screens.prompt import Prompt
from desk.screens.story import StoryView
from desk.screens.theme import ThemeChoice
from desk.screens.told import Told
from desk.screens.view import ViewScreen
from desk.views import VIEWS
from engine.model.frames import Reply
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.desk.fake_engine import FakeEngine
from tests.desk.journaled import paths_of, write_day
from tests.desk.tour import SIZES, day
from tests.widgets.harness import painted, until
from widgets.key_table import KeyTable
from widgets.text_block import TextBlock

EVERYTHING = os.environ.get("DESK_EVERY_KEY") == "all"
ALL_VIEWS = (*(view.id for view in VIEWS), "story")
VERBS = ("confirm", "reject", "edit", "mode", "pause", "resume", "kill", "flatten", "cancel", "reconcile",
         "acknowledge", "lift", "speed", "stop")  # fmt: skip
SENT = {
    "ticket.confirm": "confirm",
    "engine.pause": "pause",
    "engine.reconcile": "reconcile",
    "alert.acknowledge": "acknowledge",
    "replay.faster": "speed",
    "replay.slower": "speed",
}
"""Actions whose key alone sends something, and what. Every other one asks first or sends nothing."""
OPENED: dict[str, tuple[type[Screen[object]], ...]] = {
    "ticket.reject": (Prompt,),
    "ticket.edit": (Edit,),
    "desk.open": (Told, ViewScreen),
    "symbol.mode": (Choice,),
    "engine.kill": (Choice,),
    "engine.flatten": (Choice,),
    "order.cancel": (Choice,),
    "protection.lift": (Choice,),
    "feed.filter": (Prompt,),
    "feed.search": (Prompt,),
    "author.mute": (Prompt,),
    "move.jump": (Jump,),
    "desk.export": (Choice,),
    "desk.theme": (ThemeChoice,),
    "desk.palette": (Palette,),
    "desk.quit": (Choice,),
    "desk.help": (Help,),
}
"""What an action's key puts over the view; where it does not, the line says why."""
BESIDE = ("desk.open",)
"""What may also be shown beside the rows, in the view itself."""
SAID = {
    "feed.older": "No further hit",
    "feed.newer": "No further hit",
    "desk.copy": "Copied",
    "desk.screenshot": "Picture saved to",
    "desk.zoom": "",
    "desk.compact": "Compact",
}
"""What the line says after an action's key, or how that begins."""
UNDONE = ("desk.zoom", "desk.compact")
"""The same key again undoes it."""
DEAR = {*OPENED, *UNDONE, "desk.screenshot"}
"""What takes a new screen or layout: tried once each, unless everything is."""
VIEW_KEYS = {f"view.{view.id}" for view in VIEWS}
"""That every view opens from every other is shown in test_views."""
_ASKING = {*(f"action_{name}" for name in (
    "reject", "edit", "mode", "kill", "flatten", "filter", "search", "mute", "quit", "lift", "export", "pause")),
    "cancel", "_confirm_live", "link"}  # fmt: skip
"""Workers that wait for a person, or for ever."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person can tell apart."""

    screen: Screen[object]
    said: str
    picture: str
    focused: object


class Hand:
    """Presses keys at a desk and looks what came of it."""

    def __init__(self, pilot: Pilot[bool], app: DeskApp, engine: FakeEngine) -> None:
        self.pilot, self.app, self.engine = pilot, app, engine
        engine.replies = {verb: Reply(ok=True, text=f"{verb}: done") for verb in VERBS}

    async def go(self, view: str) -> None:
        """To a view, with nothing over it and nothing said."""
        while not isinstance(self.app.screen, ViewScreen):
            await self.pilot.press("escape")
        if view != self.app.screen.VIEW:
            if view == "story":
                self.app.show_story("tkt-0001")
                await until(self.pilot, self.told)
            else:
                self.app.open_view(view, {"ticket": "tkt-0001", "symbol": "NVDA"}.get(view, ""))
            await until(self.pilot, lambda: getattr(self.app.screen, "panes", ()))
            await until(self.pilot, self.done)
        screen = self.app.screen
        assert isinstance(screen, ViewScreen)
        assert view == screen.VIEW
        screen.GUARD_S = 0.0  # type: ignore[misc]
        screen.line.clear()

    def told(self) -> bool:
        """Whether the story is there, or what is in its way."""
        story = self.app.screen
        return isinstance(story, StoryView) and bool(story.query(TextBlock) and (story.text.texts or story.line.text))

    def done(self) -> bool:
        """Whether nothing is asked of journal or engine any more."""
        return all(work.is_finished or work.name in _ASKING for work in self.app.workers)

    def see(self) -> Seen:
        screen = self.app.screen
        said = screen.line.text if isinstance(screen, ViewScreen) else ""
        picture = "\n".join(strip.text for strip in screen._compositor.render_strips())
        return Seen(screen, said, picture, screen.focused)

    async def press(self, *keys: str) -> tuple[Seen, Seen, list[str]]:
        """What was seen before and after, and the verbs that were sent."""
        before, sent = self.see(), len(self.engine.commands)
        await self.pilot.press(*keys)
        await until(self.pilot, self.done)
        return before, self.see(), [command.verb for command in self.engine.commands[sent:]]

    async def try_key(self, view: str, action: Action) -> None:
        """Press an action's key in a view and judge what came of it."""
        await self.go(view)
        before, after, sent = await self.press(action.keys[0])
        try:
            judge(action, before, after, sent)
        except AssertionError as error:
            where = f"{action.keys[0]} ({action.id}) in {view} at {self.app.size.width}×{self.app.size.height}"
            raise AssertionError(f"{where}: sent {sent}, said {after.said!r}, shows {after.screen}") from error
        if action.id in UNDONE:
            await self.pilot.press(action.keys[0])


def judge(action: Action, before: Seen, after: Seen, sent: list[str]) -> None:
    """An action's key did what it says, or the line says why not."""
    assert sent == ([SENT[action.id]] if action.id in SENT else [])
    if action.id in SENT:
        assert after.said == f"{SENT[action.id]}: done"
    elif action.id.startswith("view.") and action.id != "view.leave":
        assert action.id == f"view.{getattr(after.screen, 'VIEW', '')}" or "No ticket is selected" in after.said
    elif action.id == "view.leave":
        assert after.screen is not before.screen
    elif action.id in OPENED:
        opened = after.screen is not before.screen and isinstance(after.screen, OPENED[action.id])
        opened = opened or (action.id in BESIDE and after.picture != before.picture)
        untold = isinstance(after.screen, StoryView) and "expected the id" in after.said
        assert opened is (after.said == before.said) or untold, "it opens, or it says why it does not"
    elif action.id in SAID:
        assert after.said.startswith(SAID[action.id]) or after.said.startswith("There is nothing")
        assert after.said or after.picture != before.picture
    else:
        assert after.screen is before.screen, "what moves stays in its view"


def chosen(view: str, tried: set[str]) -> list[Action]:
    """The actions to try in a view; what was tried before only if it is cheap."""
    left_out = set() if EVERYTHING else VIEW_KEYS | (DEAR & tried)
    return [action for action in in_view(view) if action.id not in left_out]


@pytest.mark.timeout(1800)
async def test_every_key_does_what_it_says_or_says_why_not(
    open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    tried: set[str] = set()
    async with open_desk(day(), size=SIZES[0], paths=write_day(tmp_path)) as (pilot, app, engine):
        hand = Hand(pilot, app, engine)
        for number, view in enumerate(ALL_VIEWS):
            for size in SIZES if EVERYTHING else [SIZES[(0, 1, 2, 0)[number % 4]]]:
                await pilot.resize_terminal(*size)
                for action in chosen(view, tried):
                    tried.add(action.id)
                    await hand.try_key(view, action)
                assert not engine.commands or engine.commands[-1].verb in SENT.values()
    assert tried == set(BY_ID) - (set() if EVERYTHING else VIEW_KEYS)


async def test_with_nothing_to_act_on_every_key_says_so(open_desk: Opener, tmp_path: Path) -> None:
    """No tickets, orders, positions, posts, alerts or locks, and no journal."""
    bare = msgspec.structs.replace(
        made_up.snapshot(), tickets=(), orders=(), positions=(), posts=(), closed=(), feeds=(), symbols=()
    )
    quiet = ("desk.open", "order.cancel", "alert.acknowledge", "protection.lift", "ticket.confirm", "ticket.reject",
             "ticket.edit", "desk.copy", "desk.export", "symbol.next", "feed.older", "view.ticket")  # fmt: skip
    async with open_desk(bare, size=SIZES[0], paths=paths_of(tmp_path)) as (pilot, app, engine):
        hand = Hand(pilot, app, engine)
        for view in ALL_VIEWS:
            if view == "ticket":
                continue
            for action in (action for action in in_view(view) if action.id in quiet):
                await hand.go(view)
                _, after, _ = await hand.press(action.keys[0])
                assert after.said or (view == "risk" and isinstance(after.screen, Told | Choice)), (view, action.id)
        assert engine.commands == []


TEMPTING = [*"yYnNhfsSaAcCoOqKFmMUxp1", "enter", "space", "tab", "delete", "f5"]
"""Keys that mean something somewhere."""


@pytest.mark.parametrize("profile", ["paper", "live"])
async def test_no_dialog_sends_anything_but_by_the_key_it_names(open_desk: Opener, profile: str) -> None:
    """Keys that mean something elsewhere, Enter among them, in every dialog that can send something; on the desk those
    that are bound to nothing there.
    """
    snapshot = msgspec.structs.replace(day(), status=made_up.status(profile))
    async with open_desk(snapshot, size=SIZES[0]) as (pilot, app, engine):
        hand = Hand(pilot, app, engine)
        dialogs = {"y": "Y"} if profile == "live" else {"K": "hf", "F": "s123A", "m": "caoCAO", "q": "qs", "U": "1"}
        for key, answers in dialogs.items():
            await hand.go("desk")
            await pilot.press(key)
            dialog = app.screen
            assert isinstance(dialog, Choice)
            dialog.resumed_at = 0.0
            offered = {answer.key for answer in dialog._answers}
            assert offered <= set(answers), key
            await pilot.press(*(key for key in TEMPTING if key not in offered))
            assert app.screen is dialog, key
        await hand.go("desk")
        free = set(TEMPTING) - {key for action in in_view("desk") for key in action.keys}
        await pilot.press(*sorted(free))
        assert app.screen is app.main
        assert engine.commands == []


async def test_what_is_read_in_full_is_left_again(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(day(), size=SIZES[0], paths=write_day(tmp_path)) as (pilot, app, _):
        main = app.main
        assert main is not None
        main.go(main.feed)
        await until(pilot, lambda: main.focused is main.feed)
        post = main.feed.selected
        assert post is not None
        await pilot.press("d")
        assert isinstance(app.screen, Told)
        shown = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        for word in (*post.text.split(), f"@{post.author}", "followers", "weighs"):
            assert word in shown
        await pilot.press("enter")
        assert app.screen is main
        app.show_story("sig-0090")
        await until(pilot, lambda: isinstance(app.screen, StoryView))
        await pilot.press("escape")
        assert app.screen is main


async def test_help_calls_actions_what_the_key_bar_calls_them(open_desk: Opener) -> None:
    async with open_desk(size=(200, 60)) as (pilot, app, _):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        table = app.screen.query_one(KeyTable)
        said = "\n".join(painted(table))
        for action in in_view("desk"):
            assert f" {action.label} " in said, action.id
