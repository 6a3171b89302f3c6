"""The form in which the order of a ticket is changed. What it would mean stands below while figures are typed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from desk.screens.box import Box
from desk.screens.choice import ESC
from engine.model import Draft, Ticket
from engine.model.frames import Command
from widgets import figures
from widgets.answer_row import AnswerRow
from widgets.no_control import visible
from widgets.still_input import StillInput

_FIELDS = (("quantity", "size"), ("limit_price", "limit"), ("stop_price", "stop"), ("target_price", "target"))
_OF_AN_EXIT = _FIELDS[1:2]
"""An order that closes what is held has only its limit to change."""
_NUMBER = r"[0-9]{0,12}(\.[0-9]{0,9})?"
"""What the engine takes for a figure, and what comes on the way there."""
_REFUSED = 4
"""Most reasons that are told why other figures are needed."""


class Edit(Box[Command | None]):
    """Dismisses with the command that asks the engine, or None. Enter asks; it confirms nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        # At once: what is typed behind such a key is for the figure that it goes to.
        Binding("down,tab", "app.focus_next", "Next", show=False, priority=True),
        Binding("up,shift+tab", "app.focus_previous", "Previous", show=False, priority=True),
    ]

    def __init__(self, ticket: Ticket, asked: Command | None = None, refused: Sequence[str] = ()) -> None:
        """The ticket as it is seen; it must have an order. `asked` is what was asked before and `refused` why not."""
        super().__init__()
        assert ticket.draft is not None
        self._ticket, self._draft = ticket, ticket.draft
        self._asked, self._refused = asked or Command("edit"), tuple(refused)
        self._fields = _OF_AN_EXIT if ticket.draft.reduces else _FIELDS

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            signal = self._ticket.signal
            yield Static(Content(f"Edit {signal.side.name} {signal.symbol}"), id="title")
            for name, word in self._fields:
                with Horizontal(classes="field"):
                    yield Static(Content(f"{word:<8}"), classes="label")
                    value = getattr(self._asked, name) or _plain(name, getattr(self._draft, name))
                    yield StillInput(value, id=name, restrict=_NUMBER, max_length=22)
            yield Static(id="means")
            for reason in self._refused[:_REFUSED]:
                yield Static(Content(f"✗ {visible(reason)}"), classes="refused")
            if len(self._refused) > _REFUSED:
                yield Static(Content(f"✗ and {len(self._refused) - _REFUSED} more"), classes="refused")
            yield AnswerRow("Enter", "ask the engine: every control judges it anew", cells=6)
            yield AnswerRow(ESC, "back, nothing is changed", cells=6)

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._say()

    @on(Input.Changed)
    def _say(self) -> None:
        """What the figures would mean."""
        self.query_one("#means", Static).update(Content("\n".join(meaning(self._draft, self._typed()))))

    @on(Input.Submitted)
    def ask(self) -> None:
        """Ask for what differs from what is seen; nothing differs, nothing is asked, and nothing while a figure is
        missing that the order has."""
        typed = self._typed()
        if _missing(self._draft, typed):
            return
        changed = {name: str(value) for name, value in typed.items() if value != getattr(self._draft, name)}
        if not changed:
            self.dismiss(None)
            return
        asked = Command("edit", ticket=self._ticket.id, fingerprint=self._ticket.fingerprint)
        self.dismiss(msgspec.structs.replace(asked, **changed))

    def give(self, key: str) -> None:
        if key == ESC:
            self.action_back()
        else:
            self.ask()

    def action_back(self) -> None:
        self.dismiss(None)

    def _typed(self) -> dict[str, Decimal | None]:
        """Each field's figure; None where it is none."""
        return {name: _figure(self.query_one(f"#{name}", Input).value) for name, _ in self._fields}


def meaning(draft: Draft, typed: dict[str, Decimal | None]) -> list[str]:
    """An order with other figures, written as the ticket writes it: what it comes to at the price that was seen, what
    the stop loses and the target wins from the limit."""
    figure = {name: typed.get(name, getattr(draft, name)) for name, _ in _FIELDS}
    quantity, limit = figure["quantity"], figure["limit_price"]
    if quantity is None or limit is None or limit <= 0:
        return ["A figure is missing.", "", ""]
    cost = figures.cost(quantity, draft.reference_price)
    lines = [f"order   {figures.quantity(quantity)} @ {figures.price(limit)}  {cost}"]
    missing = _missing(draft, typed)
    for name, word in _FIELDS[2:]:
        price = figure[name]
        if price is None:
            lines.append(f"{word:<8}{'a figure is missing' if name in missing else 'none'}")
            continue
        gain = (price - limit) * quantity * draft.side.sign
        away = (price - limit) / limit * 100
        lines.append(f"{word:<8}{figures.glyph(float(gain))} {figures.signed_money(gain)}  {figures.percent(away)}")
    return lines


def _missing(draft: Draft, typed: dict[str, Decimal | None]) -> set[str]:
    """Fields without a figure though the order has one."""
    return {name for name, value in typed.items() if value is None and getattr(draft, name) is not None}


def _figure(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _plain(name: str, value: Decimal | None) -> str:
    """A figure as it is typed: no separators, prices with their cents, and every digit it has: what is not changed
    is not asked for."""
    if value is None:
        return ""
    if name == "quantity":
        return figures.quantity(value).replace(",", "")
    shown = figures.price(value)
    return shown if Decimal(shown) == value else f"{value:f}"
