"""Where the desk keeps its files: one directory for state, one for what lives only while an engine runs.

Both are private (0700). Journals, anchors and the spend meter are state; socket, lock and KILL file are run-time.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.config import PROFILES, Config
from engine.errors import EXIT_USAGE, DeskError
from engine.model.base import Value

SOCKET_PATH_LIMIT = 100
"""Longest path used for a Unix socket where we choose it, in bytes."""
SOCKET_PATH_MOST = 107
"""Longest path that a Unix socket may have at all, in bytes (unix(7))."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
"""What an engine may be called."""


class Paths(Value, frozen=True, gc=False):
    """The files of one engine. `name` is the profile, or `demo` and the like for an engine on its own journal."""

    name: str
    state_dir: Path
    runtime_dir: Path
    journal_file: Path | None = None
    """Where the journal is when it is not the one of that name: a recording's day is not what a profile has traded."""

    @classmethod
    def of(cls, config: Config, name: str = "") -> Paths:
        """Paths for a configuration; creates nothing.

        Raises DeskError for a name that is no plain word, or that is another profile's.
        """
        if name and (not NAME.fullmatch(name) or (name in PROFILES and name != config.engine.profile)):
            raise DeskError(
                f"expected a word of at most 40 letters, digits, - and _ that names no other profile, found {name!r}",
                where="--name",
                remedy="to reach another profile's engine: --profile",
                exit_code=EXIT_USAGE,
            )
        state = Path(config.engine.state_dir).expanduser() if config.engine.state_dir else _user_state_dir()
        if config.engine.runtime_dir:
            runtime = Path(config.engine.runtime_dir).expanduser()
        else:
            runtime = _user_runtime_dir(state, bool(config.engine.state_dir))
        profile, journal = config.engine.profile, None
        if name in ("", profile) and "replay" in config.feeds.posts:
            journal = recorded_journal(state.absolute(), profile)
        return cls(name or profile, state.absolute(), runtime.absolute(), journal)

    @property
    def journal(self) -> Path:
        """The audit journal: simulated, paper and live never share one."""
        return self.journal_file or self.state_dir / f"{self.name}.journal"

    @property
    def spend(self) -> Path:
        """What has been spent on posts today; shared by every profile, as the bill is."""
        return self.state_dir / "spend.json"

    @property
    def log(self) -> Path:
        """The log of an engine started in the background."""
        return self.state_dir / f"{self.name}.log"

    @property
    def socket(self) -> Path:
        """The control socket."""
        return self.runtime_dir / f"{self.name}.sock"

    @property
    def view_socket(self) -> Path:
        """The control socket that only shows: whoever has no more than this one can command nothing."""
        return view_socket(self.socket)

    @property
    def lock(self) -> Path:
        """Held by the one engine of this name; holds its pid and which journal it writes."""
        return self.runtime_dir / f"{self.name}.lock"

    @property
    def kill_file(self) -> Path:
        """Creating this file halts trading, whatever else is dead."""
        return self.runtime_dir / "KILL"

    def create(self) -> None:
        """Create both directories, private to this user.

        Raises DeskError when one belongs to somebody else, is open to others and cannot be closed, or is no directory.
        """
        for directory in (self.state_dir, self.runtime_dir):
            private_dir(directory)


def recorded_journal(state_dir: Path, profile: str) -> Path:
    """The journal of the recordings that a profile's configuration names."""
    return state_dir / f"{profile}-replay.journal"


def view_socket(socket: Path) -> Path:
    """The socket beside a control socket that shows the same and carries out nothing."""
    return socket.with_name(f"{socket.stem}.view{socket.suffix}")


def check_socket_path(socket: Path) -> None:
    """Raises DeskError when the system has no room for the path of this control socket, or the one beside it."""
    longest = len(os.fsencode(view_socket(socket)))
    if longest > SOCKET_PATH_MOST:
        raise DeskError(
            f"expected a path of at most {SOCKET_PATH_MOST} bytes for a Unix socket, found {longest}",
            where=str(view_socket(socket)),
            remedy="set engine.runtime_dir to a shorter one",
            exit_code=EXIT_USAGE,
        )


def check_directory(directory: Path) -> None:
    """Raises DeskError when something that is no directory stands in its place, or in that of one above it."""
    for each in (directory, *directory.parents):
        with suppress(OSError):
            if stat.S_ISDIR(each.stat().st_mode):
                return
            raise DeskError(
                "expected a directory, found another kind of file",
                where=str(each),
                remedy="move it away, or set engine.runtime_dir or engine.state_dir to a directory of yours",
                exit_code=EXIT_USAGE,
            )


def make_directory(directory: Path) -> None:
    """Create a directory and those above it that are missing: private (0700), and on the disk when this returns.

    A directory that a power cut takes away takes with it what was synced in it. Raises OSError.
    """
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        with suppress(PermissionError):  # one may be allowed to make something in a directory, and not to look at it
            sync_path(each.parent)
    directory.mkdir(mode=0o700, exist_ok=True)


def free_bytes(path: Path) -> int | None:
    """Bytes that this user may still write on the path's disk; None where that does not say."""
    try:
        found = os.statvfs(path)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize if found.f_blocks else None


def sync_path(path: Path) -> None:
    """Have a file's content, or the names in a directory, on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_dir(directory: Path) -> None:
    """Create a directory with mode 0700, or make an existing one of ours private."""
    try:
        make_directory(directory)
        found = directory.stat()
        if found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) & 0o077:
            directory.chmod(0o700)
    except OSError as error:
        raise DeskError(
            f"expected a directory the desk can use, found {error.strerror or error}",
            where=str(directory),
            remedy="set engine.state_dir or engine.runtime_dir in config.toml to a directory of yours",
            exit_code=EXIT_USAGE,
        ) from error
    if found.st_uid != os.getuid():
        raise DeskError(
            f"expected a directory owned by user {os.getuid()}, found owner {found.st_uid}",
            where=str(directory),
            remedy="remove it, or set engine.state_dir / engine.runtime_dir to a directory of yours",
            exit_code=EXIT_USAGE,
        )


def _user_state_dir() -> Path:
    import platformdirs

    try:
        return Path(platformdirs.user_state_dir("desk", appauthor=False))
    except RuntimeError as error:  # no HOME, and a user id without an entry: a container's
        raise DeskError(
            "expected a home directory, found none for this user",
            where="HOME",
            remedy="set HOME, XDG_STATE_HOME or engine.state_dir to a directory of yours",
            exit_code=EXIT_USAGE,
        ) from error


def _user_runtime_dir(state: Path, state_is_set: bool) -> Path:
    """XDG_RUNTIME_DIR when the system made one, else under the state directory, else a short private name in /tmp."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given and not state_is_set and Path(given).is_dir() and os.access(given, os.W_OK):
        return Path(given) / "desk"
    near = state / "run"
    if len(os.fsencode(near.absolute() / "simulated.sock")) <= SOCKET_PATH_LIMIT:
        return near
    digest = hashlib.sha256(os.fsencode(state.absolute())).hexdigest()[:12]
    from tempfile import gettempdir  # seldom needed, and slow to import

    return Path(gettempdir()) / f"desk-{os.getuid()}-{digest}"
