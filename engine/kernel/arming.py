"""Live trading is armed by a person, for one account and one configuration, and only while the engine runs.

A live engine that is not armed is HALTED. Arming ends that state and no other: what a kill switch or a drawdown halted
stays so until a person resumes with a reason. A difference from the venue that was found meanwhile makes it REDUCING
until somebody has looked.
"""

from __future__ import annotations

from engine.clock import Clock
from engine.kernel.dealing import Dealing
from engine.kernel.reckoning import DRIFT, Reckoning
from engine.model import TradingState
from engine.model.frames import Reply

NOT_ARMED = "live is not armed"
"""How the reason of a live engine's first state begins."""

ENGINE = "engine"
"""Who takes the arm back."""

SUFFIX = 4
"""Least characters of the account number that a person types."""


class Arming:
    """Whether new risk may be taken in the live profile. Other profiles need no arming."""

    def __init__(self, profile: str, clock: Clock, *, dealing: Dealing, reckoning: Reckoning) -> None:
        self._clock = clock
        self._dealing = dealing
        self._reckoning = reckoning
        self._live = profile == "live"
        self._profile = profile
        self.armed = not self._live
        self._number = ""
        """The account that it is armed for."""

    def disarm(self, why: str) -> None:
        """Take the arm back: HALTED, entries cancelled, protective exits kept. Nothing in other profiles."""
        if not self._live:
            return
        self.armed = False
        risk = self._dealing.risk
        if risk.state is not TradingState.HALTED:
            before = "" if risk.state is TradingState.ACTIVE else f"; before: {risk.state.value}, {risk.state_reason}"
            reason = f"{NOT_ARMED}: {why}{before}"
            self._dealing.enter(risk.change_state(TradingState.HALTED, reason, ENGINE, self._clock.now_ns()))

    def check(self) -> None:
        """After each comparison: another account than the one that was armed disarms."""
        number = self._reckoning.account_number
        if self._live and self.armed and number != self._number:
            self.disarm(f"the venue's account is …{number[-SUFFIX:]} now, armed was …{self._number[-SUFFIX:]}")

    def arm(self, suffix: str, by: str) -> Reply:
        """Arm for the account whose number ends like this. The limits' hash stands in the journal beside it."""
        if not self._live:
            return Reply(ok=False, text=f"only the live profile is armed, this is {self._profile}")
        number = self._reckoning.account_number
        if not number:
            return Reply(
                ok=False, text="the venue has not told the account number yet", remedy="try again when it is up"
            )
        if len(suffix) < SUFFIX or not number.endswith(suffix):
            return Reply(
                ok=False,
                text="that is not how the venue's account number ends",
                remedy="`desk status` shows its last four characters: type them, if that is the account you mean",
            )
        if self._dealing.failed:
            return Reply(ok=False, text=self._dealing.failed, remedy="stop the engine, remove the cause, start again")
        if not self._dealing.reconciled:
            return Reply(ok=False, text="not reconciled with the venue", remedy="arm when `desk status` says so")
        risk = self._dealing.risk
        self.armed, self._number = True, number
        reason = f"live armed for account …{number[-SUFFIX:]}, limits {risk.limits_hash}"
        last = risk.last_change
        if last.by == ENGINE and last.reason.startswith(NOT_ARMED):  # a person may give any reason
            drift = self._dealing.alarms.stands(DRIFT)
            reducing = drift or last.previous is TradingState.REDUCING
            state = TradingState.REDUCING if reducing else TradingState.ACTIVE
            change = risk.change_state(state, reason, by, self._clock.now_ns(), sticky=reducing)
            self._dealing.enter(change)
            if not reducing:
                return Reply(ok=True, text=reason)
            why = "a difference from the venue is not acknowledged" if drift else "as before it stopped"
            return Reply(ok=True, text=f"{reason}; REDUCING: {why}", remedy="`desk resume --reason …`")
        return Reply(
            ok=True,
            text=f"{reason}; trading stays {risk.state.value.upper()}: {risk.state_reason}",
            remedy="`desk resume --reason …`",
        )
