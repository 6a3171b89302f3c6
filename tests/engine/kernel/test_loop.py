"""The loop over the real stages: what goes first, what other tasks get, what time it is in a replay, when it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.clock import MINUTE, SECOND, Clock, SystemClock, VirtualClock
from engine.config import load
from engine.errors import JournalError
from engine.journal import Reader
from engine.kernel.attendant import Attendant
from engine.kernel.hours import Hours
from engine.kernel.inbox import Commanded
from engine.kernel.loop import Loop
from engine.kernel.meters import LoopLag
from engine.kernel.stages import Stages
from engine.kernel.timers import Timers
from engine.kernel.watchdog import Watchdog
from engine.model import Author, DisplayText, Halt, Post
from engine.model.frames import Command, Reply
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.program import REPLAYING


class Ended:
    """Hands a wish to end to the loop."""

    loop: Loop

    def stop_soon(self, reason: str, by: str = "signal") -> None:
        self.loop.stop(reason)

    def give_up(self, reason: str) -> None:
        self.loop.stop(reason)


def made(stages: Stages, clock: Clock, *, changed: Callable[[], None] = lambda: None, stop_at_end: bool = True) -> Loop:
    """The loop with timers and attendant, wired as the kernel wires them."""
    virtual = clock if isinstance(clock, VirtualClock) else VirtualClock()
    hours = Hours(clock, ask=None, alert=stages.alarms.alert, clear_alert=stages.alarms.clear)
    timers = Timers(stages, clock, virtual, hours, changed=lambda: None)
    engine = Ended()
    watchdog = Watchdog(clock, stages=stages, lag=LoopLag())
    attendant = Attendant(engine, stages, timers, hours, watchdog, arm="")
    timers.enter_session(hours.now())
    engine.loop = Loop(stages, clock, virtual, timers, attendant, changed=changed, stop_at_end=stop_at_end)
    return engine.loop


def posts(count: int, begin_ns: int = NOW, step_ns: int = 0) -> list[Post]:
    author = Author("7", DisplayText("someone"))
    made = []
    for number in range(count):
        at_ns, text = begin_ns + number * step_ns, f"$TSLA {number}"
        made.append(Post(f"p{number}", "replay", at_ns, at_ns, author, text, DisplayText(text)))
    return made


def command(verb: str) -> Commanded:
    reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    return Commanded(Command(verb), reply)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Stages]:
    with bare.opened(bare.config(tmp_path), SystemClock()) as stages:
        yield stages


def recorded(stages: Stages) -> list[tuple[str, int]]:
    """Id and time of every post in the journal, in its order."""
    stages.journal.flush()
    with Reader(stages.journal.path) as reader:
        return [(record.key, record.at_ns) for record in reader.records(("post",))]


async def test_what_is_urgent_goes_before_posts_that_came_earlier(live: Stages) -> None:
    loop = made(live, SystemClock())
    await live.inbox.put(posts(3))
    stop = command("stop")
    live.inbox.urgent(stop)
    await loop.run()
    assert stop.reply.result().ok
    assert loop.stop_reason
    assert live.inbox.waiting == 3, "no post was taken after the wish to end"


async def test_of_two_reasons_to_stop_the_first_counts(live: Stages) -> None:
    loop = made(live, SystemClock())
    loop.stop("the first")
    loop.stop("the second")
    await loop.run()
    assert loop.stop_reason == "the first"


async def test_other_tasks_have_their_turns_while_posts_stream(live: Stages) -> None:
    loop = made(live, SystemClock())
    await live.inbox.put(posts(2_000))
    seen: list[int] = []

    async def look() -> None:
        while live.inbox.waiting:
            seen.append(live.inbox.waiting)
            await asyncio.sleep(0)
        loop.stop("all is taken")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(look())
        tasks.create_task(loop.run())
    assert len(seen) > 3, "two thousand posts are more than one turn"


async def test_a_step_that_cannot_be_recorded_ends_it_with_the_error(live: Stages) -> None:
    loop = made(live, SystemClock())
    live.journal.close()
    await live.inbox.put([Halt("TSLA", NOW, NOW, halted=True, code="T1", reason="news")])
    with pytest.raises(JournalError):
        await loop.run()
    assert not loop.stop_reason


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[tuple[Stages, VirtualClock]]:
    """Stages that take their time from what they are handed; the recording itself is not played."""
    env = {
        **REPLAYING,
        "DESK_ENGINE__STATE_DIR": str(tmp_path),
        "DESK_ENGINE__RUNTIME_DIR": str(tmp_path / "run"),
        "DESK_BROKER__NAME": "simulated",
    }
    clock = VirtualClock(NOW)
    with bare.opened(load(profile="simulated", env=env).config, clock) as stages:
        yield stages, clock


async def test_in_a_replay_it_is_the_events_time(replay: tuple[Stages, VirtualClock]) -> None:
    stages, clock = replay
    loop = made(stages, clock)
    told = posts(4, NOW + SECOND, MINUTE)
    await stages.inbox.put(told)
    loop.end_recording()
    await loop.run()
    assert loop.stop_reason == "the recording has ended"
    assert recorded(stages) == [(post.id, post.received_ns) for post in told]


async def test_a_post_of_earlier_does_not_move_the_clock_back(replay: tuple[Stages, VirtualClock]) -> None:
    stages, clock = replay
    loop = made(stages, clock)
    newer, older = posts(2, NOW + MINUTE, -30 * SECOND)
    await stages.inbox.put([newer, older])
    loop.end_recording()
    await loop.run()
    assert recorded(stages) == [(newer.id, newer.received_ns), (older.id, newer.received_ns)]


async def test_a_desk_may_stay_when_the_recording_has_ended(replay: tuple[Stages, VirtualClock]) -> None:
    stages, clock = replay
    first, second = posts(2, NOW + SECOND, SECOND)
    loop = made(stages, clock, stop_at_end=False)
    loop.end_recording()

    async def go_on() -> None:
        for post in (first, second):
            await stages.inbox.put([post])
            while stages.inbox.waiting or clock.now_ns() < post.received_ns:
                await asyncio.sleep(0)
        loop.stop("a person had enough")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run())
        tasks.create_task(go_on())
    assert loop.stop_reason == "a person had enough"
    assert [key for key, _ in recorded(stages)] == [first.id, second.id]
