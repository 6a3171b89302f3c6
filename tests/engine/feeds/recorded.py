"""Made-up rows of a recording, and files of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from engine.feeds.recording import Recording


def tweet(second: int, **fields: Any) -> dict[str, Any]:
    at = f"2026-03-11T14:{second // 60:02d}:{second % 60:02d}Z"
    return {
        "id": str(1000 + second),
        "created_at": at,
        "author_id": "7",
        "text": "Tesla, made up",
        "symbols": ["TSLA"],
    } | fields


def write(path: Path, rows: list[Any]) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def events(path: Path) -> list[Any]:
    return list(Recording(path).events())
