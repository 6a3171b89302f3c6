"""Errors a person can act on.

Every error the desk shows says what was expected, what was found, where, and what to do. `DeskError` carries
those parts; the command line prints them without a traceback and exits with `exit_code`.
"""

from __future__ import annotations

import shlex
import sys

EXIT_OK = 0
"""The command did what was asked."""
EXIT_FAILED = 1
"""The command ran and the answer is no (a check failed, a journal does not verify, a ticket was refused)."""
EXIT_USAGE = 2
"""The command line, the terminal or the configuration is wrong; nothing was started."""
EXIT_NO_ENGINE = 3
"""No engine is running for this profile."""
EXIT_ALREADY_RUNNING = 4
"""An engine already runs for this profile."""
EXIT_CREDENTIALS = 5
"""Credentials are missing or were refused."""
EXIT_JOURNAL = 6
"""The journal is damaged or cannot be written."""
EXIT_VENUE = 7
"""A venue or a feed refused or could not be reached."""
EXIT_INTERRUPTED = 130
"""Ctrl-C, as shells write it: 128 and the number of SIGINT."""


class DeskError(Exception):
    """An error with a remedy.

    `message` names what was expected and what was found, `where` the file, key or address, `remedy` what to do.
    """

    def __init__(self, message: str, *, where: str = "", remedy: str = "", exit_code: int = EXIT_FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy
        self.exit_code = exit_code

    @property
    def told(self) -> str:
        """Place and message in one line, for where the remedy stands beside it."""
        return f"{self.where}: {self.message}" if self.where else self.message

    def __str__(self) -> str:
        return f"{self.told}\n→ {self.remedy}" if self.remedy else self.told


class ConfigError(DeskError):
    """The configuration is wrong: names file, line, key, value and the nearest known name."""

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message, where=where, remedy=remedy, exit_code=EXIT_USAGE)


class CredentialsError(DeskError):
    """A secret is missing, or a venue refused it."""

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message, where=where, remedy=remedy, exit_code=EXIT_CREDENTIALS)


class JournalError(DeskError):
    """The journal is damaged, locked or cannot be written; nothing may trade."""

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message, where=where, remedy=remedy, exit_code=EXIT_JOURNAL)


class RecordingError(DeskError):
    """A recording is malformed; `where` is `file:line`."""

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message, where=where, remedy=remedy, exit_code=EXIT_USAGE)


class VenueError(DeskError):
    """A venue or feed refused definitely (not a time-out: those are unresolved outcomes, not errors)."""

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message, where=where, remedy=remedy, exit_code=EXIT_VENUE)


class VenueUnavailable(DeskError):
    """A venue could not be asked (time-out, 5xx, reset, unparsable answer). Never read as "nothing there"."""

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message, where=where, remedy=remedy, exit_code=EXIT_VENUE)


def installing(extra: str) -> str:
    """The command that brings an extra into the environment of this program.

    Any other pip would install whatever package the registry knows as `desk`.
    """
    return f"{shlex.quote(sys.executable)} -m pip install 'desk[{extra}]'"
