"""`desk follow`: one plain line per event, for pipes, logs and screen readers. No screen code is loaded."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import click

from desk import events
from desk.commands.engines import asking
from desk.commands.verbs import AS_JSON, NAME, client_of, paths_of
from desk.context import Number, address
from engine.errors import EXIT_NO_ENGINE, EXIT_OK, EXIT_USAGE, DeskError

if TYPE_CHECKING:
    from desk.client import Client

_PAUSES_S: Final = (0.25, 0.5, 1.0, 2.0)
"""Pauses between attempts to attach again; the last one repeats."""


@click.pass_context
def _follow(
    ctx: click.Context, /, only: tuple[str, ...], posts: bool, mood_step: float, wait: bool, as_json: bool, name: str
) -> None:
    chosen = _kinds(only)
    if not chosen:
        chosen = frozenset(events.KINDS) - (frozenset() if posts else {"post"})
    elif posts:
        chosen |= {"post"}
    teller = events.Teller(mood_step=mood_step, address=address(ctx))
    follower = Follower(client_of(ctx, name), teller, events.only(chosen), as_json=as_json, wait=wait)
    with asking(paths_of(ctx, name)):
        ctx.exit(asyncio.run(follower.run()))


follow = click.Command(
    "follow",
    callback=_follow,
    params=[
        click.Option(
            ["--only"],
            multiple=True,
            metavar="KINDS",
            help=f"Only these kinds, with commas between them: {', '.join(events.KINDS)}.",
        ),
        click.Option(["--posts"], is_flag=True, help="Every post too."),
        click.Option(
            ["--mood-step"],
            type=Number(0, 2),
            default=0.05,
            show_default=True,
            help="Tell a mood again when its value has moved this far.",
        ),
        click.Option(["--wait"], is_flag=True, help="Wait for an engine when none runs yet."),
        AS_JSON,
        NAME,
    ],
    help="One plain line per event as it happens: for pipes, logs and screen readers.\n\n"
    "Attaches again by itself when the engine restarts, and says so. Ends with 0 when the reader closes the pipe, 1 "
    "when the engine speaks another protocol, 3 when none runs at the start (unless --wait), 130 when interrupted.",
)


class Follower:
    """Follows one engine, over its restarts, until the reader of the output goes away."""

    def __init__(
        self,
        client: Client,
        teller: events.Teller,
        wanted: Callable[[events.Event], bool],
        *,
        as_json: bool,
        wait: bool,
    ) -> None:
        self._client = client
        self._teller = teller
        self._wanted = wanted
        self._as_json = as_json
        self._wait = wait
        self._lost = False
        """Whether the engine is away and that has been said."""

    async def run(self) -> int:
        """Follow for ever; the exit code when the reader has gone. Raises DeskError as `desk follow --help` says."""
        following = asyncio.ensure_future(self._attach_for_ever())
        try:
            async with _until_reader_leaves() as left:
                leaving = asyncio.ensure_future(left.wait())
                await asyncio.wait({following, leaving}, return_when=asyncio.FIRST_COMPLETED)
                leaving.cancel()
            if following.done():
                following.result()
            return EXIT_OK
        except BrokenPipeError:
            _silence()
            return EXIT_OK
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, DeskError):
                await following
            await self._client.close()

    async def _attach_for_ever(self) -> None:
        from desk.mirror import RevisionGap
        from engine.model.frames import Goodbye

        attempt = 0
        attached = False
        while True:
            fresh = False
            try:
                async with aclosing(self._client.stream()) as stream:
                    async for message in stream:
                        fresh = attached = True
                        self._lost = isinstance(message, Goodbye)  # it said so itself: once is enough
                        self._print(self._teller.tell(message))
                why = "the engine went away"
            except RevisionGap as gap:
                why = f"a message is missing ({gap})"
            except DeskError as error:
                if error.exit_code != EXIT_NO_ENGINE or not (attached or self._wait):
                    raise
                why = error.message
            if not self._lost:
                self._lost = True
                again = "attaching again when it is back" if attached else "waiting for one"
                self._print([self._teller.say(f"{why}; {again}")])
            attempt = 0 if fresh else attempt + 1
            await asyncio.sleep(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)])

    def _print(self, told: list[events.Event]) -> None:
        from engine.journal.export import ascii_json
        from engine.text import display_text

        for event in told:
            if self._wanted(event):
                line = event.line
                text = ascii_json(event.json.decode()) if self._as_json else display_text(line, limit=len(line))
                sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@contextlib.asynccontextmanager
async def _until_reader_leaves() -> AsyncIterator[asyncio.Event]:
    """An event that is set as soon as the other end of a pipe on standard output is closed, also while we say nothing.

    The poll of a pipe's writing end reports only errors: that the reader has gone.
    """
    left = asyncio.Event()
    descriptor = _pipe()
    if descriptor is None:
        yield left
        return
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(descriptor)
        left.set()

    loop.add_reader(descriptor, gone)
    try:
        yield left
    finally:
        loop.remove_reader(descriptor)


def _pipe() -> int | None:
    """Standard output's descriptor when it is a pipe on a system that reports a reader's leaving."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return None
    is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    return descriptor if is_pipe and sys.platform.startswith("linux") else None


def _silence() -> None:
    """Nobody reads: what Python would still flush at its end goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _kinds(only: tuple[str, ...]) -> frozenset[str]:
    """The kinds named, separated by commas or given one by one. Raises DeskError for an unknown one."""
    named = [word.strip() for given in only for word in given.split(",") if word.strip()]
    unknown = [word for word in named if word not in events.KINDS]
    if unknown:
        raise DeskError(
            f"expected kinds out of {', '.join(events.KINDS)}, found {unknown[0]!r}",
            where="--only",
            remedy="for example --only ticket,decision,fill",
            exit_code=EXIT_USAGE,
        )
    return frozenset(named)
