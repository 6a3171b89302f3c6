"""A desk that writes down what each key asks for, and does nothing but open views.

python -m tests.terminal.key_log SOCKET LOG
"""

from __future__ import annotations

import sys
from pathlib import Path

from textual.actions import ActionParseResult
from textual.dom import DOMNode

from desk.app import DeskApp
from desk.client import Client
from desk.screens.view import ViewScreen
from engine.config import ScreenConfig


class KeyLog(DeskApp):
    """A line for each key that has a meaning: the view, and what Textual runs."""

    def __init__(self, socket: Path, log: Path) -> None:
        super().__init__(lambda: Client(socket), ScreenConfig())
        self._log = log

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: dict[str, DOMNode] | None = None,
    ) -> bool:
        """Note it; only views are opened."""
        here = self.screen.VIEW if isinstance(self.screen, ViewScreen) else ""
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{here} {action}\n")
        if isinstance(action, str) and action.startswith("app.view("):
            return await super().run_action(action, default_namespace, namespaces)
        return True


if __name__ == "__main__":
    KeyLog(Path(sys.argv[1]), Path(sys.argv[2])).run()
