"""Protections: temporary locks by name, each with a reason and an end, visible and lifted only by a person.

Which names exist: `strategy_executions` (R07, one strategy, until lifted), `loss_streak` (R15, everything, for
`risk.loss_streak_lock_s`), `cool_down` (R16, one symbol, for `risk.cool_down_s`). The names and the idea of locks that
are kept and shown follow freqtrade's protections (StoplossGuard, CooldownPeriod); these are on in replays too.
"""

from __future__ import annotations

from engine.errors import DeskError
from engine.model import Protection
from engine.model.records import Lift

STRATEGY_EXECUTIONS = "strategy_executions"
LOSS_STREAK = "loss_streak"
COOL_DOWN = "cool_down"

Key = tuple[str, str, str]
"""Name, symbol, strategy: one protection of each at a time, the newest."""


class Protections:
    """The locks in force. A lock of the same name and subject replaces the one before."""

    def __init__(self) -> None:
        self._locks: dict[Key, Protection] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Protections) and self._locks == other._locks

    __hash__ = None  # type: ignore[assignment]

    def add(self, protection: Protection) -> None:
        """Put a lock in force. One that was lifted or has ended is not told again by the journal."""
        self._locks[protection.name, protection.symbol, protection.strategy] = protection

    def active(self, now_ns: int) -> tuple[Protection, ...]:
        """Those in force, oldest first."""
        locks = [lock for lock in self._locks.values() if _in_force(lock, now_ns)]
        return tuple(sorted(locks, key=lambda lock: (lock.started_ns, lock.id)))

    def find(self, name: str, now_ns: int, *, symbol: str = "", strategy: str = "") -> Protection | None:
        """The lock of that name and subject when it is in force."""
        lock = self._locks.get((name, symbol, strategy))
        return lock if lock is not None and _in_force(lock, now_ns) else None

    def lift(self, id: str, reason: str, by: str, now_ns: int) -> tuple[Protection, Lift]:
        """End a lock before its time.

        Raises DeskError when no such lock is in force, or when nobody typed a reason.
        """
        lock = next((lock for lock in self.active(now_ns) if lock.id == id), None)
        if lock is None:
            known = ", ".join(lock.id for lock in self.active(now_ns)) or "none"
            raise DeskError(
                f"expected the id of a protection in force, found {id!r}; in force: {known}",
                where="protections",
                remedy="name one of them",
            )
        if not reason.strip():
            raise DeskError(
                f"expected a typed reason for lifting {id}, found none", where="protections", remedy="type why"
            )
        self.drop(id)
        return lock, Lift(id, reason.strip(), by, now_ns)

    def drop(self, id: str) -> Protection | None:
        """Take a lock out of force; returns it, or None when it was not there."""
        for key, lock in self._locks.items():
            if lock.id == id:
                del self._locks[key]
                return lock
        return None


def protection(
    name: str, reason: str, started_ns: int, ends_ns: int | None, *, symbol: str = "", strategy: str = ""
) -> Protection:
    """A lock whose id is a pure function of name, subject and start, so that a replay gives the same."""
    subject = symbol or strategy or "all"
    return Protection(f"p-{name}-{subject}-{started_ns}", name, symbol, strategy, reason, started_ns, ends_ns)


def _in_force(lock: Protection, now_ns: int) -> bool:
    return lock.ends_ns is None or now_ns < lock.ends_ns
