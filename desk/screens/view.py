"""What every view of the desk shares: panes that keys move through, zoom, compact, jump, help, and its key bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, cast, runtime_checkable

from textual.widget import Widget

from desk.actions import BY_ID, key_bar
from desk.link import Link
from desk.mirror import Part
from desk.screens.ground import Ground
from desk.screens.sharing import Sharing
from desk.screens.status import local_offset_s, status_view
from desk.screens.verbs import VerbScreen
from engine.model import Ticket, TradingState
from widgets.feed import Feed
from widgets.inked import Inked
from widgets.key_bar import KeyBar
from widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from desk.app import DeskApp


_FOCUS_TRIES = 20
"""Layouts to wait for a pane that is about to be shown."""


@runtime_checkable
class Pane(Protocol):
    """What a pane can do with the keys that move. Row panels, line blocks and the feed are panes."""

    def move(self, rows: int) -> None:
        """Move the cursor, or the window over the lines, by rows."""

    def page(self, pages: int) -> None:
        """Move by whole screens."""

    def first(self) -> None:
        """Move to the first row."""

    def last(self) -> None:
        """Move to the last row."""


class ViewScreen(Sharing, VerbScreen, Ground):
    """A view. A subclass names itself in VIEW, binds `bindings(VIEW)`, and lists its panes.

    `subject` is what was selected where it was opened: a ticket's id for the ticket view, a symbol for the others;
    it may be empty.
    """

    DEFAULT_CSS = """
    ViewScreen { overflow: hidden; }
    """
    """A screen too small for all of it has no scroll bar, which would take room from its figures."""
    ALSO: ClassVar[tuple[str, ...]] = ()
    """Ids of further actions, in a screen over the views that is no view of its own."""

    def __init__(self, link: Link, subject: str = "") -> None:
        super().__init__(link)
        self.subject = subject
        self.bar = StatusBar(id="status")
        """The same two lines in every view; the small screen leaves them out of views that need the room."""
        self._zoomed: Widget | None = None
        self._wanted: Widget | None = None
        """The pane that shall get the focus as soon as it is shown."""

    # What a subclass says

    @property
    def panes(self) -> tuple[Widget, ...]:
        """The panes in the order in which Tab goes through them; each is a Pane."""
        return ()

    @property
    def ticket(self) -> Ticket | None:
        return None

    @property
    def symbol(self) -> str:
        return self.subject

    @property
    def fed(self) -> tuple[Widget, ...]:
        """Panes that the engine's stream feeds: they turn grey while no engine is attached."""
        return self.panes

    def update_parts(self, parts: Part) -> None:
        """Draw what changed; a view that shows nothing of the mirror has nothing to do."""

    def reveal(self, pane: Widget) -> None:
        """Show a pane that a small screen hides; a view that shows them all has nothing to do."""

    # What it shares

    @property
    def desk(self) -> DeskApp:
        """The app: keymap, settings, and the way to other views."""
        return cast("DeskApp", self.app)

    def key_bar(self) -> KeyBar:
        """The bottom line of this view, with the keys in force."""
        return KeyBar(
            key_bar(self.VIEW, self.desk.keymap.keys, also=self.ALSO, looks_only=self.link.read_only), id="keybar"
        )

    def on_mount(self) -> None:
        """Textual calls this of every class by itself, each time: a view adds to `mounted`, which runs once."""
        self.mounted()

    def mounted(self) -> None:
        """What is done once, as soon as everything is mounted."""
        self.set_class(self.desk.settings.compact, "-compact")
        if self.desk.local_time:
            self.bar.local_offset_s = local_offset_s()
        keymap = self.desk.keymap
        for feed in self.query(Feed):
            feed.mute(self.desk.muted.names)
            feed.name_keys(
                follow=keymap.said("move.last"),
                filter=keymap.said("feed.filter"),
                next_pane="Tab" if "tab" in keymap.keys["move.right"] else keymap.said("move.right"),
            )
        self.show_status()

    def show_status(self) -> None:
        """Trading state, market, feeds, account, limits: as the mirror has them now; grey what is no longer fed."""
        lost_remedy = self.with_keys(self.link.lost_remedy)
        self.bar.show(status_view(self.link, lost_remedy), self.link.time.now_ns())
        status = self.link.mirror.status
        if status is not None:
            stopped = status.state is not TradingState.ACTIVE
            for keys in self.query(KeyBar):
                keys.relabel("pause", "resume" if stopped else BY_ID["engine.pause"].label)
            for pane in self.fed:
                if isinstance(pane, Inked):
                    pane.stale = not self.link.attached

    @property
    def is_current(self) -> bool:
        """Whether it is seen: dialogs let it through, a view over it does not. Textual counts the screen right under
        an opaque one as seen, and would paint the upper one again with every change of the lower."""
        stack = self.app.screen_stack
        above = stack[stack.index(self) + 1 :] if self in stack else []
        return super().is_current and all(screen.is_modal for screen in above)

    def on_screen_suspend(self) -> None:
        self._rest_keys(True)

    def on_screen_resume(self) -> None:
        self._rest_keys(False)
        for widget in self.walk_children(Inked):
            widget.catch_up()

    def _rest_keys(self, resting: bool) -> None:
        """The key bar names no key that something over this view takes."""
        for keys in self.query(KeyBar):
            keys.rest(resting)

    @property
    def pane(self) -> Widget | None:
        """The pane that keys go to: the one that gets the focus or has it, else the first."""
        first = self.panes[0] if self.panes else None
        return self._wanted or next((pane for pane in self.panes if pane is self.focused), first)

    def go(self, pane: Widget) -> None:
        """Give a pane the focus, and the screen if another one was zoomed."""
        if self._zoomed is not None and self._zoomed is not pane:
            self.zoom(pane)
        self._wanted = pane
        self.reveal(pane)
        self._focus_wanted(_FOCUS_TRIES)

    def _focus_wanted(self, tries: int) -> None:
        """A small screen must show a pane first, which takes a layout or two."""
        if self._wanted is None or self._wanted is self.focused:
            self._wanted = None
        elif self._wanted.focusable:
            self.set_focus(self._wanted)  # at once: the next key may have come with this one
            self._wanted = None
        elif tries:
            self.call_after_refresh(self._focus_wanted, tries - 1)
        else:
            self._wanted = None

    def zoom(self, pane: Widget | None) -> None:
        """Give one pane the whole body; None gives every pane its place back. Bars stay."""
        for each in self.walk_children(Widget):
            each.remove_class("-zoomed", "-aside")
        node = self._zoomed = pane
        while node is not None and node is not self:
            node.add_class("-zoomed")
            box = node.parent
            for other in box.children if isinstance(box, Widget) else ():
                if other is not node and (box is not self or other in self.panes):
                    other.add_class("-aside")
            node = box if isinstance(box, Widget) else None

    def tell(self, title: str, lines: Sequence[str]) -> None:
        """Show something in full, over the view."""
        from desk.screens.told import Told

        self.app.push_screen(Told(title, lines))

    async def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        """A second click that was on its way when the first one opened something, or closed what stood over this view,
        was meant for nothing here."""
        if self.app.screen is self and not self.too_soon(self.resumed_at):
            await self.run_action(event.action)

    def action_leave(self) -> None:
        if self._zoomed is not None:
            self.zoom(None)
        else:
            self.dismiss()

    def action_zoom(self) -> None:
        pane = self.pane
        if pane is not None:
            self.zoom(None if self._zoomed is not None else pane)
            back = f"This pane alone; {self.desk.keymap.said('desk.zoom')} brings the others back."
            self.line.say("" if self._zoomed is None else back if self.panes[1:] else "This view has no other pane.")

    def action_compact(self) -> None:
        self.desk.set_compact(not self.desk.settings.compact)

    def action_help(self) -> None:
        from desk.screens.help import Help

        self.app.push_screen(Help(self.VIEW, self.desk.keymap, looks_only=self.link.read_only))

    def action_jump(self) -> None:
        from desk.screens.jump import Jump

        self.app.push_screen(Jump(self))

    def action_next_pane(self) -> None:
        self._step(1)

    def action_previous_pane(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        panes, pane = self.panes, self.pane
        if not panes[1:]:
            self.line.say("This view has no other pane.")
        elif pane is not None:
            self.go(panes[(panes.index(pane) + by) % len(panes)])

    def action_up(self) -> None:
        self._ask().move(-1)

    def action_down(self) -> None:
        self._ask().move(1)

    def action_page_up(self) -> None:
        self._ask().page(-1)

    def action_page_down(self) -> None:
        self._ask().page(1)

    def action_first(self) -> None:
        self._ask().first()

    def action_last(self) -> None:
        self._ask().last()

    def _ask(self) -> Pane:
        """The pane that a key moves through."""
        self.chose()
        pane = self.pane
        return pane if isinstance(pane, Pane) else _NOWHERE


class _Nowhere:
    """Stands for the pane of a view that has none."""

    def move(self, rows: int) -> None:
        """There is nothing to move."""

    page = move

    def first(self) -> None:
        """There is nothing to move."""

    last = first


_NOWHERE = _Nowhere()
