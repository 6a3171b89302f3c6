"""Log lines on stderr: readable text, or one JSON object per line. Foreign text and secrets never reach them raw."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from engine.text import display_text

LINE_LIMIT = 2000


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


def set_up(log_format: str, level: str) -> None:
    """Send every log line of the process to stderr in this format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiohttp", "asyncio", "urllib3", "websockets", "tweepy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
