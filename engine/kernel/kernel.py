"""The kernel: wires the stages, owns start and stop, and takes everything that happens in one order.

One task, the loop, takes events from the inbox: posts and prices from the feeds, answers and updates from the venue,
commands from clients. Timers are due times of the stages. In a replay the time is the recording's, so that the same
recording gives the byte-identical journal at any speed, with or without a desk.

Start: journal → restore → control socket → broker and reconciliation → feeds (held up for `VENUE_FIRST_S` at most by a
venue that does not answer). Stop: entries called off → feeds → answers under way → journal → broker → socket. A crash
needs neither: start is recovery.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path

from engine.clock import Clock, SystemClock, VirtualClock
from engine.config import Config, Loaded, Version, config_hash
from engine.config.live import fixed_settings, live_settings
from engine.control import ControlServer
from engine.errors import DeskError, JournalError
from engine.journal import Journal
from engine.kernel import kept_kill
from engine.kernel.attendant import Attendant
from engine.kernel.collector import Sweeper, quiet_collector
from engine.kernel.dealing import Dealing
from engine.kernel.earlier import watch_earlier
from engine.kernel.hours import Hours
from engine.kernel.inbox import Commanded, Kill, Unrecorded, Wake
from engine.kernel.loop import Loop
from engine.kernel.meters import LoopLag
from engine.kernel.plugins import ReadSecret
from engine.kernel.refusing import Refusing
from engine.kernel.show import VERSION, Show
from engine.kernel.stages import Stages
from engine.kernel.stopping import Stopping
from engine.kernel.supervisor import Supervisor
from engine.kernel.timers import Timers
from engine.kernel.view import View
from engine.kernel.watch import heartbeat, stepped, tell_time, watch_clock, watch_kill_file
from engine.kernel.watchdog import Watchdog
from engine.model import DecisionKind, SymbolDetail, TradingState
from engine.model.feeds import FeedsDetail
from engine.model.frames import Command, Frame, Push, Reply, Snapshot
from engine.model.ports import Ruled
from engine.model.records import Started, Stopped
from engine.paths import Paths

log = logging.getLogger(__name__)

FINISH_LIMIT_S = 5.0

VENUE_FIRST_S = 5.0
"""Longest that the feeds wait at a start for a real venue to tell what is held: their packages and the posts of the
meantime take the same processor."""


class Kernel:
    """One engine. `start`, then `run` until it returns, then `stop`."""

    def __init__(
        self,
        config: Config,
        paths: Paths,
        *,
        read_secret: ReadSecret,
        stop_at_end: bool = False,
        arm: str = "",
        said: tuple[str, ...] = (),
    ) -> None:
        """`stop_at_end`: return from `run` when a recording has ended, or nothing of it can be recorded. `arm`: suffix
        that arms a live engine. `said`: keys of the configuration that a person set on the command line."""
        self._config = config
        self._paths = paths
        self._said = said
        self._stop_at_end = stop_at_end
        self._virtual = VirtualClock()
        self._clock: Clock = self._virtual if "replay" in config.feeds.posts else SystemClock()
        self.stages = Stages(
            config,
            self._clock,
            paths,
            read_secret=read_secret,
            push=self._push,
            on_journal_failure=self._journal_failed,
        )
        self._inbox = self.stages.inbox
        self._journal = self.stages.journal
        self._broker = self.stages.broker
        self._replay = self.stages.replay
        self._dealing = self.stages.dealing
        self._link = self.stages.link
        self._supervisor = Supervisor(
            self._clock,
            self._inbox,
            on_feed_end=self._feed_ended,
            on_break=self._dealing.fail,
            recording=self._replay is not None,
        )
        self._hours = Hours(
            self._clock,
            ask=None if self._broker.simulated else self._link.ask_market,
            alert=self.stages.alarms.alert,
            clear_alert=self.stages.alarms.clear,
        )
        self._control = ControlServer(paths.socket, self, frame_hz=config.engine.frame_hz)
        self._timers = Timers(self.stages, self._clock, self._virtual, self._hours, changed=self._control.changed)
        changed, keep = self._control.changed, partial(kept_kill.keep, paths)
        self._refusing = Refusing(self.stages, self._clock, changed=changed, stop=self.stop_soon, keep=keep)
        self._lag = LoopLag()
        self._watchdog = Watchdog(self._clock, stages=self.stages, lag=self._lag)
        self._attendant = Attendant(self, self.stages, self._timers, self._hours, self._watchdog, arm=arm)
        self._stopping = Stopping(self.stages, self._clock, self._attendant)
        self._loop = Loop(
            self.stages,
            self._clock,
            self._virtual,
            self._timers,
            self._attendant,
            changed=self._changed,
            stop_at_end=stop_at_end,
        )
        self._show: Show | None = None
        self._asyncio: asyncio.AbstractEventLoop | None = None
        self._stopped_by = "engine"
        self._refused = False
        """True once nothing more was tried: of what follows only commands are recorded, where the journal holds."""
        self.broken = False
        """True when the engine stopped because something broke."""

    @property
    def journal(self) -> Journal:
        """The audit journal."""
        return self._journal

    @property
    def view(self) -> View:
        """Counts and newest values."""
        return self.stages.view

    @property
    def dealing(self) -> Dealing:
        """Risk, tickets, orders, portfolio."""
        return self._dealing

    # control.Source --------------------------------------------------------------------------------------------------

    def snapshot(self, rev: int) -> Snapshot:
        """For the control socket."""
        assert self._show is not None
        return self._show.snapshot(rev)

    def frame(self, rev: int) -> Frame | None:
        """For the control socket."""
        assert self._show is not None
        return self._show.frame(rev)

    def symbol(self, name: str) -> SymbolDetail | None:
        """For the control socket."""
        assert self._show is not None
        return self._show.symbol(name)

    def feeds(self) -> FeedsDetail:
        """For the control socket."""
        rules = [rule for feed in self.stages.feeds if isinstance(feed, Ruled) for rule in feed.rules]
        return FeedsDetail(tuple(rules), self.view.stages.told())

    async def command(self, command: Command) -> Reply:
        """Takes its place in the order of everything else; returns when it has been carried out."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._inbox.urgent(Commanded(command, reply))
        return await reply

    def _push(self, push: Push) -> None:
        self._control.push(push)
        self._control.changed()

    # start -----------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Come up to where feeds run and the socket answers. Raises DeskError."""
        self._asyncio = asyncio.get_running_loop()
        self._journal.open()
        if self._replay is not None:
            await self._replay.look_through(lambda: self._loop.stop_reason)
            self._replay.start_ns()
            self._virtual.advance(self._replay.bounds()[0])
        else:
            self.stages.restore(self._hours.session_start_ns())
            self.stages.resume(self._said)
        self._timers.enter_session(self._hours.now())
        self._show = self.stages.show(self._lag)
        self._record_start()
        self.stages.reloading.ask()
        self._fail_closed()
        if self._replay is None:
            await kept_kill.take_up(self._paths, self._dealing, self._journal, self._clock)
        await self._control.start()
        if self._broker.simulated:
            await self._broker.start()
            await self._link.learn()
            await self._attendant.take_compared(await self._link.compare("start"))
        else:
            self._supervisor.guard(self._link.open(), "venue")
        await self.stages.late.open()
        self._supervisor.guard(self.stages.late.run(), "late-scores")
        if self._broker.simulated:
            self._begin_feeds()
        else:
            self._supervisor.guard(self._venue_first(), "feeds")
        self._supervisor.guard(self._control.keep(), "control-socket")
        self._supervisor.guard(self._lag.run(), "loop-lag")
        self._supervisor.guard(watch_kill_file(self._paths.kill_file, self.throw_kill), "kill-file")
        self._supervisor.guard(heartbeat(self._config.engine.heartbeat_s, self.heartbeat_line), "heartbeat")
        if self._replay is not None:
            self._supervisor.guard(tell_time(self._control.changed), "time")
        if isinstance(self._clock, SystemClock):
            self._supervisor.guard(watch_clock(self._clock, self._clock_stepped), "clock")
            self._supervisor.guard(self._watchdog.run(), "watchdog")
            self._supervisor.guard(watch_earlier(self._journal, self._inbox), "earlier-records")
        self._supervisor.guard(Sweeper().run(), "collector")
        quiet_collector()

    async def _venue_first(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(VENUE_FIRST_S):
                await self._link.asked.wait()
        self._begin_feeds()

    def _begin_feeds(self) -> None:
        for feed in self.stages.feeds:
            self._supervisor.run(feed)

    def _record_start(self) -> None:
        now_ns, config = self._clock.now_ns(), self.stages.reloading.config
        started = Started(
            profile=self._config.engine.profile,
            version=VERSION,
            broker=self._broker.name,
            feeds=tuple(feed.name for feed in self.stages.feeds),
            scorers=self.stages.scorers,
            strategies=tuple(strategy.name for strategy in self.stages.strategies),
            symbols=self._config.symbols,
            config_hash=config_hash(config),
            limits_hash=self._dealing.risk.limits_hash,
            at_ns=now_ns,
            settings=live_settings(config),
            fixed=fixed_settings(config),
        )
        self._journal.append("started", self._config.engine.profile, started, now_ns)

    def _fail_closed(self) -> None:
        """What was pending when the last engine ended was not confirmed; a live engine is not armed."""
        for ticket in self._dealing.tickets.pending:
            self._dealing.decide(ticket, DecisionKind.EXPIRED, "engine", "the engine restarted")
        if self._dealing.risk.state is not TradingState.ACTIVE:
            self._dealing.apply(self._dealing.orders.cancel_entries(self._clock.now_ns()))
        self.stages.arming.disarm("type the last four characters of the account number")

    def _feed_ended(self, error: DeskError | None) -> None:
        """A recording has ended, or cannot be read on."""
        if self._replay is None:
            return
        if error is None:
            self._loop.end_recording()
        else:
            self.give_up(f"the recording cannot be read on: {error}")

    def reload_from(self, path: Path, seen: Version | None, again: Callable[[], Loaded]) -> None:
        """Watch the configuration file, of which `seen` was read at the start; `again` reads it so. Not in a replay."""
        if self._replay is None:
            self.guard(self.stages.reloading.watch(path, seen, again, self._inbox), "config-file")

    def guard(self, work: Coroutine[object, object, None], name: str) -> None:
        """Run a task until the engine stops; trading halts when it breaks."""
        self._supervisor.guard(work, name)

    # the loop --------------------------------------------------------------------------------------------------------

    async def run(self) -> str:
        """Take everything that happens, in order, until asked to stop; returns why it stopped."""
        while not self._loop.stop_reason:
            try:
                await self._loop.run()
            except JournalError as error:
                self.broken = True
                await self._refuse(error.told, error.remedy, "nothing can be recorded", recording=False)
            except Exception as error:
                log.critical("the engine's loop broke", exc_info=error)
                await self._survive(f"the engine's loop broke: {type(error).__name__}: {error}")
        if self._replay is None and self._journal.failure is None and not self._refused:
            try:
                await self._stopping.run()
            except JournalError as error:
                self._dealing.fail(error.told, error.remedy)
                self.broken = True
        return self._loop.stop_reason

    async def _survive(self, why: str) -> None:
        """A defect of ours halts trading and leaves the rest alive; where it comes again, nothing is tried any more."""
        again, recording = bool(self._dealing.failed), True
        try:
            self._dealing.fail(why)
        except JournalError as error:
            why, again, recording = f"{why}; {error.told}", True, False
        if again or (self._replay is not None and self._stop_at_end):
            await self._refuse(why, "", "something broke in the engine", recording=recording)
        self._inbox.urgent(Wake())  # what a halt calls off is carried out after it

    async def _refuse(self, why: str, remedy: str, ended: str, *, recording: bool) -> None:
        """Do what can still be done until somebody asks for the end; `ended` says why feeds are, `recording` whether
        what people ask is still journaled."""
        self._dealing.fail(why, remedy)
        self._refused = True
        self._supervisor.end_feeds(ended)
        if self._replay is not None and self._stop_at_end:
            self.stop_soon(f"of the recording {ended}", "engine")
        await self._refusing.run(lambda: self._loop.stop_reason, recording=recording)

    def stop_soon(self, reason: str, by: str = "signal") -> None:
        """Ask the loop to end after the event at hand."""
        self._stopped_by = by
        self._loop.stop(reason)

    def give_up(self, reason: str) -> None:
        """Stop because something broke: the exit code says so."""
        self.broken = True
        self.stop_soon(reason, "engine")

    def throw_kill(self, by: str, reason: str, flatten: bool = False) -> None:
        """The kill switch from outside the socket."""
        self._inbox.urgent(Kill(by, reason, flatten))

    # around the loop -------------------------------------------------------------------------------------------------

    def heartbeat_line(self) -> str:
        """Alive, and what was done: counts, not feelings."""
        dealing, view = self._dealing, self.stages.view
        account = dealing.portfolio.account(self._clock.now_ns())
        return (
            f"alive: {dealing.risk.state.value}{'' if dealing.reconciled else ', not reconciled'}, "
            f"{view.count} posts, {view.duplicates} duplicates, "
            f"{len(dealing.tickets.pending)} pending, {len(dealing.orders.open)} open orders, "
            f"{len(dealing.portfolio.positions())} positions, equity {account.equity:.2f}, "
            f"journal {self._journal.seq}, loop lag {self._lag.ms:.1f} ms"
        )

    @property
    def deciding(self) -> bool:
        """Whether decisions are made; when not, a restart may mend it."""
        return self._watchdog.flowing and not self._dealing.failed

    def _changed(self) -> None:
        """Clients are to be shown what is new, and a recording waits for who decides."""
        self.stages.pacing.heed(waiting=bool(self._dealing.tickets.pending))
        self._control.changed()

    def _journal_failed(self, error: JournalError) -> None:
        """Called on the journal's thread."""
        if self._asyncio is not None:
            self._asyncio.call_soon_threadsafe(self._dealing.fail, error.told, error.remedy)
            self._asyncio.call_soon_threadsafe(self._inbox.urgent, Unrecorded(error))

    def _clock_stepped(self, step_ns: int) -> None:
        """The wall clock moved by more than it should have: a suspended machine, or somebody set it."""
        self.stages.alarms.alert(stepped(step_ns, self._clock.now_ns()))
        if step_ns > 0:
            self.stages.woken(step_ns)
        if not self._broker.simulated and self._link.is_open:
            self._dealing.reconciled = False  # what the stream told meanwhile may be lost
            self._link.reconcile("clock", persist=True)

    # stop ------------------------------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """Leave cleanly: protective exits stay at the venue, everything known is in the journal.

        Whatever fails on the way, connections, socket and journal are closed. Raises JournalError when the last
        records could not be written.
        """
        async with AsyncExitStack() as closing:
            closing.callback(self._journal.close)
            closing.push_async_callback(self._control.stop, self._loop.stop_reason or "the engine could not start")
            closing.push_async_callback(self._link.leave, FINISH_LIMIT_S)
            deaf = await self._supervisor.stop()
            await self._link.finish(FINISH_LIMIT_S)
            self._attendant.drain()
            ended = self._journal.failure is None and not self._refused and self._show is not None
            if self._replay is None and ended:
                self._stopping.tell_deaf(deaf)
                now_ns = self._clock.now_ns()
                stopped = Stopped(self._config.engine.profile, self._loop.stop_reason, now_ns, self._stopped_by)
                self._journal.append("stopped", self._config.engine.profile, stopped, now_ns)
