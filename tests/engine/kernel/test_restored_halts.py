"""A halt that held when the last engine ended: it holds still, and it ends."""

from __future__ import annotations

from pathlib import Path

from engine.clock import SECOND, VirtualClock
from engine.feeds.prices import AlpacaPriceFeed
from engine.kernel.stages import Stages
from engine.model import Halt
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW

TRADE = {"T": "t", "S": "TSLA", "p": 250.0, "s": 1, "x": "V", "i": 1, "z": "C", "c": ["@"]}


def told_by_the_last_engine(home: Path, *halts: tuple[int, bool]) -> Stages:
    """The stages after a restart; each halt is the second at which it was told, and whether it was one."""
    with bare.opened(bare.config(home), VirtualClock(NOW)) as before:
        for at_s, halted in halts:
            at_ns = NOW + at_s * SECOND
            before.journal.append("halt", "TSLA", Halt("TSLA", at_ns, at_ns, halted, "H", "news"), at_ns)
    after = bare.stages(bare.config(home), VirtualClock(NOW + 600 * SECOND))
    after.restore(NOW)
    return after


def traded(stages: Stages, at: str) -> list[tuple[bool, str]]:
    """The halts and ends of halts that the price feed tells of a trade at this time."""
    (feed,) = (each for each in stages.feeds if isinstance(each, AlpacaPriceFeed))
    feed._book.message({**TRADE, "t": at}, NOW + 600 * SECOND)
    return [(event.halted, event.code) for event in feed._book.take() if isinstance(event, Halt)]


def test_it_ends_with_the_next_trade_for_its_resumption_was_not_heard(tmp_path: Path) -> None:
    stages = told_by_the_last_engine(tmp_path, (0, True))
    assert stages.dealing.halted == {"TSLA"}
    assert traded(stages, "2026-03-11T13:33:19Z") == [], "a trade from before it"
    ((halted, code),) = traded(stages, "2026-03-11T13:41:00Z")
    assert (halted, code) == (False, "TRADED")


def test_one_that_ended_or_of_another_day_is_over(tmp_path: Path) -> None:
    assert not told_by_the_last_engine(tmp_path / "ended", (0, True), (60, False)).dealing.halted
    assert not told_by_the_last_engine(tmp_path / "yesterday", (-3600, True)).dealing.halted
