from decimal import Decimal

import msgspec

from tests.desk.made_up import position
from tests.widgets.harness import COLORS, text
from widgets.positions import Positions


def test_gain_and_loss_carry_sign_and_glyph() -> None:
    gain = text(Positions().row("NVDA", position("NVDA", 10, "478.20", "482.11"), 80, COLORS))
    loss = text(Positions().row("GOOG", position("GOOG", 12, "177.31", "176.05"), 80, COLORS))
    assert "▲ +39.10" in gain
    assert "+0.8%" in gain
    assert "▼ -15.12" in loss
    assert "454.29" in gain


def test_a_position_we_cannot_explain_is_external() -> None:
    held = msgspec.structs.replace(position("F", 5, "11", "12"), external=True)
    assert "EXTERNAL" in text(Positions().row("F", held, 100, COLORS))
    shared = msgspec.structs.replace(held, external=False, foreign=Decimal(3))
    assert "3 EXTERNAL" in text(Positions().row("F", shared, 100, COLORS))


def test_a_position_without_a_price_is_not_worth_zero() -> None:
    held = msgspec.structs.replace(position("F", 5, "11", "12"), price=None)
    assert " – " in text(Positions().row("F", held, 60, COLORS))
