"""What a control is: a name, what its table row says, and a pure function from a Check to a finding."""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal

from engine.config import Config
from engine.model import ControlResult, Value
from engine.risk.check import Check

log = logging.getLogger(__name__)

Finding = tuple[bool, Decimal | None, Decimal | None, str]
"""Passed, value, limit, reason. The reason reads `CATEGORY_CONDITION: key=value, key=value`."""


class Control(Value, frozen=True, gc=False):
    """One of R01 … R25 (a row of two limits, like R12, is two controls under one id)."""

    id: str
    name: str
    unit: str
    """Of value and limit."""
    rejects: str
    """When it rejects, for the table."""
    default: Callable[[Config], str]
    """Its limit in a configuration, in words and numbers."""
    reducing: str
    """What it does with an order that only reduces a position."""
    needs_draft: bool
    """False when it can be judged on a signal for which nothing could be sized."""
    judge: Callable[[Check], Finding]

    def __call__(self, check: Check) -> ControlResult:
        """Judge, and say so with value and limit. One that breaks lets nothing through but what reduces a position."""
        try:
            passed, value, limit, reason = self.judge(check)
        except Exception as error:
            log.critical("control %s %s broke", self.id, self.name, exc_info=error)
            passed, value, limit, reason = check.reduces, None, None, f"CONTROL_BROKE: error={type(error).__name__}"
        return ControlResult(self.id, self.name, passed, value, limit, self.unit, reason)


def control(
    id: str,
    *,
    rejects: str,
    default: Callable[[Config], str],
    reducing: str,
    unit: str = "",
    needs_draft: bool = False,
) -> Callable[[Callable[[Check], Finding]], Control]:
    """Make the function a Control of that id, named as the function is."""

    def make(judge: Callable[[Check], Finding]) -> Control:
        return Control(id, judge.__name__, unit, rejects, default, reducing, needs_draft, judge)

    return make
