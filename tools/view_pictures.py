"""Takes docs/pictures/: every view and every dialog of the desk on a made-up day, for the guide. `make pictures`

They are what the accepted looks (tests/desk/looks) show, as SVG: the test of the looks compares both, and writes both
when a change is accepted.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from desk.app import DeskApp
from tests.desk.tour import DIALOGS, LIVE, VIEWS, Stop, leave, on_tour, visit
from tools.docs import ROOT

FOLDER = ROOT / "docs" / "pictures"


def size(stop: Stop) -> tuple[int, int]:
    """Columns and rows of a picture: a dialog needs no more than the small screen."""
    return (120, 40) if stop in VIEWS else (80, 24)


def path(stop: Stop) -> Path:
    """Where a picture lies."""
    return FOLDER / f"{stop.name}.svg"


def svg(app: DeskApp, stop: Stop) -> str:
    """The screen as it is, as SVG; the same screen gives the same text."""
    return app.export_screenshot(title=f"desk · {stop.name}")


async def take(folder: Path) -> None:
    """Write every picture."""
    for profile, stops in (("simulated", (*VIEWS, *DIALOGS)), ("live", (LIVE,))):
        async with on_tour(folder / profile, size(stops[0]), profile=profile) as (pilot, app):
            for stop in stops:
                await pilot.resize_terminal(*size(stop))
                await visit(pilot, app, stop)
                path(stop).write_text(svg(app, stop), encoding="utf-8")
                await leave(pilot, app)


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        asyncio.run(take(Path(folder)))


if __name__ == "__main__":
    main()
