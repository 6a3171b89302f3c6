"""ACTIVE, REDUCING, HALTED: who may move between them."""

from __future__ import annotations

from engine.errors import DeskError
from engine.model import StateChange, TradingState

PERSON = "person"

_STRICTNESS = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


class StateMachine:
    """The trading state. Anyone may make it stricter, at any time; loosening has rules.

    - HALTED, and anything sticky, is left only by a person with a typed reason.
    - What a person set or confirmed, only a person loosens.
    - What else was set, a person or its setter loosens.
    """

    def __init__(self) -> None:
        self._last = StateChange(TradingState.ACTIVE, TradingState.ACTIVE, "", "engine", 0)
        self._owner = "engine"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StateMachine) and (self._last, self._owner) == (other._last, other._owner)

    __hash__ = None  # type: ignore[assignment]

    @property
    def last(self) -> StateChange:
        """The change that led to the present state."""
        return self._last

    @property
    def owner(self) -> str:
        """Who, beside a person, may loosen the present state when it is not sticky."""
        return self._owner

    @property
    def passing(self) -> bool:
        """Whether it may be ACTIVE without a person, now or soon: what the day has lost must outlast that."""
        last = self._last
        return last.state is TradingState.ACTIVE or not (last.sticky or self._owner == PERSON)

    def change(self, state: TradingState, reason: str, by: str, at_ns: int, sticky: bool) -> StateChange:
        """Move to `state`. HALTED is always sticky; stickiness stays while the state is confirmed or tightened.

        Raises DeskError when the present state may not be left that way.
        """
        last, reason = self._last, reason.strip()
        loosens = _STRICTNESS[state] < _STRICTNESS[last.state]
        if loosens:
            self._may_loosen(state, reason, by)
        keeps = state is TradingState.HALTED or (last.sticky and not loosens)
        change = StateChange(state, last.state, reason or f"asked by {by}", by, at_ns, sticky or keeps)
        self.restore(change)
        return change

    def restore(self, change: StateChange) -> None:
        """Take a change from the journal; the rules were applied when it was recorded."""
        confirms = change.state is self._last.state
        self._owner = PERSON if confirms and self._owner == PERSON else change.by
        self._last = change

    def _may_loosen(self, state: TradingState, reason: str, by: str) -> None:
        last = self._last
        if by != PERSON and (last.sticky or by != self._owner):
            raise DeskError(
                f"expected a person to leave {last.state.value} ({last.reason}), found {by!r}",
                where="trading state",
                remedy="`desk resume` with a typed reason",
            )
        if not reason:
            raise DeskError(
                f"expected a typed reason for {last.state.value} → {state.value}, found none",
                where="trading state",
                remedy="type why",
            )
