from tests.widgets.harness import painted, stage, until
from widgets.key_bar import KeyBar

KEYS = [("y", "confirm", "confirm"), ("n", "reject", "reject"), ("K", "KILL", "kill"), ("?", "help", "help")]


async def test_what_stops_trading_and_help_are_there_however_narrow() -> None:
    for width, first in ((20, " K KILL  "), (24, " K KILL  "), (60, " y confirm  ")):
        bar = KeyBar(KEYS)
        async with stage(bar, (width, 2)):
            assert painted(bar)[0].startswith(first)
            assert "K KILL" in painted(bar)[0]
            assert "? help" in painted(bar)[0]


async def test_a_click_is_the_key() -> None:
    bar = KeyBar(KEYS)
    async with stage(bar, (60, 2)) as pilot:
        column = painted(bar)[0].index("reject")
        await pilot.click(bar, offset=(column, 0))
        pressed = [message for message in pilot.app.messages if isinstance(message, KeyBar.Pressed)]  # type: ignore
        await until(pilot, lambda: pressed)
        assert pressed[0].action == "reject"


def test_what_the_pane_can_do_leads_and_what_it_cannot_is_left_out() -> None:
    bar = KeyBar(
        [("y", "confirm", "confirm"), ("K", "KILL", "kill"), ("F", "flatten", "flatten"), ("?", "help", "help")]
    )
    bar.lead(("flatten",), ("confirm",))
    assert [action for _, _, _, action in bar.placed(80)] == ["flatten", "kill", "help"]
    bar.lead(())
    assert [action for _, _, _, action in bar.placed(80)] == ["confirm", "kill", "flatten", "help"]


async def test_while_it_rests_it_names_no_key_and_takes_no_click() -> None:
    bar = KeyBar(KEYS)
    async with stage(bar, (60, 2)) as pilot:
        bar.rest(True)
        assert not painted(bar)[0].strip()
        await pilot.click(bar, offset=(2, 0))
        await pilot.pause()
        assert not [message for message in pilot.app.messages if isinstance(message, KeyBar.Pressed)]  # type: ignore
        bar.rest(False)
        assert painted(bar)[0].startswith(" y confirm")
