"""`python -m tests.faults.engine_at FILE …`: the engine, killed by SIGKILL when it comes to a named point.

The engine's code is what is shipped; this process wraps the method at the point. FILE names it (`fill recorded 3`: the
third time); it is read at the start and at each SIGUSR2. `clock` in its place makes the wall clock jump by so many
hours; `read-only` makes the journal refuse every write from now on, as a file system that was remounted does;
`slow-disk` makes each of its writes take so many seconds.
`…` are the engine's arguments.
"""

from __future__ import annotations

import functools
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import engine.clock
from engine.brokers.alpaca import AlpacaBroker
from engine.journal import Journal
from engine.kernel.dealing import Dealing
from engine.kernel.process import main
from engine.kernel.venue import VenueLink, _Permit
from engine.model import Fill, OrderUpdate

RECORDS = ("signal", "ticket", "decision", "order", "answer", "fill", "account", "reconciliation", "started")
"""`KIND recorded`: the record is on the disk, nothing after it has happened."""

CALLS: dict[str, tuple[type, str, bool]] = {
    "order answered": (AlpacaBroker, "_answered", True),
    "cancel asked": (AlpacaBroker, "cancel", False),
    "cancel answered": (AlpacaBroker, "cancel", True),
    "order looked up": (AlpacaBroker, "lookup", True),
    "snapshot read": (AlpacaBroker, "snapshot", True),
}
"""Around a coroutine: before it is called (False), or after it has returned (True)."""

POINTS = (
    *(f"{kind} recorded" for kind in RECORDS),
    "intent appended",
    "intent durable",
    "requests waiting",
    "fill told",
    "fill counted",
    *CALLS,
)


class Point:
    """Kills this process the `nth` time it is reached."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def reach(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def install(name: str, point: Point) -> None:
    """Wrap what is at the point. Raises SystemExit for a point that does not exist."""
    kind = name.removesuffix(" recorded")
    if name in CALLS:
        of, method, after = CALLS[name]
        _around(of, method, point, after)
    elif kind in RECORDS and kind != name:
        _appended(kind, point, durable=True)
    elif name == "intent appended":
        _appended("intent", point, durable=False)
    elif name == "intent durable":
        _permitted(point)
    elif name == "requests waiting":
        _before(VenueLink, "_begun", point, lambda request: True)
    elif name == "fill told":
        _before(Dealing, "on_update", point, lambda update: isinstance(update, OrderUpdate) and bool(update.quantity))
    elif name == "fill counted":
        _before(Dealing, "_on_fill", point, lambda fill: isinstance(fill, Fill))
    else:
        raise SystemExit(f"expected one of {', '.join(POINTS)}, found {name!r}")


def _around(of: type, method: str, point: Point, after: bool) -> None:
    whole = getattr(of, method)

    @functools.wraps(whole)
    async def wrapped(self: Any, *given: Any, **named: Any) -> Any:
        if not after:
            point.reach()
        result = await whole(self, *given, **named)
        if after:
            point.reach()
        return result

    setattr(of, method, wrapped)


def _permitted(point: Point) -> None:
    """In the thread that sends: an order may leave, and has not."""
    whole = _Permit.wait

    def wait(self: _Permit) -> str:
        why = whole(self)
        if not why:
            point.reach()
        return why

    setattr(_Permit, "wait", wait)  # noqa: B010 (a method is replaced)


def _appended(kind: str, point: Point, *, durable: bool) -> None:
    whole = Journal.append

    def append(self: Journal, appended: str, *given: Any) -> int:
        seq = whole(self, appended, *given)
        if appended == kind:
            if durable:
                self.flush()
            point.reach()
        return seq

    Journal.append = append  # type: ignore[method-assign]


def _before(of: type, method: str, point: Point, counts: Callable[[Any], bool]) -> None:
    whole = getattr(of, method)

    def wrapped(self: Any, given: Any) -> Any:
        if counts(given):
            point.reach()
        return whole(self, given)

    setattr(of, method, wrapped)


def step_clock(hours: int) -> None:
    """From now on the wall clock is this many hours off."""
    engine.clock.time = SimpleNamespace(  # type: ignore[assignment]
        time_ns=lambda: time.time_ns() + hours * engine.clock.HOUR,
        monotonic_ns=time.monotonic_ns,
        perf_counter_ns=time.perf_counter_ns,
    )


def refuse_writes() -> None:
    """From now on SQLite takes the journal for read-only (https://sqlite.org/pragma.html#pragma_query_only)."""
    whole = Journal._write_group

    def refused(self: Journal, connection: sqlite3.Connection, *rest: Any) -> None:
        connection.execute("PRAGMA query_only = ON")
        whole(self, connection, *rest)

    Journal._write_group = refused  # type: ignore[method-assign,assignment]


WRITE = Journal._write_group


def slow_down(seconds: int) -> None:
    """From now on every write of the journal takes this much longer, as on a disk that is busy or about to fail."""

    def slow(self: Journal, *given: Any) -> None:
        time.sleep(seconds)
        WRITE(self, *given)

    Journal._write_group = slow if seconds else WRITE  # type: ignore[method-assign,assignment]


def obey(file: Path) -> None:
    """Do what the file says, if there is one."""
    if not file.exists():
        return
    name, _, number = file.read_text(encoding="utf-8").strip().rpartition(" ")
    file.unlink()
    if name == "clock":
        step_clock(int(number))
    elif name == "read-only":
        refuse_writes()
    elif name == "slow-disk":
        slow_down(int(number))
    else:
        install(name, Point(int(number)))


if __name__ == "__main__":
    orders = Path(sys.argv[1])
    signal.signal(signal.SIGUSR2, lambda *_: obey(orders))
    obey(orders)
    sys.exit(main(sys.argv[2:]))
