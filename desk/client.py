"""The desk's end of the control socket: HTTP and WebSocket over a Unix domain socket.

Every client uses it: the screen, each `desk` verb, a second desk. aiohttp is imported at the first call, so that help
and the first frame do not wait for it.
"""

from __future__ import annotations

import asyncio
import errno
import importlib
import os
import stat
from collections.abc import AsyncGenerator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

import msgspec

from engine.errors import EXIT_FAILED, EXIT_NO_ENGINE, EXIT_USAGE, DeskError
from engine.model import SymbolDetail
from engine.model.feeds import FeedsDetail
from engine.model.frames import PROTOCOL, Command, Frame, Goodbye, Message, Push, Reply, Snapshot
from engine.paths import check_directory, check_socket_path

if TYPE_CHECKING:
    import aiohttp

_URL = "http://engine"
"""The host name means nothing on a Unix socket."""
_MAX_MESSAGE = 64 << 20
ANSWER_S = 10.0
"""How long the engine may take to answer."""
KILL_ANSWER_S = 3.0
"""The same for the kill switch, which is then thrown another way."""
_HEARTBEAT_S = 10.0
"""A ping goes out when nothing came for this long; an engine that does not answer it is lost."""

_NOT_A_COMMAND = ("expected a command, found something else:", "expected a verb among ")
"""How an engine's answer begins when it cannot read a command. This desk writes none that its own engine cannot read,
and two builds of one version have the same number."""

_DecodedT = TypeVar("_DecodedT")


class _Head(msgspec.Struct):
    """What of a snapshot can be read whatever its protocol."""

    protocol: int = -1
    version: str = ""


class NoEngine(DeskError):
    """Nobody listens at the control socket, or nobody that may be asked: what was to be sent never left."""


class Refused(DeskError):
    """The engine answered a question with a status that is not 200."""

    def __init__(self, method: str, path: str, status: int, answer: bytes, socket_path: Path) -> None:
        found = answer[:200].decode(errors="replace")
        super().__init__(
            f"expected an answer to {method} {path}, found status {status}: {found!r}",
            where=str(socket_path),
            remedy="say it in fewer words" if status == 413 else "the engine's log says why",
        )
        self.status = status


class Client:
    """One engine's control socket. Use it in one event loop; `close` it, or use it as an async context."""

    def __init__(self, socket_path: Path, *, timeout_s: float = ANSWER_S) -> None:
        self._path = socket_path
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def prepare(self) -> ModuleType:
        """Import what connections are made with, in a thread; returns it. Without it the first call does so."""
        return await asyncio.to_thread(importlib.import_module, "aiohttp")

    async def close(self) -> None:
        """Close every connection. The client can be used again after."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def snapshot(self) -> Snapshot:
        """Everything a desk needs to draw itself.

        Raises DeskError: no engine (exit code 3), another protocol version, no answer in time.
        """
        return self._snapshot(await self._ask("GET", "/v1/snapshot"))

    async def command(self, command: Command) -> Reply:
        """Send a command; the engine's answer, refusals included, is a Reply.

        Raises NoEngine when there is none, and DeskError when it does not answer: then it is not known whether the
        command was carried out.
        """
        within_s = min(KILL_ANSWER_S, self._timeout_s) if command.verb == "kill" else self._timeout_s
        reply = self._decode(await self._ask("POST", "/v1/command", msgspec.json.encode(command), within_s), Reply)
        return _from_another(command.verb) if not reply.ok and reply.text.startswith(_NOT_A_COMMAND) else reply

    async def symbol(self, name: str) -> SymbolDetail:
        """What the engine knows of one symbol of the watchlist: its gates and its late past.

        Raises DeskError: no engine, no such symbol, no answer in time.
        """
        from urllib.parse import quote

        try:
            answer = await self._ask("GET", f"/v1/symbol?name={quote(name, safe='')}", None)
        except Refused as error:
            if error.status != 404:
                raise
            raise DeskError(
                f"expected a symbol of the watchlist, found {name!r}",
                where=str(self._path),
                remedy="`desk config show` lists the watchlist; a symbol that is added is followed after a restart",
            ) from error
        return self._decode(answer, SymbolDetail)

    async def feeds(self) -> FeedsDetail:
        """The rules that choose what comes, and how long each stage of the engine takes. Raises DeskError."""
        return self._decode(await self._ask("GET", "/v1/feeds"), FeedsDetail)

    async def stream(self) -> AsyncGenerator[Message, None]:
        """A Snapshot, then every Frame and Push in order, until the engine says Goodbye or the connection ends.

        Raises DeskError as `snapshot` does, and when the connection breaks off.
        """
        session = await self._open()
        import aiohttp

        try:
            async with asyncio.timeout(self._timeout_s):  # a stopped process is connected to, and never answers
                socket = await session.ws_connect(
                    f"{_URL}/v1/stream", heartbeat=_HEARTBEAT_S, max_msg_size=_MAX_MESSAGE, compress=0
                )
            async with socket:
                attached, reason = False, ""
                while True:
                    message = await socket.receive()
                    if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED):
                        reason = message.extra or ""
                        break
                    if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                        raise self._broken(f"the connection failed ({message.type.name})")
                    if attached:
                        yield self._decode(message.data, Frame | Push | Goodbye | Snapshot)  # type: ignore[arg-type]
                    else:
                        yield self._snapshot(message.data)
                        attached = True
                if socket.close_code not in (1000, 1001):
                    raise self._broken(reason or f"it closed the connection (code {socket.close_code})")
        except TimeoutError as error:
            raise self._mute("GET", "/v1/stream", self._timeout_s) from error
        except aiohttp.WSServerHandshakeError as error:
            if error.status != 503:
                raise self._unreachable(error) from error
            raise DeskError(
                "expected to attach, found as many desks attached as the engine takes",
                where=str(self._path),
                remedy="close some, or end the program that leaves its connections open; `desk kill` gets through",
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error

    async def _open(self) -> aiohttp.ClientSession:
        self._refuse_foreign()
        if self._session is None:
            aiohttp = await self.prepare()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(path=str(self._path)),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeout_s),
                json_serialize=lambda value: msgspec.json.encode(value).decode(),
            )
        return self._session

    async def _ask(self, method: str, path: str, body: bytes | None = None, within_s: float | None = None) -> bytes:
        session = await self._open()
        import aiohttp

        limit_s = self._timeout_s if within_s is None else within_s
        try:
            async with asyncio.timeout(limit_s):
                async with session.request(
                    method, f"{_URL}{path}", data=body, headers={"Content-Type": "application/json"}
                ) as response:
                    answer = await response.read()
                    if response.status != 200:
                        raise Refused(method, path, response.status, answer, self._path)
                    return answer
        except TimeoutError as error:
            raise self._mute(method, path, limit_s) from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error

    def _refuse_foreign(self) -> None:
        """Ask no engine of somebody else, nor one behind a directory in which somebody else puts what they like.

        Raises DeskError, also for what stands there and is neither directory nor socket. A socket that is not there is
        found so by connecting.
        """
        try:
            check_socket_path(self._path)
            check_directory(self._path.parent)
        except DeskError as error:
            raise NoEngine(error.message, where=error.where, remedy=error.remedy, exit_code=error.exit_code) from error
        try:
            found = self._path.lstat()
            owners = {found.st_uid, self._path.parent.stat().st_uid}
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._out_of_reach(error) from error
        foreign = owners - {os.getuid()}
        if foreign:
            raise NoEngine(
                f"expected a socket of user {os.getuid()} in a directory of theirs, found user {min(foreign)}'s",
                where=str(self._path),
                remedy="it may be no engine of yours: set engine.runtime_dir to a directory of yours",
            )
        if not stat.S_ISSOCK(found.st_mode):
            raise NoEngine(
                "expected the engine's control socket, found another kind of file",
                where=str(self._path),
                remedy="move it away: an engine that runs opens its socket again within seconds",
                exit_code=EXIT_USAGE,
            )

    def _snapshot(self, data: bytes | str) -> Snapshot:
        head = self._decode(data, _Head)
        if head.protocol != PROTOCOL:
            raise DeskError(
                f"expected protocol {PROTOCOL}, "
                f"found protocol {head.protocol} (engine version {head.version or 'unknown'})",
                where=str(self._path),
                remedy="stop that engine and start it again with this version, or use the desk it came with",
                exit_code=EXIT_FAILED,
            )
        return self._decode(data, Snapshot)

    def _decode(self, data: bytes | str, kind: type[_DecodedT]) -> _DecodedT:
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise DeskError(
                f"expected a message of protocol {PROTOCOL}, found one that cannot be read: {error}",
                where=str(self._path),
                remedy="engine and desk must be of the same version",
            ) from error

    def _mute(self, method: str, path: str, within_s: float) -> DeskError:
        return DeskError(
            f"the engine did not answer {method} {path} within {within_s:g} s",
            where=str(self._path),
            remedy="see its log; `desk status` asks again",
        )

    def _unreachable(self, error: Exception) -> DeskError:
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM):
            return self._out_of_reach(error)
        if isinstance(error, OSError) and error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ECONNREFUSED):
            demo = self._path.name.partition(".")[0] == "demo"
            return NoEngine(
                "no engine answers",
                where=str(self._path),
                remedy="start it: `desk demo`" if demo else "start one: `desk` with a screen, `desk autopilot` without",
                exit_code=EXIT_NO_ENGINE,
            )
        return self._broken(str(error) or type(error).__name__)

    def _out_of_reach(self, error: OSError) -> DeskError:
        return NoEngine(
            f"expected a control socket that this user may reach, found: {os.strerror(error.errno or 0)}",
            where=str(self._path),
            remedy="ask as the user whose engine it is, or set engine.runtime_dir to a directory of yours",
            exit_code=EXIT_USAGE,
        )

    def _broken(self, what: str) -> DeskError:
        return DeskError(
            f"lost the engine: {what}",
            where=str(self._path),
            remedy="`desk status` tells whether it still runs",
            exit_code=EXIT_NO_ENGINE,
        )


def _from_another(verb: str) -> Reply:
    """What to tell of a command that the engine does not know, though the desk does."""
    return Reply(
        ok=False,
        text=f"nothing was done: this engine is older than the desk, or another, and does not know this {verb}",
        remedy="start it anew: `desk stop`, then `desk`; positions and protective exits stay at the venue meanwhile",
    )
