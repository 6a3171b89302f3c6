"""What `F` offers: each symbol in which something of ours is held or entered, and all of them."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from textual.widgets import Static

from desk.mirror import Mirror
from desk.screens.choice import KEYS
from desk.screens.closing import closings, unlisted
from engine.model import OrderStatus, Position, Side
from tests.desk import made_up
from tests.desk.asked import asked
from tests.desk.conftest import Opener
from tests.desk.tour import day
from tests.widgets.harness import until


def mirror_of(*positions: Position, entering: str = "") -> Mirror:
    mirror = Mirror()
    mirror.positions = {each.symbol: each for each in positions}
    if entering:
        ticket = made_up.ticket(1, entering, Side.BUY)
        mirror.orders = {"e": made_up.order(ticket, OrderStatus.WORKING, made_up.NOW)}
    return mirror


def held(symbol: str, quantity: int = 10, **more: object) -> Position:
    return Position(symbol, Decimal(quantity), Decimal("191.40"), unrealised=Decimal("39.1"), **more)  # type: ignore[arg-type]


def test_every_symbol_has_a_key_and_says_what_is_held() -> None:
    answers = closings(mirror_of(held("TSLA"), held("F", -1200)), "")
    assert [(answer.key, answer.id) for answer in answers] == [("1", "F"), ("2", "TSLA"), ("A", "*")]
    assert answers[0].text == "close F       -1,200 @ 191.40  ▲ +39.10"
    assert answers[1].text == "close TSLA        10 @ 191.40  ▲ +39.10"
    assert all(answer.grave for answer in answers)


def test_the_symbol_under_the_cursor_comes_first_with_a_key_of_its_own() -> None:
    answers = closings(mirror_of(held("TSLA"), held("F"), held("GME")), "GME")
    assert [(answer.key, answer.id) for answer in answers] == [("s", "GME"), ("1", "F"), ("2", "TSLA"), ("A", "*")]


def test_an_entry_that_works_can_be_taken_back_where_nothing_is_held() -> None:
    answers = closings(mirror_of(held("TSLA"), entering="META"), "")
    assert [answer.id for answer in answers] == ["META", "TSLA", "*"]
    assert answers[0].text == "close META  nothing held yet: cancels its entry"


def test_what_is_not_ours_is_no_answer_and_is_said() -> None:
    part = held("F", foreign=Decimal(4))
    mirror = mirror_of(held("TSLA", external=True), part)
    answers = closings(mirror, "TSLA")
    assert [answer.id for answer in answers] == ["F", "*"]
    assert answers[0].text == "close F         6 @ 191.40"
    assert unlisted(mirror, answers) == "EXTERNAL, not touched: TSLA."


def test_more_than_there_are_keys_are_counted() -> None:
    mirror = mirror_of(*(held(f"S{number:02}") for number in range(40)))
    answers = closings(mirror, "S39")
    assert len({answer.key for answer in answers}) == len(answers) == len(KEYS) + 2
    left = 40 - 1 - len(KEYS)
    assert unlisted(mirror, answers) == f"{left} more: choose one among the positions, then flatten again."


async def test_any_position_is_closed_from_anywhere_on_the_desk(open_desk: Opener) -> None:
    """The cursor stands on a symbol that is not held: `F` offered every position, and no other choice."""
    snapshot = msgspec.structs.replace(day(), positions=(held("NVDA"), held("GOOG")))
    async with open_desk(snapshot, size=(80, 24)) as (pilot, app, engine):
        assert app.main is not None
        assert app.main.symbol not in ("NVDA", "GOOG")
        await pilot.press("F")
        await asked(pilot)
        said = "\n".join(str(each.render()) for each in app.screen.query(Static))
        assert " 1    close GOOG" in said
        await pilot.press("3")
        await until(pilot, lambda: engine.commands)
        assert [(each.verb, each.symbol) for each in engine.commands] == [("flatten", "NVDA")]
