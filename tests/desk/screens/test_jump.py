"""Jump mode: every row and pane has a label, and the key of a label goes there and does nothing else."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from desk.screens.jump import Jump, labels
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.widgets.harness import painted, until
from widgets.key_bar import KeyBar


async def test_jump_labels_rows_and_panes_and_only_moves(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        await pilot.press("semicolon")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        jump = app.screen
        assert isinstance(jump, Jump)
        found = {(target.pane, target.key): label for label, target in jump._targets.items()}
        label = found[main.gauges, "NVDA"]
        await pilot.press(*label)
        await until(pilot, lambda: app.screen is main and main.focused is main.gauges and main.gauges.key == "NVDA")
        await pilot.press("semicolon")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is main)
        assert engine.commands == []


@pytest.mark.parametrize(
    ("count", "singles"), [(0, 0), (1, 1), (25, 25), (26, 24), (49, 24), (50, 23), (200, 17), (601, 1), (625, 0)]
)
def test_no_label_begins_another_and_as_many_as_can_be_are_one_letter(count: int, singles: int) -> None:
    made = labels(count)
    assert len(set(made)) == len(made) == count
    assert not [(one, other) for one in made for other in made if one != other and other.startswith(one)]
    assert sum(len(label) == 1 for label in made) == singles
    assert {len(label) for label in made} <= {1, 2}
    assert not [label for label in made if "q" in label]


async def test_jump_leaves_the_labels_that_go_on_and_reaches_posts_too(open_desk: Opener) -> None:
    async with open_desk(size=(120, 50)) as (pilot, app, _):
        main = app.main
        assert main is not None
        await until(pilot, lambda: len(main.feed.places()) > 15)
        await pilot.press("semicolon")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        jump = app.screen
        assert isinstance(jump, Jump)
        assert all(len(label) == 1 for label, target in jump._targets.items() if not target.key), "panes are one key"
        label, target = [each for each in jump._targets.items() if each[1].pane is main.feed][-2]
        assert len(label) == 2
        await pilot.press(label[0])
        await until(pilot, lambda: not jump._marks["a"].display)
        assert str(jump._marks[label].render()) == label[1]
        assert all(mark.display == (each[0] == label[0]) for each, mark in jump._marks.items())
        await pilot.press(label[1])
        await until(pilot, lambda: app.screen is main and main.focused is main.feed)
        assert main.feed.selected is not None and main.feed.selected.id == target.key
        assert not main.feed.following


async def test_the_key_bar_names_no_key_that_jump_mode_takes(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        main = app.main
        assert main is not None
        bar = main.query_one(KeyBar)
        await until(pilot, lambda: "K KILL" in painted(bar)[0])
        await pilot.press("semicolon")
        await until(pilot, lambda: isinstance(app.screen, Jump) and not painted(bar)[0].strip())
        ways = app.screen.query_one("#ways", Static)
        assert ways.region == bar.region
        assert "any other key goes back" in str(ways.render())
        await pilot.press("K")
        await until(pilot, lambda: app.screen is main and "K KILL" in painted(bar)[0])


async def test_labels_go_when_what_they_label_has_moved(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press("semicolon")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.screen is app.main)


async def test_a_screen_with_more_places_than_labels_labels_the_first(open_desk: Opener) -> None:
    async with open_desk(made_up.snapshot(posts=900), size=(60, 800)) as (pilot, app, _):
        main = app.main
        assert main is not None
        await until(pilot, lambda: len(main.feed.places()) > 625)
        await pilot.press("semicolon")
        await until(pilot, lambda: isinstance(app.screen, Jump) and len(app.screen._targets) == 625)
