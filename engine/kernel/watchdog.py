"""Watches decisions, not the process: posts that arrive are scored, prices move, the loop keeps up, the disk too.

What is wrong is an alert with its remedy and a light, and takes trading from ACTIVE to REDUCING: no new risk is taken
by an engine that does not see. It ends by itself, `watchdog.calm_s` after the cause. A replay is not watched: its
time is the recording's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

from engine.clock import SECOND, Clock, from_seconds
from engine.config import WatchdogConfig
from engine.kernel.inbox import Problem, Watched
from engine.kernel.meters import LoopLag
from engine.kernel.stages import Stages
from engine.model import Alert, FeedState, Level, Light, Session, TradingState

log = logging.getLogger(__name__)

NAME = "watchdog"
"""Who made the trading state REDUCING, and may make it ACTIVE again."""

LOOK_S = 0.5
KEPT_LIMIT = 256 << 20
"""Bytes of the journal's write-ahead log that a reader may keep from being copied back before it is told."""
FREE_TOLD = 512 << 20
"""Bytes free on the journal's disk under which it is told: days are left."""
FREE_LEAST = 64 << 20
"""Bytes under which no new risk is taken: once the disk is full, the exits that the engine watches itself are blind."""
LEAST_UNSCORED = 3
"""So many posts in a row without a score are a fault; a single one may be an odd text."""


class Watchdog:
    """Looks twice a second. `look` finds what is wrong; `take` does what follows, in order with everything else."""

    def __init__(self, clock: Clock, *, stages: Stages, lag: LoopLag) -> None:
        self._clock = clock
        self._stages = stages
        self._lag = lag
        self._looking = False
        """Once the book has been compared: before, nothing is traded anyway (R25)."""
        self._read = self._due = 0
        self._read_ns = 0
        """When a post was last scored, or nothing was due."""
        self._session_ns = 0
        """Since when the regular session has been seen; 0 outside of it."""
        self._told: tuple[Problem, ...] = ()
        self._calm_ns = 0
        """When the last problem was seen."""

    @property
    def _settings(self) -> WatchdogConfig:
        """As they are now: they may change while the engine runs."""
        return self._stages.reloading.config.watchdog

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            now_ns = self._clock.now_ns()
            found = self.look(now_ns)
            if any(problem.reduces for problem in found):
                self._calm_ns = now_ns
            elif now_ns - self._calm_ns < from_seconds(self._settings.calm_s):
                continue
            if found != self._told or (not found and self._holds()):
                self._told = found
                self._stages.inbox.urgent(Watched(found))

    @property
    def flowing(self) -> bool:
        """Whether decisions are made: false is what a restart may mend."""
        return not {problem.name for problem in self._told} & {"posts", "loop"}

    def look(self, now_ns: int) -> tuple[Problem, ...]:
        """What is wrong now. The words hold limits, not readings: what goes on is not told anew every time."""
        if not self._looking:
            self._looking = self._stages.dealing.reconciled
            self._calm_ns = self._read_ns = now_ns
            return ()
        return tuple(
            problem
            for found in (
                self._unscored(now_ns),
                self._mute(now_ns),
                self._late(),
                self._backlog(),
                self._kept(),
                self._filling(),
            )
            for problem in found
        )

    def take(self, watched: Watched) -> None:
        """Raise and end alerts, set the light, and move between ACTIVE and REDUCING."""
        stages, now_ns = self._stages, self._clock.now_ns()
        names = {problem.name for problem in watched.problems}
        for problem in watched.problems:
            stages.alarms.alert(
                Alert(
                    id=f"{NAME}:{problem.name}",
                    level=Level.CRITICAL if problem.reduces else Level.WARNING,
                    code=NAME,
                    subject=problem.name,
                    text=problem.text,
                    remedy=problem.remedy,
                    at_ns=now_ns,
                )
            )
        for alert in tuple(stages.view.alerts.values()):
            if alert.code == NAME and alert.subject not in names:
                stages.alarms.clear(alert.id)
        self._light(watched.problems, now_ns)
        risk = stages.dealing.risk
        grave = [problem for problem in watched.problems if problem.reduces]
        if grave and risk.state is TradingState.ACTIVE:
            reason = "WATCHDOG: " + "; ".join(problem.text for problem in grave)
            stages.dealing.enter(risk.change_state(TradingState.REDUCING, reason, NAME, now_ns))
        elif not grave and self._holds():
            stages.dealing.enter(risk.change_state(TradingState.ACTIVE, "WATCHDOG: all is well", NAME, now_ns))

    def _holds(self) -> bool:
        """Whether trading is REDUCING because of the watchdog alone; after a restart too."""
        last = self._stages.dealing.risk.last_change
        return last.state is TradingState.REDUCING and last.by == NAME and not last.sticky

    def _light(self, problems: tuple[Problem, ...], now_ns: int) -> None:
        known = self._stages.view.feeds.get("engine")
        if not problems and known is None:
            return
        light = Light.DEGRADED if problems else Light.UP
        since_ns = now_ns if known is None or known.light is not light else known.since_ns
        detail = "; ".join(problem.text for problem in problems)
        remedy = problems[0].remedy if problems else ""
        self._stages.intake.feed_state(FeedState("engine", light, since_ns, now_ns, detail, remedy, last_ns=now_ns))

    # what may be wrong -----------------------------------------------------------------------------------------------

    def _unscored(self, now_ns: int) -> Iterator[Problem]:
        """Posts arrive, and none is scored."""
        pipeline = self._stages.pipeline
        if pipeline.read != self._read or pipeline.due == self._due:
            self._read, self._due, self._read_ns = pipeline.read, pipeline.due, now_ns
        elif now_ns - self._read_ns < from_seconds(self._settings.unscored_s):
            return
        elif pipeline.due - self._due >= LEAST_UNSCORED:
            yield Problem(
                "posts",
                f"posts arrive and none has been scored for {self._settings.unscored_s:g} s",
                "`desk status` names the scorer that fails; `desk stop`, then start again, or take it out of "
                "scoring.scorers",
            )

    def _mute(self, now_ns: int) -> Iterator[Problem]:
        """The market is open, and no price of any symbol has come for as long as one may be old (R17)."""
        dealing = self._stages.dealing
        if dealing.market.session is not Session.REGULAR:
            self._session_ns = 0
            return
        self._session_ns = self._session_ns or now_ns
        stale_s = self._stages.reloading.config.risk.stale_price_s
        newest = max((quote.received_ns for quote in self._stages.view.quotes.values()), default=0)
        if now_ns - max(newest, self._session_ns) > from_seconds(stale_s):
            yield Problem(
                "prices",
                f"the market is open and no price has come for {stale_s:g} s",
                "look at the light `prices`; the stream reconnects by itself, wrong keys or addresses do not mend",
            )

    def _late(self) -> Iterator[Problem]:
        """The loop was kept from its work."""
        if self._lag.ms > self._settings.lag_ms:
            yield Problem(
                "loop",
                f"the engine's loop was late by more than {self._settings.lag_ms:g} ms",
                "the machine is overloaded, or a scorer is too slow for it: leave one out, or give it more cores",
            )

    def _backlog(self) -> Iterator[Problem]:
        """Records wait for the disk."""
        if self._stages.journal.lag_ms > self._settings.journal_lag_s * SECOND / 1e6:
            yield Problem(
                "journal",
                f"records have waited for the disk for more than {self._settings.journal_lag_s:g} s",
                "the disk of the state directory is slow or stuck: look at its load and its log",
            )

    def _kept(self) -> Iterator[Problem]:
        """Somebody reads the journal as it was long ago: what came since cannot leave the write-ahead log."""
        kept, limit_mib = self._stages.journal.kept_bytes, self._stages.reloading.config.journal.log_limit_mib
        half = (limit_mib << 20) // 2
        if kept > min(KEPT_LIMIT, half):
            told_mib = (half if kept > half else KEPT_LIMIT) >> 20
            yield Problem(
                "journal-log",
                f"the journal's write-ahead log holds more than {told_mib} MiB, kept by another process; "
                f"at {limit_mib} MiB nothing is recorded or ordered any more",
                "end the program that has had the journal open for long (an export, a database browser)",
                reduces=kept > half,
            )

    def _filling(self) -> Iterator[Problem]:
        """The journal's disk is nearly full: with nothing to write on, nothing is recorded, ordered or watched."""
        free = self._stages.journal.free_bytes
        if free is not None and free < FREE_TOLD:
            short = free < FREE_LEAST
            yield Problem(
                "disk",
                f"less than {(FREE_LEAST if short else FREE_TOLD) >> 20} MiB are free on the journal's disk; "
                "once it is full nothing is recorded or ordered any more",
                "free some space on the disk of the state directory (`df`); nothing of the journal may be deleted",
                reduces=short,
            )
