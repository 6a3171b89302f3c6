"""The terminal that Textual draws on, as one that may go before the desk does."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from desk.pasting import PasteParser

if TYPE_CHECKING:
    from textual.app import App


class Passing:
    """A terminal to write to, and nothing where it was.

    Textual's writing thread ends with the first error. Whoever writes then waits for it for ever, which is the desk
    while it leaves.
    """

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal

    def write(self, text: str) -> int:
        """Write, or drop what nobody can see any more; the characters taken."""
        try:
            return self._terminal.write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Send what is held back, or drop it."""
        try:
            self._terminal.flush()
        except OSError:
            return  # EIO: the terminal has gone

    def fileno(self) -> int:
        return self._terminal.fileno()


class PassingDriver(LinuxDriver):
    """Textual's driver of a terminal; one that has gone takes what is written and drops it."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._file = cast("Any", Passing(cast("TextIO", self._file)))

    def stop_all(self) -> None:
        """Give the terminal back, then stop all that runs in its foreground, as the terminal itself would.

        Only then: a shell that sees another of them stopped takes the terminal at once.
        """
        self.suspend_application_mode()
        self._must_signal_resume = True
        os.killpg(os.getpgrp(), signal.SIGSTOP)


def outliving(driver: type[Driver]) -> type[Driver]:
    """Textual's choice of a driver, or the one here where it chose that of a terminal. A paste is only text to it."""
    module = sys.modules[driver.__module__]
    if hasattr(module, "XTermParser"):
        vars(module)["XTermParser"] = PasteParser  # a driver makes its parser itself, by this name
    return PassingDriver if driver is LinuxDriver else driver
