"""Log lines on stderr: readable text, or one JSON object per line. Foreign text and secrets never reach them raw.

A thread writes them: a terminal that is stopped (Ctrl-S), or a pipe that nobody reads, holds up this thread and not the
engine. Lines that find no room meanwhile are counted, and the count is told where they would have stood.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime

from engine.text import display_text

LINE_LIMIT = 2000
WAITING_LIMIT = 1000
"""Lines that may wait to be written."""
FLUSH_S = 2.0
"""How long the end of the process waits for them."""
STDERR = 2


class TextFormatter(logging.Formatter):
    """`2026-11-20T14:30:00.123Z INFO  kernel: …`"""

    def format(self, record: logging.LogRecord) -> str:
        text = display_text(record.getMessage(), LINE_LIMIT)
        name = record.name.rpartition(".")[2]
        line = f"{_moment(record)} {record.levelname:<7} {name}: {text}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class JsonFormatter(logging.Formatter):
    """One object per line: at, level, room, text, and the record's `fields` when it has some."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "room": record.name,
            "text": display_text(record.getMessage(), LINE_LIMIT),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            line |= fields
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Lines(logging.Handler):
    """Writes log lines to a file descriptor from a thread of its own, in order; never waits for it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._waiting: deque[str] = deque()
        self._left_out = 0
        self._changed = threading.Condition()
        self._writing = self._closed = False
        threading.Thread(target=self._write_all, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line in, or count it when too many wait."""
        line = self.format(record)
        with self._changed:
            if len(self._waiting) >= WAITING_LIMIT:
                self._left_out += 1
                return
            self._tell_left_out()
            self._waiting.append(line)
            self._changed.notify_all()

    def _tell_left_out(self) -> None:
        if self._left_out:
            text = f"{self._left_out} lines were left out: nobody took them"
            self._left_out = 0
            self._waiting.append(self.format(logging.LogRecord(__name__, logging.WARNING, "", 0, text, None, None)))

    def flush(self) -> None:
        """Wait until what was logged so far is written, at most `FLUSH_S`."""
        ends = time.monotonic() + FLUSH_S
        with self._changed:
            while (self._waiting or self._writing) and (left := ends - time.monotonic()) > 0:
                self._changed.wait(left)

    def close(self) -> None:
        """Write what waits, as `flush` does, and end the thread."""
        self.flush()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        super().close()

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                if not self._waiting:
                    self._tell_left_out()
                self._changed.notify_all()
                while not self._waiting:
                    if self._closed:
                        return
                    self._changed.wait()
                rest = f"{self._waiting.popleft()}\n".encode(errors="replace")
                self._writing = True
            with suppress(OSError):  # a terminal that is gone: nobody is left to read it
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]


def set_up(log_format: str, level: str) -> None:
    """Send every log line of the process to stderr in this format."""
    handler = Lines(STDERR)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    for earlier in root.handlers:
        if isinstance(earlier, Lines):
            earlier.close()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiohttp", "asyncio", "urllib3", "websockets", "tweepy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
