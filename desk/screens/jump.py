"""Jump mode: a label on every pane and row in view; its key moves the focus and the cursor there, and does no more."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from desk.screens.closes_once import ClosesOnce
from desk.screens.view import ViewScreen
from widgets.row_panel import RowPanel

LETTERS = "asdfghjklwertyuiopzxcvbnm"
"""Every letter but q, which leaves. One letter each while they suffice, else two."""


class Target(NamedTuple):
    """A place to jump to: a pane, or a row of it."""

    pane: Widget
    key: str
    """The row; empty for the pane itself."""
    x: int
    y: int


class Jump(ClosesOnce[None], ModalScreen[None]):
    """Over a view. Any key that labels nothing closes it."""

    CSS_PATH = "jump.tcss"

    def __init__(self, view: ViewScreen) -> None:
        super().__init__()
        self._view = view
        self._targets = dict(zip(labels(len(found := targets(view))), found, strict=True))
        self._typed = ""

    def compose(self) -> ComposeResult:
        for label, target in self._targets.items():
            mark = Static(Content(label), classes="-pane" if not target.key else "")
            mark.styles.offset = (target.x, target.y)
            yield mark

    def on_key(self, event: events.Key) -> None:
        """Labels are made anew each time, so their keys are looked up here."""
        event.stop()
        self._typed += event.character or "\0"
        target = self._targets.get(self._typed)
        if target is None and any(label.startswith(self._typed) for label in self._targets):
            return
        self.dismiss()
        if target is not None:
            self._view.go(target.pane)
            if target.key and isinstance(target.pane, RowPanel):
                target.pane.choose(target.key)


def targets(view: ViewScreen) -> list[Target]:
    """Every place of a view that can be jumped to, as far as it is on the screen."""
    found = []
    for pane in view.panes:
        region = pane.region
        if not pane.display or not region:
            continue
        found.append(Target(pane, "", region.x, region.y))
        if isinstance(pane, RowPanel):
            found += [Target(pane, key, region.x, region.y + y) for y, key in pane.places() if y < region.height]
    return found


def labels(count: int) -> list[str]:
    """That many labels, none of which begins another: single letters, or pairs where those do not suffice."""
    if count <= len(LETTERS):
        return list(LETTERS[:count])
    return ["".join(pair) for pair, _ in zip(product(LETTERS, LETTERS), range(count), strict=False)]
