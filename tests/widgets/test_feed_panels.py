"""Feeds, the past of their lights, the engine's figures, found records, and blocks of text."""

from __future__ import annotations

import msgspec
import pytest

from engine.clock import MINUTE
from engine.model import FeedState, Light
from tests.desk import made_up
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, painted, stage, text
from widgets.engine_figures import EngineFigures
from widgets.feed_rows import FeedRows
from widgets.hits import Hit, Hits
from widgets.light_history import LightHistory
from widgets.text_block import LONGEST, MOST, TextBlock

replace = msgspec.structs.replace


@pytest.mark.parametrize("light", Light)
def test_every_light_has_a_sign_and_its_word(light: Light) -> None:
    state = FeedState("x", light, NOW, NOW, "words", "a remedy")
    lines = FeedRows(now_ns=lambda: NOW).row("x", state, 100, COLORS)
    assert len(lines) == 3
    assert f" {light.value}" in text(lines[0])
    assert "nothing has come" in text(lines[0])
    assert "words  → a remedy" in text(lines[2])


def test_a_feed_says_what_was_lost_and_what_it_cost() -> None:
    state = replace(made_up.feeds()[0], dropped=3, malformed=2, spent_usd=19.0, gap_from_ns=NOW, gap_to_ns=NOW + MINUTE)
    said = text(FeedRows(now_ns=lambda: NOW).row("x", state, 120, COLORS))
    for part in ("dropped 3", "malformed 2", "$19.00 of $20.00", "missing 11:45:30 to 11:46:30"):
        assert part in said
    capped = text(FeedRows().row("x", replace(state, cap_usd=0.0), 120, COLORS))
    assert "of $0.00 ━━━━━━━━━━" in capped
    assert "$19.00 spent, no cap" in text(
        FeedRows(now_ns=lambda: NOW).row("x", replace(state, cap_usd=None), 120, COLORS)
    )
    filled = replace(state, gap_from_ns=None, gap_to_ns=None, filled_from_ns=NOW, filled_to_ns=NOW)
    assert "filled 11:45:30" in text(FeedRows(now_ns=lambda: NOW).row("x", filled, 120, COLORS))


def test_a_change_of_light_and_a_hit() -> None:
    state = FeedState("prices", Light.DOWN, NOW, NOW, "silent")
    assert "prices   down" in text(LightHistory(now_ns=lambda: NOW).row("1", state, 90, COLORS))
    hit = Hit(17, NOW, "ticket", "t-1", "BUY 26 TSLA")
    wide, narrow = (text(Hits(now_ns=lambda: NOW).row("17", hit, width, COLORS)) for width in (120, 80))
    assert "17" in wide.split()
    assert "t-1" in wide
    assert "t-1" not in narrow
    assert "BUY 26 TSLA" in narrow


async def test_the_engines_figures() -> None:
    block = EngineFigures()
    async with stage(block, (90, 9)) as pilot:
        assert "No engine has answered yet" in "\n".join(painted(block))
        block.show(replace(made_up.status(), reconciled=False))
        await pilot.pause(0.4)
        said = "\n".join(painted(block))
        assert "p50 0.40 ms, p99 1.20 ms" in said
        assert "214 no symbol  31 language not English" in said
        assert "NOT RECONCILED" in said


async def test_a_text_is_broken_once_indented_and_bounded() -> None:
    block = TextBlock("STORY", empty="nothing yet")
    async with stage(block, (40, 8)) as pilot:
        assert "nothing yet" in painted(block)[1]
        block.show("STORY 1", ["first", "    " + "word " * 20, *(["x"] * 3 * MOST)])
        await pilot.pause(0.1)
        lines = painted(block)
        assert lines[0].strip("▌ ").startswith("STORY 1")
        assert lines[2].startswith("     word")
        assert len(block.texts) == MOST
        assert block.copied().startswith("first\n")
        block.scroll_lines(3)
        await pilot.pause(0.05)
        assert "first" not in painted(block)[0]
        block.show("STORY 2", ["注" * 50_000])
        await pilot.pause(0.05)
        assert len(block.texts[0]) == LONGEST
        assert painted(block)[0].strip("▌ ").startswith("STORY 2")
