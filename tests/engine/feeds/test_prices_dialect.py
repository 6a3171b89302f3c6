"""The words of the price stream: what each error means, and how subscriptions shrink to what the plan allows.

The whole handshake runs against the pretend venue in `test_prices_faults`.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.alpaca.stream import StreamError
from engine.feeds.prices_dialect import PLAN_SYMBOLS, DataDialect, _holds, _plans
from engine.model import Light

DIALECT = DataDialect("ws://127.0.0.1", "id", "secret", ("TSLA",), lambda: None)


@pytest.mark.parametrize(
    ("code", "light", "busy", "remedy"),
    [
        (400, Light.DOWN, False, "[[watchlist]]"),
        (402, Light.REFUSED, False, "desk keys set"),
        (406, Light.DOWN, True, "Another program"),
        (407, Light.DOWN, False, "too slowly"),
        (409, Light.REFUSED, False, "/v2/iex"),
        (410, Light.REFUSED, False, "/v2/iex"),
        (411, Light.REFUSED, False, "desk keys set"),
        (500, Light.DOWN, False, ""),
        ("406", Light.DOWN, True, "Another program"),
        (None, Light.DOWN, False, ""),
    ],
)
def test_an_error_ends_the_stream_with_its_remedy(code: object, light: Light, busy: bool, remedy: str) -> None:
    with pytest.raises(StreamError) as caught:
        DIALECT.check({"T": "error", "code": code, "msg": "why"})  # type: ignore[dict-item]
    assert (caught.value.light, caught.value.busy) == (light, busy)
    assert remedy in caught.value.remedy and bool(remedy) is bool(caught.value.remedy)
    assert "why" in caught.value.reason


@pytest.mark.parametrize(
    "message", [{"T": "error", "code": 403}, {"T": "error", "code": 405}, {"T": "q", "code": 402}, {}]
)
def test_what_ends_nothing(message: dict[str, object]) -> None:
    DIALECT.check(message)  # type: ignore[arg-type]


@given(st.integers(1, 500))
def test_subscriptions_shrink_until_one_is_taken(total: int) -> None:
    plans = list(_plans(total))
    assert plans[:2] == [(total, True), (total, False)]
    assert len(set(plans)) == len(plans), "nothing is asked twice"
    counts = [count for count, _ in plans]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 1, "the last try is for one symbol"
    assert total <= PLAN_SYMBOLS or PLAN_SYMBOLS in counts
    assert all((count, False) in plans for count in counts)


@pytest.mark.parametrize(
    "held", [{}, {"quotes": None}, {"quotes": "TSLA"}, {"quotes": ["*"]}, {"quotes": [None, "TSLA"]}]
)
def test_a_list_of_subscriptions_that_says_nothing_says_nothing_against_a_symbol(held: dict[str, object]) -> None:
    assert _holds(held, "quotes", "TSLA")  # type: ignore[arg-type]
    assert not _holds({"quotes": ["NVDA", {}]}, "quotes", "TSLA")
