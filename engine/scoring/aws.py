"""Calls to AWS through boto3, on threads of their own: it blocks, and knows how AWS signs and finds credentials.

boto3's own limits are for a silence between two bytes: an answer that drips is given up here, and its thread left to
itself. Such threads end with the process at the latest, and count among those that may run until they do.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from engine.errors import ConfigError, CredentialsError, DeskError, VenueUnavailable, installing

_T = TypeVar("_T")
_REFUSED: Final = frozenset(
    {
        "AccessDeniedException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "ExpiredTokenException",
        "MissingAuthenticationTokenException",
    }
)
_WRONG: Final = frozenset({"ResourceNotFoundException", "UnknownOperationException"})
BUSY: Final = frozenset(
    {
        "ThrottlingException",
        "TooManyRequestsException",
        "ServiceUnavailableException",
        "InternalServerException",
        "ModelNotReadyException",
    }
)
"""Errors after which the same request may be sent again."""


_UNKNOWN: Final = frozenset({408, 502, 504})
"""Statuses that leave open whether a model computed: what stands before it did not wait, or got no whole answer."""


class AwsBusy(DeskError):
    """AWS asks to come back: nothing was computed."""


class AwsClient:
    """One service's client. Each call is sent once: boto3 would retry four times by itself, and hide it."""

    def __init__(self, service: str, region: str, endpoint_url: str, timeout_s: float, threads: int) -> None:
        """Raises ConfigError when boto3 is not installed."""
        if find_spec("boto3") is None:
            raise ConfigError("expected the package boto3, found none", where=service, remedy=installing("aws"))
        self._service = service
        self._region = region
        self._endpoint_url = endpoint_url
        self._timeout_s = timeout_s
        self._client: Any = None
        self._free = asyncio.Semaphore(threads)

    async def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """The response, within the time limit once a thread is free.

        Raises AwsBusy, CredentialsError, ConfigError, VenueUnavailable or DeskError.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._free.acquire()
        except TimeoutError:
            raise AwsBusy(
                "expected a free connection, found all of them waiting for answers", where=self._where, remedy="wait"
            ) from None
        future = self._on_thread(lambda: self._call(operation, request), self._release)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise VenueUnavailable(
                f"expected an answer within {self._timeout_s:g} s, found none",
                where=self._where,
                remedy="it is asked again later",
            ) from None

    async def start(self) -> None:
        """Make the client and look for credentials. Raises CredentialsError when there are none."""
        await asyncio.wrap_future(self._on_thread(self._connect, lambda loop: None))

    async def close(self) -> None:
        """Close what is open; a call under way is left to itself."""
        if self._client is not None:
            self._client.close()

    def _on_thread(self, work: Callable[[], _T], after: Callable[[asyncio.AbstractEventLoop], None]) -> Future[_T]:
        """What `work` will return or raise, on a thread that nobody waits for at the end; `after` is called there."""
        loop = asyncio.get_running_loop()
        future: Future[_T] = Future()
        future.set_running_or_notify_cancel()  # nobody's impatience takes an answer back

        def run() -> None:
            with _Into(future):
                future.set_result(work())
            after(loop)

        threading.Thread(target=run, name=self._service, daemon=True).start()
        return future

    def _release(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody will call any more
            loop.call_soon_threadsafe(self._free.release)

    def _connect(self) -> None:
        import boto3
        from botocore.config import Config as BotoConfig

        if self._client is not None:
            return
        session = boto3.session.Session(region_name=self._region)
        if session.get_credentials() is None:
            raise CredentialsError(
                "expected AWS credentials, found none",
                where=self._service,
                remedy="aws configure, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )
        self._client = session.client(
            self._service,
            endpoint_url=self._endpoint_url or None,
            config=BotoConfig(
                connect_timeout=self._timeout_s,
                read_timeout=self._timeout_s,
                retries={"total_max_attempts": 1, "mode": "standard"},
            ),
        )

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        self._connect()
        try:
            found: dict[str, Any] = getattr(self._client, operation)(**request)
        except ClientError as error:
            raise self._refusal(error.response) from error
        except BotoCoreError as error:
            raise VenueUnavailable(
                f"expected an answer, found {type(error).__name__}", where=self._where, remedy="it is asked again later"
            ) from error
        return found

    @property
    def _where(self) -> str:
        return f"{self._service} {self._endpoint_url or self._region}"

    def _refusal(self, response: Any) -> DeskError:
        error = response.get("Error", {})
        code, said = str(error.get("Code", "")), str(error.get("Message", ""))[:200]
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status in _UNKNOWN:
            return VenueUnavailable(
                f"expected an answer, found {code or status}", where=self._where, remedy="it is asked again later"
            )
        if code in BUSY or status == 429 or status >= 500:
            return AwsBusy(f"expected an answer, found {code or status}", where=self._where, remedy="wait")
        if code in _REFUSED or status in (401, 403):
            return CredentialsError(
                f"expected the credentials to be accepted, found {code}: {said}",
                where=self._where,
                remedy="allow the action to this user or role in IAM (for Bedrock also the model)",
            )
        if code in _WRONG or status == 404:
            return ConfigError(f"expected {self._service} there, found {code}: {said}", where=self._where)
        return DeskError(f"expected an answer, found {code}: {said}", where=self._where)


class _Into(Generic[_T]):
    """Whatever the body raises goes to the one who waits for the future."""

    def __init__(self, future: Future[_T]) -> None:
        self._future = future

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self._future.set_exception(error)
        return True
