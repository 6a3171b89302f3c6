from __future__ import annotations

import msgspec
import pytest

from desk.keymap import Keymap
from desk.remedy import with_keys
from engine.model.frames import Push, Reply
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.widgets.harness import painted, until
from widgets.alert_rows import AlertRows

REMEDY = "compare with the venue, then `desk resume --reason …`; `desk config apply` too"


@pytest.mark.parametrize(
    ("remedy", "view", "said"),
    [
        ("`desk reconcile` asks now", "desk", "`desk reconcile` (key R) asks now"),
        ("`desk resume --reason …`, `desk kill`", "desk", "`desk resume --reason …` (key p), `desk kill` (key K)"),
        ("`desk flatten`", "risk", "`desk flatten`"),
        ("`desk stop`, start again", "desk", "`desk stop` (key q), start again"),
        ("`desk keys set`; wait", "desk", "`desk keys set`; wait"),
        ("", "desk", ""),
    ],
)  # fmt: skip
def test_a_command_stands_beside_its_key_where_the_view_has_it(remedy: str, view: str, said: str) -> None:
    assert with_keys(remedy, Keymap(), view) == said


def test_it_is_the_key_in_force_and_none_where_there_is_none() -> None:
    assert with_keys("`desk pause`", Keymap({"engine.pause": "f9"}), "desk") == "`desk pause` (key F9)"
    assert with_keys("`desk pause`", Keymap({"engine.pause": ()}), "desk") == "`desk pause`"


async def test_alerts_and_answers_name_the_key(open_desk: Opener) -> None:
    async with open_desk(size=(200, 60)) as (pilot, app, engine):
        main = app.main
        assert main is not None
        await engine.send(Push(rev=0, alert=msgspec.structs.replace(made_up.alert(1), remedy=REMEDY)))
        named = "then `desk resume --reason …` (key p); `desk config apply` too"
        await until(pilot, lambda: named in "\n".join(painted(main.alerts)))
        engine.replies["reconcile"] = Reply(ok=False, text="not now", remedy="`desk resume --reason …`")
        await pilot.press("R")
        await until(pilot, lambda: "→ `desk resume --reason …` (key p)" in main.line.text)
        await pilot.press("6")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "risk")
        rows = app.screen.query_one(AlertRows)
        await until(pilot, lambda: "`desk resume --reason …` (key p)" in "\n".join(painted(rows)))
        rows.focus()
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.is_modal)
        seen = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "(key p)" in seen
