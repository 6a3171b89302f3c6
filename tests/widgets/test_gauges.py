import msgspec
import pytest

from engine.model import Mode
from tests.desk.made_up import symbol_row
from tests.widgets.harness import COLORS, text
from widgets.gauges import Gauges


@pytest.mark.parametrize("width", [80, 120, 200])
def test_sign_glyph_and_number_stand_together(width: int) -> None:
    row = text(Gauges().row("META", symbol_row("META"), width, COLORS))
    assert "-0.27" in row
    assert "▼-0.19" in row
    assert "331.70" in row
    assert "ready" in row


def test_unknown_is_a_dash_and_never_a_zero() -> None:
    row = text(Gauges().row("AAPL", symbol_row("AAPL"), 140, COLORS))
    assert "warming up 41 min" in row
    assert "0.00" not in row
    assert "–" in row


def test_autopilot_is_written_louder_than_confirm() -> None:
    row = msgspec.structs.replace(symbol_row("TSLA"), mode=Mode.AUTO)
    assert " AUTO " in text(Gauges().row("TSLA", row, 120, COLORS))


def test_the_first_gate_that_fails_is_named() -> None:
    assert "change -0.020/0.150" in text(Gauges().row("GOOG", symbol_row("GOOG"), 120, COLORS))
