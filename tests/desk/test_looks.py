"""Every view at three sizes, in dark, light and ANSI colours and in none, against the pictures in `looks/`; and the SVG
pictures of the guide, which show the same screens.

Look at a changed one before accepting it: `DESK_ACCEPT_LOOKS=1 pytest tests/desk/test_looks.py` writes them all again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.theme import BUILTIN_THEMES

from desk.themes import DARK, LIGHT
from tests.desk.looks import looks, without_colour
from tests.desk.tour import DIALOGS, LIVE, SIZES, VIEWS, Stop, leave, on_tour, picture, settled, visit
from tools import view_pictures
from tools.docs import ROOT

FOLDER = Path(__file__).with_name("looks")
THEMES = (DARK.name, LIGHT.name, BUILTIN_THEMES["ansi-dark"].name)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("profile", "views", "dialogs"), [("simulated", VIEWS, DIALOGS), ("live", (), (LIVE,))])
async def test_every_view_looks_as_it_was_accepted(
    tmp_path: Path, profile: str, views: tuple[Stop, ...], dialogs: tuple[Stop, ...]
) -> None:
    """One desk goes through all views; dialogs are looked at on the small screen, where they have the least room. The
    pictures of the guide are taken on the way."""
    differs = []
    async with on_tour(tmp_path, SIZES[0], DARK.name, profile=profile) as (pilot, app):
        stops = [(stop, SIZES, THEMES) for stop in views] + [(stop, SIZES[:1], THEMES[:1]) for stop in dialogs]
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
                        if (width, height) == view_pictures.size(stop) and not same(
                            view_pictures.path(stop), view_pictures.svg(app, stop)
                        ):
                            differs.append(f"docs/pictures/{stop.name}.svg")
                said = looks(found)
                name = f"{stop.name}-{width}x{height}.txt"
                if not same(FOLDER / name, said):
                    differs.append(f"{name}\n{said}")
            app.theme = DARK.name
            await pilot.resize_terminal(*SIZES[0])
            await leave(pilot, app)
    assert not differs, "these look different, `DESK_ACCEPT_LOOKS=1` accepts them:\n" + "\n".join(differs)


def same(path: Path, text: str) -> bool:
    """Whether a file holds this text; one that is accepted does from now on."""
    if os.environ.get("DESK_ACCEPT_LOOKS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.exists() and path.read_text(encoding="utf-8") == text


def test_the_guide_shows_every_view_and_every_dialog() -> None:
    guide = (ROOT / "docs" / "views.md").read_text(encoding="utf-8")
    there = {file.name for file in view_pictures.FOLDER.iterdir()}
    assert there == {view_pictures.path(stop).name for stop in (*VIEWS, *DIALOGS, LIVE)}
    assert not [name for name in sorted(there) if f"](pictures/{name})" not in guide]
