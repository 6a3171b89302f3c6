"""An action: which method carries it out, and in which views."""

from __future__ import annotations

import pytest

from desk.action import EVERYWHERE, Action, Group


def action(**changes: object) -> Action:
    return Action("desk.other", "other-thing", ("o",), "other", "Do it.", Group.DESK, **changes)  # type: ignore[arg-type]


def test_its_verb_names_the_method_unless_the_app_carries_it_out() -> None:
    assert action().method == "other_thing"
    assert action(app_call="app.other").method == "app.other"


@pytest.mark.parametrize(
    ("views", "view", "found"),
    [(("desk",), "desk", True), (("desk",), "risk", False), (EVERYWHERE, "risk", True), ((), "desk", False)],
)
def test_the_views_that_carry_it_out(views: tuple[str, ...], view: str, found: bool) -> None:
    assert action(views=views).is_in(view) is found
