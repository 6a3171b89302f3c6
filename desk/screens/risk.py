"""The risk view: limits with their use, what is locked and why, where trading stood, every alert."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from desk.actions import bindings
from desk.mirror import Part
from desk.report import plain
from desk.screens.reading import ReadingView
from engine.clock import exchange_time
from engine.journal import Reader
from engine.model import StateChange, TradingState
from widgets import figures
from widgets.alert_rows import AlertRows, ranked
from widgets.limit_bars import LimitBars
from widgets.locks import Locks
from widgets.states import States

CHANGES = 200
"""Most changes of the trading state that are read, the newest."""


class RiskView(ReadingView):
    """Lifting (`U`), acknowledging (`a`), pausing and killing work here as on the desk."""

    VIEW = "risk"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]
    _beside = ("alerts", "states")

    def make_panes(self) -> tuple[Widget, ...]:
        now = self.link.time.now_ns
        self.limits = LimitBars(id="limits", now_ns=now)
        self.locks = Locks(id="locks", now_ns=now)
        self.alerts = AlertRows(id="alerts", now_ns=now)
        self.states = States(id="states", now_ns=now)
        self._state: tuple[TradingState, str] | None = None
        return self.limits, self.locks, self.alerts, self.states

    def update_parts(self, parts: Part) -> None:
        super().update_parts(parts)
        mirror = self.link.mirror
        if Part.STATUS in parts and mirror.status is not None:
            uses = sorted(mirror.status.limits, key=lambda use: -use.use)
            self.limits.show((f"{use.control} {use.unit}", use) for use in uses)
            self.locks.show((lock.id, lock) for lock in mirror.protections)
            state = (mirror.status.state, mirror.status.state_reason)
            if state != self._state:
                self._state = state
                self._read()
        if Part.ALERTS in parts:
            self.alerts.show((alert.id, alert) for alert in ranked(self.alerts_here()))

    @work(exclusive=True, group="states")
    async def _read(self) -> None:
        changes = await self.ask_journal(state_changes)
        if changes is not None:
            self.states.show((str(seq), change) for seq, change in changes)

    def action_acknowledge(self) -> None:
        self.acknowledge(self.alerts.selected, self.alerts.moved_at)

    def action_open(self) -> None:
        """What stands in the row under the cursor, in full."""
        pane = self.focused
        if pane is self.alerts and self.alerts.selected is not None:
            alert = self.alerts.selected
            words = [
                alert.text,
                f"since {exchange_time(alert.at_ns)}, id {alert.id}",
                f"→ {alert.remedy or 'nothing to do'}",
            ]
            self.tell(f"{alert.level.name} {alert.code} {alert.subject}", words)
        elif pane is self.locks and self.locks.selected is not None:
            lock = self.locks.selected
            ends = "until a person lifts it" if lock.ends_ns is None else f"until {exchange_time(lock.ends_ns)}"
            self.tell(f"LOCK {lock.name}", [lock.reason, f"{lock.symbol or 'everything'}, {ends}, id {lock.id}"])
        elif pane is self.states and self.states.selected is not None:
            change = self.states.selected
            self.tell(f"{change.previous.name} → {change.state.name}", [f"by {change.by}", change.reason])
        elif pane is self.limits and self.limits.selected is not None:
            limit = self.limits.selected
            used = f"{plain(limit.value)} of {plain(limit.limit)} {limit.unit}, {figures.use(limit.use)} used"
            self.tell(f"LIMIT {limit.control}", [used])
        else:
            self.line.say("There is nothing here to open.")


def state_changes(reader: Reader) -> list[tuple[int, StateChange]]:
    """The newest changes of the trading state with their record's number, oldest first."""
    found = []
    for record in reader.records(("state",), limit=CHANGES, reverse=True):
        value = record.value()
        if isinstance(value, StateChange):
            found.append((record.seq, value))
    return found[::-1]
