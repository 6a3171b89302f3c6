import re

import pytest

from engine.model import OrderStatus
from tests.desk.made_up import order, ticket
from tests.widgets.harness import COLORS, text
from widgets.line import Line
from widgets.orders import Orders


@pytest.mark.parametrize("status", OrderStatus)
def test_every_status_has_a_word(status: OrderStatus) -> None:
    row = text(Orders().row("o", order(ticket(), status), 80, COLORS))
    word = "canceling" if status is OrderStatus.CANCELING else status.value.split("_")[0]
    assert word.removesuffix("ly") in row


def test_a_filled_order_shows_what_it_filled_at() -> None:
    row = text(Orders().row("o", order(ticket(), OrderStatus.FILLED), 80, COLORS))
    assert "26/26" in row
    assert "191.30" in row


def test_the_venues_reason_is_shown() -> None:
    row = text(Orders().row("o", order(ticket(), OrderStatus.REJECTED, reason="insufficient buying power"), 90, COLORS))
    assert "✗ rejected  insufficient buying power" in row


@pytest.mark.parametrize("status", [each for each in OrderStatus if each is not OrderStatus.NEVER_PLACED])
def test_how_an_order_stands_is_whole_beside_the_positions_at_100_columns(status: OrderStatus) -> None:
    panel = Orders()
    row = text(panel.row("o", order(ticket(), status), 49, COLORS))
    assert "…" not in row
    assert "0/26" in row or "26/26" in row
    title = Line().add(f" {panel.TITLE}", COLORS.text)
    panel.head(title, 49, COLORS)
    assert "status" in text(title)
    assert text(title).index("price") + len("price") == re.search(r"\d+\.\d\d ", row).end() - 1  # type: ignore[union-attr]
