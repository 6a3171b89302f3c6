"""`python -m tests.venues.x --port N [--recording FILE]`: the pretend X alone, for end-to-end tests and by hand.

Prints the address and token, then publishes the recording's posts as if they were written now. What was recorded in
the first `--history` seconds is already there, for warm starts.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import html
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.clock import SECOND, parse_iso
from tests.venues.x.server import TOKEN, XSimulator
from tests.venues.x.wire import XUser

Row = tuple[int, dict[str, Any]]


def rows(path: Path) -> Iterator[Row]:
    """(time, row) of every post in a recording (JSON lines, gzip or plain), in file order."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row.get("kind", "post") != "post":
                continue
            milliseconds = row.get("timestamp_ms")
            yield int(milliseconds) * 1_000_000 if milliseconds else parse_iso(row["created_at"]), row


def author(row: dict[str, Any]) -> XUser:
    """The account of a row."""
    known = row.get("author") or {}
    return XUser(
        id=str(row.get("author_id") or "1"),
        username=known.get("screen_name") or f"user{row.get('author_id') or ''}",
        followers=known.get("followers") or 0,
        following=known.get("following") or 0,
        tweets=known.get("tweets") or 0,
        verified=bool(known.get("verified")),
        created_at=known.get("created_at") or "2015-01-01T00:00:00.000Z",
    )


async def play(x: XSimulator, path: Path, speed: float, history_s: float) -> None:
    """Publish a recording, its time laid onto the clock."""
    recorded = sorted(rows(path), key=lambda each: each[0])
    if not recorded:
        return
    first_ns = recorded[0][0] + round(history_s * SECOND)
    started_ns = x.clock.now_ns()
    for at_ns, row in recorded:
        due_ns = started_ns + round((at_ns - first_ns) / speed)
        if at_ns < first_ns:
            due_ns = started_ns + (at_ns - first_ns)
        elif (wait_ns := due_ns - x.clock.now_ns()) > 0:
            await asyncio.sleep(wait_ns / SECOND)
        x.post(html.unescape(row["text"]), at_ns=due_ns, user=author(row), lang=row.get("lang") or "en")


async def serve(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with XSimulator(
        port=options.port, token=options.token, keep_alive_s=options.keep_alive, search_lag_s=options.search_lag
    ) as x:
        print(f"base_url = {x.url!r}", flush=True)
        print(f"DESK_X_BEARER_TOKEN={x.token}", flush=True)
        player = None
        if options.recording:
            player = asyncio.create_task(play(x, options.recording, options.speed, options.history))
        await stop.wait()
        if player is not None:
            player.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.venues.x", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--recording", type=Path, help="posts as JSON lines, plain or gzip")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--history", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--keep-alive", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--search-lag", type=float, default=30.0, metavar="SECONDS")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
