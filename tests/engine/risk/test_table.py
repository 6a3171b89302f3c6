"""docs/controls.md is what the code says."""

from __future__ import annotations

from pathlib import Path

from engine.config import Config
from engine.risk import CONTROLS
from engine.risk.table import table

PAGE = Path(__file__).resolve().parents[3] / "docs" / "controls.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == table(), "run: python -m engine.risk.table > docs/controls.md"


def test_every_control_says_when_it_rejects_its_default_and_what_it_does_with_an_exit():
    for control in CONTROLS:
        assert control.rejects and control.reducing and control.default(Config())


def test_the_table_shows_the_limits_it_is_given(scene):
    assert (
        "| R12 | open_positions | the symbol would be one more than the limit, symbols being bought included | 7 |"
        in table(scene.config(open_positions=7))
    )
