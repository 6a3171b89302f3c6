"""Variables of the environment: what sets a key, and that one which sets nothing is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.config import load
from engine.config.variables import SECRET_VARIABLES, TEST_VARIABLES
from engine.errors import ConfigError
from engine.secrets import VARIABLES


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("DESK_RISK__ORDER_NOTIONL", "1", "order_notionl"),
        ("DESK_RISK__ORDER_NOTIONAL", "abc", "decimal"),
        ("DESK_STRATEGY__SHIFT", "1", ""),
        ("DESK_STRATEGY__SHIFT__BUY", "perhaps", "bool"),
        ("DESK_SENTIMENT__WINDOW_S", "snan", "float"),
        ("DESK_RISK__ORDER_NOTIONAL__X", "1", "order_notional.x"),
        ("DESK_ENGINE__PROFILE", "papr", "found 'papr'"),
        ("DESK_SCORING__LINEAR_WEIGHTS", "\udcff", "expected text in UTF-8"),
        ("DESK_X__LANGUAGES", "en,\udcff", "expected text in UTF-8"),
    ],
)
def test_environment_refusals(variable: str, value: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(env={variable: value})
    assert variable in caught.value.where
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("DESK_RISK_ORDER_NOTIONAL", "DESK_RISK__ORDER_NOTIONAL"),
        ("DESK_RISK_ORDER__NOTIONAL", "order"),
        ("DESK_RISK___ORDER_NOTIONAL", "order_notional"),
        ("desk_risk__order_notional", "DESK_RISK__ORDER_NOTIONAL"),
        ("DESK_risk__open_orders", "DESK_RISK__OPEN_ORDERS"),
        ("DESK_STRATEGY_SHIFT_THRESHOLD", "DESK_STRATEGY__SHIFT__THRESHOLD"),
        ("DESK_X_BEARER_TOKN", "DESK_X_BEARER_TOKEN"),
        ("DESK_X__BEARER_TOKEN", "DESK_X_BEARER_TOKEN"),
        ("DESK_RISK", "unset it: a table is set in the file"),
        ("DESK_WATCHLIST", "unset it: a table is set in the file"),
        ("DESK_", "unset it"),
        ("DESK_SOMETHING_ELSE", "unset it"),
    ],
)
def test_a_variable_that_sets_nothing_is_refused(variable: str, meant: str) -> None:
    """Who mistypes a limit must not believe that it holds. What it was set to, perhaps a secret, is not told."""
    with pytest.raises(ConfigError) as caught:
        load(env={variable: "4711"})
    assert variable in caught.value.where
    assert meant in caught.value.remedy
    assert "4711" not in str(caught.value)


def test_secrets_and_what_the_tests_are_told_are_no_settings() -> None:
    assert set(SECRET_VARIABLES) == set(VARIABLES.values())
    others = {"DESKTOP_SESSION": "x", "PATH": "/bin"}
    assert load(env={**dict.fromkeys((*SECRET_VARIABLES, *TEST_VARIABLES), "1"), **others}) == load(env={})


def test_every_variable_of_the_tests_is_known() -> None:
    """Whoever runs them with such a variable can start an engine in them."""
    root = Path(__file__).parents[3]
    texts = [
        path.read_text(encoding="utf-8")
        for room in ("tests", "bench", "tools")
        for path in root.glob(f"{room}/**/*.py")
    ]
    read = set(re.findall(r"environ(?:\.get\(|\[)\"(DESK_[A-Z_]+)\"", "\n".join(texts)))
    assert {name for name in read if "__" not in name} - set(SECRET_VARIABLES) == set(TEST_VARIABLES)
