"""The kill switch where the control socket does not answer: what a person can still do."""

from __future__ import annotations

from pathlib import Path


def other_ways(kill_file: Path | str) -> str:
    """How to halt without the socket, in one line; `kill_file` is the file, or says where it is."""
    return (
        f"touch {kill_file}: an engine that runs halts, and one that starts is HALTED; `kill -USR1` its pid halts too"
    )
