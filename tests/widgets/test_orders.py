import pytest

from engine.model import OrderStatus
from tests.desk.made_up import order, ticket
from tests.widgets.harness import COLORS, text
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
