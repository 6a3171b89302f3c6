"""The posts view: a cursor that stays, a post in full, its author's record, muting."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from desk.mirror import Part
from desk.screens.posts import PostsView
from desk.screens.symbol import SymbolView
from engine.model.frames import Frame
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.desk.journaled import write_day
from tests.desk.screens.on_view import answer, view_of
from tests.widgets.harness import painted, until
from widgets.feed import Feed


async def test_posts_stand_still_while_they_are_read(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, engine):
        await pilot.press("4")
        view = view_of(app, PostsView)
        assert isinstance(view, PostsView)
        assert len(view.feed.kept) == 60
        await pilot.press("up", "up", "up")
        chosen = view.feed.selected
        assert chosen is not None
        await pilot.pause(0.1)
        before = painted(view.feed)[1:]
        rows = tuple(made_up.post(1000 + n, made_up.NOW) for n in range(5))
        await engine.send(Frame(rev=0, status=made_up.status(posts=1243 + 9), posts=rows))
        await until(pilot, lambda: len(view.feed.kept) == 65)
        await pilot.pause(0.1)
        assert painted(view.feed)[1:] == before
        assert view.feed.selected == chosen
        title = painted(view.feed)[0]
        assert "1,252" in title
        assert "4 not shown" in title
        assert "5 new" in title
        await engine.stop()
        await until(pilot, lambda: not app.link.attached)
        await engine.start()
        await until(pilot, lambda: app.link.attached)
        await pilot.pause(0.2)
        assert view.feed.selected == chosen
        assert len({post.id for post in view.feed.kept}) == len(view.feed.kept)


async def test_a_post_in_full_with_its_authors_record_and_muting(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, engine):
        await pilot.press("4")
        view = view_of(app, PostsView)
        assert isinstance(view, PostsView)
        await pilot.press("f")
        await answer(pilot, "@deltahedge")
        shown = len(view.feed.posts)
        assert 0 < shown < 60
        await pilot.press("enter")
        await until(pilot, lambda: any("4 posts in this journal" in line for line in view.author.texts))
        assert view.author.title == "AUTHOR @deltahedge"
        assert "mean score -0.50 over 4 scored" in view.author.texts
        assert any(line.startswith("right ") or "not known yet" in line for line in view.author.texts)
        await pilot.press("f")
        await answer(pilot, "")
        await pilot.press("M")
        await answer(pilot, "@DeltaHedge")
        await until(pilot, lambda: "is hidden on this desk" in view.line.text)
        assert len(view.feed.posts) == 60 - shown
        await pilot.pause(0.1)
        assert f"{shown} muted" in painted(view.feed)[0]
        of_muted = {each for post in made_up.snapshot().posts if post.author == "deltahedge" for each in post.symbols}
        await pilot.press("3")
        symbol = view_of(app, SymbolView)
        assert isinstance(symbol, SymbolView)
        assert symbol.subject in of_muted
        assert symbol.feed.posts
        assert "deltahedge" not in {post.author for post in symbol.feed.posts}
        await until(pilot, lambda: " muted" in painted(symbol.feed)[0])
        await pilot.press("escape", "4")
        again = view_of(app, PostsView)
        assert isinstance(again, PostsView)
        assert len(again.feed.posts) == 60 - shown
        await pilot.press("M")
        await answer(pilot, "deltahedge")
        await until(pilot, lambda: len(again.feed.posts) == 60)
        assert engine.commands == []


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (160, 45), (200, 60)])
async def test_post_and_author_are_seen_without_scrolling(
    open_desk: Opener, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with open_desk(paths=write_day(tmp_path), size=size) as (pilot, app, _):
        await pilot.press("4", "f")
        await answer(pilot, "@deltahedge")
        view = view_of(app, PostsView)
        assert isinstance(view, PostsView)
        await pilot.press("enter")
        await until(pilot, lambda: any("4 posts in this journal" in line for line in view.author.texts))
        await pilot.pause(0.1)
        seen = "\n".join(painted(view.author))
        for words in ("AUTHOR @", "in this journal since", "mean score", "right"):
            assert words in seen
        post = "\n".join(painted(view.post))
        assert "followers" in post
        assert "score" in post
        assert view.feed.size.height >= 6


@pytest.mark.parametrize("key", ["1", "3"])
async def test_posts_stay_though_every_part_of_the_picture_changes_at_once(open_desk: Opener, key: str) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press(key)
        main = app.main
        assert main is not None
        feeds = [screen.query_one(Feed) for screen in app.screen_stack]
        before = [len(feed.kept) for feed in feeds]
        assert all(before)
        parts = Part.NOTHING
        for message in made_up.busy_moment():
            parts |= app.link.mirror.apply(msgspec.structs.replace(message, rev=app.link.mirror.rev + 1))
        app.wake(parts)
        await until(pilot, lambda: main.feed.kept[-1].id == made_up.post(5_000).id)
        assert all(len(feed.kept) >= count for feed, count in zip(feeds, before, strict=True))


async def test_what_nobody_asked_for_does_not_take_the_place_of_an_answer(open_desk: Opener) -> None:
    """The author's record is looked up for the post under the cursor: why there is none stands in its own pane."""
    async with open_desk() as (pilot, app, _):
        await pilot.press("4")
        view = app.screen
        assert isinstance(view, PostsView)
        await until(pilot, lambda: len(view.feed.kept) == 60)
        view.line.say("an answer")
        await pilot.press("k")
        await until(pilot, lambda: "does not know where" in "".join(painted(view.author)))
        assert view.line.text == "an answer"
