"""A question answered in words: a reason, a filter, a search. Quick picks answer with one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from desk.screens.box import Box
from desk.screens.choice import BACK, ESC
from widgets.answer_row import AnswerRow
from widgets.no_control import visible
from widgets.still_input import StillInput

FILTERS = "show these; an empty line shows all"
"""What Enter does where something is filtered."""
_LONGEST = 200
_LONGEST_KEY = 4096
_TYPE, _ENTER = "t", "Enter"


class Prompt(Box[str | None]):
    """Dismisses with the text, or None when a person goes back. With picks, the keys 1–9 answer at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("t,tab", "type", "Type", show=False, priority=True),  # at once: what comes behind it is typed
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
                yield AnswerRow(str(number), pick)
            if self._picks:
                yield AnswerRow(_TYPE, "in your own words")
            yield StillInput(
                self._value,
                placeholder=self._hint,
                max_length=_LONGEST_KEY if self._hidden else _LONGEST,
                select_on_focus=False,
                password=self._hidden,
            )
            for key, does in ((_ENTER, self._enter), (ESC, self._back)):
                yield AnswerRow(key, does, cells=6)

    def on_mount(self) -> None:
        if not self._picks:
            self.query_one(Input).focus()

    def give(self, key: str) -> None:
        if key == ESC:
            self.action_back()
        elif key == _ENTER:
            self.submit()
        elif key == _TYPE:
            self.action_type()
        else:
            self.dismiss(self._picks[int(key) - 1])

    @on(Input.Submitted)
    def submit(self) -> None:
        """Enter in the input is the answer; a required one must say something."""
        text = " ".join(self.query_one(Input).value.split())
        if text or not self._required:
            self.dismiss(text)

    def action_type(self) -> None:
        self.set_focus(self.query_one(Input))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the line itself its keys are what they are anywhere."""
        return action != "type" or self.focused is None

    def action_pick(self, number: int) -> None:
        if number <= len(self._picks) and not self.too_soon(self.resumed_at):
            self.dismiss(self._picks[number - 1])

    def action_back(self) -> None:
        self.dismiss(None)
