"""Every view at three sizes, in dark, light and ANSI colours and in none, against the pictures in `looks/`.

Look at a changed one before accepting it: `DESK_ACCEPT_LOOKS=1 pytest tests/desk/test_looks.py` writes them again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.theme import BUILTIN_THEMES

from desk.themes import DARK, LIGHT
from tests.desk.looks import looks, without_colour
from tests.desk.tour import DIALOGS, SIZES, VIEWS, leave, on_tour, picture, settled, visit
from tools.docs import ROOT
from tools.view_pictures import FOLDER as PICTURES
from tools.view_pictures import taken

FOLDER = Path(__file__).with_name("looks")
THEMES = (DARK.name, LIGHT.name, BUILTIN_THEMES["ansi-dark"].name)


@pytest.mark.timeout(600)
async def test_every_view_looks_as_it_was_accepted(tmp_path: Path) -> None:
    """One desk goes through all views; dialogs are looked at on the small screen, where they have the least room."""
    differs = []
    async with on_tour(tmp_path, SIZES[0], DARK.name) as (pilot, app):
        stops = [(stop, SIZES, THEMES) for stop in VIEWS] + [(stop, SIZES[:1], THEMES[:1]) for stop in DIALOGS]
        for stop, sizes, themes in stops:
            await visit(pilot, app, stop)
            for width, height in sizes:
                await pilot.resize_terminal(width, height)
                await settled(pilot, app)
                found = {}
                for theme in themes:
                    app.theme = theme
                    await pilot.pause()
                    found[theme] = picture(app)
                    if theme == DARK.name:
                        found["NO_COLOR"] = without_colour(found[theme])
                path = FOLDER / f"{stop.name}-{width}x{height}.txt"
                said = looks(found)
                if os.environ.get("DESK_ACCEPT_LOOKS"):
                    FOLDER.mkdir(exist_ok=True)
                    path.write_text(said, encoding="utf-8")
                elif not path.exists() or path.read_text(encoding="utf-8") != said:
                    differs.append(f"{path.name}\n{said}")
            app.theme = DARK.name
            await pilot.resize_terminal(*SIZES[0])
            await leave(pilot, app)
    assert not differs, "these look different, `DESK_ACCEPT_LOOKS=1` accepts them:\n" + "\n".join(differs)


def test_the_guide_shows_the_views_as_they_look() -> None:
    """Each picture was taken of the look that is accepted now, and stands in the guide."""
    assert (PICTURES / "taken.txt").read_text(encoding="utf-8") == taken(), "`make pictures` takes them again"
    guide = (ROOT / "docs" / "views.md").read_text(encoding="utf-8")
    shown = {f"pictures/{path.name}" for path in PICTURES.glob("*.svg")}
    assert not [name for name in shown if f"]({name})" not in guide]
