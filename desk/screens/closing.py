"""What can be closed, as answers of a dialog: each symbol in which this desk's engine holds or enters something."""

from __future__ import annotations

from decimal import Decimal

from desk.mirror import Mirror
from desk.screens.choice import KEYS, Answer
from engine.model import Position, Role
from widgets import figures

EVERY = "*"
"""Stands for every position in a command."""
_SIZE = 10
"""Cells of a quantity."""


def closings(mirror: Mirror, under_cursor: str) -> list[Answer]:
    """The symbol under the cursor first, with a key of its own, then every other one; the last answer is all of them.

    What is held but none of ours is left out: the engine never touches it.
    """
    held = {symbol: each.ours for symbol, each in mirror.positions.items() if each.ours}
    entries = {
        order.symbol: Decimal(0)
        for order in mirror.orders.values()
        if order.role is Role.ENTRY and not order.status.terminal
    }
    sizes = entries | held
    wide = max(map(len, sizes), default=0)
    texts = {symbol: _text(symbol, size, mirror.positions.get(symbol), wide) for symbol, size in sizes.items()}
    first = [Answer("s", under_cursor, texts[under_cursor], grave=True)] if under_cursor in texts else []
    others = (symbol for symbol in sorted(texts) if symbol != under_cursor)
    each = [Answer(key, symbol, texts[symbol], grave=True) for key, symbol in zip(KEYS, others, strict=False)]
    return [*first, *each, Answer("A", EVERY, "close every position", grave=True)]


def unlisted(mirror: Mirror, answers: list[Answer]) -> str:
    """What the answers leave out, and why; empty when they leave out nothing."""
    external = sorted(symbol for symbol, each in mirror.positions.items() if not each.ours)
    words = [f"EXTERNAL, not touched: {', '.join(external)}."] if external else []
    ours = {symbol for symbol, each in mirror.positions.items() if each.ours}
    more = len(ours - {answer.id for answer in answers})
    words += [f"{more} more: choose one among the positions, then flatten again."] if more else []
    return " ".join(words)


def _text(symbol: str, size: Decimal, position: Position | None, wide: int) -> str:
    """`close TSLA  26 @ 191.40  ▲ +39.10`, or that only an entry works there."""
    if not size or position is None:
        return f"close {symbol:<{wide}}  nothing held yet: cancels its entry"
    held = f"{figures.quantity_in(size, _SIZE):>{_SIZE}} @ {figures.price_in(position.average_price, 9)}"
    gain = position.unrealised
    worth = "" if position.foreign else f"  {figures.glyph(float(gain))} {figures.signed_money_in(gain, 11)}"
    return f"close {symbol:<{wide}}{held}{worth}"
