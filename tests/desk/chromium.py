"""A headless Chromium of its own, driven over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).

It starts with an empty profile and resolves no name, so that a page reaches nothing but this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LIMIT_S = 60.0
Test = Callable[[dict[str, Any]], bool]
POLL_S = 0.05
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
    "--window-size=1100,700",
    "about:blank",
)
_KEEP_TERMINAL = """
Object.defineProperty(Object.prototype, "fitAddon", {
    configurable: true,
    set(addon) {
        Object.defineProperty(this, "fitAddon", { value: addon, writable: true });
        window.keptTerminal = this.terminal;
    },
});
"""
"""textual-serve's page keeps its xterm to itself: what it assigns beside it tells where it is."""
_SCREEN = """
(() => {
    const terminal = window.keptTerminal;
    if (!terminal) return "";
    const buffer = terminal.buffer.active;
    const rows = [];
    for (let y = 0; y < terminal.rows; y++) rows.push(buffer.getLine(y)?.translateToString(true) ?? "");
    return rows.join("\\n");
})()
"""
"""What stands in xterm's buffer, row by row."""


class Page:
    """One tab."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session

    async def tell(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send one command of the protocol; its result."""
        return await self._browser.tell(method, parameters, self._session)

    async def open(self, address: str) -> int:
        """Go to an address; the status of the answer it came to, redirects followed."""
        answered = asyncio.get_running_loop().create_future()
        self._browser.listen(
            self._session, "Network.responseReceived", lambda said: said["type"] == "Document", answered
        )
        await self.tell("Page.navigate", url=address)
        async with asyncio.timeout(LIMIT_S):
            return int((await answered)["response"]["status"])

    async def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression, a promise's once it is kept."""
        found = await self.tell("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def screen(self) -> str:
        """What the terminal in the page shows."""
        return cast("str", await self.evaluate(_SCREEN))

    async def click(self, x: int, y: int) -> None:
        """A click of the left button on a pixel; as for a person, keys go to the terminal only after one on it."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def press(self, key: str) -> None:
        """One printable key, as the browser gets it from a keyboard."""
        for kind in ("keyDown", "keyUp"):
            await self.tell(
                "Input.dispatchKeyEvent", type=kind, key=key, **({"text": key} if kind == "keyDown" else {})
            )

    async def wait(
        self, text: str, meanwhile: Callable[[], Awaitable[object]] | None = None, *, every_s: float = 0.7
    ) -> str:
        """The screen once it shows a text; what is done `meanwhile` is done again and again until then."""
        loop = asyncio.get_running_loop()
        end, next_s, screen = loop.time() + LIMIT_S, 0.0, ""
        while loop.time() < end:
            if meanwhile is not None and loop.time() >= next_s:
                await meanwhile()
                next_s = loop.time() + every_s
            screen = await self.screen()
            if text in screen:
                return screen
            await asyncio.sleep(POLL_S)
        raise AssertionError(f"expected {text!r} in the page, found\n{screen}")


class Chromium:
    """One browser process and the socket that drives it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._events: dict[tuple[str, str], tuple[Test, asyncio.Future[dict[str, Any]]]] = {}
        self._sent = 0

    async def tell(self, method: str, parameters: dict[str, object], session: str = "") -> dict[str, Any]:
        """Send one command, to the browser or to a tab; its result."""
        self._sent += 1
        answer = self._answers[self._sent] = asyncio.get_running_loop().create_future()
        message: dict[str, object] = {"id": self._sent, "method": method, "params": parameters}
        await self._socket.send_json(message | ({"sessionId": session} if session else {}))
        async with asyncio.timeout(LIMIT_S):
            return await answer

    def listen(self, session: str, event: str, test: Test, found: asyncio.Future[dict[str, Any]]) -> None:
        """Let the next such event of a tab that passes a test fulfil a future."""
        self._events[session, event] = (test, found)

    async def page(self) -> Page:
        """A new tab whose terminal can be read."""
        target = await self.tell("Target.createTarget", {"url": "about:blank"})
        attached = await self.tell("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        page = Page(self, str(attached["sessionId"]))
        await page.tell("Page.enable")
        await page.tell("Network.enable")
        await page.tell("Page.addScriptToEvaluateOnNewDocument", source=_KEEP_TERMINAL)
        return page

    async def read(self) -> None:
        """Hand out what the browser says, until it ends."""
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                answer = self._answers.pop(said["id"])
                if answer.done():
                    continue
                if "error" in said:
                    answer.set_exception(AssertionError(f"expected a result, found {said['error']}"))
                else:
                    answer.set_result(said["result"])
            else:
                test, waiting = self._events.get((said.get("sessionId", ""), said["method"]), (None, None))
                if test and waiting and not waiting.done() and test(said["params"]):
                    waiting.set_result(said["params"])


@contextlib.asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Chromium]:
    """A running Chromium whose every file is under `profile`; it and its children are gone afterwards."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        f"--user-data-dir={profile}",
        *_FLAGS,
        env={**os.environ, "HOME": str(profile)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        address = await _address(process)
        async with aiohttp.ClientSession() as session, session.ws_connect(address, max_msg_size=0) as socket:
            browser = Chromium(socket)
            reading = asyncio.create_task(browser.read())
            yield browser
            reading.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where it listens, as it tells on standard error."""
    assert process.stderr is not None
    said: list[str] = []
    async with asyncio.timeout(LIMIT_S):
        while line := await process.stderr.readline():
            said.append(line.decode(errors="replace").strip())
            if said[-1].startswith("DevTools listening on "):
                return said[-1].rpartition(" ")[2]
    raise AssertionError(f"expected Chromium to listen, found {said[-5:]}")
