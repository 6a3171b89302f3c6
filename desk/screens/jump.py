"""Jump mode: a label on every pane and row in view; its key moves the focus and the cursor there, and does no more."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from desk.screens.closes_once import ClosesOnce
from desk.screens.view import ViewScreen
from widgets.feed import Feed
from widgets.key_bar import KeyBar
from widgets.row_panel import RowPanel

WAYS = " type a label to go to its row or pane; any other key goes back"
"""Said in the place of the key bar, whose keys do nothing meanwhile."""
LETTERS = "asdfghjklwertyuiopzxcvbnm"
"""Every letter but q, which leaves; those under the fingers first."""


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
        found = targets(view)
        self._targets = dict(zip(labels(len(found)), found, strict=False))
        self._marks: dict[str, Static] = {}
        self._typed = ""
        self._labelled_at: Size | None = None
        """The size of the screen when the labels were put."""

    def compose(self) -> ComposeResult:
        for label, target in self._targets.items():
            mark = self._marks[label] = Static(Content(label), classes="-pane" if not target.key else "")
            mark.styles.offset = (target.x, target.y)
            yield mark
        bar = next(iter(self._view.query(KeyBar)), None)
        if bar is not None and bar.region:
            ways = Static(Content(WAYS), id="ways")
            ways.styles.offset = bar.region.offset
            ways.styles.width = bar.region.width
            yield ways

    def on_resize(self, event: events.Resize) -> None:
        """What is labelled has moved from under its labels."""
        if self._labelled_at not in (None, event.size):
            self.dismiss()
        self._labelled_at = event.size

    def on_key(self, event: events.Key) -> None:
        """Labels are made anew each time, so their keys are looked up here."""
        event.stop()
        self._typed += event.character or "\0"
        target = self._targets.get(self._typed)
        if target is None and self._narrow():
            return
        self.dismiss()
        if target is not None:
            self._view.go(target.pane)
            if target.key and isinstance(target.pane, RowPanel | Feed):
                target.pane.choose(target.key)
                self._view.chose()

    def _narrow(self) -> bool:
        """Leave only the labels that go on from what was typed, without it; False when there are none."""
        left = {label: mark for label, mark in self._marks.items() if label.startswith(self._typed)}
        for label, mark in self._marks.items() if left else ():
            mark.display = label in left
            mark.update(Content(label.removeprefix(self._typed)))
        return bool(left)


def targets(view: ViewScreen) -> list[Target]:
    """Every place of a view that can be jumped to, as far as it is on the screen: panes, then their rows."""
    panes, rows = [], []
    for pane in view.panes:
        region = pane.region
        if not pane.display or not region:
            continue
        panes.append(Target(pane, "", region.x, region.y))
        if isinstance(pane, RowPanel | Feed):
            rows += [Target(pane, key, region.x, region.y + y) for y, key in pane.places() if y < region.height]
    return [*panes, *rows]


def labels(count: int) -> list[str]:
    """That many labels, at most 625, none of which begins another: single letters, as many as there can be, then pairs
    that begin with the letters that are left."""
    every = len(LETTERS)
    singles = next((n for n in range(every, 0, -1) if n + (every - n) * every >= count), 0)
    pairs = ("".join(pair) for pair in product(LETTERS[singles:], LETTERS))
    return [*LETTERS[:singles], *pairs][:count]
