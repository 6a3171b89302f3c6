"""Tells a service manager how the engine is: sd_notify(3), a few words over the Unix datagram socket NOTIFY_SOCKET.

`READY=1` once the control socket answers, `STATUS=` with what is going on, `WATCHDOG=1` only while decisions are made,
`STOPPING=1` at the end. Without NOTIFY_SOCKET nothing is sent.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, MutableMapping

from engine.text import one_line

log = logging.getLogger(__name__)

VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
STATUS_S = 5.0
"""The status is told this often; the watchdog's sign of life more often where its limit asks for that."""
STATUS_LIMIT = 500
"""Characters of a status."""


class Notifier:
    """One per process. What the service manager set is taken out of the environment: children must not speak for us."""

    def __init__(self, env: MutableMapping[str, str]) -> None:
        address, limit_us, pid = (env.pop(name, "") for name in VARIABLES)
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        watched = bool(self._address) and limit_us.isdigit() and pid in ("", str(os.getpid()))
        self.watchdog_s = int(limit_us) / 1e6 if watched else 0.0
        """The manager restarts us after so many seconds without a sign of life; 0: never."""

    def tell(self, **words: str) -> None:
        """Send assignments such as `READY="1"`. A manager that does not listen is no reason to stop."""
        if not self._address:
            return
        text = "\n".join(f"{name}={one_line(value, STATUS_LIMIT)}" for name, value in words.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as to:
                to.sendto(text.encode(), self._address)
        except OSError as error:
            log.warning("the service manager was not told (%s): %s", ", ".join(words), error)

    async def run(self, status: Callable[[], str], flowing: Callable[[], bool]) -> None:
        """Tell the status, and that decisions are made while `flowing`, until cancelled."""
        if not self._address:
            return
        every_s = min(STATUS_S, self.watchdog_s / 3) if self.watchdog_s else STATUS_S
        while True:
            words = {"STATUS": status()}
            if self.watchdog_s and flowing():
                words["WATCHDOG"] = "1"
            self.tell(**words)
            await asyncio.sleep(every_s)
