"""What the terminal is told of while nobody looks: a bell, or a notification by OSC 9. Off unless config.toml asks.

OSC 9 is iTerm2's "post a notification" (https://iterm2.com/documentation-escape-codes.html), also understood by
kitty, WezTerm, Windows Terminal and others; a terminal that does not know it shows nothing. The text is made here, of
sides, symbols and figures only: no foreign text is ever in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from desk.mirror import Mirror, Part
from engine.model import Fill
from widgets import figures

KINDS = ("tickets", "fills", "alerts")
_PLAIN = re.compile(r"[^A-Za-z0-9 .,:/+%@-]")
_BELL = "\a"
_ESC = "\x1b"


class Notices:
    """Tells each ticket, fill and alert once. What stood there when the desk attached is no news."""

    def __init__(
        self, notify: Iterable[str], bell: Iterable[str], write: Callable[[str], None], *, in_tmux: bool = False
    ) -> None:
        """`write` sends text to the terminal as it is. `in_tmux` hands notifications through to the terminal around it,
        which tmux does where it was told to (`set -g allow-passthrough on`); the bell it passes on by itself."""
        self._notify, self._bell = frozenset(notify), frozenset(bell)
        self._in_tmux = in_tmux
        self._write = write
        self._known: dict[str, frozenset[str]] = {}

    def tell(self, parts: Part, mirror: Mirror) -> None:
        """Tell what is new among the parts of the mirror that changed."""
        if not self._notify | self._bell:
            return
        for kind, items in _items(mirror).items():
            before = self._known.get(kind)
            self._known[kind] = frozenset(items)
            if before is None or Part.ANEW in parts:
                continue
            for text in [text for id, text in items.items() if id not in before]:
                if kind in self._notify:
                    self._write(self._through(f"\x1b]9;desk: {_PLAIN.sub('', text)[:120]}\a"))
                if kind in self._bell:
                    self._write(_BELL)

    def _through(self, sequence: str) -> str:
        """Wrapped for tmux: DCS `tmux;`, each ESC twice, ST
        (https://github.com/tmux/tmux/wiki/FAQ#what-is-the-passthrough-escape-sequence-and-how-do-i-use-it)."""
        return f"\x1bPtmux;{sequence.replace(_ESC, _ESC * 2)}{_ESC}\\" if self._in_tmux else sequence


def _items(mirror: Mirror) -> dict[str, dict[str, str]]:
    """Per kind: what there is now, by id, in a few plain words."""
    tickets = {
        id: f"{ticket.signal.side.name} {ticket.signal.symbol} to decide" for id, ticket in mirror.tickets.items()
    }
    fills = {fill.execution_id: _fill_words(fill) for fill in mirror.fills}
    alerts = {alert.id: f"{alert.level.value} alert: {alert.code}" for alert in mirror.alerts.values()}
    return {"tickets": tickets, "fills": fills, "alerts": alerts}


def _fill_words(fill: Fill) -> str:
    return f"{fill.side.name} {figures.quantity(fill.quantity)} {fill.symbol} @ {figures.price(fill.price)}"
