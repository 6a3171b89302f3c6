"""`desk serve` as a person meets it: two served desks in a real headless Chromium, one to look and one to decide."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from tests.desk import made_up
from tests.desk.chromium import CHROMIUM, Page, chromium
from tests.desk.serving import serving

pytest.importorskip("textual_serve", reason="the extra `web` is not installed")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.timeout(240),
    pytest.mark.slow,
]


@contextlib.asynccontextmanager
async def foreign_site() -> AsyncIterator[URL]:
    """A page of somebody else on this machine: the same host, so the browser shows it our cookies, on another port."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>elsewhere</title>", content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield URL(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    finally:
        await runner.cleanup()


async def connects(page: Page, address: URL) -> str:
    """`open` when a WebSocket from this page to an address opens, else `refused`."""
    return str(
        await page.evaluate(
            f"new Promise(told => {{ const tried = new WebSocket('{address}');"
            "tried.onopen = () => { tried.close(); told('open'); }; tried.onerror = () => told('refused'); })"
        )
    )


async def test_in_a_browser(home: Path) -> None:
    for folder in ("look", "act"):
        (home / folder).mkdir()
    async with (
        serving(home / "look") as (looking, look),
        serving(home / "act", "--with-commands") as (acting, act),
        foreign_site() as elsewhere,
        chromium(home / "chromium") as browser,
    ):
        page, second, foreign = await browser.page(), await browser.page(), await browser.page()
        assert await page.open(str(look.with_query(None))) == 403
        assert await page.open(str(look)) == 200
        assert await second.open(str(look)) == 403
        assert await second.open(str(act)) == 200

        shown = await page.wait("READ-ONLY")
        assert "SIMULATED" in shown
        await page.wait("2 pending")
        await page.click(300, 8)
        await page.wait("FILLS", lambda: page.press("5"))
        await page.wait("2 pending", lambda: page.press("1"))

        async def confirm(on: Page) -> None:
            await on.press("t")
            await asyncio.sleep(0.4)
            await on.press("y")

        await page.wait("read-only: nothing was sent", lambda: confirm(page))
        assert looking.commands == []

        # The browser sends both desks' cookies with what a page on another port asks for; its Origin gives it away.
        assert await foreign.open(str(elsewhere)) == 200
        for address in (look, act):
            socket = (address.with_query(None) / "ws").with_scheme("ws").with_query(width=80, height=24)
            assert await connects(foreign, socket) == "refused"

        await second.wait("2 pending")
        assert "READ-ONLY" not in await second.screen()
        await second.click(300, 8)
        await second.wait("1 pending", lambda: confirm(second), every_s=1.5)
        sent = acting.commands[0]
        assert (sent.verb, sent.fingerprint) == ("confirm", made_up.snapshot().tickets[0].fingerprint)
