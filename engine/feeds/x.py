"""The X feed: filtered stream, rules, gaps, spend. Owns its reconnects; ends only when a person must act.

rules agreed ──▶ connect ──▶ UP ──(end)──▶ wait (x_backoff) ──▶ connect ──▶ RECOVERING ──▶ UP
                    │ 401, 403 ▶ REFUSED, run() raises        │ spend cap ▶ CAPPED until 00:00 UTC
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from engine.clock import DAY, MINUTE, SECOND, Clock, exchange_time, from_seconds
from engine.config import Config
from engine.errors import ConfigError, CredentialsError, DeskError, VenueError, VenueUnavailable
from engine.feeds.buying import Buyer
from engine.feeds.recent import IDS_IN_MEMORY, RecentIds
from engine.feeds.spend import SpendMeter
from engine.feeds.x_absence import FOR_GOOD_NS, Absence
from engine.feeds.x_backoff import Backoff, ConnectBudget, Failure
from engine.feeds.x_listening import Listening
from engine.feeds.x_parse import Problem, ProblemKind, parse_line
from engine.feeds.x_report import Reporter
from engine.feeds.x_rules import build_queries
from engine.feeds.x_rules_at_x import RulesAtX
from engine.model import Light, Post, Sink
from engine.model.feeds import FeedRule
from engine.paths import Paths

if TYPE_CHECKING:
    from engine.feeds.x_client import XClient
    from engine.feeds.x_fill import Filler
    from engine.feeds.x_stream import Stream

log = logging.getLogger(__name__)

EXHAUSTED_NS = 15 * MINUTE
"""How often X is asked again when the app's credit is spent."""
SEARCH_REACH_NS = 7 * DAY - MINUTE
"""How far back recent search may be asked for, a minute for the way there: an earlier start is refused whole."""
DOZE_NS = 10 * SECOND
"""A sleep that X's buffers bridge; after a longer one X has given the connection up, or sends only what is new."""
LINES_PER_TURN = 16
"""Lines read before other tasks get the loop, when many came at once: a millisecond or two."""
NAP_NS = MINUTE
"""Longest single wait, so that a long one sees the clock move."""


class SpendCapReached(Exception):
    """The day's cap is spent; the stream stops until the next UTC day."""


class XFeed:
    """Posts from X's filtered stream, speaking `model.Feed`.

    Built with the configuration, a clock and the app's bearer token. `known_until_ns`: posts up to then are in the
    journal already, so what came while the engine was off is a gap; and where nothing of the windows is missing before
    it (`known_whole`), the warm start buys only later ones. `wait` waits so many seconds (tests bring their own).
    """

    name = "x"

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        token: str,
        known_until_ns: int = 0,
        known_whole: bool = True,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._config = config.x
        self._clock = clock
        self._token = token
        self._known_whole = known_whole
        self._wait = wait
        reach_ns = from_seconds(config.sentiment.window_s + config.sentiment.look_back_s)
        self._horizon_ns = min(reach_ns, SEARCH_REACH_NS)
        self._absence = Absence(self._horizon_ns, known_until_ns)
        self._rules = RulesAtX(self.name, config)
        self._listening = Listening(self._rules, clock)
        self._queries = build_queries(config.watchlist, config.x)
        self._meter = SpendMeter(
            Paths.of(config).spend, post_cost_usd=config.x.post_cost_usd, daily_cap_usd=config.x.daily_cap_usd
        )
        self._buyer = Buyer(self._meter, clock)
        self._delivered = RecentIds(IDS_IN_MEMORY)
        self._backoff = Backoff()
        self._budget = ConnectBudget()
        self._stream: Stream | None = None
        """The newest stream; open unless `_absence` says that it is not."""

    @property
    def rules(self) -> tuple[FeedRule, ...]:
        """Our rules as they stand at X, then those of others that X holds beside them."""
        return self._rules.told

    def reconfigure(self, config: Config) -> None:
        """Go on with this daily cap: a lower one stops the stream with the next line, a higher one lets it on."""
        self._meter.daily_cap_usd = config.x.daily_cap_usd

    def woken(self, slept_ns: int) -> None:
        """What X sent while the machine slept is lost, and bytes that come now hide it: connect anew, fill the gap."""
        if self._stream is None or self._absence.down or slept_ns < DOZE_NS:
            return
        self._absence.began(self._clock.now_ns() - slept_ns - SECOND)  # the clock is looked at once a second
        self._stream.end(f"this machine slept for {slept_ns / SECOND:.0f} s")

    async def run(self, sink: Sink) -> None:
        """Deliver until cancelled. Raises DeskError when X refuses us or what is spent cannot be recorded."""
        from engine.feeds.x_client import XClient
        from engine.feeds.x_fill import Filler
        from engine.feeds.x_recover import Searcher

        reporter = Reporter(self.name, self._clock, self._meter, sink)
        config = self._config
        try:
            await self._buyer.open()
            async with XClient(
                self._token, base_url=config.base_url, timeout_s=config.connect_timeout_s, clock=self._clock
            ) as client:
                searcher = Searcher(
                    client,
                    self._queries,
                    self._meter,
                    self._clock,
                    delivered=self._delivered,
                    buy=self._buyer.buy,
                    wait=self._wait,
                )
                filler = Filler(
                    searcher,
                    self._meter,
                    self._clock,
                    sink,
                    reporter,
                    lag_ns=from_seconds(config.search_lag_s),
                    horizon_ns=self._horizon_ns,
                    wait=self._wait,
                    remember=self._remember,
                )
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(filler.run())
                    tasks.create_task(self._compare_usage(client))
                    tasks.create_task(self._keep_rules(client, sink, reporter, filler))
                    tasks.create_task(self._live(client, sink, reporter, filler))
        except ExceptionGroup as group:
            error = _only_desk_error(group)
            if error is None:
                raise
            await self._give_up(error, sink, reporter)
            raise error from None
        except DeskError as error:
            await self._give_up(error, sink, reporter)
            raise
        finally:
            if self._absence.connected:
                self._went_down(reporter)  # run again, it fills what it has missed
            await self._buyer.close()

    async def _live(self, client: XClient, sink: Sink, reporter: Reporter, filler: Filler) -> None:
        """Connect, read, wait, for ever."""
        from engine.feeds.x_errors import BadAnswer, Exhausted, RateLimited, RulesMissing
        from engine.feeds.x_stream import StreamEnded

        while True:
            await self._sit_out_cap(sink, reporter)
            await self._wait_until(self._budget.earliest(self._clock.now_ns()), sink, reporter)
            if reporter.light is not Light.DOWN:  # which tells since when, through every attempt
                reporter.show(Light.CONNECTING)
            await self._tell_absence(sink, reporter)
            reset_ns = None
            try:
                await self._listening.agree(client)
                await self._read(client, sink, reporter, filler)
            except SpendCapReached:
                self._went_down(reporter)
                continue
            except StreamEnded as ended:
                failure, detail, remedy = Failure.DROPPED, str(ended), ""
                self._went_down(reporter)
            except Exhausted as error:
                reporter.show(Light.CAPPED, error.message, error.remedy)
                await self._wait_until(self._clock.now_ns() + EXHAUSTED_NS, sink, reporter)
                continue
            except RateLimited as error:
                failure, detail, remedy, reset_ns = Failure.RATE, error.message, error.remedy, error.reset_ns
            except BadAnswer as error:
                if isinstance(error, RulesMissing):
                    self._listening.forget()
                failure, detail, remedy = Failure.HTTP, error.message, error.remedy
            except VenueUnavailable as error:
                failure, detail, remedy = Failure.NETWORK, error.message, error.remedy
            until_ns = self._back_off(failure, reset_ns, detail, remedy, reporter)
            await self._wait_until(until_ns, sink, reporter)

    async def _read(self, client: XClient, sink: Sink, reporter: Reporter, filler: Filler) -> None:
        """One connection, from connect to its end; leaves only by an exception."""
        from engine.feeds.x_stream import StreamEnded, connect

        config = self._config
        self._budget.spend(self._clock.now_ns())
        async with connect(
            client,
            self._clock,
            token=self._token,
            connect_s=config.connect_timeout_s,
            silence_s=config.silence_s,
        ) as stream:
            self._stream = stream
            self._backoff.connected(self._clock.now_ns())
            self._budget.observe(stream.limits.remaining, stream.limits.reset_ns, self._clock.now_ns())
            reporter.reconnects += self._absence.connected
            reporter.last_ns = self._clock.now_ns()
            await self._cover(sink, reporter, filler)
            async for lines in stream.lines():
                now_ns = self._clock.now_ns()
                for start in range(0, max(1, len(lines)), LINES_PER_TURN):
                    if start:
                        await asyncio.sleep(0)
                    ended = await self._deliver(lines[start : start + LINES_PER_TURN], now_ns, stream, sink, reporter)
                    if ended:
                        raise StreamEnded(ended)
                self._listening.look(now_ns)
                if self._meter.capped(now_ns):  # only now: what has been sent is paid for
                    raise SpendCapReached

    async def _deliver(
        self, lines: Sequence[bytes], now_ns: int, stream: Stream, sink: Sink, reporter: Reporter
    ) -> str:
        """Parse what came at `now_ns`, count it, hand it over. Returns why the stream ends when X announces that."""
        posts: list[Post] = []
        ended = ""
        for line in lines:
            item = parse_line(line, now_ns)
            if isinstance(item, Post):
                posts.append(item)
            elif isinstance(item, Problem):
                ended = self._trouble(item, reporter) or ended
        reporter.malformed += stream.take_oversized()
        if posts:
            self._absence.behind_ns = max(0, now_ns - max(post.published_ns for post in posts))
            await self._buyer.buy([post.id for post in posts])
            await sink.put(posts)
            self._remember(posts)
        reporter.heard(len(posts))
        return ended

    def _trouble(self, problem: Problem, reporter: Reporter) -> str:
        """Count or log a line that is no post; returns why the stream ends, when the line says that it does."""
        if problem.kind in (ProblemKind.DISCONNECT, ProblemKind.CONNECTION):
            return f"X ended the stream: {problem.text}"
        if problem.kind is ProblemKind.MALFORMED:
            reporter.malformed += 1
            log.debug("x: a line that cannot be read: %s", problem.text)
        else:
            log.info("x: %s", problem.text)
        return ""

    async def _cover(self, sink: Sink, reporter: Reporter, filler: Filler) -> None:
        """The stream is (again) live: tell what is missing and have it filled."""
        from engine.feeds.x_fill import Gap

        now_ns, absence = self._clock.now_ns(), self._absence
        first, from_ns = not absence.connected, absence.from_ns(now_ns)
        told = {"covered_since_ns": now_ns} if first else {}
        if from_ns is not None:
            told |= {"gap_from_ns": from_ns, "gap_to_ns": now_ns}
            if first or absence.is_told:  # what was told ahead, by an earlier run too, is taken back
                told |= {"filled_from_ns": now_ns, "filled_to_ns": now_ns + FOR_GOOD_NS}
        absence.over()
        deaf = self._listening.opened(reporter)
        if told or deaf:
            await sink.put([reporter.state(**told), *deaf])
        if first:
            if self._config.warm_start:
                earliest_ns = absence.earliest_ns(now_ns)
                bought_from_ns = earliest_ns if from_ns is None or not self._known_whole else from_ns
                filler.add(Gap(bought_from_ns, now_ns, self._config.warm_start_posts, first=True))
        elif from_ns is not None and self._config.recover:
            filler.add(Gap(from_ns, now_ns, self._meter.left(now_ns)))

    async def _keep_rules(self, client: XClient, sink: Sink, reporter: Reporter, filler: Filler) -> None:
        """While the stream is open: see to it that X listens for every symbol, tell where it did not, and fill that."""
        from engine.feeds.x_fill import Gap

        while True:
            await self._listening.due.wait()
            self._listening.due.clear()
            states, spans = await self._listening.ask(client, reporter)
            if states:
                await sink.put(states)
            for from_ns, to_ns, symbols in spans if self._config.recover else ():
                from_ns = max(from_ns, self._absence.earliest_ns(to_ns))
                filler.add(Gap(from_ns, to_ns, self._meter.left(to_ns), symbols=symbols))

    async def _tell_absence(self, sink: Sink, reporter: Reporter, *, at_once: bool = False) -> None:
        """Say which posts are missing while the stream is away: it is not the only one that moves a mood."""
        now_ns = self._clock.now_ns()
        from_ns, due_ns = self._absence.from_ns(now_ns), self._absence.due_ns(now_ns)
        if from_ns is None or due_ns is None or (due_ns > now_ns and not at_once):
            return
        self._absence.told()
        await sink.put([reporter.state(gap_from_ns=from_ns, gap_to_ns=now_ns + FOR_GOOD_NS)])

    def _went_down(self, reporter: Reporter) -> None:
        """Remember the last sign of life as the start of the gap."""
        self._absence.began(reporter.last_ns)

    async def _sit_out_cap(self, sink: Sink, reporter: Reporter) -> None:
        """Wait for the next UTC day while the cap is spent."""
        while self._meter.capped(now_ns := self._clock.now_ns()):
            resets_ns = self._meter.resets_ns(now_ns)
            reporter.show(
                Light.CAPPED,
                f"spent ${self._meter.spent_usd(now_ns):.2f} of ${self._meter.daily_cap_usd:.2f} today "
                f"({self._meter.posts(now_ns)} posts); resets {exchange_time(resets_ns)[:16]} NY",
                "raise x.daily_cap_usd, or wait for the new UTC day",
            )
            await self._tell_absence(sink, reporter)
            await self._wait(min(resets_ns - now_ns, NAP_NS) / SECOND)

    def _back_off(self, failure: Failure, reset_ns: int | None, detail: str, remedy: str, reporter: Reporter) -> int:
        """Until when to wait: as X asks, and at least until the next connect is within its limit."""
        now_ns = self._clock.now_ns()
        wait_ns = self._backoff.failed(failure, now_ns, reset_ns)
        until_ns = max(now_ns + wait_ns, self._budget.earliest(now_ns))
        again = f"connecting again in {(until_ns - now_ns) / SECOND:.3g} s"
        if self._backoff.at_ceiling:
            again += " (longest wait reached)"
        reporter.show(Light.DOWN, f"{detail}; {again}", remedy)
        log.warning("x: %s; %s", detail, again)
        return until_ns

    async def _wait_until(self, at_ns: int, sink: Sink, reporter: Reporter) -> None:
        """Wait for an instant, no longer than it lies ahead now: a clock that is set back meanwhile moves it not."""
        left_ns = at_ns - self._clock.now_ns()
        while left_ns > 0:
            await self._tell_absence(sink, reporter)
            now_ns = self._clock.now_ns()
            due_ns = self._absence.due_ns(now_ns)
            nap_ns = min(left_ns, NAP_NS)
            if due_ns is not None and due_ns > now_ns:
                nap_ns = min(nap_ns, due_ns - now_ns)
            await self._wait(nap_ns / SECOND)
            left_ns = min(left_ns - nap_ns, at_ns - self._clock.now_ns())

    def _remember(self, posts: Sequence[Post]) -> None:
        for post in posts:
            self._delivered.add(post.id)

    async def _compare_usage(self, client: XClient) -> None:
        """X's own count of today's posts, in the log beside ours: it sees every program of the project."""
        try:
            counted = await client.usage_today()
        except DeskError as error:
            log.info("x: usage cannot be read: %s", error.message)
            return
        if counted is not None:
            log.info(
                "x: X counts %d posts today for the project, the desk %d",
                counted,
                self._meter.posts(self._clock.now_ns()),
            )

    async def _give_up(self, error: DeskError, sink: Sink, reporter: Reporter) -> None:
        """The state stays on the desk; where it is a refusal nothing connects again until a person has acted."""
        refused = isinstance(error, CredentialsError | VenueError | ConfigError)
        if self._absence.connected:
            self._went_down(reporter)
        reporter.show(Light.REFUSED if refused else Light.DOWN, error.message, error.remedy)
        await self._tell_absence(sink, reporter, at_once=True)


def _only_desk_error(group: ExceptionGroup[Exception]) -> DeskError | None:
    """The group's first DeskError when it holds nothing else."""
    ours, other = group.split(DeskError)
    if ours is None or other is not None:
        return None
    first = ours.exceptions[0]
    return first if isinstance(first, DeskError) else _only_desk_error(ours)
