"""A question answered in words: a reason, a filter, a search. Quick picks answer with one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from desk.screens.choice import BACK
from desk.screens.closes_once import ClosesOnce
from desk.screens.guarded import Guarded
from widgets.no_control import visible
from widgets.still_input import StillInput

FILTERS = "show these; an empty line shows all"
"""What Enter does where something is filtered."""
_LONGEST = 200
_LONGEST_KEY = 4096


class Prompt(Guarded[str | None], ClosesOnce[str | None], ModalScreen[str | None]):
    """Dismisses with the text, or None when a person goes back. With picks, the keys 1–9 answer at once."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("t,tab", "type", "Type", show=False),
        *(Binding(str(digit), f"pick({digit})", show=False) for digit in range(1, 10)),
    ]
    AUTO_FOCUS = ""

    def __init__(
        self,
        title: str,
        hint: str,
        *,
        value: str = "",
        picks: Sequence[str] = (),
        required: bool = False,
        hidden: bool = False,
        enter: str = "go on",
        back: str = BACK,
        told: str = "",
    ) -> None:
        """`hidden` shows dots for what is typed: a key. `enter` and `back` say what Enter and Escape do, `told` what is
        wrong with the answer before."""
        super().__init__()
        self._title, self._hint, self._value = title, hint, value
        self._picks, self._required, self._hidden = tuple(picks), required, hidden
        self._enter, self._back, self._told = enter, back, told

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Content(visible(self._title)), id="title")
            if self._told:
                yield Static(Content(f"✗ {visible(self._told)}"), classes="refused")
            for number, pick in enumerate(self._picks, 1):
                yield Static(Content.assemble((f" {number}    ", "bold $ink-loud"), visible(pick)), classes="answer")
            if self._picks:
                yield Static(Content.assemble((" t    ", "bold $ink-loud"), "in your own words"), classes="answer")
            yield StillInput(
                self._value,
                placeholder=self._hint,
                max_length=_LONGEST_KEY if self._hidden else _LONGEST,
                select_on_focus=False,
                password=self._hidden,
            )
            for key, does in (("Enter", self._enter), ("Esc", self._back)):
                yield Static(Content.assemble((f" {key:<6}", "bold $ink-loud"), does), classes="answer")

    def on_mount(self) -> None:
        self.not_seen_yet()
        if not self._picks:
            self.query_one(Input).focus()

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Enter in the input is the answer; a required one must say something."""
        text = " ".join(event.value.split())
        if text or not self._required:
            self.dismiss(text)

    def action_type(self) -> None:
        self.query_one(Input).focus()

    def action_pick(self, number: int) -> None:
        if number <= len(self._picks) and not self.too_soon(self.resumed_at):
            self.dismiss(self._picks[number - 1])

    def action_back(self) -> None:
        self.dismiss(None)
