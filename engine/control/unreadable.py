"""Requests that cannot be read: answered with 400, and told in the log in one line."""

from __future__ import annotations

import logging

from engine.text import one_line

LINE_LIMIT = 200
"""Most characters told of a request that cannot be read."""


class _OneLine(logging.Filter):
    """What is no HTTP is somebody else's mistake: the traceback of our reader says nothing of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        from aiohttp.http_exceptions import HttpProcessingError
        from aiohttp.web import RequestPayloadError

        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | RequestPayloadError):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg, record.args = "a request that cannot be read: %s", (one_line(str(error), LINE_LIMIT),)
            record.exc_info = None
        return True


log = logging.getLogger(__name__)
"""What the HTTP server logs of its requests."""
log.addFilter(_OneLine())


def encoding(named: str) -> str:
    """What is wrong with the Content-Encoding of a request; empty where there is none. Commands are short: none is
    unpacked, whatever it says that it is packed with."""
    packed = one_line(named, 40)
    return (
        f"expected a command as plain JSON, found Content-Encoding {packed}" if packed not in ("", "identity") else ""
    )
