"""Real recordings through the whole engine, where they are present. Their counts are printed: `pytest -s`.

Daily prices are all they have; the prices inside a day are modelled. This shows that the machinery holds, not what
could have been earned.
"""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path

import pytest

from engine.journal.reader import Reader
from engine.model import Decision, DecisionKind
from tests.program import SHARED, desk

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("real recordings")]

DATA = SHARED / "data"

WATCHLIST = """
[[watchlist]]
symbol = "FB"
name = "Facebook"
keywords = ["Facebook", "Instagram", "WhatsApp", "Zuckerberg"]

[[watchlist]]
symbol = "AAPL"
name = "Apple"
keywords = ["iPhone", "iPad", "MacBook", "Tim Cook", "Apple Inc"]
ambiguous = ["Apple", "Mac"]

[[watchlist]]
symbol = "GOOG"
name = "Google"
keywords = ["Google", "YouTube", "Alphabet Inc"]

[[watchlist]]
symbol = "AMZN"
name = "Amazon"
keywords = ["Amazon", "Kindle", "Jeff Bezos"]
"""


def recorded(folder: str) -> Path:
    """Where a recording is; the test is skipped where it is not."""
    if not (DATA / folder).is_dir():
        pytest.skip(f"the recording {folder} is not here")
    return DATA / folder


def first_days(source: Path, posts: int, part: Path) -> Path:
    """The first posts of a recording with daily prices, and the prices up to the day of the last of them."""
    part.mkdir()
    with gzip.open(source / "tweets.jsonl.gz", "rt", encoding="utf-8") as lines:
        kept = list(itertools.islice(lines, posts))
    (part / "tweets.jsonl").write_text("".join(kept), encoding="utf-8")
    last_day = json.loads(kept[-1])["created_at"][:10]
    with gzip.open(source / "prices_daily.csv.gz", "rt", encoding="utf-8") as rows:
        head, *prices = rows
    days = [row for row in prices if row.split(",")[1] <= last_day]
    (part / "prices_daily.csv").write_text("".join((head, *days)), encoding="utf-8")
    return part


def counts(home: Path, recording: Path, **settings: str) -> dict[str, object]:
    """Replays a recording, checks what must hold for any, prints and returns its report."""
    config = home / "watchlist.toml"
    config.write_text(WATCHLIST, encoding="utf-8")
    journal = home / "real.journal"
    arguments = ["--config", str(config), "replay", str(recording), "--journal", str(journal), "--json"]
    done = desk(home, *arguments, settings={f"DESK_{name}": value for name, value in settings.items()}, limit_s=170)
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    print(f"\n{recording.name}: {done.stdout}")

    with Reader(journal) as reader:
        assert reader.verify().ok
        kinds = {count.kind: count.records for count in reader.counts()}
        decisions = [record.value() for record in reader.records(kinds=("decision",))]
        intents = {record.key: record for record in reader.records(kinds=("intent",))}
        fills = list(reader.records(kinds=("fill",)))
    assert report["records"] == sum(kinds.values())
    assert report["posts"] == kinds["post"] == report["scored"] + sum(report["not_scored"].values())  # type: ignore
    assert report["signals"] == kinds["signal"] == kinds["ticket"] == sum(report["decisions"].values())  # type: ignore
    assert report["fills"] == len(fills)
    assert {record.key for record in fills} <= set(intents), "a fill without an intent"
    sent = [each for each in decisions if isinstance(each, Decision) and each.kind is DecisionKind.AUTO]
    assert all(each.verdict is not None and each.verdict.passed for each in sent)
    return report


def test_a_week_of_a_live_stream(home: Path) -> None:
    report = counts(home, recorded("replay-live-feb2015"))
    assert (report["posts"], report["duplicates"]) == (3709, 0)
    assert report["scored"] == 2789
    assert report["signals"]
    assert report["fills"]


def test_months_of_posts_with_modelled_prices(home: Path) -> None:
    """A modelled quote an hour: prices that are fresh only for moments, so trading waits for the next one."""
    part = first_days(recorded("replay-stocknet"), 9_000, home / "part")
    report = counts(home, part, REPLAY__QUOTE_S="3600", RISK__STALE_PRICE_S="3600")
    assert (report["posts"], report["duplicates"]) == (9_000, 0)
    assert report["scored"] > 3_000  # type: ignore[operator]
    assert report["signals"]
