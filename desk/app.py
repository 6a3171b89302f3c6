"""The Textual app: shows a first frame at once, attaches to the engine, and draws what the mirror holds."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.actions import ActionParseResult
from textual.app import App
from textual.binding import Binding, BindingType
from textual.css.errors import StylesheetError
from textual.dom import DOMNode
from textual.driver import Driver
from textual.filter import LineFilter

from desk.actions import COMMANDS
from desk.address import AS_TYPED, Address
from desk.client import Client
from desk.keymap import Keymap
from desk.link import READ_ONLY, Link
from desk.mirror import Part
from desk.muted import Muted
from desk.notices import Notices
from desk.redraw import Redraw
from desk.screens.box import Box
from desk.screens.guarded import Guarded
from desk.screens.main import Main
from desk.screens.verbs import VerbScreen
from desk.screens.view import ViewScreen
from desk.settings import Settings
from desk.terminal import frames_per_second, terminal_stands
from desk.terminal_driver import PassingDriver, outliving
from desk.themes import DARK, THEMES, variables
from desk.views import VIEW_BY_ID, load_all
from engine.errors import EXIT_OK, DeskError
from widgets.ascii_glyphs import AsciiGlyphs
from widgets.no_control import NoControl
from widgets.sure_timer import SureTimer

if TYPE_CHECKING:
    from engine.config import ScreenConfig
    from engine.paths import Paths
    from widgets.status_line import StatusLine

_TERMINAL_S = 1.0
"""How often the desk looks whether its terminal still stands."""
_LOAD_AFTER_S = 2.0
"""From the first picture until the views are loaded: a desk that has just come up has other things to do."""
COLLECT_AFTER = (5_000, 20, 20)
"""New objects, young and middle collections before the next older one, once the desk runs. A frame of 500 gauges makes
a few thousand objects and leaves most of them again: Python's default of 700 walked them five times."""


class DeskApp(SureTimer, App[bool], inherit_bindings=False):
    """Returns True from `run` when a person asked that the engine stops."""

    TITLE = "desk"
    CSS = """
    .-aside { display: none !important; }
    .-zoomed {
        display: block !important;
        width: 1fr !important;
        height: 1fr !important;
        max-height: 100% !important;
        margin: 0 !important;
    }
    .-compact KeyBar { display: none; }
    .-compact StatusBar { height: 1; }
    """
    """What zoom and compact mean in every view."""
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "help_quit", show=False, system=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]
    """Without Textual's Ctrl+Q, which leaves unasked: flow control's own key, pressed where Ctrl+S froze a screen.
    Ctrl+Z stops the desk over any dialog, as the terminal itself would if its keys were not read raw."""

    def __init__(
        self,
        client_factory: Callable[[], Client],
        screen_config: ScreenConfig,
        *,
        keymap: Keymap | None = None,
        settings_path: Path | None = None,
        paths: Paths | None = None,
        address: Address = AS_TYPED,
        read_only: bool = False,
        only_shows: bool = False,
        seconds: Callable[[], float] = monotonic,
        starting: Callable[[], None] | None = None,
        on_loaded: Callable[[], object] = lambda: None,
    ) -> None:
        """`keymap` holds the keys in force, the defaults without one; what is chosen at the desk is kept in
        `settings_path`. `paths` are the engine's files; without them views that read the journal say so. A `read_only`
        desk sends nothing and changes nothing that another desk reads; one that `only_shows` is that for somebody
        elsewhere, and leaves no file either and nothing in this machine's clipboard. `seconds` is the monotonic clock
        that carries the engine's time between messages.

        What the desk tells a person to type goes to the engine at `address`.

        `starting` blocks until an engine that is being started answers, or raises DeskError with why it does not; the
        desk then leaves and keeps it in `failure`. `on_loaded` is called when the first snapshot has been drawn, and
        when every view is loaded.
        """
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (160, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
        self._config = screen_config
        self.keymap = keymap or Keymap()
        """Every action's keys."""
        self.only_shows = only_shows
        """Whether nothing may be left on this machine."""
        looks_only = read_only or only_shows
        self.settings = Settings(screen_config, settings_path, kept=not looks_only)
        """The looks in force."""
        self.local_time = screen_config.local_time
        """Whether the status bar shows this machine's time too."""
        self.paths = paths
        """The files of the engine this desk is attached to; None where not known."""
        self.address = address
        """How this desk's engine was asked for; what is told to type asks for it too."""
        self.muted = Muted(None if paths is None else paths.state_dir / "muted.json", kept=not looks_only)
        """Authors whose posts this desk does not show."""
        self._fps = frames_per_second(screen_config.fps)
        self._starting = starting
        self.failure: DeskError | None = None
        self._on_loaded = on_loaded
        self._pictured = False
        self._no_control = NoControl()
        """One filter for the app's life: lines keep what each filter made of them."""
        self._ascii = (AsciiGlyphs(),) if screen_config.ascii else ()
        in_tmux = bool(os.environ.get("TMUX"))
        self._notices = Notices(screen_config.notify, screen_config.bell, self._write, in_tmux=in_tmux)
        self._redraw = Redraw(self._fps, self._draw, self.set_timer)
        way_to_act = "desk serve --with-commands" if only_shows else "open one without --read-only"
        self.link = Link(client_factory(), self.wake, seconds=seconds, read_only=looks_only, way_to_act=way_to_act)
        self.main: Main | None = None
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.settings.theme if self.settings.theme in self.available_themes else DARK.name
        self.set_keymap(self.keymap.textual())

    def get_css_variables(self) -> dict[str, str]:
        return super().get_css_variables() | variables(self.current_theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._no_control, *self._ascii]

    def get_driver_class(self) -> type[Driver]:
        return outliving(super().get_driver_class())

    def get_default_screen(self) -> Main:
        """The desk itself: every other screen stands over it."""
        self.main = Main(self.link, fps=self._fps, feed_rows=self._config.feed_rows, quit_desk=self.quit_desk)
        for sheet in self.main.css_path:  # Textual does so for every screen but the first
            self.stylesheet.read(sheet)
        return self.main

    def on_mount(self) -> None:
        self.call_after_refresh(self._follow_engine)
        self.app_resume_signal.subscribe(self, self._paint_again)
        if not self.is_headless and terminal_stands():
            self.set_interval(_TERMINAL_S, self._leave_without_terminal)

    def _paint_again(self, _: object) -> None:
        """After Ctrl+Z and `fg` the terminal is empty, at the size it had: Textual paints only what is new."""
        self.refresh()
        self._focus_came()

    def _leave_without_terminal(self) -> None:
        """A terminal can go without a word where no SIGHUP comes: leave it too. Textual would go on reading its end
        for ever, at a third of a core."""
        if not terminal_stands():
            self.exit(False)

    @work(name="link")
    async def _follow_engine(self) -> None:
        if self._starting is not None:
            try:
                await asyncio.gather(asyncio.to_thread(self._starting), self.link.prepare())
            except DeskError as error:
                self.failure = error
                self.exit(False)
                return
        await self.link.run()

    async def on_unmount(self) -> None:
        await self.link.close()

    @work(name="views")
    async def _load_views(self) -> None:
        """Import every view and read its styles: a desk stays up for weeks, and is upgraded under its feet."""
        try:
            for sheet in await asyncio.to_thread(load_all):
                if not self.stylesheet.has_source(str(sheet)):
                    self.stylesheet.read(sheet)
            self.stylesheet.reparse()
        except (DeskError, StylesheetError) as error:
            self._code_changed(error)
        else:
            self._on_loaded()

    def _code_changed(self, error: Exception) -> None:
        """Say that views cannot be loaded any more; what is shown goes on."""
        self.line.refused(str(error), "leave the desk and open it again; the engine goes on")

    async def on_event(self, event: events.Event) -> None:
        """Keys right behind a paste may be the rest of one whose end its own text has forged."""
        if isinstance(event, events.Paste):
            self._focus_came()
        await super().on_event(event)

    def on_app_focus(self, event: events.AppFocus) -> None:
        self._focus_came()

    def _focus_came(self) -> None:
        """Keys of the next quarter second were not meant for what stands here."""
        for screen in self.screen_stack:
            if isinstance(screen, Guarded):
                screen.focus_came_back()

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action that this desk may, and let it put up the dialog that it asks with before the next key is
        looked at: what a quick hand types on is meant for that dialog, and decides nothing under it."""
        if action in COMMANDS and self.link.read_only:
            self.line.refused(READ_ONLY, self.link.way_to_act)
            return True
        handled = await super().run_action(action, default_namespace, namespaces)
        await asyncio.sleep(0)
        return handled

    # Views and looks

    @property
    def line(self) -> StatusLine:
        """Where answers stand: in the view that is seen, or that a dialog stands over."""
        return next(screen.line for screen in reversed(self.screen_stack) if isinstance(screen, ViewScreen))

    def action_view(self, id: str) -> None:
        """Open a view on what is selected here, else at the desk, in place of the one that stands over it."""
        here = self.screen
        if not isinstance(here, ViewScreen) or id == here.VIEW:
            return
        beneath = self.main or here
        ticket = here.ticket or beneath.ticket
        subject = (ticket.id if ticket else "") if id == "ticket" else here.symbol or beneath.symbol
        if id == "ticket" and not subject:
            here.line.say("No ticket is selected.")
            return
        self.open_view(id, subject)

    def open_view(self, id: str, subject: str) -> None:
        """Show a view: `desk` by leaving the one over it, another by putting it over the desk."""
        if self.main is None:
            return
        try:
            screen = VIEW_BY_ID[id].load()
        except DeskError as error:
            self._code_changed(error)
            return
        while self.screen is not self.main:
            self.pop_screen()
        if id != "desk":
            view = screen(self.link, subject)
            sizes = {name for _, name in (*(self.HORIZONTAL_BREAKPOINTS or ()), *(self.VERTICAL_BREAKPOINTS or ()))}
            view.add_class(*(sizes & self.main.classes))
            self.push_screen(view)

    def show_story(self, id: str) -> None:
        """Put the story of a signal, ticket, order or post over whatever is shown."""
        from desk.screens.story import StoryView

        self.push_screen(StoryView(self.link, id))

    def action_palette(self) -> None:
        """Find an action by its words."""
        from desk.screens.palette import Palette

        if isinstance(self.screen, ViewScreen):
            self.push_screen(Palette(self.screen))

    def action_choose_theme(self) -> None:
        """Every theme by name; each is seen as it is gone through."""
        from desk.screens.theme import ThemeChoice

        self.push_screen(ThemeChoice())

    def keep_theme(self) -> None:
        """The theme that is seen now is the one to start with."""
        problem = self.settings.choose_theme(self.theme)
        self.line.say(f"Theme {self.theme}. {problem}".rstrip())

    def set_compact(self, compact: bool) -> None:
        """Compact or not, on every screen, and remembered."""
        problem = self.settings.choose_compact(compact)
        for screen in self.screen_stack:
            screen.set_class(compact, "-compact")
        self.line.say(f"{'Compact' if compact else 'Roomy'}. {problem}".rstrip())

    def action_suspend_process(self) -> None:
        """Stop the desk, and with it a program that started it (`make demo`): the shell waits for that one."""
        if isinstance(self._driver, PassingDriver):
            self.app_suspend_signal.publish(self)
            self._driver.stop_all()

    def action_help_quit(self) -> None:
        """Ctrl+C leaves nothing and stops nothing; it says which keys do."""
        here = self.screen
        if isinstance(here, ViewScreen):
            away, does = ("desk.quit", "leaves the desk") if here is self.main else ("view.leave", "goes back")
            halts = "" if self.link.read_only else f"; {self.keymap.first('engine.kill')} halts trading"
            here.line.say(f"{self.keymap.first(away)} {does}{halts}.")

    def quit_desk(self, stop_engine: bool) -> None:
        """Leave the screen."""
        self.exit(stop_engine)

    def _write(self, text: str) -> None:
        """Write to the terminal past the picture: a bell, or an OSC sequence made here."""
        if self._driver is not None:
            self._driver.write(text)

    def wake(self, parts: Part) -> None:
        """Something changed: draw it when the next frame is due."""
        self._redraw.wake(parts)

    def _draw(self, parts: Part) -> None:
        self._notices.tell(parts, self.link.mirror)
        for screen in self.screen_stack:
            if isinstance(screen, VerbScreen):
                screen.update_parts(parts)
            elif isinstance(screen, Box) and parts & (Part.TICKETS | Part.DECISIONS):
                screen.hear(self.link.mirror)
        if Part.ANEW in parts and not self._pictured:
            self._pictured = True
            self.call_after_refresh(self._on_loaded)
            self.set_timer(_LOAD_AFTER_S, self._load_views)


def run(
    socket: Path,
    screen: ScreenConfig,
    *,
    keymap: Keymap | None = None,
    settings_path: Path | None = None,
    paths: Paths | None = None,
    address: Address = AS_TYPED,
    read_only: bool = False,
    only_shows: bool = False,
    starting: Callable[[], None] | None = None,
    client: Callable[[Path], Client] = Client,
) -> int:
    """Show the desk of the engine behind a control socket until a person leaves; the exit code. Raises DeskError, with
    the terminal restored, when an engine that was being started did not come up."""
    app = DeskApp(
        lambda: client(socket),
        screen,
        keymap=keymap,
        settings_path=settings_path,
        paths=paths,
        address=address,
        read_only=read_only,
        only_shows=only_shows,
        starting=starting,
        on_loaded=_settle,
    )
    app.run(mouse=screen.mouse)
    if app.failure is not None:
        raise app.failure
    return app.return_code if app.return_code is not None else EXIT_OK


def _settle() -> None:
    """Take what is loaded by now out of garbage collection: going through it costs a key tens of milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
