"""What the keys ask of the engine: one `action_<verb>` per verb, shared by the main screen and the detail screen.

A key never changes a figure on the screen. It sends a command; the answer stands in the status line, and what changed
comes back through the mirror like every other change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from msgspec.structs import replace
from textual import work
from textual.worker import Worker

from desk.by_signal import throw
from desk.client import NoEngine
from desk.link import Link
from desk.mirror import Part
from desk.other_ways import other_ways
from desk.remedy import with_keys
from desk.screens.box import ended
from desk.screens.choice import KEYS, Answer, Choice
from desk.screens.closes_once import ClosesOnce
from desk.screens.closing import closings, unlisted
from desk.screens.edit import Edit
from desk.screens.guarded import Guarded
from desk.screens.prompt import Prompt
from engine.errors import DeskError
from engine.model import Alert, Mode, Order, Role, Ticket, TradingState
from engine.model.frames import Command, Reply
from widgets import figures
from widgets.orders import Orders
from widgets.status_line import StatusLine
from widgets.sure_timer import SureTimer

if TYPE_CHECKING:
    from desk.app import DeskApp

REASONS = (
    "The evidence is weak or comes from few authors",
    "Already in the price",
    "A rumour: not confirmed",
    "Wrong meaning: sarcasm, or another company",
    "Size or timing",
)
"""Quick picks when a ticket is rejected."""
HELD = "Ignored: the key was held down, or came again at once."
"""Said to a key that would ask the engine for the same over and over."""
AGAIN = f"{HELD} Look at what stands here now, then press it."
"""Said to a key that would decide what nobody has looked at."""
_MOST_HELD = 5
"""Most positions that a dialog names."""
PAUSE_REASON = "at the desk"
"""Said after `paused: `, which the engine writes."""


class VerbScreen(SureTimer, Guarded[None], ClosesOnce[None]):
    """A screen from which commands are sent. A subclass says what is selected and where answers are written."""

    VIEW: ClassVar[str] = ""
    """Its id among the views."""
    line: StatusLine

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self._deciding: set[str] = set()
        """Tickets whose answer has not come yet: a second key does not send a second command."""

    @property
    def _desk(self) -> DeskApp:
        return cast("DeskApp", self.app)

    # What a subclass says

    @property
    def ticket(self) -> Ticket | None:
        """The ticket a decision is about, as it is shown."""
        raise NotImplementedError

    @property
    def symbol(self) -> str:
        """The symbol that symbol verbs are about; empty when none is selected."""
        raise NotImplementedError

    def may_decide(self) -> str:
        """Why a decision must not be sent now; empty when it may."""
        if self.too_soon(self.resumed_at):
            return "Ignored: the focus had just come here. Look, then press the key."
        if not self.link.attached:
            why = "The engine has stopped" if self.link.stopped else "No engine is attached"
            return f"{why}: nothing was sent."
        return ""

    def update_parts(self, parts: Part) -> None:
        """Draw what changed."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        self.focus_came()

    def with_keys(self, remedy: str) -> str:
        """A remedy whose commands go to this desk's engine, with the keys of this view beside them."""
        told = self._desk.address.told(remedy)
        return told if self.link.read_only else with_keys(told, self._desk.keymap, self.VIEW)

    def alerts_here(self) -> list[Alert]:
        """Every alert that holds, with the keys of this view in its remedy."""
        alerts = self.link.mirror.alerts.values()
        return [replace(alert, remedy=self.with_keys(alert.remedy)) for alert in alerts]

    # Decisions

    def action_confirm(self) -> None:
        again = self.again("confirm")
        ticket = self._decidable()
        if ticket is None:
            return
        if again:
            self.line.refused(AGAIN)
            return
        status = self.link.mirror.status
        if status is None or status.profile != "live":
            self._decide(ticket, Command(verb="confirm", ticket=ticket.id, fingerprint=ticket.fingerprint))
            return
        self._confirm_live(ticket)

    @work
    async def _confirm_live(self, ticket: Ticket) -> None:
        """With real money a second, different key sends what the first one asked for."""
        answers = [Answer("Y", "send", "send this order with real money", grave=True)]
        box = Choice("LIVE ORDER", [order_words(ticket)], answers, alarm=True)
        box.about = ticket
        if await self.app.push_screen_wait(box):
            self._decide(ticket, Command(verb="confirm", ticket=ticket.id, fingerprint=ticket.fingerprint))

    @work
    async def action_reject(self) -> None:
        ticket = self._decidable()
        if ticket is None:
            return
        prompt = Prompt(f"Reject {order_words(ticket)}", "reason", picks=REASONS, required=True)
        prompt.about, prompt.any_figures = ticket, True
        reason = await self.app.push_screen_wait(prompt)
        if reason:
            self._decide(ticket, Command(verb="reject", ticket=ticket.id, reason=reason))

    @work
    async def action_edit(self) -> None:
        """Change the order of a ticket: what is asked names the fingerprint that was seen. What the controls refuse
        comes back with their reasons, for other figures."""
        ticket = self._decidable()
        if ticket is None:
            return
        if ticket.draft is None:
            self.line.refused("There is no order to edit: nothing could be sized.")
            return
        asked = Command("edit")
        refused: tuple[str, ...] = ()
        while True:
            box = Edit(ticket, asked, refused)
            box.about = ticket
            command = await self.app.push_screen_wait(box)
            if command is None or self._too_late(ticket):
                return
            reply = await self._sent(command)
            held = self.link.mirror.tickets.get(ticket.id)
            if reply is None or reply.ok or held is None or held.fingerprint != ticket.fingerprint:
                return
            if self.app.screen is not self:
                return
            asked, refused = command, reply.difference or (reply.text,)

    def _decidable(self) -> Ticket | None:
        ticket = self.ticket
        why = self.may_decide() if ticket else self._no_ticket()
        if ticket is not None and not why and ticket.id in self._deciding:
            why = "Already sent: the engine has not answered yet."
        if why:
            self.line.refused(why)
            return None
        return ticket

    def _no_ticket(self) -> str:
        return (
            "No ticket is selected."
            if self.link.mirror.tickets
            else "No ticket is pending: there is nothing to decide."
        )

    def _decide(self, ticket: Ticket, command: Command) -> None:
        if self._too_late(ticket):
            return
        self._deciding.add(ticket.id)
        self.acted(command.verb)
        self.send(command, after=lambda: self._answered(ticket, command.verb))

    def _too_late(self, ticket: Ticket) -> bool:
        """Whether the ticket was decided while a box stood open; that is then said, and nothing is sent."""
        _, decision = self.link.mirror.closed.get(ticket.id, (None, None))
        if decision is not None:
            self.line.refused(f"Too late, nothing was sent: {ended(decision)}.")
        return decision is not None

    def _answered(self, ticket: Ticket, verb: str) -> None:
        self._deciding.discard(ticket.id)
        self.acted(verb)

    # Engine

    @work
    async def action_mode(self) -> None:
        symbol, modes = self.symbol, self.link.mirror.symbols
        now = f"{symbol} is on {modes[symbol].mode.value}." if symbol in modes else "No symbol is selected."
        every = [Answer("C", "* confirm", "every symbol: a person confirms")]
        every += [Answer("A", "* auto", "every symbol: the autopilot decides", grave=True)]
        every += [Answer("O", "* off", "every symbol: signals are only shown")]
        one = [Answer("c", f"{symbol} confirm", f"{symbol}: a person confirms")]
        one += [Answer("a", f"{symbol} auto", f"{symbol}: the autopilot decides", grave=True)]
        one += [Answer("o", f"{symbol} off", f"{symbol}: signals are only shown")]
        answer = await self.app.push_screen_wait(
            Choice("Who decides?", [now], one + every if symbol in modes else every)
        )
        if answer:
            chosen, mode = answer.split()
            self.send(Command(verb="mode", symbol=chosen, mode=Mode(mode).value))

    @work
    async def action_pause(self) -> None:
        if self._held_down("pause"):
            return
        status = self.link.mirror.status
        if status is None or status.state is TradingState.ACTIVE:
            self.send(Command(verb="pause", reason=PAUSE_REASON))
            return
        title = f"Resume trading? It is {status.state.name}: {status.state_reason or 'no reason given'}"
        prompt = Prompt(title, "why it may trade again", required=True, enter="resume; the reason is journaled")
        reason = await self.app.push_screen_wait(prompt)
        if reason:
            self.send(Command(verb="resume", reason=reason))

    @work
    async def action_kill(self) -> None:
        answers = [
            Answer("h", "halt", "HALT: cancel working entries, keep stops and targets", grave=True),
            Answer("f", "flatten", "HALT and FLATTEN: also close every position at the market", grave=True),
        ]
        lines = ["Nothing new will be sent until a person resumes with a reason.", self._held()]
        answer = await self.app.push_screen_wait(Choice("KILL SWITCH", lines, answers, alarm=True))
        if answer:
            self.send(Command(verb="kill", reason="kill switch at the desk", flatten=answer == "flatten"))

    @work
    async def action_flatten(self) -> None:
        answers = closings(self.link.mirror, self.symbol)
        left_out = unlisted(self.link.mirror, answers)
        lines = ["Closes at the market, and cancels what works there.", *filter(None, (self._held(), left_out))]
        answer = await self.app.push_screen_wait(Choice("FLATTEN", lines, answers, alarm=True))
        if answer:
            self.send(Command(verb="flatten", symbol=answer, reason="flattened at the desk"))

    def _held_down(self, verb: str) -> bool:
        """Whether a key that asks at once is the one before, held down; that is then said, and the first one counts."""
        if self.again(verb):
            self.line.refused(HELD)
            return True
        self.acted(verb)
        return False

    def _held(self) -> str:
        """What a dialog is about, in a line: positions, and how many entries work."""
        mirror = self.link.mirror
        held = [f"{figures.quantity(each.quantity)} {each.symbol}" for each in mirror.positions.values()]
        more = f" and {len(held) - _MOST_HELD} more" if len(held) > _MOST_HELD else ""
        entries = sum(order.role is Role.ENTRY and not order.status.terminal for order in mirror.orders.values())
        working = f"{entries} {'entry works' if entries == 1 else 'entries work'}" if entries else "no entry works"
        return f"Held: {', '.join(held[:_MOST_HELD]) or 'nothing'}{more}; {working}."

    def cancel_in(self, orders: Orders) -> None:
        """Cancel the order under the cursor of a panel, if that is where the person is and it works."""
        order = orders.selected
        if self.focused is not orders or order is None:
            self.line.say("Go to the orders and choose one to cancel.")
        elif order.status.terminal:
            self.line.say(f"That order has ended: {order.status.value}.")
        else:
            self._cancel(order)

    @work
    async def _cancel(self, order: Order) -> None:
        """Ask, then cancel one order."""
        words = f"{order.side.name} {figures.quantity(order.remaining)} {order.symbol} ({order.role.value})"
        answers = [Answer("c", order.client_order_id, "cancel this order", grave=True)]
        answer = await self.app.push_screen_wait(Choice("Cancel order", [words], answers))
        if answer:
            self.send(Command(verb="cancel", order=answer))

    def acknowledge(self, alert: Alert | None, changed_at: float) -> None:
        """Acknowledge the alert that has stood under the hand since then: what was read, not what has just come."""
        again = self.again("acknowledge")
        if alert is None:
            self.line.say("There is no alert.")
        elif again:
            self.line.refused(AGAIN)
        elif self.too_soon(changed_at):
            self.line.refused("Ignored: another alert had just come here. Read it, then press the key.")
        else:
            self.acted("acknowledge")
            self.send(Command(verb="acknowledge", alert=alert.id))

    def action_reconcile(self) -> None:
        if not self._held_down("reconcile"):
            self.send(Command(verb="reconcile"))

    def action_faster(self) -> None:
        self.send(Command(verb="speed", speed="faster"))

    def action_slower(self) -> None:
        self.send(Command(verb="speed", speed="slower"))

    @work
    async def action_lift(self) -> None:
        protections = self.link.mirror.protections
        if not protections:
            self.line.say("No protection is in force.")
            return
        answers = [
            Answer(key, each.id, f"{each.name} {each.symbol or 'everything'}: {each.reason}")
            for key, each in zip(KEYS, protections, strict=False)
        ]
        more = len(protections) - len(answers)
        lines = [f"{more} more come up once some of these are lifted."] if more else []
        chosen = await self.app.push_screen_wait(Choice("Lift a protection", lines, answers))
        if not chosen:
            return
        reason = await self.app.push_screen_wait(Prompt("Lift it. Why?", "reason", required=True))
        if reason:
            self.send(Command(verb="lift", protection=chosen, reason=reason))

    # Sending

    def send(self, command: Command, *, after: Callable[[], None] = lambda: None) -> None:
        """Send a command and say what became of it. It goes out although this view is left meanwhile."""
        self._sending(command, after)

    async def _sent(self, command: Command) -> Reply | None:
        """Send a command and say what became of it: the answer, None where none came."""
        return await asyncio.shield(self._sending(command).wait())

    def _sending(self, command: Command, after: Callable[[], None] = lambda: None) -> Worker[Reply | None]:
        """Ask the engine in a task of the desk: those of a view end with it, before the command left or its answer
        came."""
        return self._desk.run_worker(self._ask_engine(command, after), name=command.verb, group="commands")

    async def _ask_engine(self, command: Command, after: Callable[[], None]) -> Reply | None:
        """The engine's answer, said where the person is by then; None where none came."""
        try:
            reply = await self.link.command(command)
        except DeskError as error:
            paths = self._desk.paths if command.verb == "kill" else None
            thrown = None if paths is None else await throw(paths, error, flatten=command.flatten)
            if thrown is None:
                what = "nothing was sent" if isinstance(error, NoEngine) else "whether it was carried out is not known"
                ways = "" if paths is None else other_ways(paths.kill_file)
                self._desk.line.refused(f"{command.verb}: {error.message}, {what}", ways)
                return None
            reply = thrown
        finally:
            after()
        if reply.ok:
            self._desk.line.done(reply.text)
            return reply
        self._desk.line.refused(" · ".join((reply.text, *reply.difference)), self.with_keys(reply.remedy))
        held = None if reply.ticket is None else self.link.mirror.tickets.get(reply.ticket.id)
        if reply.ticket is not None and held is not None and held.revision < reply.ticket.revision:
            self.link.mirror.tickets[held.id] = reply.ticket
            self._desk.wake(Part.TICKETS)
        return reply


def order_words(ticket: Ticket) -> str:
    """The order of a ticket in words: `BUY 26 TSLA @ 191.40`."""
    side = ticket.signal.side.name
    if ticket.draft is None:
        return f"{side} {ticket.signal.symbol}"
    draft = ticket.draft
    return f"{side} {figures.quantity(draft.quantity)} {draft.symbol} @ {figures.price(draft.limit_price)}"
