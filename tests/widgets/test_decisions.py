import pytest

from engine.model import DecisionKind
from tests.desk.made_up import decision, ticket
from tests.widgets.harness import COLORS, text
from widgets.decisions import Decisions


@pytest.mark.parametrize("kind", DecisionKind)
def test_how_by_whom_and_why(kind: DecisionKind) -> None:
    row = text(Decisions().row("t", (ticket(), decision(ticket(), kind, "risk", "R17 stale_price")), 80, COLORS))
    for words in ("TSLA", kind.value, "risk", "R17 stale_price"):
        assert words in row
