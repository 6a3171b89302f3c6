"""The words of the news stream: what each error means. The handshake runs against the pretend venue in `test_news`."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from engine.alpaca.stream import StreamError, Talk
from engine.feeds.news_dialect import REFUSALS, NewsDialect
from engine.model import Light

DIALECT = NewsDialect("ws://127.0.0.1", "id", "secret", ("TSLA",))


class Socket:
    """A connection whose other end says these frames, one after the other."""

    def __init__(self, *frames: object) -> None:
        self._frames = [json.dumps(frame) for frame in frames]

    async def send(self, text: str) -> None:
        """Whatever is asked for is asked for."""

    async def recv(self) -> str:
        return self._frames.pop(0)


@pytest.mark.parametrize(
    ("held", "untold"),
    [
        ({"news": ["TSLA", "BTCUSD"]}, ""),
        ({"news": ["tsla", "BTC/USD", "F"]}, ""),
        ({"news": ["*"]}, ""),
        ({}, ""),
        ({"news": None}, ""),
        ({"news": ["TSLA", 7, None]}, "the venue streams no news of 1 of 2 symbols (BTCUSD)"),
        ({"news": []}, "the venue streams no news of 2 of 2 symbols (TSLA, BTCUSD)"),
    ],
)
async def test_what_is_subscribed_is_compared_with_what_was_asked_for(held: dict[str, object], untold: str) -> None:
    early = {"T": "n", "id": 1}
    hello = [{"T": "success", "msg": "connected"}], [{"T": "success", "msg": "authenticated"}]
    talk = Talk(cast(Any, Socket(*hello, [early, {"T": "subscription", **held}])))
    up = await NewsDialect("ws://127.0.0.1", "id", "secret", ("TSLA", "BTCUSD")).shake_hands(talk)
    assert up.detail == untold and bool(up.remedy) is bool(untold)
    assert talk.early == [early]


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
