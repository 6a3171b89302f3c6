"""From an article to a mood: the engine as a process, the news as a server on loopback, and its journal replayed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.journal.reader import Reader
from engine.model import Light, Post
from engine.model.records import Edit, PostRecord
from tests.end_to_end.replays import assert_same_chain, replay
from tests.engine.kernel.process import EngineProcess, ending, until
from tests.venues.alpaca import AlpacaSimulator

pytestmark = pytest.mark.timeout(120)


def engine_on(venue: AlpacaSimulator, home: Path) -> EngineProcess:
    """An engine without a token of X."""
    env = {
        "DESK_FEEDS__POSTS": "news",
        "DESK_ALPACA_KEY_ID": venue.key_id,
        "DESK_ALPACA_SECRET_KEY": venue.secret_key,
        "DESK_ALPACA__TRADING_URL": venue.trading_url,
        "DESK_ALPACA__DATA_URL": venue.data_url,
        "DESK_ALPACA__DATA_STREAM_URL": venue.data_stream_url,
        "DESK_ALPACA__NEWS_STREAM_URL": venue.news_stream_url,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    return EngineProcess(home, env=env)


def fed(engine: EngineProcess) -> bool:
    return any(feed.name == "news" and feed.light is Light.UP for feed in engine.snapshot().feeds)


def shown(engine: EngineProcess) -> list[str]:
    return [row.text for row in engine.snapshot().posts]


def posts(journal: Path) -> list[Post]:
    with Reader(journal) as reader:
        bodies = [record.value() for record in reader.records(kinds=("post",))]
    return [body.whole for body in bodies if isinstance(body, PostRecord)]


async def test_news_move_a_mood_once_and_their_journal_can_be_played(home: Path) -> None:
    async with AlpacaSimulator() as venue:
        venue.quote("TSLA", "249.90", "250.10", "250")
        for number in range(1, 41):
            venue.article(
                number, f"Tesla has a terrible quarter, part {number}", "TSLA", age_s=120 * number, announce=False
            )
        engine = engine_on(venue, home / "engine")
        with ending(engine):
            await asyncio.to_thread(engine.start)
            await asyncio.to_thread(until, lambda: fed(engine), "the news")
            venue.article(50, "Tesla wins, great and excellent figures", "TSLA", summary="Amazing &amp; good")
            await asyncio.to_thread(until, lambda: any("Amazing & good" in text for text in shown(engine)), "it live")
            venue.article(50, "Tesla loses, awful and terrible figures", "TSLA")
            await asyncio.to_thread(until, lambda: any("loses" in text for text in shown(engine)), "its edit")
            seen = await asyncio.to_thread(engine.snapshot)
            mood = next(row.mood for row in seen.symbols if row.symbol == "TSLA")
            assert mood.warm and mood.value is not None and mood.value < 0
            assert await asyncio.to_thread(engine.stop) == 0
            first = posts(engine.journal)
            venue.article(51, "While it was off", "TSLA", announce=False)
            venue.article(50, "Tesla wins after all", "TSLA", announce=False)
            await asyncio.to_thread(engine.start)
            await asyncio.to_thread(until, lambda: fed(engine), "the news again")
            mood = next(row.mood for row in (await asyncio.to_thread(engine.snapshot)).symbols if row.symbol == "TSLA")
            assert mood.warm
            assert await asyncio.to_thread(engine.stop) == 0
        again = posts(engine.journal)
    assert {post.source for post in again} == {"alpaca-news"}
    assert len(first) == 42
    assert {post.text for post in again[42:]} == {"While it was off", "Tesla wins after all"}
    versions = [post.id for post in again if post.id.startswith("news-50.")]
    with Reader(engine.journal) as reader:
        assert reader.verify().ok
        edits = [record.value() for record in reader.records(kinds=("edit",))]
    told = [(edit.post_id, edit.replaces) for edit in edits if isinstance(edit, Edit)]
    assert told == [(versions[1], versions[0]), (versions[2], versions[1])]
    one, two = home / "one.journal", home / "two.journal"
    assert (await asyncio.to_thread(replay, home, str(engine.journal), one))["posts"] == 44
    assert posts(one) == again
    await asyncio.to_thread(replay, home, str(one), two)
    assert_same_chain(two, one)
