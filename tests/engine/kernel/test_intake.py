"""What a feed event does: a price counts and is recorded now and then, a halt stops a symbol, a light is told."""

from __future__ import annotations

import msgspec
import pytest

from engine.clock import SECOND
from engine.config import JournalConfig
from engine.journal import Reader
from engine.model import FeedState, Halt, Light, Quote
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import D, Desk


def recorded(desk: Desk, kind: str) -> list[object]:
    desk.stages.journal.flush()
    with Reader(desk.stages.journal.path) as reader:
        return [record.value() for record in reader.records((kind,))]


def quote(desk: Desk, bid: str) -> Quote:
    now_ns = desk.clock.now_ns()
    return Quote("TSLA", now_ns, now_ns, D(bid), D(bid) + 1, None)


def test_every_price_counts_and_one_in_a_while_is_recorded(desk: Desk) -> None:
    """A quote in the span after a recorded one is not recorded; the newest is what the desk shows all the same."""
    span_s = JournalConfig().quote_s
    for second in range(int(3 * span_s)):
        desk.clock.advance(NOW + second * SECOND)
        desk.stages.intake.take(quote(desk, str(100 + second)))
        assert desk.stages.view.quotes["TSLA"].bid == 100 + second
    told = [each.bid for each in recorded(desk, "quote") if isinstance(each, Quote)]
    assert told == [100, 100 + int(span_s), 100 + int(2 * span_s)]


def test_a_halt_holds_for_its_symbol_until_it_ends(desk: Desk) -> None:
    halt = Halt("TSLA", NOW, NOW, halted=True, code="T1", reason="news")
    desk.stages.intake.take(halt)
    assert desk.dealing.book().halted == {"TSLA"}
    over = msgspec.structs.replace(halt, halted=False, code="T3")
    desk.stages.intake.take(over)
    assert desk.dealing.book().halted == frozenset()
    assert recorded(desk, "halt") == [halt, over]


def test_a_light_is_recorded_when_it_changes_and_an_alert_stands_while_it_is_down(desk: Desk) -> None:
    down = FeedState("x", Light.DOWN, NOW, NOW, "silent", "check the network")
    intake, alarms = desk.stages.intake, desk.stages.alarms
    intake.take(down)
    intake.take(msgspec.structs.replace(down, received_ns=NOW + 1, detail="silent still"))
    assert alarms.stands("feed:x") and recorded(desk, "feed") == [down]
    up = msgspec.structs.replace(down, light=Light.UP, received_ns=NOW + 2, detail="")
    intake.take(up)
    assert not alarms.stands("feed:x") and recorded(desk, "feed") == [down, up]
    intake.take(msgspec.structs.replace(down, received_ns=NOW + 1))
    assert not alarms.stands("feed:x"), "a word from before is no news"
    assert desk.stages.view.feeds["x"].light is Light.UP


@pytest.mark.parametrize("light", [Light.UP, Light.RECOVERING, Light.DEGRADED])
def test_the_alert_goes_once_posts_come_again_though_not_all_of_them(desk: Desk, light: Light) -> None:
    down = FeedState("x", Light.DOWN, NOW, NOW, "silent", "check the network")
    desk.stages.intake.take(down)
    assert desk.stages.alarms.stands("feed:x")
    desk.stages.intake.take(msgspec.structs.replace(down, light=light, received_ns=NOW + 1, detail="a rule is refused"))
    assert not desk.stages.alarms.stands("feed:x")


def test_without_prices_the_book_says_so(desk: Desk) -> None:
    state = FeedState("prices", Light.REFUSED, NOW, NOW, "keys refused", "set them")
    desk.stages.intake.take(state)
    assert desk.dealing.book().prices_mute
    desk.stages.intake.take(msgspec.structs.replace(state, light=Light.UP, received_ns=NOW + 1))
    assert not desk.dealing.book().prices_mute
