"""The words of the news stream: what each error means. The handshake runs against the pretend venue in `test_news`."""

from __future__ import annotations

import pytest

from engine.alpaca.stream import StreamError
from engine.feeds.news_dialect import REFUSALS, NewsDialect
from engine.model import Light

DIALECT = NewsDialect("ws://127.0.0.1", "id", "secret", ("TSLA",))


@pytest.mark.parametrize(
    ("code", "light", "busy", "remedy"),
    [
        *((code, Light.REFUSED, False, remedy) for code, remedy in REFUSALS.items()),
        (406, Light.DOWN, True, "Another program uses this account's news stream: stop it."),
        (407, Light.DOWN, False, "This machine reads too slowly: free it."),
        (500, Light.DOWN, False, ""),
        (None, Light.DOWN, False, ""),
        ("402", Light.REFUSED, False, "Check the keys: desk keys set"),
    ],
)
def test_an_error_ends_the_stream_with_its_remedy(code: object, light: Light, busy: bool, remedy: str) -> None:
    with pytest.raises(StreamError) as caught:
        DIALECT.check({"T": "error", "code": code, "msg": "why"})  # type: ignore[dict-item]
    assert (caught.value.light, caught.value.busy, caught.value.remedy) == (light, busy, remedy)
    assert "why" in caught.value.reason


@pytest.mark.parametrize("message", [{"T": "error", "code": 403}, {"T": "n", "code": 402}, {}])
def test_what_ends_nothing(message: dict[str, object]) -> None:
    DIALECT.check(message)  # type: ignore[arg-type]
    assert DIALECT.silence_s() is None, "hours without an article are no fault"
