"""One page of `desk serve`: the desk as a process of its own, attached by the socket it is given.

textual-serve starts it once per page and speaks with it over its standard input and output.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def main() -> int:
    """Show the desk until the page goes; the exit code."""
    parser = argparse.ArgumentParser(prog="desk.served")
    parser.add_argument("--profile", required=True, choices=("simulated", "paper"))
    parser.add_argument("--name", default="")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--read-only", action="store_true")
    given = parser.parse_args()
    from desk import app
    from desk.keymap import Keymap
    from engine.config import load
    from engine.paths import Paths

    loaded = load(given.config, profile=given.profile, env=os.environ)
    paths = Paths.of(loaded.config, given.name)
    return app.run(
        paths.view_socket if given.read_only else paths.socket,
        loaded.config.screen,
        keymap=Keymap(loaded.config.keys, loaded.path),
        paths=paths,
        read_only=given.read_only,
    )


if __name__ == "__main__":
    raise SystemExit(main())
