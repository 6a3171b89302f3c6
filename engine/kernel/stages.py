"""Builds every stage of one engine and hands each its neighbours: the wiring, in one place, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

import msgspec

from engine.clock import Clock
from engine.config import Config, JournalConfig
from engine.errors import JournalError
from engine.feeds.replay import ReplayFeed
from engine.journal import Journal
from engine.kernel.alarms import Alarms
from engine.kernel.arming import Arming
from engine.kernel.commands import Commands
from engine.kernel.dealing import Dealing
from engine.kernel.deciding import Deciding
from engine.kernel.following import Following
from engine.kernel.inbox import Inbox
from engine.kernel.intake import Intake
from engine.kernel.known import known_posts
from engine.kernel.late_scores import LateScores
from engine.kernel.meters import LoopLag
from engine.kernel.pacing import Pacing
from engine.kernel.pipeline import Pipeline
from engine.kernel.plugins import ReadSecret, build_broker, build_feeds, build_strategies
from engine.kernel.reckoning import Reckoning
from engine.kernel.reloading import Reloading
from engine.kernel.restore import restore
from engine.kernel.resume import fixed_held, resume, settings_held
from engine.kernel.show import Show
from engine.kernel.venue import VenueLink
from engine.kernel.view import View
from engine.model import TradingState
from engine.model.frames import Push
from engine.model.ports import Sleeper
from engine.orders import Orders
from engine.paths import Paths
from engine.portfolio import Portfolio
from engine.risk import Risk
from engine.scoring import load as load_scorers
from engine.scoring.late import load_late
from engine.sentiment import Sentiment
from engine.tickets import Tickets

REPLAY_COMMIT_MS: Final = 100.0
"""In a replay as fast as possible: how long a record may wait for its group. What waits there, waits in memory that a
second run of the recording fills again; whoever asks for a commit gets it at once, as ever."""
REPLAY_COMMIT_ROWS: Final = 1024
"""Records of a group there. Each statement gives the interpreter away, and takes what both threads use from one core to
the other."""


@runtime_checkable
class Reconfigurable(Protocol):
    """A strategy, a feed or a scorer whose settings may change while it runs."""

    def reconfigure(self, config: Config) -> None:
        """Go on with these settings; what is remembered stays."""


class Stages:
    """One of each, wired. Raises DeskError (credentials, configuration, recording, journal) when one cannot be had."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        paths: Paths,
        *,
        read_secret: ReadSecret,
        push: Callable[[Push], None],
        on_journal_failure: Callable[[JournalError], None],
    ) -> None:
        self._config = config
        self._clock = clock
        self._paths = paths
        self._show: Show | None = None
        self._take_in(read_secret)
        self._keep(on_journal_failure)
        self._deal(push)
        self._decide(push)
        self._steer()

    def _take_in(self, read_secret: ReadSecret) -> None:
        """What other programs and packages give: feeds, venue, strategies, scorers."""
        config, clock = self._config, self._clock
        known = known_posts(self._paths.journal, config, clock.now_ns())
        self.feeds, self.replay = build_feeds(config, clock, read_secret, known)
        self.pacing = Pacing(self.replay, config.replay.deciding_speed)
        self.broker = build_broker(config, clock, read_secret)
        self.strategies = build_strategies(config)
        self.inbox = Inbox(config.feeds.queue)
        replaying = self.replay is not None
        late = load_late(config, clock, state_dir=self._paths.state_dir, read_secret=read_secret, replaying=replaying)
        self.ensemble = load_scorers(config, late)
        self.late = LateScores(
            config,
            clock,
            late,
            self.ensemble,
            replaying=replaying,
            deliver=self.inbox.urgent,
            report=self.inbox.report,
        )

    def _keep(self, on_journal_failure: Callable[[JournalError], None]) -> None:
        """What is remembered: the journal, and what desks are shown."""
        config = self._config
        self.journal = Journal(
            self._paths.journal,
            _grouped(config, self.replay),
            profile=config.engine.profile,
            on_failure=on_journal_failure,
        )
        self.view = View(config)

    def _deal(self, push: Callable[[Push], None]) -> None:
        """From a decision to an order and back."""
        config, clock = self._config, self._clock
        self.alarms = Alarms(clock, journal=self.journal, view=self.view, push=push)
        self.dealing = Dealing(
            config,
            clock,
            journal=self.journal,
            risk=Risk(config),
            tickets=Tickets(config),
            orders=Orders(config),
            portfolio=Portfolio(),
            alarms=self.alarms,
            view=self.view,
            push=push,
        )
        self.dealing.heard_since_ns = 0 if self.broker.simulated else None
        self.reckoning = Reckoning(clock, venue=config.broker.name, journal=self.journal, dealing=self.dealing)
        self.link = VenueLink(
            config,
            clock,
            broker=self.broker,
            journal=self.journal,
            inbox=self.inbox,
            dealing=self.dealing,
        )

    def _decide(self, push: Callable[[Push], None]) -> None:
        """From a post to a ticket."""
        config, clock = self._config, self._clock
        self.sentiment = Sentiment(config.sentiment, config.symbols)
        self.deciding = Deciding(clock, journal=self.journal, dealing=self.dealing, push=push)
        self.pipeline = Pipeline(
            config,
            journal=self.journal,
            ensemble=self.ensemble,
            late=self.late,
            sentiment=self.sentiment,
            strategies=self.strategies,
            view=self.view,
            on_signal=self.deciding.on_signal,
            alert=self.alarms.alert,
            clear_alert=self.alarms.clear,
        )
        self.intake = Intake(
            config,
            clock,
            journal=self.journal,
            pipeline=self.pipeline,
            sentiment=self.sentiment,
            dealing=self.dealing,
            broker=self.broker,
            view=self.view,
        )
        self.following = Following(clock, feeds=self.feeds, dealing=self.dealing, view=self.view, alarms=self.alarms)

    def _steer(self) -> None:
        """What people change while it runs."""
        config, clock = self._config, self._clock
        self.arming = Arming(config.engine.profile, clock, dealing=self.dealing, reckoning=self.reckoning)
        self.reloading = Reloading(
            config, clock, journal=self.journal, alarms=self.alarms, arming=self.arming, apply=self._reconfigure
        )
        self.commands = Commands(
            config,
            clock,
            paths=self._paths,
            journal=self.journal,
            dealing=self.dealing,
            deciding=self.deciding,
            arming=self.arming,
            reloading=self.reloading,
            pacing=self.pacing,
            view=self.view,
        )

    @property
    def scorers(self) -> tuple[str, ...]:
        """`name version` of each scorer, those that answer late last."""
        light = tuple(f"{member.name} {member.version}" for member in self.ensemble.health)
        return (*light, *self.late.versions)

    def restore(self, day_ns: int) -> None:
        """Rebuild what the last engine knew from the journal. `day_ns`: when the current trading day began."""
        restore(
            self._paths.journal,
            config=self._config,
            now_ns=self._clock.now_ns(),
            day_ns=day_ns,
            dealing=self.dealing,
            pipeline=self.pipeline,
            sentiment=self.sentiment,
            broker=self.broker,
            feeds=self.feeds,
            view=self.view,
        )
        self.following.tell()

    def _reconfigure(self, config: Config) -> None:
        """Hand on settings that may change while the engine runs (`engine.config.live`)."""
        self._config = config
        self.dealing.risk.reconfigure(config)
        self.dealing.tickets.reconfigure(config)
        self.dealing.orders.reconfigure(config)
        scorers = (lane.scorer for lane in self.late.lanes)
        for stage in (*self.strategies, *self.feeds, *scorers):
            if isinstance(stage, Reconfigurable):
                stage.reconfigure(config)
        if self._show is not None:
            self._show.reconfigure(config)
            self.view.touch_symbols()

    def woken(self, slept_ns: int) -> None:
        """The machine slept: feeds whose connections hide what they lost begin anew."""
        for feed in self.feeds:
            if isinstance(feed, Sleeper):
                feed.woken(slept_ns)

    def resume(self, said: tuple[str, ...] = ()) -> None:
        """Take up again what the last engine had not finished, and the limits that held then, but for those `said`.

        What else was changed, and no person asked for the restart, takes no new risk until one resumes.
        """
        resume(self._paths.journal, self.dealing)
        self.reloading.hold(settings_held(self._paths.journal), said)
        changed = self.reloading.changed(fixed_held(self._paths.journal), said)
        risk = self.dealing.risk
        if changed and risk.state is not TradingState.HALTED:
            now_ns = self._clock.now_ns()
            self.dealing.enter(risk.change_state(TradingState.REDUCING, changed, "config", now_ns, sticky=True))

    def show(self, lag: LoopLag) -> Show:
        """What clients are shown of these stages."""
        self._show = Show(
            self._config,
            self._clock,
            journal=self.journal,
            pipeline=self.pipeline,
            sentiment=self.sentiment,
            dealing=self.dealing,
            view=self.view,
            lag=lag,
            broker_name=self.broker.name,
            pacing=self.pacing,
        )
        return self._show


def _grouped(config: Config, replay: ReplayFeed | None) -> JournalConfig:
    """The journal's settings: larger groups where a recording is played as fast as possible."""
    settings = config.journal
    if replay is None or replay.speed:
        return settings
    return msgspec.structs.replace(
        settings,
        commit_ms=max(settings.commit_ms, REPLAY_COMMIT_MS),
        commit_rows=max(settings.commit_rows, REPLAY_COMMIT_ROWS),
    )
