"""What the guards think of a post: how much it weighs in the cleaned mood, and why."""

from __future__ import annotations

from typing import Final

from engine.model.base import Value


class GuardMark(Value, frozen=True, gc=False, omit_defaults=True):
    """A post's weight beside its influence. Nothing is deleted: a post that weighs 0 still counts in the raw mood."""

    weight: float = 1.0
    """In [0, 1], in whole thousandths."""
    cluster: str = ""
    """Id of the first post that says nearly the same; empty while no other post does."""
    reasons: tuple[str, ...] = ()
    """Why the weight is below 1; each begins with its kind: `ring`, `burst`, `repeat`, `copy`, `cashtags`,
    `piggyback` or `cap`."""
    alone: float | None = None
    """What it would weigh were its cluster no ring; None where that is `weight`."""


PLAIN: Final = GuardMark()
"""The mark of a post that nothing is held against."""
