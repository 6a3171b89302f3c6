"""The ledger: every decision on a ticket with what the price did after it, so that deciding can be measured.

Arithmetic only; `engine.journal.ledger_read` finds the values in a journal. All money is Decimal. What is not known is
None with the reason in words, never 0.

A decision is marked at three instants: five minutes later, an hour later, and the next close of regular trading (pairs
such as `BTC/USD` have none: the end of the UTC day). With `side` +1 for BUY and −1 for SELL:

    move  = side × (mark − entry) / entry × 10,000 basis points: positive when the signal was right
    gain  = side × (mark − entry) × quantity − fees paid: what the order makes by then, were nothing else done
    worth = gain when it was sent, −gain when it was not: what the decision made against the opposite one

An order that was sent is counted at its fills: their average price, quantity and fees. One that was not is counted as
it stood in its ticket, at the price it would have crossed to: the ask of the newest quote at the decision for a BUY,
the bid for a SELL. A mark is the mid of the newest quote at that instant, else its last trade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

from engine.clock import DAY, HOUR, MINUTE
from engine.model import ZERO, Quote, Side
from engine.model.ledger import HORIZONS, Group, LedgerRow, Mark, Total

AFTER_NS: Final = {"5m": 5 * MINUTE, "1h": HOUR}
"""Horizons at a fixed distance from the decision."""
PRICE_AGE_NS: Final = 2 * MINUTE
"""A quote older than this says nothing about an instant."""
_BPS = Decimal(10_000)
_CENT_OF_BP = Decimal("0.01")
_CENT = Decimal("0.01")


def crossing_price(quote: Quote, side: Side) -> Decimal | None:
    """What an order on this side would have crossed to: ask or bid, else the last trade; None when there is none."""
    if quote.mid is not None:
        return quote.ask if side is Side.BUY else quote.bid
    return quote.traded


def move_bps(side: Side, entry: Decimal, price: Decimal) -> Decimal:
    """The move in the signal's direction, in basis points to two decimals. `entry` must be positive."""
    return (side.sign * (price - entry) / entry * _BPS).quantize(_CENT_OF_BP)


def gain(side: Side, entry: Decimal, price: Decimal, quantity: Decimal, fees: Decimal = ZERO) -> Decimal:
    """Money made by the order at this price, fees paid, to the cent."""
    return (side.sign * (price - entry) * quantity - fees).quantize(_CENT)


def valued(row: LedgerRow, mark: Mark) -> Mark:
    """The mark with its figures, from its price and the row's entry and quantity; with the reason for a missing one."""
    if mark.price is None or mark.why:
        return mark
    if row.entry is None or row.entry <= 0:
        return _with(mark, why="no price was known at the decision")
    moved = move_bps(row.side, row.entry, mark.price)
    if row.quantity is None:
        return _with(mark, moved, why="nothing could be sized")
    if row.kind.sends and row.quantity == 0:
        return _with(mark, moved, why="nothing was filled")
    made = gain(row.side, row.entry, mark.price, row.quantity, row.fees)
    return _with(mark, moved, made, made if row.kind.sends else -made)


def groups(rows: Iterable[LedgerRow]) -> tuple[Group, ...]:
    """All decisions, then by outcome, by who decided, by rule, by strategy and by symbol.

    A decision that several rules rejected counts for each of them.
    """
    every = tuple(rows)
    if not every:
        return ()
    found = [group("all", "all", every)]
    names: Mapping[str, Callable[[LedgerRow], tuple[str, ...]]] = {
        "outcome": lambda row: (row.kind.value,),
        "who": lambda row: (row.by,),
        "rule": lambda row: row.rules,
        "strategy": lambda row: (row.strategy,),
        "symbol": lambda row: (row.symbol,),
    }
    for by, names_of in names.items():
        members: dict[str, list[LedgerRow]] = {}
        for row in every:
            for name in names_of(row):
                members.setdefault(name, []).append(row)
        found.extend(group(by, name, members[name]) for name in sorted(members))
    return tuple(found)


def group(by: str, name: str, rows: Iterable[LedgerRow]) -> Group:
    """These decisions together."""
    members = tuple(rows)
    return Group(by, name, len(members), tuple(_total(horizon, members) for horizon in HORIZONS))


def end_of_utc_day(at_ns: int) -> int:
    """The first instant of the next UTC day."""
    return (at_ns // DAY + 1) * DAY


def _total(horizon: str, rows: tuple[LedgerRow, ...]) -> Total:
    marks = [row.mark(horizon) for row in rows]
    moves = [mark.move_bps for mark in marks if mark.move_bps is not None]
    gains = [mark.gain for mark in marks if mark.gain is not None]
    worths = [mark.worth for mark in marks if mark.worth is not None]
    return Total(
        horizon,
        measured=len(moves),
        right=sum(move > 0 for move in moves),
        mean_bps=(sum(moves, ZERO) / len(moves)).quantize(_CENT_OF_BP) if moves else None,
        known=len(gains),
        gain=sum(gains, ZERO) if gains else None,
        worth=sum(worths, ZERO) if worths else None,
    )


def _with(
    mark: Mark,
    moved: Decimal | None = None,
    made: Decimal | None = None,
    worth: Decimal | None = None,
    *,
    why: str = "",
) -> Mark:
    return Mark(mark.horizon, mark.due_ns, mark.price, mark.price_ns, moved, made, worth, why)
