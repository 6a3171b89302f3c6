"""The base of every value in the engine: frozen, slotted, compared by content, encoded field by field."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import NewType

import msgspec

DisplayText = NewType("DisplayText", str)
"""Text that `engine.text.display_text` has cleaned: no control, bidi or zero-width characters, one line."""


class Value(msgspec.Struct, frozen=True, gc=False):
    """A frozen, slotted value. Times are `*_ns` (UTC nanoseconds); money and quantities are Decimal."""


class Side(Enum):
    """Direction of a signal or order."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for BUY, −1 for SELL."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """The side that undoes it."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Mode(Enum):
    """Who decides: a person (`confirm`), the autopilot (`auto`) or nobody (`off`: signals are shown only)."""

    CONFIRM = "confirm"
    AUTO = "auto"
    OFF = "off"

    @property
    def reach(self) -> int:
        """How far a signal goes by itself: 0 to the screen, 1 to a person, 2 to the venue."""
        return _REACH[self]

    def stricter(self, other: Mode) -> Mode:
        """The one of the two that lets less happen by itself."""
        return min(self, other, key=lambda mode: mode.reach)


_REACH = {Mode.OFF: 0, Mode.CONFIRM: 1, Mode.AUTO: 2}


class TradingState(Enum):
    """ACTIVE trades, REDUCING may only reduce risk, HALTED sends nothing but cancels and, when asked, a flatten."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class Session(Enum):
    """The market's phase. UNKNOWN is a state, treated as closed."""

    PRE = "pre"
    REGULAR = "regular"
    POST = "post"
    CLOSED = "closed"
    UNKNOWN = "unknown"


ZERO = Decimal(0)
ONE = Decimal(1)
