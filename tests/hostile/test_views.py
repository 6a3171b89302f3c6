"""The corpus in every reading view at once: nothing executes, crashes, leaves its columns or reaches the terminal."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from engine.model import DisplayText, Fill, Role, Side
from engine.model.frames import Snapshot
from tests.desk import made_up
from tests.desk.conftest import Opener, open_desk, socket
from tests.desk.journaled import write_day
from tests.hostile.corpus import CORPUS
from widgets.no_control import visible

__all__ = ["open_desk", "socket"]

replace = msgspec.structs.replace
TEXTS = [text for name, text in CORPUS.items() if name != "surrogate"]
"""A lone surrogate cannot come over the socket: JSON has no way to say it."""


def hostile() -> Snapshot:
    """A desk on which every text of the corpus stands wherever a foreign text may stand."""
    base = made_up.snapshot()
    order, feed, one = base.orders[0], base.feeds[0], Decimal(1)
    return replace(
        base,
        posts=tuple(
            replace(made_up.post(n, made_up.NOW), text=DisplayText(text), author=DisplayText(text), symbols=(text,))
            for n, text in enumerate(TEXTS)
        ),
        orders=tuple(replace(order, client_order_id=f"o{n}", symbol=t, reason=t) for n, t in enumerate(TEXTS)),
        fills=tuple(
            Fill(f"e{n}", t, t, Side.BUY, one, one, one, made_up.NOW, t, Role.ENTRY) for n, t in enumerate(TEXTS)
        ),
        feeds=tuple(replace(feed, name=f"f{n}", detail=text, remedy=text) for n, text in enumerate(TEXTS)),
        protections=tuple(
            replace(made_up.protection(), id=f"p{n}", name=text, reason=text, symbol=text)
            for n, text in enumerate(TEXTS)
        ),
        alerts=tuple(replace(made_up.alert(n), text=text, remedy=text) for n, text in enumerate(TEXTS)),
    )


@pytest.mark.parametrize("key", list("456789"))
async def test_a_view(open_desk: Opener, tmp_path: Path, key: str) -> None:
    text = "".join(TEXTS)
    paths = write_day(tmp_path, text=text, author=TEXTS[2], reason=text)
    async with open_desk(hostile(), paths=paths, size=(100, 40)) as (pilot, app, engine):
        await pilot.press(key)
        for step in ("up", "enter", "pageup", "escape"):
            await pilot.press(step)
            await pilot.pause(0.2)
            strips = app.screen._compositor.render_strips()
            for strip in strips:
                line = "".join(segment.text for segment in strip if not segment.control)
                assert visible(line) == line
            assert {strip.cell_length for strip in strips} == {100}
        assert app.is_running
        assert engine.commands == []
