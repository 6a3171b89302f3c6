"""Something in full over a view: a post, an alert, what a feed says. Nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from desk.screens.choice import Choice


class Told(Choice):
    """Lines to read, broken at the width of the screen and scrolled where they do not fit."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "back", "Back", show=False)]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__(title, lines, (), back="back")
