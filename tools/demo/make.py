"""Makes the demo recording: `python tools/demo/make.py [DIRECTORY]`, by default into engine/feeds/demo.

Everything in it is made up: the authors, what they say, the events and the prices. The same version of these files
always makes the same rows.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dice import Dice
from prices import Prices
from story import Story

SEED = "the demo day"
OUT = Path(__file__).resolve().parents[2] / "engine" / "feeds" / "demo"
ORDER = (
    "id",
    "created_at",
    "received_at",
    "author_id",
    "text",
    "symbols",
    "lang",
    "client",
    "retweet_of",
    "reply_to",
    "edits",
)


def day() -> tuple[bytes, bytes]:
    """The rows of posts.jsonl and prices.jsonl."""
    prices = Prices(Dice(f"{SEED}: prices"))
    posts = Story(Dice(f"{SEED}: posts"), prices).rows()
    return _lines(_clean(row) for row in posts), _lines(prices.rows(Dice(f"{SEED}: quotes")))


def main(out: Path) -> None:
    """Write both files, compressed, without a time stamp."""
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in zip(("posts", "prices"), day(), strict=True):
        file = out / f"{name}.jsonl.gz"
        file.write_bytes(gzip.compress(rows, 9, mtime=0))
        count = len(rows.splitlines())
        print(f"{file.name}: {count:,} rows, {file.stat().st_size:,} bytes")


def _clean(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what the story noted for itself, its fields in one order."""
    kept = {name: row[name] for name in ORDER if name in row}
    return kept | {name: value for name, value in row.items() if name != "second" and name not in kept}


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
