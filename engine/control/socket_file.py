"""The control socket as a file: who may put it where, whether one answers there, and who is at its other end."""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
from pathlib import Path

from engine.errors import EXIT_ALREADY_RUNNING, EXIT_USAGE, DeskError

_PEER_CREDENTIALS = struct.Struct("3i")


Identity = tuple[int, int]
"""What tells one file from another: device and inode. Nobody gets that of a socket that is still open."""


def identity(path: Path) -> Identity | None:
    """Which socket stands at this path; None for nothing, and for any other kind of file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISSOCK(found.st_mode) else None


def keep_private(path: Path) -> None:
    """Let only this user connect. Raises OSError."""
    path.chmod(0o600)


def peer_uid(peer: socket.socket | None) -> int | None:
    """User id of the process at the other end; None where the platform cannot tell (the file mode guards then)."""
    if peer is None or not sys.platform.startswith("linux"):
        return None
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
    return int(_PEER_CREDENTIALS.unpack(raw)[1])


def clear_stale_socket(path: Path) -> None:
    """Remove the socket that a dead engine of ours left.

    Raises DeskError for anything else that is in the way: a person has to move it, no other start would.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise DeskError(
            "expected no file or a socket of ours, found another kind of file",
            where=str(path),
            remedy="move it away, or set engine.runtime_dir to another directory",
            exit_code=EXIT_USAGE,
        )
    if found.st_uid != os.getuid():
        raise DeskError(
            f"expected a socket of user {os.getuid()}, found one of user {found.st_uid}",
            where=str(path),
            remedy="set engine.runtime_dir to a directory of yours",
            exit_code=EXIT_USAGE,
        )
    if socket_answers(path):
        raise DeskError(
            "expected no engine on this socket, found one that answers",
            where=str(path),
            remedy="attach to it with `desk`, or stop it with `desk stop`",
            exit_code=EXIT_ALREADY_RUNNING,
        )
    path.unlink()


def socket_answers(path: Path) -> bool:
    """Whether a process accepts connections on this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
    return True
