"""One page of `desk serve`: the desk as a process of its own, attached by the socket it is given.

textual-serve starts it once per page and speaks with it over its standard input and output.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from desk.client import Client
from desk.serve import PROFILES
from engine.errors import EXIT_USAGE, DeskError
from engine.model.frames import Command, Reply, Snapshot


class ServedClient(Client):
    """Has nothing to do with an engine of real money, whoever starts one in the place of the one that was served."""

    async def command(self, command: Command) -> Reply:
        await self.snapshot()
        return await super().command(command)

    def _snapshot(self, data: bytes | str) -> Snapshot:
        snapshot = super()._snapshot(data)
        if snapshot.status.profile not in PROFILES:
            raise DeskError(
                f"expected an engine among {', '.join(PROFILES)}, found {snapshot.status.profile}: real money stays in "
                "the terminal",
                remedy="desk --profile live, in a terminal",
                exit_code=EXIT_USAGE,
            )
        return snapshot


def main() -> int:
    """Show the desk until the page goes; the exit code."""
    parser = argparse.ArgumentParser(prog="desk.served")
    parser.add_argument("--profile", required=True, choices=PROFILES)
    parser.add_argument("--name", default="")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--read-only", action="store_true")
    given = parser.parse_args()
    from desk import app
    from desk.address import Address
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
        address=Address(given.profile, str(given.config or ""), given.name),
        read_only=given.read_only,
        only_shows=given.read_only,
        client=ServedClient,
    )


if __name__ == "__main__":
    raise SystemExit(main())
