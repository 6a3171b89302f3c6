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
from datetime import UTC, datetime

from engine.text import display_text

LINE_LIMIT = 2000
TRACEBACK_LINES = 200
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
            line += "\n" + "\n".join(_traceback(self, record))
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
            line["traceback"] = "\n".join(_traceback(self, record))
        return json.dumps(line, ensure_ascii=False, default=str)


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    """The lines of a traceback, its oldest steps left out where it is long. Its last words are often foreign text."""
    assert record.exc_info is not None
    lines = formatter.formatException(record.exc_info).split("\n")[-TRACEBACK_LINES:]
    return [display_text(line, LINE_LIMIT) for line in lines]


class Lines(logging.Handler):
    """Writes log lines to a file descriptor from a thread of its own, in order; never waits for it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._waiting: deque[str] = deque()
        self._left_out = 0
        self._changed = threading.Condition()
        self._writing = self._closed = False
        self._torn = False
        """Whether the last line that was begun is not whole."""
        self._refused = 0
        """Lines that could not be written since one could."""
        self._writer = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line in, or count it when too many wait. After the end it is dropped, without a lock: the
        interpreter ends a daemon thread wherever it is, and what that one held is never given back."""
        if self._closed:
            return
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
            self._waiting.append(self._left_out_line(self._left_out))
            self._left_out = 0

    def _left_out_line(self, count: int) -> str:
        text = f"{count} lines were left out: nobody took them"
        return self.format(logging.LogRecord(__name__, logging.WARNING, "", 0, text, None, None))

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
        self._writer.join(FLUSH_S)
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
            self._write(rest)

    def _write(self, line: bytes) -> None:
        """Write a line, or count it: a terminal is gone, or a disk is full for a while."""
        rest = line
        if self._refused:
            rest = f"{self._left_out_line(self._refused)}\n".encode(errors="replace") + rest
        if self._torn:  # what stands there of an earlier line must not run into this one
            rest = b"\n" + rest
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
                self._torn = True
            self._refused, self._torn = 0, False
        except OSError:
            self._refused += 1


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
