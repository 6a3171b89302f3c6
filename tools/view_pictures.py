"""Takes docs/pictures/: every view of the desk on a made-up day, for the guide. `make pictures`

`taken.txt` beside them names, for each, the accepted look (tests/desk/looks) that it shows, by hash: a test says when a
picture has grown old.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from pathlib import Path

from tests.desk.tour import VIEWS, leave, on_tour, visit
from tools.docs import ROOT

SIZE = (120, 40)
FOLDER = ROOT / "docs" / "pictures"
LOOKS = ROOT / "tests" / "desk" / "looks"


def taken() -> str:
    """A line for each view: its name and the hash of its accepted look."""
    name = "{}-{}x{}.txt"
    hashes = ((stop.name, (LOOKS / name.format(stop.name, *SIZE)).read_bytes()) for stop in VIEWS)
    return "".join(f"{view} {hashlib.sha256(look).hexdigest()}\n" for view, look in hashes)


async def take(folder: Path) -> None:
    """Write the picture of each view."""
    async with on_tour(folder, SIZE) as (pilot, app):
        for stop in VIEWS:
            await visit(pilot, app, stop)
            svg = app.export_screenshot(title=f"desk · {stop.name}")
            (FOLDER / f"{stop.name}.svg").write_text(svg, encoding="utf-8")
            await leave(pilot, app)


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        asyncio.run(take(Path(folder)))
    (FOLDER / "taken.txt").write_text(taken(), encoding="utf-8")


if __name__ == "__main__":
    main()
