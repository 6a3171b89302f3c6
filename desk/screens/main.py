"""The main screen: status, gauges, tickets, posts, and the book of positions, orders and decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeAlias

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.geometry import Region
from textual.timer import Timer
from textual.widget import Widget

from desk.actions import BY_ID, DECIDES, bindings
from desk.link import Link
from desk.mirror import Part
from desk.screens.choice import Answer, Choice
from desk.screens.facts import facts_of
from desk.screens.finding import Finding
from engine.errors import DeskError
from engine.model import Ticket
from engine.model.frames import Command, PostRow
from widgets.alert_bar import AlertBar
from widgets.decisions import Decisions
from widgets.feed import Feed
from widgets.gauges import Gauges
from widgets.key_bar import KeyBar
from widgets.orders import Orders
from widgets.positions import Positions
from widgets.row_panel import RowPanel
from widgets.status_line import StatusLine
from widgets.ticket_detail import TicketDetail
from widgets.tickets import Tickets

Panel: TypeAlias = Feed | Gauges | Tickets | Positions | Orders | Decisions

_FACTS = Part.SYMBOLS | Part.ACCOUNT | Part.POSITIONS | Part.ORDERS
"""What stands beside a ticket in its detail: the price now, exposure before and after."""
_TINY = 16
"""Lines of screen under which not all panes have room."""
_BEAT_S = 5.0
"""How often ages and the session countdown are looked at while nothing else happens."""


_LEADS = {"gauges": ("mode", "flatten"), "feed": ("filter", "search"), "positions": ("flatten",), "orders": ("cancel",)}
"""What the key bar begins with on a pane: what is done with its rows."""
STOPPED = (
    "Stopped, it reads and decides nothing until it is started again: stops and targets at the venue stay, exits that "
    "the engine watches itself rest. Every other desk on it is left without an engine."
)


class Frame(Container):
    """Holds panes edge to edge and paints nothing of its own."""

    BLANK = True


class Main(Finding):
    """Draws the mirror. Every change of state comes from the engine; keys only ask for one."""

    VIEW = "desk"
    CSS_PATH = "main.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]
    AUTO_FOCUS = "Tickets"
    FILTER_HINT = "TSLA  @name  >0.3  <-0.2  bull  bear  verified  from:x  words"

    def __init__(self, link: Link, *, fps: float, feed_rows: int, quit_desk: Callable[[bool], None]) -> None:
        super().__init__(link)
        now = link.time.now_ns
        self._quit_desk = quit_desk
        self.alerts = AlertBar(id="alerts")
        self.gauges = Gauges(id="gauges", now_ns=now)
        self.tickets = Tickets(id="tickets", now_ns=now)
        self.feed = Feed(id="feed", rows=feed_rows, fps=fps)
        self.positions = Positions(id="positions", now_ns=now)
        self.orders = Orders(id="orders", now_ns=now)
        self.decisions = Decisions(id="decisions", now_ns=now)
        self.detail = TicketDetail(id="detail", now_ns=now)
        self.line = StatusLine(id="line")
        self._panes: tuple[Panel, ...] = (
            self.tickets,
            self.gauges,
            self.feed,
            self.positions,
            self.orders,
            self.decisions,
        )
        self._second: Timer | None = None
        self._told: object = None
        """What of the engine's status the chosen ticket was last shown with."""

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self.alerts
        with Frame(id="body"):
            with Frame(id="left"):
                yield self.gauges
                yield self.tickets
                yield self.feed
            with Frame(id="book"):
                yield self.positions
                yield self.orders
                yield self.decisions
                yield self.detail
        yield self.line
        yield self.key_bar()

    def mounted(self) -> None:
        super().mounted()
        said = self.desk.keymap.said
        told = [BY_ID[id] for id in ("ticket.confirm", "ticket.reject", "desk.open")]
        looks_only = self.link.read_only
        self.tickets.hint = "  ".join(
            f"{said(action.id)} {action.label}" for action in told if not (looks_only and action.commands)
        )
        self.alerts.key = "" if looks_only else said("alert.acknowledge")
        self.set_interval(_BEAT_S, self.beat)
        self.beat()

    # What changes

    def update_parts(self, parts: Part) -> None:
        """Draw the parts of the mirror that changed. Each panel repaints only what looks different."""
        mirror = self.link.mirror
        if Part.ANEW in parts and not mirror.goes_on:
            self.feed.clear()
        if Part.POSTS in parts:
            self.feed.push(mirror.take_posts())
        if Part.SYMBOLS in parts:
            self.gauges.show(mirror.symbols.items())
        if parts & (Part.SYMBOLS | Part.STATUS):
            self._show_prices()
        if Part.TICKETS in parts:
            self.tickets.show(mirror.tickets.items())
        if Part.TICKETS in parts or (parts & _FACTS and mirror.tickets):
            self._show_detail()
        if Part.POSITIONS in parts:
            self.positions.show(mirror.positions.items())
        if Part.ORDERS in parts:
            self.orders.show(mirror.orders.items())
        if Part.DECISIONS in parts:
            self.decisions.show(mirror.closed.items())
        if Part.ALERTS in parts:
            self.alerts.show(self.alerts_here())
        if parts & (Part.STATUS | Part.ACCOUNT | Part.FEEDS):
            self._show_status()
        if parts & (Part.POSITIONS | Part.ORDERS | Part.DECISIONS):
            self._hint()
        self._watch_seconds()

    def _show_prices(self) -> None:
        """Every ticket beside its price of now."""
        mirror = self.link.mirror
        self.tickets.prices = mirror.symbols
        if mirror.status is not None:
            self.tickets.drift_bps, self.tickets.state = mirror.status.drift_bps, mirror.status.state
            if (self.tickets.drift_bps, self.tickets.state) != self._told:
                self._told = (self.tickets.drift_bps, self.tickets.state)
                self._show_detail()
        if mirror.tickets:
            self.tickets.repaint()

    def beat(self) -> None:
        """Time passed: ages, session and countdowns may read differently."""
        self._show_status()
        self.gauges.repaint()

    def _show_status(self) -> None:
        mirror = self.link.mirror
        self.show_status()
        self.tickets.speed = self.detail.speed = self.link.time.speed
        if mirror.status is not None:
            self.feed.count(mirror.posts, mirror.posts_not_shown, mirror.posts_not_scored)
        self._watch_seconds()

    def _watch_seconds(self) -> None:
        """Tick once a second only while a countdown runs or a lost engine's silence grows."""
        ticking = bool(self.link.mirror.tickets) or (not self.link.attached and bool(self.link.lost_why))
        if ticking and self._second is None:
            self._second = self.set_timer(1.0, self._tick)

    def _tick(self) -> None:
        self._second = None
        self.tickets.repaint()
        self.detail.repaint()
        if not self.link.attached:
            self._show_status()
        self._watch_seconds()

    def _show_detail(self) -> None:
        self.detail.show(facts_of(self.link.mirror, self.tickets.key))

    def _hint(self) -> None:
        """What the narrow screen does not show is counted in the feed's title."""
        mirror = self.link.mirror
        counts = (("positions", mirror.positions), ("orders", mirror.orders), ("decided", mirror.closed))
        self.feed.hint = "  ".join(f"{name} {len(items)}" for name, items in counts if items)

    # Where the hand is

    @property
    def ticket(self) -> Ticket | None:
        return self.tickets.selected

    @property
    def symbol(self) -> str:
        if self.focused is self.tickets and self.tickets.selected:
            return self.tickets.selected.signal.symbol
        if self.focused is self.positions:
            return self.positions.key
        if self.focused is self.orders and self.orders.selected:
            return self.orders.selected.symbol
        if self.focused is self.decisions and self.decisions.selected:
            return self.decisions.selected[0].signal.symbol
        return self.gauges.key

    def may_decide(self) -> str:
        if self.too_soon(self.tickets.moved_at):
            return "Ignored: the ticket had just moved or changed. Look again, then press the key."
        if self.focused is not self.tickets:
            go = self.desk.keymap.said("move.tickets")
            return f"Press {go} to go to the tickets first: a decision is on the ticket under the cursor."
        if not self._sees_ticket():
            see = self.desk.keymap.said("view.ticket")
            return f"The ticket has no room on this screen: press {see} to see it in full, or make the screen larger."
        return super().may_decide()

    def _sees_ticket(self) -> bool:
        """Whether the whole row under the cursor is on the screen: a small one may have no room for the pane."""
        tickets = self.tickets
        line = next((line for line, key in tickets.places() if key == tickets.key), None)
        if line is None or not tickets.region:
            return False
        row = Region(tickets.region.x, tickets.region.y + line, tickets.region.width, tickets.ROW_HEIGHT)
        return tickets.tells_order() and self.find_widget(tickets).visible_region.contains_region(row)

    @on(RowPanel.Chosen)
    def chosen(self, event: RowPanel.Chosen) -> None:
        """The pane beside the flow shows the ticket under the cursor."""
        if event.panel_id == "tickets":
            self._show_detail()

    def on_resize(self, event: events.Resize) -> None:
        """On very few lines the ticket under the cursor comes before everything else."""
        self.set_class(event.size.height < _TINY, "-tiny")

    def on_descendant_focus(self) -> None:
        """Each pane tells by itself, and may be late: what counts is where the hand is now."""
        pane = self.focused
        if pane is None or self._wanted not in (None, pane):
            return
        self.reveal(pane)
        on_tickets = pane is self.tickets
        self.query_one(KeyBar).lead(_LEADS.get(pane.id or "", ()), () if on_tickets else DECIDES)
        if on_tickets:
            self.focus_came()

    def go(self, pane: Widget) -> None:
        if pane is self.tickets and self.focused is not pane:
            self.focus_came()
        super().go(pane)

    def reveal(self, pane: Widget) -> None:
        """On a screen that cannot show them all, show the pane of the book that is asked for."""
        for other in (self.positions, self.orders, self.decisions):
            self.set_class(other is pane, f"in-{other.id}")

    @property
    def panes(self) -> tuple[Widget, ...]:
        return self._panes

    @property
    def fed(self) -> tuple[Widget, ...]:
        return (*self._panes, self.detail)

    def action_tickets(self) -> None:
        self.go(self.tickets)

    # Reading

    def action_open(self) -> None:
        """What is under the cursor, in full: a ticket, a decided one, a post, or the symbol of any other row."""
        if self.focused is self.feed:
            post = self.feed.selected
            if post is None:
                self.line.say("No post is selected.")
            else:
                self._tell_post(post)
        elif self.focused is self.decisions:
            self._open("ticket", self.decisions.key)
        elif self.focused is self.tickets or self.focused is None:
            self._open("ticket", self.tickets.key)
        else:
            self._open("symbol", self.symbol)

    def _tell_post(self, post: PostRow) -> None:
        from desk.post_text import post_lines

        self.tell(f"POST {post.id}", post_lines(post))

    def _open(self, view: str, subject: str) -> None:
        if subject:
            self.desk.open_view(view, subject)
        else:
            self.line.say(f"No {view} is selected.")

    # The engine, by what is selected here

    def action_cancel(self) -> None:
        self.cancel_in(self.orders)

    def action_acknowledge(self) -> None:
        self.acknowledge(self.alerts.top, self.alerts.changed_at)

    def _way_back(self) -> str:
        """The command that attaches to this engine again."""
        status, to = self.link.mirror.status, self.desk.address
        return f"`{to.command(f'desk --profile {status.profile}' if status and not to.name else 'desk')}`"

    @work
    async def action_quit(self) -> None:
        if not self.link.attached:
            self._quit_desk(False)
            return
        status = self.link.mirror.status
        answers = [Answer("q", "leave", "leave the desk; the engine stays and goes on")]
        who = f"The {status.profile} engine" if status else "The engine"
        lines = [
            f"{who} runs by itself (pid {self.link.mirror.pid}), {self._way_back()} comes back to it. {self._held()}",
        ]
        if not self.link.read_only:
            answers.append(Answer("s", "stop", "stop the engine, then leave", grave=True))
            lines.append(STOPPED)
        answer = await self.app.push_screen_wait(Choice("Leave the desk?", lines, answers))
        if answer == "leave":
            self._quit_desk(False)
        elif answer == "stop":
            try:
                reply = await self.link.command(Command(verb="stop", reason="stopped at the desk"))
            except DeskError as error:
                self.line.refused(f"stop: {error.message}", self.with_keys(error.remedy))
                return
            if reply.ok:
                self._quit_desk(True)
            else:
                self.line.refused(reply.text, self.with_keys(reply.remedy))
