"""Runs the engine's tasks: feeds, which may break and start again, and those that trading leans on, which may not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from engine.clock import Clock
from engine.errors import ConfigError, CredentialsError, DeskError, VenueError
from engine.kernel.inbox import Inbox, Wake
from engine.model import Feed, FeedState, Light
from engine.text import one_line

log = logging.getLogger(__name__)

FEED_RESTART_S = 5.0
"""A feed that broke is started again after this long."""
END_LIMIT_S = 8.0
"""How long tasks may take to end once they are called off. The journal, the venue and the socket close after them."""
FEED_RETRY_S = 15.0
"""A feed that gave up (a full disk, no handle left) tries again after this long, except where a person must act."""


class Supervisor:
    """Owns tasks. Nothing that breaks in one goes unseen."""

    def __init__(
        self,
        clock: Clock,
        inbox: Inbox,
        *,
        on_feed_end: Callable[[DeskError | None], None],
        on_break: Callable[[str], None],
        recording: bool = False,
    ) -> None:
        """`on_feed_end`: a feed came to its end, or to an error; a recording cannot go on after one. `on_break`: halt,
        and why. `recording`: the feed is one, and may come to its end; any other is started again."""
        self._clock = clock
        self._inbox = inbox
        self._on_feed_end = on_feed_end
        self._on_break = on_break
        self._recording = recording
        self._tasks: set[asyncio.Task[None]] = set()
        self._feeds: dict[asyncio.Task[None], str] = {}
        self._stopping = False
        self._without_feeds = False

    def run(self, feed: Feed) -> None:
        """Run a feed until it ends, feeds are ended, or the engine stops."""
        if not (self._stopping or self._without_feeds):
            task = self._spawn(feed.run(self._inbox), f"feed-{feed.name}")
            self._feeds[task] = feed.name
            task.add_done_callback(lambda ended: self._feeds.pop(ended, None))
            task.add_done_callback(lambda ended: self._feed_ended(feed, ended))

    def end_feeds(self, why: str) -> None:
        """Call off every feed for good: nothing comes of what they bring any more, and posts cost money."""
        self._without_feeds = True
        for task, name in self._feeds.items():
            task.cancel()
            self.report(name, Light.DOWN, f"ended: {why}", "mend what failed, then start again")

    def guard(self, work: Coroutine[object, object, None], name: str) -> None:
        """Run a task that trading leans on."""
        self._spawn(work, name).add_done_callback(self._broke)

    def report(self, name: str, light: Light, detail: str, remedy: str) -> None:
        """Show a state for something that is not a feed, or that can no longer speak for itself."""
        now_ns = self._clock.now_ns()
        self._inbox.report(FeedState(name, light, now_ns, now_ns, detail, remedy))

    async def stop(self) -> tuple[str, ...]:
        """Cancel everything and wait for its end, `END_LIMIT_S` at most; returns the names of what goes on regardless.

        What breaks while it ends is told like any other break.
        """
        self._stopping = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=END_LIMIT_S)
        deaf = tuple(sorted(one_line(task.get_name()) for task in tasks if not task.done()))
        for name in deaf:
            log.critical(
                "%s was called off and has not ended within %g s: the engine stops without it", name, END_LIMIT_S
            )
        return deaf

    def _spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _feed_ended(self, feed: Feed, task: asyncio.Task[None]) -> None:
        if task.cancelled() and (self._stopping or self._without_feeds):
            return
        error = _error(task)
        if error is None and self._recording:
            self._on_feed_end(None)
        elif error is None:
            log.error("feed %s ended by itself", feed.name)
            self.report(feed.name, Light.DOWN, "the feed ended by itself", f"it starts again in {FEED_RETRY_S:.0f} s")
            task.get_loop().call_later(FEED_RETRY_S, self.run, feed)
        elif isinstance(error, DeskError):
            refused = isinstance(error, CredentialsError | ConfigError | VenueError)
            light = Light.REFUSED if refused else Light.DOWN
            self.report(feed.name, light, error.message, error.remedy)
            log.error("feed %s stopped: %s", feed.name, error)
            self._on_feed_end(error)
            if not refused:
                task.get_loop().call_later(FEED_RETRY_S, self.run, feed)
        else:
            log.critical("feed %s broke", feed.name, exc_info=error)
            remedy = f"it starts again in {FEED_RESTART_S:.0f} s; report this with the log"
            words = f"{type(error).__name__}: {error}"
            self.report(feed.name, Light.DOWN, words, remedy)
            self._on_feed_end(DeskError(words, where=feed.name, remedy="report this with the log"))
            task.get_loop().call_later(FEED_RESTART_S, self.run, feed)

    def _broke(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() and self._stopping:
            return
        if (error := _error(task)) is not None:
            log.critical("task %s broke", task.get_name(), exc_info=error)
            self._on_break(f"task {task.get_name()} broke: {type(error).__name__}: {error}")
            self._inbox.urgent(Wake())  # what a halt calls off is carried out after it


def _error(task: asyncio.Task[None]) -> BaseException | None:
    """What a task ended with. One that nobody here called off, and that says it was, has broken like any other."""
    return RuntimeError("it was called off from within") if task.cancelled() else task.exception()
