from __future__ import annotations

from textual import events
from textual.containers import Container
from textual.widgets.input import Selection

from tests.widgets.harness import stage, until
from widgets.still_input import StillInput


async def test_its_cursor_does_not_blink() -> None:
    box = Container()
    async with stage(box, (30, 3)) as pilot:
        field = StillInput("text", select_on_focus=False)
        await box.mount(field)
        field.focus()
        await pilot.press("x")
        assert not field.cursor_blink
        assert field.value == "textx"


async def test_what_is_pasted_is_taken_as_far_as_it_has_room() -> None:
    box = Container()
    async with stage(box, (30, 3)) as pilot:
        field = StillInput("ab", max_length=10, select_on_focus=False)
        await box.mount(field)
        field.focus()
        field.post_message(events.Paste("\n" + "0123456789" * 1_000))
        await until(pilot, lambda: field.value == "ab01234567")
        field.selection = Selection(0, 2)
        field.post_message(events.Paste("xyz"))
        await until(pilot, lambda: field.value == "xy01234567")


async def test_keys_take_effect_in_the_order_in_which_they_came() -> None:
    """A slow line hands several on at once: what was typed behind a key that deletes was what it deleted."""
    box = Container()
    async with stage(box, (30, 3)) as pilot:
        field = StillInput("21", select_on_focus=False)
        await box.mount(field)
        field.focus()
        submitted: list[str] = []
        field.action_submit = lambda: submitted.append(field.value)  # type: ignore[method-assign,assignment,return-value]
        for key in ("backspace", "7", "home", "1", "ctrl+k", "9", "enter", "backspace", "x"):
            pilot.app.simulate_key(key)
        await until(pilot, lambda: field.value.endswith("x"))
        assert (field.value, submitted) == ("1x", ["19"])
