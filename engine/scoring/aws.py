"""Calls to AWS through boto3, on threads of their own: it blocks, and knows how AWS signs and finds credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any, Final, TypeVar

from engine.errors import ConfigError, CredentialsError, DeskError, VenueUnavailable

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
            raise ConfigError("expected the package boto3, found none", where=service, remedy="pip install 'desk[aws]'")
        self._service = service
        self._region = region
        self._endpoint_url = endpoint_url
        self._timeout_s = timeout_s
        self._client: Any = None
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=service)

    async def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """The response. Raises AwsBusy, CredentialsError, ConfigError, VenueUnavailable or DeskError."""
        return await self._on_thread(lambda: self._call(operation, request))

    async def start(self) -> None:
        """Make the client and look for credentials. Raises CredentialsError when there are none."""
        await self._on_thread(self._connect)

    async def close(self) -> None:
        """Let the threads end; a call under way ends with its time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _on_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

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
