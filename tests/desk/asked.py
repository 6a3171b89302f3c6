"""Waits for a dialog to take keys: what has just come under the hand takes none, however long its painting took."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from desk.screens.choice import Choice
from desk.screens.prompt import Prompt
from tests.widgets.harness import until


def takes_keys(shown: object) -> bool:
    """Whether this is a dialog whose answers' keys count by now."""
    return isinstance(shown, Choice | Prompt) and not shown.too_soon(shown.resumed_at)


async def asked(pilot: Pilot[Any]) -> None:
    """Wait until a question is open whose keys count."""
    await until(pilot, lambda: takes_keys(pilot.app.screen))
