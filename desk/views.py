"""The views of the desk, once: id, key, words, and the screen that shows each. A screen is imported when it is opened,
or as soon as a desk that has started has nothing else to do.

A view's screen is a `desk.screens.view.ViewScreen` and is built with `(link, subject)`.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from engine.errors import DeskError
from engine.model.base import Value

if TYPE_CHECKING:
    from desk.screens.view import ViewScreen


class View(Value, frozen=True, gc=False):
    """One view: a whole screen that a key opens from any other."""

    id: str
    """The word that actions name in `views`."""
    key: str
    """Its default key."""
    title: str
    """One word for the key bar."""
    tooltip: str
    """One sentence for help."""
    screen: str
    """`module:class` of its screen."""

    def load(self) -> type[ViewScreen]:
        """The screen's class, imported now. Raises DeskError for code of another version than this desk."""
        module, _, name = self.screen.partition(":")
        found = getattr(_import(module), name, None)
        if not isinstance(found, type):
            raise _changed(f"{module} has no {name}")
        return found


VIEWS: tuple[View, ...] = (
    View("desk", "1", "desk", "The desk: gauges, tickets, posts, positions, orders.", "desk.screens.main:Main"),
    View("ticket", "2", "ticket", "The selected ticket in full, to decide or edit.", "desk.screens.ticket:TicketView"),
    View("symbol", "3", "symbol", "The selected symbol: mood, price, posts, gates.", "desk.screens.symbol:SymbolView"),
    View("posts", "4", "posts", "Every post: filter, full text, who wrote it.", "desk.screens.posts:PostsView"),
    View("orders", "5", "orders", "Every order and every execution.", "desk.screens.orders:OrdersView"),
    View("risk", "6", "risk", "Limits and their use, locks, trading state, alerts.", "desk.screens.risk:RiskView"),
    View("feeds", "7", "feeds", "How every source is, what it cost, what is missing.", "desk.screens.feeds:FeedsView"),
    View("ledger", "8", "ledger", "What every decision was worth, and every rule.", "desk.screens.ledger:LedgerView"),
    View("journal", "9", "journal", "Find any record, and the story behind it.", "desk.screens.journal:JournalView"),
)
"""In the order of their keys. The desk is always there; another view stands over it until a person leaves it."""

VIEW_BY_ID = {view.id: view for view in VIEWS}

_LATE = ("desk.post_text", "desk.share", "desk.tables")
"""What screens import when they are asked for something, beside each other."""


def load_all() -> tuple[Path, ...]:
    """Import all that the desk imports late, so that an upgrade under it meets nothing that is still to be read; the
    style sheets of its screens. Raises DeskError where that has happened already."""
    import pkgutil

    screens = _import("desk.screens")
    for module in (*(each.name for each in pkgutil.iter_modules(screens.__path__, "desk.screens.")), *_LATE):
        _import(module)
    return tuple(sorted(Path(screens.__path__[0]).glob("*.tcss")))


def _import(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except Exception as error:  # one version's module on another's can fail in any way
        raise _changed(f"{type(error).__name__}: {error}") from error


def _changed(what: str) -> DeskError:
    return DeskError(f"expected the code that this desk was started from, found other code: {what}")
