"""The environment's proxy for an address."""

from __future__ import annotations

import pytest

from engine.proxy import proxy_for


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.x.com/2", "http://proxy.invalid:3128"),
        ("http://127.0.0.1:9/v2", "http://plain.invalid:80"),
        ("https://inside.invalid/2", None),
        ("wss://stream.invalid", None),
        ("nothing", None),
    ],
)
def test_the_proxy_of_an_address(monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("http_proxy", "plain.invalid:80")
    monkeypatch.setenv("no_proxy", "inside.invalid")
    assert proxy_for(url) == proxy


def test_without_one_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert proxy_for("https://api.x.com") is None
