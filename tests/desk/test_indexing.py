"""A long journal is indexed in a process of its own, which tells how far it is and ends when it is called off."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from desk import indexing
from desk.indexing import bring_up, missing
from engine.clock import SECOND
from engine.config import JournalConfig
from engine.errors import JournalError
from engine.journal import Journal, Reader
from engine.journal.search import BATCH, Index
from engine.model import Author, DisplayText, Post
from engine.model.records import PostRecord
from tests.desk.journaled import NOW, paths_of, write_day


def many(folder: Path, count: int) -> Path:
    """A journal of made-up posts."""
    path = paths_of(folder).journal
    journal = Journal(path, JournalConfig(), profile="simulated")
    journal.open()
    for number in range(count):
        at_ns = NOW + number * SECOND
        text = DisplayText(f"number {number} of them")
        post = Post(f"p{number}", "x", at_ns, at_ns, Author("7", DisplayText("ann"), 90), text, text)
        journal.append("post", post.id, PostRecord.of(post, ()), at_ns)
    journal.close()
    return path


async def test_it_tells_how_far_it_is_and_leaves_nothing_to_index(tmp_path: Path) -> None:
    path, told = many(tmp_path, 2 * BATCH + 10), []
    await bring_up(path, lambda done, of: told.append((done, of)))
    assert told == [(BATCH, 2 * BATCH + 10), (2 * BATCH, 2 * BATCH + 10)]
    with Reader(path) as reader:
        assert missing(reader) == 0
        with Index(reader) as index:
            assert [record.key for record in index.find("4009")] == ["p4009"]


async def test_called_off_it_ends_at_once_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = many(tmp_path, 20 * BATCH)
    started: list[asyncio.subprocess.Process] = []
    create = asyncio.create_subprocess_exec

    async def noted(*arguments: str, **options: int) -> asyncio.subprocess.Process:
        started.append(await create(*arguments, **options))  # type: ignore[arg-type]
        return started[0]

    begun = asyncio.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "create_subprocess_exec", noted)
        task = asyncio.ensure_future(bring_up(path, lambda *_: begun.set()))
        await asyncio.wait_for(begun.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await asyncio.wait_for(started[0].wait(), 10) < 0
    with Reader(path) as reader:
        assert 0 < missing(reader) < 20 * BATCH


async def test_why_it_cannot_be_comes_back(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="expected a journal, found no such file"):
        await bring_up(tmp_path / "none.journal", lambda *_: None)


def test_it_ends_when_nobody_reads_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that was killed leaves no process behind."""
    paths = write_day(tmp_path)

    def gone(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(indexing, "_say", gone)
    monkeypatch.setattr("engine.journal.search.BATCH", 1)
    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    assert indexing.index(paths.journal) == 1
