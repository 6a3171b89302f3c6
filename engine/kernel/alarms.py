"""Alerts: shown, logged and journaled once, until they no longer hold or a person has acknowledged them."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from engine.clock import Clock
from engine.journal import Journal
from engine.kernel.view import View
from engine.model import Alert, Level
from engine.model.frames import Push

log = logging.getLogger(__name__)

_LEVELS = {Level.INFO: logging.INFO, Level.WARNING: logging.WARNING, Level.CRITICAL: logging.CRITICAL}


class Alarms:
    """Raises and clears alerts. One per engine."""

    def __init__(self, clock: Clock, *, journal: Journal, view: View, push: Callable[[Push], None]) -> None:
        self._clock = clock
        self._journal = journal
        self._view = view
        self._push = push

    def alert(self, alert: Alert, *, recorded: bool = True) -> None:
        """Show an alert; one of the same id is replaced, an equal one is not repeated.

        `recorded`: False where the journal itself is what failed.
        """
        known = self._view.alerts.get(alert.id)
        if known is not None and known.text == alert.text and known.level is alert.level:
            return
        self._view.alerted(alert)
        log.log(_LEVELS[alert.level], "%s%s", alert.text, f" → {alert.remedy}" if alert.remedy else "")
        if recorded:
            self._journal.append("alert", alert.id, alert, alert.at_ns)
        self._push(Push(rev=0, alert=alert))

    def stands(self, alert_id: str) -> bool:
        """Whether an alert still holds, or waits for a person to acknowledge it."""
        return alert_id in self._view.alerts

    def clear(self, alert_id: str) -> bool:
        """An alert no longer holds, or was acknowledged; returns whether it stood."""
        known = self._view.alerts.pop(alert_id, None)
        if known is None:
            return False
        if self._journal.failure is None:
            now_ns = self._clock.now_ns()
            self._journal.append("alert", alert_id, msgspec.structs.replace(known, at_ns=now_ns, ended=True), now_ns)
        self._push(Push(rev=0, alert_gone=alert_id))
        return True
